"""Schedules, and the drills that must come before recovery points go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from stacks.spec.schedules import Cron, longest_gap
from tests.stacks.spec.test_rules import refused

CRON: TypeAdapter[str] = TypeAdapter(Cron)


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("0 4 * * *", timedelta(days=1)),
        ("*/15 * * * *", timedelta(minutes=15)),
        ("0 4 * * 1", timedelta(days=7)),
        ("0 4 * * 1,4", timedelta(days=4)),
        ("30 2 1 * *", timedelta(days=31)),
        ("0 0 29 2 *", timedelta(days=2921)),  # 2096 to 2104: 2100 is no leap year
    ],
)
def test_the_longest_gap(schedule: str, gap: timedelta) -> None:
    assert CRON.validate_python(schedule) == schedule
    assert longest_gap(schedule) == gap


@pytest.mark.parametrize(
    "schedule", ["", "daily", "0 4 * *", "0 4 * * * *", "60 4 * * *", "0 24 * * *", "0 4 31 2 *", "0 4 * * 9", "@daily"]
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(ValidationError, match="no schedule of five fields"):
        CRON.validate_python(schedule)


@settings(deadline=None)  # how long an example takes is the machine's affair
@given(minute=st.integers(0, 59), hour=st.integers(0, 23), days=st.sets(st.integers(0, 6), min_size=1))
def test_weekly_schedules_leave_no_gap_longer_than_a_week(minute: int, hour: int, days: set[int]) -> None:
    schedule = f"{minute} {hour} * * {','.join(map(str, sorted(days)))}"
    assert longest_gap(CRON.validate_python(schedule)) <= timedelta(days=7)


@pytest.mark.parametrize(
    ("schedule", "days", "good"),
    [("0 4 * * 1", 8, True), ("0 4 * * 1", 7, False), ("0 4 1 * *", 31, False), ("0 4 1 * *", 32, True)],
)
def test_drills_are_more_frequent_than_retention_is_long(
    description: dict[str, Any], schedule: str, days: int, good: bool
) -> None:
    description["stage"] = "dev"
    description["backups"] |= {"drill_schedule": schedule, "retention_days": days}
    assert refused(description) == (set() if good else {"backups.drill_schedule"})
