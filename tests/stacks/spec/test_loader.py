"""Mistakes: every one at once, each with its place, the value, the limit and the fix."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stacks.spec import Problem, SpecError, load

ROOT = "freehold:environment"


def problems(description: Any) -> dict[str, Problem]:
    """What is wrong with a description, by path; no path is named twice."""
    with pytest.raises(SpecError) as refused:
        load(description)
    found = {problem.path: problem for problem in refused.value.problems}
    assert len(found) == len(refused.value.problems)
    assert all(problem.limit and problem.fix for problem in refused.value.problems)
    return found


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values that are neither maps nor lists."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if entries is None:
        yield path
        return
    for key, below in entries:
        yield from leaves(below, (*path, key))


def put(description: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(description)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def test_a_good_description_is_read(description: dict[str, Any]) -> None:
    spec = load(description)
    assert spec.name == "acme-prod"
    assert spec.provision_role_arn == "arn:aws:iam::111111111111:role/freehold-provision"
    assert spec.cluster.node_groups["general"].max == 6


def test_eight_mistakes_are_eight_problems(description: dict[str, Any]) -> None:
    description |= {"client": "Acme_Corp", "account_id": 111111111111, "colour": "blue"}
    description["residency"]["home"] = "eu-west-2"
    description["network"]["cidr"] = "8.8.8.0/16"
    description["cluster"]["version"] = "1.99"
    description["database"]["multi_az"] = False
    del description["backups"]["rpo_minutes"]
    found = problems(description)
    assert set(found) == {
        f"{ROOT}.{path}"
        for path in (
            "client",
            "account_id",
            "colour",
            "residency.home",
            "network.cidr",
            "cluster.version",
            "database.multi_az",
            "backups.rpo_minutes",
        )
    }
    with pytest.raises(SpecError) as refused:
        load(description)
    text = str(refused.value)
    assert "8 mistakes" in text
    assert "nothing was created" in text
    assert all(str(problem) in text for problem in refused.value.problems)


def test_a_problem_names_place_value_limit_and_fix(description: dict[str, Any]) -> None:
    description["network"]["cidr"] = "10.20.0.0/28"
    problem = problems(description)[f"{ROOT}.network.cidr"]
    assert "'10.20.0.0/28'" in problem.value
    assert "/16 to /20" in problem.limit
    assert "10.20.0.0/16" in problem.fix
    assert str(problem).startswith(f"{ROOT}.network.cidr is '10.20.0.0/28': ")


@pytest.mark.parametrize(
    ("path", "wrong", "right"),
    [
        (("acount_id",), "111111111111", "account_id"),
        (("network", "cird"), "10.20.0.0/16", "cidr"),
        (("database", "multi_as"), True, "multi_az"),
        (("cluster", "node_groups", "general", "instance_type"), ["m7i.large"], "instance_types"),
        (("cluster", "namespaces", "shop", "memmory"), "16Gi", "memory"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(
    description: dict[str, Any], path: tuple[str, ...], wrong: Any, right: str
) -> None:
    found = problems(put(description, path, wrong))
    assert f"did you mean {right}?" in found[".".join([ROOT, *path])].fix


def test_a_misspelt_key_is_one_mistake(description: dict[str, Any]) -> None:
    description["backups"]["rpo_minuts"] = description["backups"].pop("rpo_minutes")
    description["netwrok"] = description.pop("network")
    found = problems(description)
    assert set(found) == {f"{ROOT}.backups.rpo_minuts", f"{ROOT}.netwrok"}
    assert found[f"{ROOT}.netwrok"].fix == "did you mean network?"


@pytest.mark.parametrize(
    ("path", "value", "limit"),
    [
        (("database", "storage_gib"), 5, "it must be at least 20"),
        (("backups", "retention_days"), 36, "it must be at most 35"),
        (("network", "zones"), ["a"], "it needs at least 2 of them"),
        (("stage",), "production", "it must be 'dev', 'test', 'staging' or 'prod'"),
        (("account_id",), 111111111111, "it must be text"),
        (("database", "multi_az"), "yes", "it must be true or false"),
    ],
)
def test_limits_are_said_in_plain_words(
    description: dict[str, Any], path: tuple[str, ...], value: Any, limit: str
) -> None:
    assert problems(put(description, path, value))[".".join([ROOT, *path])].limit == limit


@pytest.mark.parametrize("description", [None, [], "acme", 7])
def test_a_description_is_a_map(description: Any) -> None:
    assert set(problems(description)) == {ROOT}


def test_every_missing_key_is_named() -> None:
    found = problems({})
    required = {"client", "stage", "account_id", "residency", "network", "cluster", "database", "backups", "vault"}
    assert {f"{ROOT}.{name}" for name in (*required, "monitoring")} == set(found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_value_of_another_kind_is_refused_at_its_place(description: dict[str, Any], data: st.DataObject) -> None:
    """Nothing is coerced: no text that looks like a number, no number that looks like text, no 1 for true."""
    path = data.draw(st.sampled_from(sorted(leaves(description), key=str)))
    wrong = data.draw(st.sampled_from([1.5, {"x": 1}, [[]], b"bytes"]))
    found = problems(put(description, path, wrong))
    place = ".".join([ROOT, *map(str, path)])
    assert any(named.startswith(place) for named in found), (place, list(found))


@pytest.mark.parametrize("client", ["a", "Acme", "1acme", "acme-", "ac--me", "acme_corp", "a" * 21, "acmé", "acme\n"])
def test_a_clients_name_suits_what_is_derived_from_it(description: dict[str, Any], client: str) -> None:
    description["client"] = client
    assert set(problems(description)) == {f"{ROOT}.client"}


@pytest.mark.parametrize("account", ["1234", "1234567890123", "12345678901a", "\u0661" * 12, "111111111111\n"])
def test_an_account_has_twelve_digits(description: dict[str, Any], account: str) -> None:
    description["account_id"] = account
    assert set(problems(description)) == {f"{ROOT}.account_id"}


def test_a_description_cannot_be_changed(description: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(description).network.cidr = "10.30.0.0/16"
