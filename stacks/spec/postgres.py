"""Versions of PostgreSQL on RDS, and how long AWS keeps them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator

from stacks.spec.problems import refuse

ENGINES: Final = {"16": date(2029, 2, 28), "17": date(2030, 2, 28), "18": date(2031, 2, 28)}
"""Major versions, and the day on which RDS's standard support of each ends (Amazon RDS for PostgreSQL Release Notes,
*Release calendar for Amazon RDS for PostgreSQL*, as of November 2026). Afterwards AWS charges for Extended Support by
vCPU and hour."""


def _engine(value: str) -> str:
    major, _, minor = value.partition(".")
    if major not in ENGINES or not re.fullmatch(r"(?:[1-9]\d?)?", minor) or value.endswith("."):
        raise refuse(
            "this version of PostgreSQL is not supported",
            f"choose one of: {', '.join(ENGINES)}; a minor version may follow, as in '17.5'",
        )
    if ended := support_ended(value):
        newest = list(ENGINES)[-1]
        raise refuse(
            f"RDS's standard support of PostgreSQL {major} ended on {ended.isoformat()}",
            f"move to a later version, for example {newest!r}",
        )
    return value


def support_ended(version: str, today: date | None = None) -> date | None:
    """The day on which standard support of a version ended, or ``None`` while it lasts.

    Args:
        today: the day to judge by (default: the present one).
    """
    end = ENGINES[version.partition(".")[0]]
    return end if (today or date.today()) > end else None


Engine = Annotated[str, AfterValidator(_engine)]
"""A major version, or a minor one that is pinned."""


def family(version: str) -> str:
    """The parameter group family of a version."""
    return f"postgres{version.partition('.')[0]}"
