"""All rules of the residency pack."""

from __future__ import annotations

from typing import Final

from policies.engine.rule import Rule
from policies.residency import boundary, clusters, destinations, providers, reach, regions, replication

DESCRIPTION: Final = "Client data stays in the client's account and within the client's jurisdiction."

RULES: Final[tuple[Rule, ...]] = (
    *boundary.RULES,
    *providers.RULES,
    *regions.RULES,
    *destinations.RULES,
    *replication.RULES,
    *reach.RULES,
    *clusters.RULES,
)
