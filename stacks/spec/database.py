"""The client's PostgreSQL database."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from stacks.spec.families import POSTGRES, family
from stacks.spec.model import Section
from stacks.spec.problems import refuse

ENGINES: Final = ("16", "17", "18")
"""Major versions of PostgreSQL (Amazon RDS User Guide, *Release calendar for Amazon RDS for PostgreSQL*); the minor
version is RDS's default and follows its minor upgrades."""

_RESERVED: Final = {"postgres", "rdsadmin", "template0", "template1"}


def _engine(value: str) -> str:
    if value not in ENGINES:
        raise refuse("this major version of PostgreSQL is not supported", f"choose one of: {', '.join(ENGINES)}")
    return value


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
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", value) or value in _RESERVED:
        raise refuse(
            "a database's name has at most 63 lower-case letters, digits and underscores, a letter first, "
            f"and is none of {', '.join(sorted(_RESERVED))}",
            "respell it, for example 'shop'",
        )
    return value


class DatabaseSpec(Section):
    """The RDS instance."""

    engine_version: Annotated[str, AfterValidator(_engine)]
    """Major version of PostgreSQL: 16, 17 or 18."""

    instance_class: Annotated[str, AfterValidator(_class)]
    """RDS instance class, for example db.t4g.medium."""

    storage_gib: Annotated[int, Field(ge=20, le=65536)]
    """Storage at the start in GiB (20 to 65,536: RDS, *General Purpose SSD storage*)."""

    max_storage_gib: Annotated[int, Field(ge=22, le=65536)] | None = None
    """Ceiling of storage autoscaling in GiB; without one, storage does not grow by itself."""

    multi_az: bool = False
    """A standby in another zone; required in prod."""

    databases: Annotated[list[Annotated[str, AfterValidator(_name)]], Field(min_length=1)]
    """Names of the databases; the first is made with the instance."""

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

    @field_validator("databases")
    @classmethod
    def _unique(cls, names: list[str]) -> list[str]:
        if len(set(names)) != len(names):
            raise refuse("a database is named twice", "name each database once")
        return names
