"""The client's PostgreSQL database."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from stacks.spec.families import POSTGRES, family
from stacks.spec.model import Section
from stacks.spec.postgres import Engine
from stacks.spec.problems import refuse
from stacks.spec.windows import BackupWindow, MaintenanceWindow, overlap

_RESERVED: Final = {"postgres", "rdsadmin", "template0", "template1"}
ROLES: Final = ("owner", "migrate", "write", "read")
"""Roles that the kit makes of each database, named NAME_ROLE."""

NAME_LONGEST: Final = 63 - len("_migrate")
"""Characters of a database's name, so that its roles' names fit PostgreSQL's 63 bytes (PostgreSQL manual,
*Identifiers and Key Words*)."""


def _class(value: str) -> str:
    if not re.fullmatch(r"db\.[a-z][a-z0-9]+\.(?:micro|small|medium|\d*x?large)", value):
        raise refuse("it has not the form db.family.size", "write an RDS instance class, for example db.t4g.medium")
    if family(value) not in POSTGRES:
        raise refuse(
            "RDS runs no PostgreSQL 16 or later on this family",
            f"choose one of: {', '.join(sorted(POSTGRES))}; for example db.m7g.large",
        )
    return value


def _name(value: str) -> str:
    if not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{NAME_LONGEST - 1}}}", value) or value in _RESERVED:
        raise refuse(
            f"a database's name has at most {NAME_LONGEST} lower-case letters, digits and underscores, a letter first, "
            f"and is none of {', '.join(sorted(_RESERVED))}",
            "respell it, for example 'shop'",
        )
    return value


def _extension(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", value):
        raise refuse("it is no name of an extension", "write for example 'pgcrypto'")
    return value


class NamedDatabase(Section):
    """One database of the instance, with its roles NAME_owner, NAME_migrate, NAME_write and NAME_read."""

    extensions: Annotated[list[Annotated[str, AfterValidator(_extension)]], Field(default_factory=list)]
    """Extensions that the kit makes in it. Those that only a superuser may make are refused by RDS unless it supports
    them (Amazon RDS for PostgreSQL Release Notes, *Extension versions*)."""

    retain: bool = True
    """Leave the database and its data alone when it is taken out of the description; false drops it with its roles."""


class TimeoutsSpec(Section):
    """How long sessions may wait or work. 0 means without end; a session may set its own."""

    idle_in_transaction_seconds: Annotated[int, Field(ge=0, le=86400)] = 600
    """End a session that holds a transaction open and does nothing for this many seconds: it holds locks, and keeps
    autovacuum from removing dead rows (PostgreSQL manual, *idle_in_transaction_session_timeout*)."""

    statement_seconds: Annotated[int, Field(ge=0, le=86400)] = 0
    """Cancel a statement after this many seconds."""

    lock_seconds: Annotated[int, Field(ge=0, le=86400)] = 0
    """Cancel a statement that waits this many seconds for a lock."""


def _records(given: Any) -> Any:
    """A plain list of names stands for records without further wishes."""
    if not isinstance(given, list):
        return given
    names = [name for name in given if isinstance(name, str)]
    if len(set(names)) != len(names):
        raise refuse("a database is named twice", "name each database once")
    # what is no name stands under its place in the list, and is refused there
    return {name if isinstance(name, str) else str(at): {} for at, name in enumerate(given)}


class DatabaseSpec(Section):
    """The RDS instance."""

    engine_version: Engine
    """Version of PostgreSQL: 16, 17 or 18; the minor version is then RDS's default and follows its upgrades. A minor
    version may be pinned (17.5) until the next one is wanted."""

    instance_class: Annotated[str, AfterValidator(_class)]
    """RDS instance class, for example db.t4g.medium."""

    storage_gib: Annotated[int, Field(ge=20, le=65536)]
    """Storage at the start in GiB (20 to 65,536: RDS, *General Purpose SSD storage*)."""

    max_storage_gib: Annotated[int, Field(ge=22, le=65536)] | None = None
    """Ceiling of storage autoscaling in GiB; without one, storage does not grow by itself."""

    multi_az: bool = False
    """A standby in another zone; required in prod."""

    backup_window: BackupWindow = "01:00-02:00"
    """Daily window of backups, UTC, 30 minutes or more."""

    maintenance_window: MaintenanceWindow = "sun:03:00-sun:04:00"
    """Weekly window of minor upgrades and other maintenance, UTC, 30 minutes or more, apart from backup_window."""

    authority: Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"] = "rds-ca-rsa2048-g1"
    """Certificate authority of the server's certificate, pinned, so that a new default of RDS surprises no client. It
    is valid until 2061 and its certificates are renewed by RDS (Amazon RDS User Guide, *Certificate authorities*)."""

    timeouts: TimeoutsSpec = TimeoutsSpec()
    """Time-outs of sessions."""

    audit_writes: bool = False
    """Let pgaudit log every INSERT, UPDATE, DELETE and TRUNCATE too, besides definitions and roles."""

    databases: Annotated[
        dict[Annotated[str, AfterValidator(_name)], NamedDatabase],
        BeforeValidator(_records, json_schema_input_type=dict[str, NamedDatabase] | list[str]),
        Field(min_length=1),
    ]
    """Databases by name, or a plain list of names; the first is made with the instance."""

    @property
    def first(self) -> str:
        """The database that is made with the instance."""
        return next(iter(self.databases))

    @field_validator("maintenance_window")
    @classmethod
    def _apart(cls, window: str, info: ValidationInfo) -> str:
        backup = info.data.get("backup_window")
        if backup is not None and overlap(backup, window):
            raise refuse(f"it overlaps backup_window ({backup}); RDS refuses that", "move one of the two")
        return window

    @field_validator("max_storage_gib")
    @classmethod
    def _ceiling(cls, ceiling: int | None, info: ValidationInfo) -> int | None:
        start = info.data.get("storage_gib")
        if ceiling is not None and start is not None and ceiling * 10 < start * 11:
            raise refuse(
                f"it is less than 10 % above storage_gib ({start}); RDS refuses that",
                f"write at least {-(-start * 11 // 10)}, or leave it out",
            )
        return ceiling
