"""Rules between workloads and the rest of the description."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from stacks.spec.problems import Problem, shown
from stacks.spec.rules import Described


def namespaces(described: Described) -> Iterator[Problem]:
    """A workload's namespace is one of the cluster's."""
    known, found = described.at("cluster", "namespaces"), described.at("workloads")
    if not isinstance(known, Mapping) or not isinstance(found, Mapping):
        return
    for name in found:
        namespace = described.at("workloads", name, "namespace")
        if namespace is not None and namespace not in known:
            yield Problem(
                f"workloads.{name}.namespace",
                shown(namespace),
                f"the cluster has no such namespace (it has: {', '.join(map(str, known)) or 'none'})",
                "describe it in cluster.namespaces",
            )


def replicas(described: Described) -> Iterator[Problem]:
    """In production a node's failure leaves a pod."""
    found = described.at("workloads")
    if not described.production or not isinstance(found, Mapping):
        return
    for name in found:
        least = described.at("workloads", name, "min_replicas")
        if isinstance(least, int) and least < 2:
            yield Problem(
                f"workloads.{name}.min_replicas",
                shown(least),
                "in production one node's failure must leave another pod",
                "write at least 2",
            )


RULES: Final[tuple[Callable[[Described], Iterator[Problem]], ...]] = (namespaces, replicas)
