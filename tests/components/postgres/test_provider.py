"""What the roles may do, shown by logging in; drift is found, and mended."""

from __future__ import annotations

import pickle
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from components.postgres import connection
from components.postgres.connection import DatabaseError
from components.postgres.provider import DatabaseProvider
from tests.components.postgres.conftest import master
from tests.conftest import Surroundings

PROVIDER = DatabaseProvider()


@contextmanager
def member(cloud: Surroundings, instance: dict[str, Any], role: str, database: str = "shop") -> Iterator[Any]:
    """Somebody who logs in as a member of a role."""
    user, password = f"user_{secrets.token_hex(4)}", secrets.token_hex(12)
    with master(cloud, instance) as admin:
        admin.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}' IN ROLE {role}")
    try:
        with psycopg.connect(
            host=instance["Endpoint"]["Address"],
            port=instance["Endpoint"]["Port"],
            user=user,
            password=password,
            dbname=database,
            sslmode="verify-full",
            sslrootcert=str(cloud.settings.cloud / "rds-ca.pem"),
            autocommit=True,
        ) as found:
            yield found
    finally:
        with master(cloud, instance) as admin:
            admin.execute(f"DROP ROLE {user}")


@pytest.fixture
def shop(wanted: dict[str, Any]) -> dict[str, Any]:
    """The database that RDS made, taken over."""
    made = PROVIDER.create(wanted)
    assert made.id == "shop"
    assert made.outs == wanted
    return wanted


@pytest.fixture
def tampered(cloud: Surroundings, instance: dict[str, Any]) -> Callable[[str, str], None]:
    """Somebody with the master's password."""

    def tamper(database: str, statement: str) -> None:
        with master(cloud, instance, database) as admin:
            admin.execute(statement.encode())

    return tamper


def astray(properties: dict[str, Any], name: str = "shop") -> list[str]:
    found: list[str] = (PROVIDER.read(name, properties).outs or {})["astray"]
    return found


def test_nothing_is_astray_after_creation_nor_after_a_second_one(shop: dict[str, Any]) -> None:
    assert astray(shop) == []
    PROVIDER.create(shop)
    assert astray(shop) == []


def test_each_role_may_do_its_own_and_nothing_else(
    cloud: Surroundings, instance: dict[str, Any], shop: dict[str, Any]
) -> None:
    with member(cloud, instance, "shop_migrate") as migrate:
        migrate.execute("SET ROLE shop_owner")
        migrate.execute("DROP TABLE IF EXISTS orders")
        migrate.execute("CREATE TABLE orders (id bigserial PRIMARY KEY, item text)")
        migrate.execute("CREATE SCHEMA IF NOT EXISTS ledger")
        migrate.execute("CREATE TABLE IF NOT EXISTS ledger.lines (id int)")
        migrate.execute("RESET ROLE")
    with member(cloud, instance, "shop_write") as write:
        write.execute("INSERT INTO orders (item) VALUES ('ink')")
        write.execute("UPDATE orders SET item = 'pen'")
        write.execute("INSERT INTO ledger.lines VALUES (1)")
        for forbidden in ("TRUNCATE orders", "DROP TABLE orders", "CREATE TABLE mine (id int)", "SET ROLE shop_owner"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                write.execute(forbidden)
    with member(cloud, instance, "shop_read") as read:
        assert read.execute("SELECT item FROM orders").fetchall() == [("pen",)]
        assert read.execute("SELECT id FROM ledger.lines").fetchall() == [(1,)]
        for forbidden in (
            "INSERT INTO orders (item) VALUES ('x')",
            "DELETE FROM orders",
            "CREATE TEMP TABLE t ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                read.execute(forbidden)
    with master(cloud, instance, "shop") as admin:
        rights = {
            role: {
                right
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
                if admin.execute("SELECT has_table_privilege(%s, 'orders', %s)", (role, right)).fetchone() == (True,)
            }
            for role in ("shop_read", "shop_write")
        }
    assert rights == {"shop_read": {"SELECT"}, "shop_write": {"SELECT", "INSERT", "UPDATE", "DELETE"}}


def test_roles_of_one_database_do_not_enter_another(
    cloud: Surroundings, instance: dict[str, Any], shop: dict[str, Any]
) -> None:
    other = {**shop, "name": "stock", "extensions": [], "retain": False}
    PROVIDER.create(other)
    with (
        pytest.raises(psycopg.OperationalError, match="permission denied for database"),
        member(cloud, instance, "shop_write", "stock"),
    ):
        raise AssertionError("it was let in")
    with member(cloud, instance, "stock_read", "stock") as read:
        assert read.execute("SELECT current_database()").fetchone() == ("stock",)
    PROVIDER.delete("stock", other)
    PROVIDER.delete("stock", other)
    assert PROVIDER.read("stock", other).id == ""
    with master(cloud, instance) as admin:
        assert admin.execute("SELECT FROM pg_roles WHERE rolname LIKE 'stock%'").fetchall() == []


def test_a_database_that_leaves_the_program_stays(shop: dict[str, Any]) -> None:
    PROVIDER.delete("shop", shop)
    assert PROVIDER.read("shop", shop).id == "shop"


@pytest.mark.parametrize(
    ("database", "tampering", "meaning"),
    [
        ("postgres", "GRANT CONNECT ON DATABASE shop TO PUBLIC", "PUBLIC may not connect"),
        ("postgres", "ALTER ROLE shop_read LOGIN", "cannot log in"),
        ("postgres", "REVOKE shop_read FROM shop_write", "shop_write has the privileges"),
        ("shop", "GRANT CREATE ON SCHEMA public TO PUBLIC", "PUBLIC has nothing in schema public"),
        ("shop", "DROP EXTENSION pgcrypto", "extension pgcrypto is there"),
        (
            "shop",
            "ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner REVOKE DELETE ON TABLES FROM shop_write",
            "shop_write gets INSERT, UPDATE, DELETE on tables",
        ),
        (
            "shop",
            "ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
            "functions that are made later",
        ),
    ],
)
def test_drift_is_seen_and_mended(
    tampered: Callable[[str, str], None], shop: dict[str, Any], database: str, tampering: str, meaning: str
) -> None:
    tampered(database, tampering)
    (found,) = astray(shop)
    assert meaning in found
    live = PROVIDER.read("shop", shop).outs or {}
    assert PROVIDER.diff("shop", live, shop).changes
    assert PROVIDER.update("shop", live, shop).outs == shop
    assert astray(shop) == []
    assert not PROVIDER.diff("shop", PROVIDER.read("shop", shop).outs or {}, shop).changes


def test_rights_on_tables_that_were_there_are_mended(
    cloud: Surroundings, instance: dict[str, Any], shop: dict[str, Any]
) -> None:
    with master(cloud, instance, "shop") as admin:
        admin.execute("SET ROLE shop_owner; CREATE TABLE IF NOT EXISTS old (id int); REVOKE ALL ON old FROM shop_write")
    (found,) = astray(shop)
    assert found.startswith("tables that are there already")
    PROVIDER.update("shop", shop, shop)
    assert astray(shop) == []


def test_no_password_is_in_what_the_engine_keeps(
    cloud: Surroundings, instance: dict[str, Any], shop: dict[str, Any]
) -> None:
    with master(cloud, instance) as admin:
        password = admin.info.password
    kept = repr(PROVIDER.create(shop).outs).encode() + pickle.dumps(PROVIDER)
    assert password.encode() not in kept
    assert vars(PROVIDER) == {}


def test_a_renamed_database_is_another(shop: dict[str, Any]) -> None:
    assert PROVIDER.diff("shop", shop, {**shop, "name": "store"}).replaces == ["name"]
    assert PROVIDER.diff("shop", shop, {**shop, "port": 1}).replaces == []


def test_an_unknown_extension_is_refused_in_the_servers_words(wanted: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match='"nonesuch" is not available'):
        PROVIDER.create({**wanted, "extensions": ["nonesuch"]})


def test_a_server_that_is_not_there_is_asked_again_and_then_named(
    wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:1/postgres.*PGHOSTADDR"):
        PROVIDER.create({**wanted, "port": 1})
    assert len(pauses) == connection.ATTEMPTS - 1
    assert pauses == sorted(pauses)


def test_a_server_of_another_authority_is_refused_at_once(
    cloud: Surroundings, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", "/dev/null")
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waited"))
    with pytest.raises(DatabaseError, match=r"(?i)certificate"):
        PROVIDER.create(wanted)
    monkeypatch.delenv("PGSSLROOTCERT")
    with pytest.raises(DatabaseError, match="PGSSLROOTCERT"):
        PROVIDER.create(wanted)
