"""What production owes its auditors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from stacks.spec.problems import Problem, shown
from stacks.spec.rules import Described

PROD_DAYS: Final = 365
"""Least retention in prod: twelve months (PCI DSS v4.0.1, 10.5.1)."""


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


RULES: Final[tuple[Callable[[Described], Iterator[Problem]], ...]] = (kept,)
