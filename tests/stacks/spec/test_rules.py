"""Rules between sections, and those between the keys of one section."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stacks.spec import SpecError, load

ROOT = "freehold:environment"


def refused(description: dict[str, Any]) -> set[str]:
    """Places of the mistakes, without the root; empty where there are none."""
    try:
        load(description)
    except SpecError as error:
        return {problem.path.removeprefix(f"{ROOT}.") for problem in error.problems}
    return set()


PRODUCTION = [
    ("database", "multi_az", False),
    ("network", "nat", "single"),
    ("backups", "retention_days", 6),
]


@pytest.mark.parametrize(("section", "key", "value"), PRODUCTION)
@pytest.mark.parametrize("stage", ["dev", "test", "staging", "prod"])
def test_production_is_held_to_more(
    description: dict[str, Any], stage: str, section: str, key: str, value: Any
) -> None:
    description["stage"] = stage
    description[section][key] = value
    assert refused(description) == ({f"{section}.{key}"} if stage == "prod" else set())


@pytest.mark.parametrize(("section", "key"), [("database", "multi_az"), ("network", "nat")])
def test_a_default_is_held_to_the_same(description: dict[str, Any], section: str, key: str) -> None:
    del description[section][key]
    assert refused(description) == {f"{section}.{key}"}


def test_production_needs_a_node_in_reserve(description: dict[str, Any]) -> None:
    description["cluster"]["node_groups"]["general"]["min"] = 1
    assert refused(description) == {"cluster.node_groups.general.min"}
    description["stage"] = "dev"
    assert not refused(description)


def test_rules_are_judged_beside_other_mistakes_in_the_same_section(description: dict[str, Any]) -> None:
    description["client"] = "A"
    description["database"] |= {"engine_version": "9", "multi_az": False}
    description["network"] |= {"cidr": "no", "nat": "single"}
    description["cluster"]["node_groups"]["general"] |= {"min": 1, "max": 0}
    assert refused(description) == {
        "client",
        "database.engine_version",
        "database.multi_az",
        "network.cidr",
        "network.nat",
        "cluster.node_groups.general.min",
        "cluster.node_groups.general.max",
    }


def test_a_value_that_is_refused_is_judged_once(description: dict[str, Any]) -> None:
    description["backups"]["retention_days"] = 0
    assert refused(description) == {"backups.retention_days"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rpo=st.integers(0, 2000), rto=st.integers(0, 3000), days=st.integers(0, 40))
def test_promises_are_kept_within_what_rds_can_do(description: dict[str, Any], rpo: int, rto: int, days: int) -> None:
    """RDS: logs every 5 minutes, at most 35 days; and two recovery points at least."""
    description["stage"] = "dev"
    description["backups"] = {"rpo_minutes": rpo, "rto_minutes": rto, "retention_days": days}
    description["backups"]["drill_schedule"] = "0 4,16 * * *"
    expected = set()
    if not 5 <= rpo <= 1440:
        expected.add("backups.rpo_minutes")
    if not 15 <= rto <= 2880:
        expected.add("backups.rto_minutes")
    if not 1 <= days <= 35 or (5 <= rpo <= 1440 and days * 1440 < 2 * rpo):
        expected.add("backups.retention_days")
    assert refused(description) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(least=st.integers(2, 450), desired=st.integers(1, 450), most=st.integers(1, 450))
def test_a_node_groups_sizes_are_in_order(description: dict[str, Any], least: int, desired: int, most: int) -> None:
    description["cluster"]["node_groups"]["general"] |= {"min": least, "desired": desired, "max": most}
    expected = {
        f"cluster.node_groups.general.{name}" for name, low, high in (("desired", least, desired),) if high < low
    }
    if not expected and most < desired:
        expected = {"cluster.node_groups.general.max"}
    assert refused(description) == expected


def test_a_default_size_is_compared_too(description: dict[str, Any]) -> None:
    description["cluster"]["node_groups"]["general"] = {"instance_types": ["m7i.large"], "min": 3, "max": 9}
    assert refused(description) == {"cluster.node_groups.general.desired"}


@pytest.mark.parametrize(("start", "ceiling", "good"), [(100, 110, True), (100, 109, False), (100, None, True)])
def test_storage_grows_by_a_tenth_at_least(
    description: dict[str, Any], start: int, ceiling: int | None, good: bool
) -> None:
    description["database"] |= {"storage_gib": start, "max_storage_gib": ceiling}
    assert refused(description) == (set() if good else {"database.max_storage_gib"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("database.engine_version", "15"),
        ("database.engine_version", "17."),
        ("database.engine_version", "17.04"),
        ("database.backup_window", "1:00-2:00"),
        ("database.backup_window", "01:00-01:29"),
        ("database.maintenance_window", "sun:03:00-sun:03:29"),
        ("database.maintenance_window", "sun:03:00-mon:03:00"),
        ("database.maintenance_window", "mon:01:30-mon:02:30"),
        ("database.instance_class", "m7g.large"),
        ("database.databases", []),
        ("database.databases", ["shop", "shop"]),
        ("cluster.version", "1.31"),
        ("cluster.api_access", ["0.0.0.0/0"]),
        ("vault.address", "http://vault.example.com"),
        ("vault.prefix", "acme"),
        ("monitoring.oncall", []),
    ],
)
def test_values_outside_their_limits_are_refused(description: dict[str, Any], path: str, value: Any) -> None:
    section, key = path.split(".")
    description[section][key] = value
    (place,) = refused(description)
    assert place.startswith(path) or place == section


@pytest.mark.parametrize("name", ["postgres", "rdsadmin", "template1", "Shop", "1shop", "shop-x", "s" * 56])
def test_a_databases_name_is_one_that_postgresql_and_rds_take(description: dict[str, Any], name: str) -> None:
    description["database"]["databases"] = ["shop", name]
    assert refused(description) == {f"database.databases.{name}"}


@pytest.mark.parametrize("name", ["kube-system", "default", "Shop", "shop_x", "-shop", "s" * 64])
def test_a_namespace_is_a_label_that_is_not_the_clusters_own(description: dict[str, Any], name: str) -> None:
    description["cluster"]["namespaces"] = {name: {}}
    assert refused(description) == {f"cluster.namespaces.{name}"}


@pytest.mark.parametrize("place", [{}, {"namespace": "acme", "prefix": "acme"}])
def test_vault_is_either_a_namespace_or_a_prefix(description: dict[str, Any], place: dict[str, str]) -> None:
    description["vault"] = place
    assert refused(description) == {"vault"}


@pytest.mark.parametrize(
    ("place", "kind", "good"),
    [
        ("cluster", "m7i.large", True),
        ("cluster", "m9z.large", True),
        ("cluster", "m4.large", False),
        ("cluster", "t2.medium", False),
        ("database", "db.r8g.2xlarge", True),
        ("database", "db.m4.large", False),
        ("database", "db.c6g.large", False),
    ],
)
def test_machines_are_of_families_that_do(description: dict[str, Any], place: str, kind: str, good: bool) -> None:
    if place == "cluster":
        description["cluster"]["node_groups"]["general"]["instance_types"] = [kind]
        where = "cluster.node_groups.general.instance_types.0"
    else:
        description["database"]["instance_class"] = kind
        where = "database.instance_class"
    assert refused(description) == (set() if good else {where})
