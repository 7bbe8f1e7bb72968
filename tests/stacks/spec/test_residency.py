"""Jurisdictions against AWS's own list of regions, and the client's choice within one."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stacks.spec import SpecError, load
from stacks.spec.residency import JURISDICTIONS
from stacks.spec.zones import ZONES

EVERY_REGION = sorted({region for row in JURISDICTIONS.values() for region in row.regions})


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    """Regions of each partition in AWS's published endpoint data."""
    partitions = botocore.session.get_session().get_component("data_loader").load_data("partitions")["partitions"]
    return {row["id"]: set(row["regions"]) - {f"{row['id']}-global"} for row in partitions}


@pytest.mark.parametrize("name", JURISDICTIONS)
def test_its_regions_exist_in_its_partition(name: str, known: dict[str, set[str]]) -> None:
    row = JURISDICTIONS[name]
    assert row.regions
    assert row.regions <= known[row.partition]


@pytest.mark.parametrize(("one", "other"), list(combinations(JURISDICTIONS, 2)))
def test_no_region_is_in_two_jurisdictions(one: str, other: str) -> None:
    assert not JURISDICTIONS[one].regions & JURISDICTIONS[other].regions


@pytest.mark.parametrize("region", ["eu-west-2", "eu-central-2"])
def test_london_and_zurich_are_outside_the_european_union(region: str) -> None:
    assert region not in JURISDICTIONS["eu"].regions


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    jurisdiction=st.sampled_from(sorted(JURISDICTIONS)),
    home=st.sampled_from(EVERY_REGION),
    recovery=st.none() | st.sampled_from(EVERY_REGION),
)
def test_it_is_accepted_exactly_where_both_regions_are_inside_and_differ(
    description: dict[str, Any], jurisdiction: str, home: str, recovery: str | None
) -> None:
    inside = JURISDICTIONS[jurisdiction].regions
    good = home in inside and (recovery is None or (recovery in inside and recovery != home))
    description["residency"] = {"jurisdiction": jurisdiction, "home": home, "recovery": recovery}
    description["network"]["zones"] = list(ZONES[home][:2])
    if good:
        residency = load(description).residency
        assert residency.allows(home)
        assert {region for region in EVERY_REGION if residency.allows(region)} == {home, recovery} - {None}
    else:
        with pytest.raises(SpecError) as refused:
            load(description)
        assert all(problem.path.startswith("freehold:environment.residency") for problem in refused.value.problems)


def test_an_unknown_jurisdiction_is_answered_with_the_list(description: dict[str, Any]) -> None:
    description["residency"]["jurisdiction"] = "europe"
    with pytest.raises(SpecError) as refused:
        load(description)
    (problem,) = refused.value.problems
    assert problem.path == "freehold:environment.residency.jurisdiction"
    assert all(name in problem.fix for name in JURISDICTIONS)


def test_it_says_where_a_foreign_region_lies(description: dict[str, Any]) -> None:
    description["residency"] = {"jurisdiction": "eu", "home": "eu-west-2", "recovery": "eu-central-2"}
    with pytest.raises(SpecError) as refused:
        load(description)
    home, recovery = refused.value.problems
    assert (home.path, recovery.path) == (
        "freehold:environment.residency.home",
        "freehold:environment.residency.recovery",
    )
    assert "United Kingdom" in home.limit
    assert "Switzerland" in recovery.limit


def test_the_partition_follows_the_jurisdiction(description: dict[str, Any]) -> None:
    description["residency"] = {"jurisdiction": "us-gov", "home": "us-gov-west-1"}
    assert load(description).provision_role_arn == "arn:aws-us-gov:iam::111111111111:role/freehold-provision"
