"""All rules of the hardening pack."""

from __future__ import annotations

from typing import Final

from policies.engine.rule import Rule
from policies.hardening import (
    archives,
    audits,
    buckets,
    clusters,
    database_operations,
    databases,
    egress,
    identities,
    instances,
    keys,
    messaging,
    namespaces,
    network_acls,
    networks,
    principals,
    registries,
    security_groups,
    workloads,
)

DESCRIPTION: Final = "Encrypted, private, least privileged: the hardening every client environment has."

RULES: Final[tuple[Rule, ...]] = (
    *databases.RULES,
    *database_operations.RULES,
    *keys.RULES,
    *networks.RULES,
    *network_acls.RULES,
    *security_groups.RULES,
    *instances.RULES,
    *clusters.RULES,
    *buckets.RULES,
    *archives.RULES,
    *registries.RULES,
    *audits.RULES,
    *messaging.RULES,
    *egress.RULES,
    *identities.RULES,
    *principals.RULES,
    *workloads.RULES,
    *namespaces.RULES,
)
