"""What is promised of backups: RPO, RTO and retention. Drills hold the environment to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from stacks.spec.model import Section
from stacks.spec.problems import refuse
from stacks.spec.schedules import Cron, longest_gap


class BackupsSpec(Section):
    """Targets and retention."""

    rpo_minutes: Annotated[int, Field(ge=5, le=1440)]
    """Recovery point objective in minutes: most data that may be lost. RDS uploads transaction logs every 5 minutes
    (Amazon RDS User Guide, *Restoring a DB instance to a specified time*), so less cannot be promised."""

    rto_minutes: Annotated[int, Field(ge=15, le=2880)]
    """Recovery time objective in minutes: longest time until a restored database serves."""

    retention_days: Annotated[int, Field(ge=1, le=35)]
    """Days that point-in-time recovery reaches back (35 at most: *BackupRetentionPeriod* of CreateDBInstance)."""

    drill_schedule: Cron = "0 4 * * 1,4"
    """When a restore drill is due, five fields in UTC; left out, Mondays and Thursdays at 04:00. The longest time
    between two drills must be shorter than the retention: otherwise a recovery point could come and go untried."""

    @field_validator("drill_schedule")
    @classmethod
    def _within_retention(cls, schedule: str, info: ValidationInfo) -> str:
        days = info.data.get("retention_days")
        gap = longest_gap(schedule)
        if days is not None and gap >= timedelta(days=days):
            raise refuse(
                f"up to {gap.days} days pass between two drills, and recovery points are kept for {days}: "
                "some would come and go untried",
                "drill more often, for example '0 4 * * *', or keep recovery points longer",
            )
        return schedule

    @field_validator("retention_days")
    @classmethod
    def _reaches(cls, days: int, info: ValidationInfo) -> int:
        rpo = info.data.get("rpo_minutes")
        if rpo is not None and days * 1440 < 2 * rpo:
            raise refuse(
                f"it keeps fewer than two recovery points {rpo} minutes apart: one damaged point would leave none",
                "keep at least two days, or promise a smaller rpo_minutes",
            )
        return days
