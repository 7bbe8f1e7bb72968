"""What production owes its auditors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from stacks.spec.problems import Problem, shown
from stacks.spec.rules import Described

PROD_DAYS: Final = 365
"""Least retention in prod: twelve months (PCI DSS v4.0.1, 10.5.1)."""

WATCHES: Final = {
    "config": "AWS Config's records (CIS AWS Foundations Benchmark v5.0.0, 3.3)",
    "threat_detection": "GuardDuty (AWS Foundational Security Best Practices v1.0.0, GuardDuty.1)",
    "security_hub": "Security Hub (CIS AWS Foundations Benchmark v5.0.0, 4.16)",
}
"""What production cannot do without."""


def kept(described: Described) -> Iterator[Problem]:
    """Production keeps logs and evidence for a year at least."""
    for name in ("retention_days", "evidence_retention_days"):
        days = described.at("audit", name)
        if described.production and days is not None and days < PROD_DAYS:
            yield Problem(
                f"audit.{name}",
                shown(days),
                f"production keeps its audit history for at least {PROD_DAYS} days (PCI DSS v4.0.1, 10.5.1)",
                f"write at least {PROD_DAYS}, or leave it out",
            )


def watched(described: Described) -> Iterator[Problem]:
    """Production is recorded, watched and judged."""
    for name, meaning in WATCHES.items():
        if described.production and described.at("audit", name) is False:
            yield Problem(
                f"audit.{name}",
                shown(False),
                f"production has {meaning}",
                "write true, or leave it out",
            )


def judged_by_records(described: Described) -> Iterator[Problem]:
    """Security Hub's controls read what AWS Config records."""
    hub, config = described.at("audit", "security_hub"), described.at("audit", "config")
    if hub is True and config is False:
        yield Problem(
            "audit.security_hub",
            shown(True),
            "Security Hub judges what AWS Config records, and audit.config is false",
            "switch audit.config on, or audit.security_hub off",
        )


RULES: Final[tuple[Callable[[Described], Iterator[Problem]], ...]] = (kept, watched, judged_by_records)
