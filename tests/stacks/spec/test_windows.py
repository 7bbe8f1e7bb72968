"""Windows: two either have a minute in common, or they do not, whichever way one asks."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.spec import load
from stacks.spec.postgres import ENGINES, family, support_ended
from stacks.spec.windows import DAY_MINUTES, DAYS, LEAST_MINUTES, WEEK_MINUTES, daily, overlap, weekly

LENGTH = st.integers(LEAST_MINUTES, DAY_MINUTES - 1)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def backup(start: int, length: int) -> str:
    return f"{clock(start)}-{clock((start + length) % DAY_MINUTES)}"


def maintenance(start: int, length: int) -> str:
    end = (start + length) % WEEK_MINUTES
    return "-".join(f"{DAYS[one // DAY_MINUTES]}:{clock(one % DAY_MINUTES)}" for one in (start, end))


@given(st.integers(0, DAY_MINUTES - 1), LENGTH)
def test_a_daily_window_is_read_as_it_is_written(start: int, length: int) -> None:
    assert daily(backup(start, length)) == (start, length)


@given(st.integers(0, WEEK_MINUTES - 1), LENGTH)
def test_a_weekly_window_is_read_as_it_is_written(start: int, length: int) -> None:
    assert weekly(maintenance(start, length)) == (start, length)


@given(st.integers(0, DAY_MINUTES - 1), LENGTH, st.integers(0, WEEK_MINUTES - 1), LENGTH)
def test_windows_overlap_exactly_when_they_share_a_minute(
    day_start: int, day_length: int, week_start: int, week_length: int
) -> None:
    busy = {(day * DAY_MINUTES + day_start + minute) % WEEK_MINUTES for day in range(7) for minute in range(day_length)}
    wanted = {(week_start + minute) % WEEK_MINUTES for minute in range(week_length)}
    assert overlap(backup(day_start, day_length), maintenance(week_start, week_length)) is bool(busy & wanted)


@pytest.mark.parametrize("window", ["24:00-01:00", "01:60-02:00", "01:00", "sun:01:00-sun:02:00", " 01:00-02:00"])
def test_what_is_no_window_of_a_day_is_refused(window: str) -> None:
    with pytest.raises(ValueError, match=re.escape(window)):
        daily(window)


@pytest.mark.parametrize("version", ENGINES)
def test_a_version_is_refused_once_its_support_has_ended(version: str) -> None:
    end = ENGINES[version]
    assert support_ended(version, end) is None
    assert support_ended(f"{version}.3", date(end.year, end.month + 1, 1)) == end
    assert family(f"{version}.3") == f"postgres{version}"


def test_databases_are_names_or_records(description: dict[str, Any]) -> None:
    description["database"]["databases"] = ["shop", "stock"]
    listed = load(description).database
    description["database"]["databases"] = {"shop": {"extensions": ["pgcrypto"]}, "stock": {"retain": False}}
    recorded = load(description).database
    assert list(listed.databases) == list(recorded.databases) == ["shop", "stock"]
    assert listed.first == "shop"
    assert recorded.databases["shop"].extensions == ["pgcrypto"]
    assert (listed.databases["stock"].retain, recorded.databases["stock"].retain) == (True, False)
