"""Rules between sections, judged on every value that is itself valid, whatever is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from stacks.spec.identity import STAGES
from stacks.spec.integration_rules import transfers
from stacks.spec.places import field_at
from stacks.spec.problems import Problem, shown

Path = tuple[int | str, ...]

_SINGLE: Final = "single"
_PROD_RETENTION_DAYS: Final = 7
"""Least retention in prod (AWS Foundational Security Best Practices v1.0.0, RDS.11)."""


@dataclass(frozen=True, slots=True)
class Described:
    """A description as it was given.

    Args:
        data: the description.
        refused: places of the values that are not valid by themselves.
    """

    data: Mapping[str, Any]
    refused: frozenset[Path]

    def at(self, *path: int | str) -> Any:
        """The valid value at a place, or its default; ``None`` where it, or what it stands in, is missing or refused.

        Values are not coerced, so that what was given is what is meant.
        """
        if any(path[: len(refused)] == refused for refused in self.refused):
            return None
        value: Any = self.data
        for depth, place in enumerate(path, 1):
            if not isinstance(value, Mapping):
                return None
            if place not in value:
                field = field_at(path[:depth])
                value = field.get_default(call_default_factory=True) if field and not field.is_required() else None
                return reduce(lambda section, name: getattr(section, str(name), None), path[depth:], value)
            value = value[place]
        return value

    @property
    def production(self) -> bool:
        """Whether the environment is production; unknown stages are reported elsewhere."""
        return bool(self.at("stage") == STAGES[-1])


def standby(described: Described) -> Iterator[Problem]:
    """Production has a standby database and its own way out of each zone."""
    if described.production and described.at("database", "multi_az") is False:
        yield Problem(
            "database.multi_az",
            shown(False),
            "production needs a standby in another zone (AWS Foundational Security Best Practices v1.0.0, RDS.5)",
            "write multi_az: true",
        )
    made = not isinstance(described.data.get("network"), Mapping) or "existing" not in described.data["network"]
    if described.production and made and described.at("network", "nat") == _SINGLE:
        yield Problem(
            "network.nat",
            shown(_SINGLE),
            "in production one zone's failure must not cut the others' way out",
            "write nat: per-zone",
        )


def retention(described: Described) -> Iterator[Problem]:
    """Production keeps at least a week of recovery points."""
    days = described.at("backups", "retention_days")
    if described.production and days is not None and days < _PROD_RETENTION_DAYS:
        yield Problem(
            "backups.retention_days",
            shown(days),
            f"production keeps at least {_PROD_RETENTION_DAYS} days "
            "(AWS Foundational Security Best Practices v1.0.0, RDS.11)",
            f"write at least {_PROD_RETENTION_DAYS}",
        )


def nodes(described: Described) -> Iterator[Problem]:
    """Production's node groups have a node in reserve."""
    groups = described.data.get("cluster", {})
    groups = groups.get("node_groups") if isinstance(groups, Mapping) else None
    if not described.production or not isinstance(groups, Mapping):
        return
    for name in groups:
        least = described.at("cluster", "node_groups", name, "min")
        if least is not None and least < 2:
            yield Problem(
                f"cluster.node_groups.{name}.min",
                shown(least),
                "in production one node's failure must leave another",
                "write at least 2",
            )


RULES: Final[tuple[Callable[[Described], Iterator[Problem]], ...]] = (standby, retention, nodes, transfers)
