"""Times that repeat: five-field cron expressions in UTC, as a Kubernetes CronJob reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from typing import Annotated, Final

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator

from stacks.spec.problems import refuse

FIELDS: Final = 5
_START: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Start of a leap year, so that the longest gap is the same whenever it is asked for."""
_LOOKED_AT: Final = 400


def _cron(value: str) -> str:
    try:
        if len(value.split()) != FIELDS:
            raise CronSimError("it has not five fields")
        next(CronSim(value, _START))
    except (CronSimError, StopIteration) as error:
        reason = str(error).lower() or "no day is ever due"
        raise refuse(
            f"it is no schedule of five fields, minute hour day month weekday ({reason})",
            "write for example '0 4 * * 1' for Mondays at 04:00 UTC",
        ) from error
    return value


Cron = Annotated[str, AfterValidator(_cron)]
"""A schedule such as ``0 4 * * 1``: minute, hour, day of month, month, weekday; in UTC."""


@cache
def longest_gap(schedule: str) -> timedelta:
    """Longest time between two of the next 400 runs of a valid schedule."""
    runs = list(islice(CronSim(schedule, _START), _LOOKED_AT))
    return max((later - earlier for earlier, later in pairwise(runs)), default=timedelta.max)
