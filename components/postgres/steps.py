"""What a database of the kit is like: one statement of it a step, how to ask whether it holds, and how to make it so.

Creating, mending and looking for drift read the same list, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

AUDIT_ROLE: Final = "rds_pgaudit"


@dataclass(frozen=True, slots=True)
class Names:
    """A database and its roles."""

    database: str

    @property
    def owner(self) -> str:
        """Owns the database and everything in it; nobody logs in with it."""
        return f"{self.database}_owner"

    @property
    def migrate(self) -> str:
        """May act as the owner (``SET ROLE``): changes the schema."""
        return f"{self.database}_migrate"

    @property
    def write(self) -> str:
        """Reads and writes rows."""
        return f"{self.database}_write"

    @property
    def read(self) -> str:
        """Reads rows."""
        return f"{self.database}_read"

    @property
    def all(self) -> tuple[str, ...]:
        """Every role, the owner first."""
        return (self.owner, self.migrate, self.write, self.read)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that holds.

    Args:
        meaning: the thing, in words: what drift shows.
        holds: a query whose first value is true when it holds.
        statements: make it hold.
    """

    meaning: str
    holds: sql.SQL | sql.Composed
    statements: Sequence[sql.SQL | sql.Composed]

    def done(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether it holds."""
        row = connection.execute(self.holds).fetchone()
        return bool(row and row[0])

    def run(self, connection: psycopg.Connection[Any]) -> None:
        """Make it hold, whole or not at all."""
        with connection.transaction():
            for statement in self.statements:
                connection.execute(statement)


def _sql(text: LiteralString, names: Names, **more: sql.Composable) -> sql.Composed:
    """Text with ``{owner}``, ``{read}``... as identifiers and ``{owner_}``, ``{read_}``... as literals."""
    known = {name: getattr(names, name) for name in ("database", "owner", "migrate", "write", "read")}
    values: dict[str, sql.Composable] = {name: sql.Identifier(value) for name, value in known.items()}
    values |= {f"{name}_": sql.Literal(value) for name, value in known.items()}
    return sql.SQL(text).format(**values, **more)


def _role(role: str) -> Step:
    name, text = sql.Identifier(role), sql.Literal(role)
    return Step(
        f"role {role} is there, cannot log in and has no powers of its own",
        sql.SQL(
            "SELECT count(*) = 1 FROM pg_roles WHERE rolname = {text} AND NOT (rolcanlogin OR rolsuper OR "
            "rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
        ).format(text=text),
        [
            sql.SQL(
                "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text}) THEN CREATE ROLE {name}; "
                "END IF; END $do$"
            ).format(text=text, name=name),
            sql.SQL("ALTER ROLE {name} NOLOGIN NOCREATEROLE NOCREATEDB").format(name=name),
        ],
    )


def _member(inner: LiteralString, outer: LiteralString, names: Names) -> Step:
    return Step(
        f"{getattr(names, inner)} has the privileges of {getattr(names, outer)}",
        _sql(f"SELECT pg_has_role({{{inner}_}}, {{{outer}_}}, 'USAGE')", names),
        [_sql(f"GRANT {{{outer}}} TO {{{inner}}}", names)],
    )


def server_steps(names: Names) -> list[Step]:
    """On the server: roles and their membership. (The database itself cannot be made in a transaction.)"""
    return [
        *map(_role, names.all),
        Step(
            f"the master user may act as {names.owner}",
            _sql("SELECT pg_has_role(current_user, {owner_}, 'SET')", names),
            [_sql("GRANT {owner} TO CURRENT_USER", names)],
        ),
        _member("migrate", "owner", names),
        _member("write", "read", names),
        _audit_role(),
    ]


def _audit_role() -> Step:
    name = sql.Identifier(AUDIT_ROLE)
    step = _role(AUDIT_ROLE)
    return Step(
        f"role {AUDIT_ROLE} is there for pgaudit",
        step.holds,
        [step.statements[0], sql.SQL("ALTER ROLE {name} NOLOGIN").format(name=name)],
    )


def database_steps(names: Names) -> list[Step]:
    """On the database, from outside: its owner, and who may connect."""
    return [
        Step(
            f"{names.owner} owns it",
            _sql("SELECT pg_get_userbyid(datdba) = {owner_} FROM pg_database WHERE datname = {database_}", names),
            [_sql("ALTER DATABASE {database} OWNER TO {owner}", names)],
        ),
        Step(
            "PUBLIC may not connect to it",
            _sql(
                "SELECT NOT EXISTS (SELECT FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) "
                "WHERE datname = {database_} AND grantee = 0)",
                names,
            ),
            [_sql("REVOKE ALL ON DATABASE {database} FROM PUBLIC", names)],
        ),
        Step(
            "its roles may connect to it",
            _sql(
                "SELECT has_database_privilege({read_}, {database_}, 'CONNECT') "
                "AND has_database_privilege({write_}, {database_}, 'TEMPORARY')",
                names,
            ),
            [
                _sql("GRANT CONNECT ON DATABASE {database} TO {read}", names),
                _sql("GRANT TEMPORARY ON DATABASE {database} TO {write}", names),
            ],
        ),
    ]


_DEFAULTS: Final = (
    ("read", "TABLES", "r", "SELECT"),
    ("read", "SEQUENCES", "S", "SELECT"),
    ("read", "FUNCTIONS", "f", "EXECUTE"),
    ("read", "SCHEMAS", "n", "USAGE"),
    ("write", "TABLES", "r", "INSERT, UPDATE, DELETE"),
    ("write", "SEQUENCES", "S", "USAGE"),
)
"""What the roles may do with what the owner makes later: role, kind, the kind's letter in pg_default_acl, rights."""


def inner_steps(names: Names) -> list[Step]:
    """Within the database: the schema ``public``, what is there already, and what is made later."""
    return [
        Step(
            "PUBLIC has nothing in schema public",
            sql.SQL(
                "SELECT NOT EXISTS (SELECT FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) "
                "WHERE nspname = 'public' AND grantee = 0)"
            ),
            [sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC")],
        ),
        Step(
            f"{names.read} may use schema public",
            _sql("SELECT has_schema_privilege({read_}, 'public', 'USAGE')", names),
            [_sql("GRANT USAGE ON SCHEMA public TO {read}", names)],
        ),
        *(_default(names, *one) for one in _DEFAULTS),
        Step(
            "functions that are made later are not everybody's",
            _sql(
                "SELECT EXISTS (SELECT FROM pg_default_acl WHERE defaclrole = {owner_}::regrole AND defaclobjtype = 'f'"
                " AND defaclnamespace = 0 AND NOT EXISTS (SELECT FROM aclexplode(defaclacl) WHERE grantee = 0))",
                names,
            ),
            [_sql("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", names)],
        ),
        Step(
            "tables that are there already are readable and writable to the roles",
            _sql(
                "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relowner = {owner_}::regrole AND relkind IN ('r', 'p', 'v', 'm', 'f') "
                "AND NOT (has_table_privilege({read_}, oid, 'SELECT') AND has_table_privilege({write_}, oid, 'INSERT') "
                "AND has_table_privilege({write_}, oid, 'UPDATE') AND has_table_privilege({write_}, oid, 'DELETE')))",
                names,
            ),
            [
                _sql("SET LOCAL ROLE {owner}", names),
                _sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {read}", names),
                _sql("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {write}", names),
                _sql("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {write}", names),
            ],
        ),
    ]


def _default(names: Names, role: LiteralString, kind: LiteralString, letter: str, rights: LiteralString) -> Step:
    wanted = [right.strip() for right in rights.split(",")]
    return Step(
        f"{getattr(names, role)} gets {rights} on {kind.lower()} that {names.owner} makes later",
        _sql(
            "SELECT count(DISTINCT privilege_type) = {count} FROM pg_default_acl, aclexplode(defaclacl) "
            "WHERE defaclrole = {owner_}::regrole AND defaclnamespace = 0 AND defaclobjtype = {letter} "
            "AND grantee = {role}::regrole AND privilege_type = ANY({rights})",
            names,
            count=sql.Literal(len(wanted)),
            letter=sql.Literal(letter),
            role=sql.Literal(getattr(names, role)),
            rights=sql.Literal(wanted),
        ),
        [_sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} GRANT {rights} ON {kind} TO {{{role}}}", names)],
    )


def extension_step(name: str) -> Step:
    """An extension is there; RDS makes those that it supports for the master user."""
    return Step(
        f"extension {name} is there",
        sql.SQL("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = {name})").format(name=sql.Literal(name)),
        [sql.SQL("CREATE EXTENSION IF NOT EXISTS {name}").format(name=sql.Identifier(name))],
    )
