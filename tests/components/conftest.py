"""Two environments as the program would register them: the example, and one that is as large as names allow."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stacks.spec.schema import ROOT
from tests.components.recording import Recording, record


def example() -> dict[str, Any]:
    """The description of ``acme-dev``."""
    document = yaml.safe_load((ROOT / "stacks" / "Pulumi.acme-dev.yaml").read_text())
    found: dict[str, Any] = document["config"]["freehold:environment"]
    return found


def largest() -> dict[str, Any]:
    """Production, three zones, and every name as long as it may be."""
    description = example()
    node_group = {"instance_types": ["m7g.large"], "min": 2, "desired": 2, "max": 4}
    other = node_group | {
        "instance_types": ["m7i.large"],
        "image": "al2023",
        "capacity": "spot",
        "labels": {"example.com/workload": "batch"},
        "taints": [{"key": "batch", "effect": "PreferNoSchedule"}],
    }
    namespace = {"service_account": "s" * 63}
    return description | {
        "client": "c" * 20,
        "stage": "prod",
        "network": {"cidr": "10.40.0.0/20", "zones": ["a", "b", "c"], "nat": "per-zone"},
        "cluster": {
            "version": "1.35",
            "node_groups": {"g" * 20: node_group, "general": other},
            "addons": {"coredns": "v1.13.2-eksbuild.5"},
            "api_access": ["203.0.113.0/24"],
            "namespaces": {"n" * 62 + "a": namespace, "n" * 62 + "b": namespace},
        },
        "database": description["database"] | {"multi_az": True},
        "audit": {},
        "registry": {
            "scanning": "enhanced",
            "replicate": True,
            "pull_through": {"k8s": {"upstream": "registry.k8s.io"}, "p" * 30: {"upstream": "quay.io"}},
            "allowed": ["registry.example.com/acme"],
        },
    }


@pytest.fixture(scope="session")
def dev() -> Recording:
    """``acme-dev``."""
    return record(example())


@pytest.fixture(scope="session")
def prod() -> Recording:
    """The largest environment, in production."""
    return record(largest())


@pytest.fixture(params=["dev", "prod"])
def environment(request: pytest.FixtureRequest) -> Recording:
    """Each of the two."""
    found: Recording = request.getfixturevalue(request.param)
    return found
