"""Workloads in a description."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.spec import load
from tests.stacks.spec.test_rules import refused

IMAGE = f"111111111111.dkr.ecr.eu-central-1.amazonaws.com/acme-prod/shop@sha256:{'a' * 64}"
WEB: dict[str, Any] = {"namespace": "shop", "image": IMAGE}


def test_a_workload_needs_a_namespace_and_an_image_only(description: dict[str, Any]) -> None:
    web = load(description | {"workloads": {"web": WEB}}).workloads["web"]
    assert (web.min_replicas, web.port, web.ready_path) == (2, 8080, "/readyz")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("image", "111111111111.dkr.ecr.eu-central-1.amazonaws.com/shop:1"),
        ("image", f"shop@sha256:{'a' * 64}"),
        ("image", IMAGE[:-1]),
        ("namespace", "elsewhere"),
        ("namespace", "kube-system"),
        ("port", 80),
        ("min_replicas", 1),
        ("max_replicas", 1),
        ("cpu_limit", "2"),
        ("cpu_limit", "50m"),
        ("memory_limit", "1Gi"),
        ("memory", "128M"),
        ("ready_path", "readyz"),
        ("ready_path", "/readyz?x=1"),
        ("timeout_seconds", 0),
        ("secrets", ["../other/api"]),
    ],
)
def test_what_the_cluster_would_refuse_is_refused_here(description: dict[str, Any], key: str, value: Any) -> None:
    found = refused(description | {"workloads": {"web": WEB | {key: value}}})
    assert found
    assert all(place.startswith(f"workloads.web.{key}") for place in found)


@pytest.mark.parametrize("name", ["FREEHOLD_RETRIES", "log-level", ""])
def test_variables_are_the_applications_own(description: dict[str, Any], name: str) -> None:
    assert refused(description | {"workloads": {"web": WEB | {"env": {name: "x"}}}})


def test_one_replica_is_enough_outside_production(description: dict[str, Any]) -> None:
    assert not refused(description | {"stage": "dev", "workloads": {"web": WEB | {"min_replicas": 1}}})


def test_maintenance_needs_a_page(description: dict[str, Any]) -> None:
    assert refused(description | {"workloads": {"web": WEB | {"maintenance": True}}}) == {"workloads.web"}
    page = {"maintenance": True, "fallback_image": IMAGE}
    assert not refused(description | {"workloads": {"web": WEB | page}})
