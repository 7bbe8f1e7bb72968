"""What is kept as proof, and for how long."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from stacks.spec.model import Section

LONGEST_DAYS: Final = 36500
"""Longest default retention of S3 Object Lock (Amazon S3 User Guide, *Object Lock considerations*)."""


class AuditSpec(Section):
    """Retention of logs and evidence. Both are locked as long as they are kept: in prod nobody can delete them or
    shorten it (compliance mode), elsewhere only who may bypass the lock (governance mode)."""

    retention_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 365
    """Days that the trail, configuration history, flow logs and access logs are kept; in prod a year or more (PCI DSS
    v4.0.1, 10.5.1)."""

    evidence_retention_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 1825
    """Days that the records of deliveries, drills and approvals are kept; in prod a year or more. Five years is
    a choice of ours: ask contract and supervisor."""

    adopt: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None = None
    """Only to make an environment again whose archive an earlier one left behind: id of the archive's key (the target
    of its alias CLIENT-STAGE-archive). Key and buckets are then taken over as they are; leave it out again after that
    update (docs/adr/0009-the-archive-outlives-its-environment.md)."""

    config: bool = True
    """Record the configuration of every resource (AWS Config), which is billed by recorded change; prod has it."""

    threat_detection: bool = True
    """Look for attackers (GuardDuty), which is billed by what it reads; prod has it."""

    security_hub: bool = True
    """Judge the account by published standards (Security Hub), which is billed by check and needs ``config``; prod has
    it."""

    insights: bool = False
    """Have the trail look for unusual rates of calls and errors (CloudTrail Insights), which is billed by analysed
    call."""
