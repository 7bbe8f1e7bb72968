"""Hours of the week in which AWS may work on the database."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

from stacks.spec.problems import refuse

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
WEEK_MINUTES: Final = 7 * DAY_MINUTES
LEAST_MINUTES: Final = 30
"""Shortest window (*PreferredBackupWindow* and *PreferredMaintenanceWindow* of CreateDBInstance)."""

_TIME: Final = r"([01]\d|2[0-3]):([0-5]\d)"
_DAY: Final = rf"({'|'.join(DAYS)}):{_TIME}"


def daily(window: str) -> tuple[int, int]:
    """Start in minutes after midnight UTC, and length in minutes, of a daily window such as ``01:00-02:00``.

    Raises:
        ValueError: it has not that form.
    """
    found = re.fullmatch(rf"{_TIME}-{_TIME}", window)
    if found is None:
        raise ValueError(window)
    hours = [int(part) for part in found.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    return start, (end - start) % DAY_MINUTES


def weekly(window: str) -> tuple[int, int]:
    """Start in minutes after Monday 00:00 UTC, and length in minutes, of a window such as ``sun:03:00-sun:04:00``.

    Raises:
        ValueError: it has not that form.
    """
    found = re.fullmatch(rf"{_DAY}-{_DAY}", window)
    if found is None:
        raise ValueError(window)
    start, end = (
        DAYS.index(found[first]) * DAY_MINUTES + int(found[first + 1]) * 60 + int(found[first + 2]) for first in (1, 4)
    )
    return start, (end - start) % WEEK_MINUTES


def overlap(backup: str, maintenance: str) -> bool:
    """Whether a daily and a weekly window have a minute in common."""
    daily_start, daily_length = daily(backup)
    weekly_start, weekly_length = weekly(maintenance)
    for day in range(len(DAYS)):
        ahead = (day * DAY_MINUTES + daily_start - weekly_start) % WEEK_MINUTES
        if ahead < weekly_length or WEEK_MINUTES - ahead < daily_length:
            return True
    return False


def _backup(value: str) -> str:
    try:
        _, length = daily(value)
    except ValueError:
        raise refuse("it has not the form hh:mm-hh:mm", "write for example '01:00-02:00' (UTC)") from None
    if length < LEAST_MINUTES:
        raise refuse(f"it is {length} minutes long; RDS wants at least {LEAST_MINUTES}", "end it later")
    return value


def _maintenance(value: str) -> str:
    try:
        _, length = weekly(value)
    except ValueError:
        raise refuse(
            "it has not the form ddd:hh:mm-ddd:hh:mm", "write for example 'sun:03:00-sun:04:00' (UTC)"
        ) from None
    if not LEAST_MINUTES <= length < DAY_MINUTES:
        raise refuse(
            f"it is {length} minutes long; RDS wants at least {LEAST_MINUTES}, and less than a day", "mend its end"
        )
    return value


BackupWindow = Annotated[str, AfterValidator(_backup)]
"""A window of every day, in UTC."""

MaintenanceWindow = Annotated[str, AfterValidator(_maintenance)]
"""A window of the week, in UTC, lower case."""
