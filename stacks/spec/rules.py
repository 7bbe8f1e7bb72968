"""Rules between sections, judged on every section that is itself valid, whatever is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from stacks.spec.backups import BackupsSpec
from stacks.spec.cluster import ClusterSpec
from stacks.spec.database import DatabaseSpec
from stacks.spec.identity import STAGES
from stacks.spec.model import Section
from stacks.spec.network import NetworkSpec
from stacks.spec.problems import Problem, shown

T = TypeVar("T", bound=Section)

_SINGLE: Final = "single"
_PROD_RETENTION_DAYS: Final = 7
"""Least retention in prod (AWS Foundational Security Best Practices v1.0.0, RDS.11)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The sections that are valid by themselves, and the description as it was given."""

    data: Mapping[str, Any]
    sections: Mapping[str, Section]

    def get(self, name: str, kind: type[T]) -> T | None:
        """A section, or ``None`` where it is missing or not valid."""
        found = self.sections.get(name)
        return found if isinstance(found, kind) else None

    @property
    def production(self) -> bool:
        """Whether the environment is production; unknown stages are reported elsewhere."""
        return self.data.get("stage") == STAGES[-1]


def standby(parts: Parts) -> Iterator[Problem]:
    """Production has a standby database and its own way out of each zone."""
    database = parts.get("database", DatabaseSpec)
    if parts.production and database is not None and not database.multi_az:
        yield Problem(
            "database.multi_az",
            shown(database.multi_az),
            "production needs a standby in another zone (AWS Foundational Security Best Practices v1.0.0, RDS.5)",
            "write multi_az: true",
        )
    network = parts.get("network", NetworkSpec)
    if parts.production and network is not None and network.nat == _SINGLE:
        yield Problem(
            "network.nat",
            shown(network.nat),
            "in production one zone's failure must not cut the others' way out",
            "write nat: per-zone",
        )


def retention(parts: Parts) -> Iterator[Problem]:
    """Production keeps at least a week of recovery points."""
    backups = parts.get("backups", BackupsSpec)
    if parts.production and backups is not None and backups.retention_days < _PROD_RETENTION_DAYS:
        yield Problem(
            "backups.retention_days",
            shown(backups.retention_days),
            f"production keeps at least {_PROD_RETENTION_DAYS} days "
            "(AWS Foundational Security Best Practices v1.0.0, RDS.11)",
            f"write at least {_PROD_RETENTION_DAYS}",
        )


def nodes(parts: Parts) -> Iterator[Problem]:
    """Production's node groups have a node in reserve."""
    cluster = parts.get("cluster", ClusterSpec)
    if not parts.production or cluster is None:
        return
    for name, group in cluster.node_groups.items():
        if group.min < 2:
            yield Problem(
                f"cluster.node_groups.{name}.min",
                shown(group.min),
                "in production one node's failure must leave another",
                "write at least 2",
            )


RULES: Final[tuple[Callable[[Parts], Iterator[Problem]], ...]] = (standby, retention, nodes)
