"""The cluster's section: node groups, add-ons, and how long its version is supported."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from policies.hardening.clusters import SUPPORTED
from stacks.spec import SpecError, load, support
from stacks.spec.kubernetes_versions import ADDONS, VERSIONS, advice, later


def mistakes(description: dict[str, Any], **group: Any) -> list[str]:
    """Problems of a description whose node group is changed, as text."""
    description["cluster"]["node_groups"]["general"] |= group
    try:
        load(description)
    except SpecError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    "labels",
    [
        {"workload": "batch"},
        {"example.com/workload": ""},
        {"a" * 63: "b" * 63},
        {"a.b-c_d": "A.b-c_D"},
    ],
)
def test_labels_that_kubernetes_takes(description: dict[str, Any], labels: dict[str, str]) -> None:
    assert not mistakes(description, labels=labels)


@pytest.mark.parametrize(
    "labels",
    [
        {"": "x"},
        {"a" * 64: "x"},
        {"-a": "x"},
        {"Example.com/a": "x"},
        {"example.com/": "x"},
        {"a/b/c": "x"},
        {"kubernetes.io/role": "x"},
        {"node-role.kubernetes.io/worker": "x"},
        {"eks.amazonaws.com/x": "x"},
        {"a": "b" * 64},
        {"a": "b c"},
        {"a": "-b"},
    ],
)
def test_labels_that_kubernetes_refuses(description: dict[str, Any], labels: dict[str, str]) -> None:
    (found,) = mistakes(description, labels=labels)
    assert "labels" in found


def test_taints(description: dict[str, Any]) -> None:
    taint = {"key": "batch", "value": "true", "effect": "NoSchedule"}
    assert not mistakes(description, taints=[taint, taint | {"effect": "NoExecute"}])
    assert "batch:NoSchedule" in mistakes(description, taints=[taint, taint | {"value": "no"}])[0]
    assert "effect" in mistakes(description, taints=[taint | {"effect": "NO_SCHEDULE"}])[0]
    assert "key" in mistakes(description, taints=[taint | {"key": "k8s.io/x"}])[0]


def test_addons_are_the_tables_unless_overridden(description: dict[str, Any]) -> None:
    assert load(description).cluster.addon_versions == ADDONS["1.34"]
    description["cluster"]["addons"] = {"vpc-cni": "v1.99.0-eksbuild.1"}
    assert load(description).cluster.addon_versions == {**ADDONS["1.34"], "vpc-cni": "v1.99.0-eksbuild.1"}


@pytest.mark.parametrize(
    "addons",
    [
        {"vpc-cni": "1.21.1"},
        {"vpc-cni": "latest"},
        {"cilium": "v1.0.0-eksbuild.1"},
        {"kube-proxy": "v1.33.0-eksbuild.2"},
    ],
)
def test_addons_that_cannot_be(description: dict[str, Any], addons: dict[str, str]) -> None:
    description["cluster"]["addons"] = addons
    assert len(mistakes(description)) == 1


def test_every_version_has_its_addons_and_its_dates() -> None:
    assert ADDONS.keys() == VERSIONS.keys()
    assert len({frozenset(found) for found in ADDONS.values()}) == 1
    for version, found in ADDONS.items():
        assert found["kube-proxy"].startswith(f"v{version}.")
        assert VERSIONS[version].standard < VERSIONS[version].extended
    assert [later(version) for version in VERSIONS] == [*list(VERSIONS)[1:], None]


def test_the_policy_pack_knows_the_same_versions() -> None:
    assert tuple(VERSIONS) == SUPPORTED


def test_support_is_judged_on_the_day(description: dict[str, Any]) -> None:
    spec, dates = load(description), VERSIONS["1.34"]
    day = timedelta(days=1)
    assert support.judge(spec, dates.standard - 91 * day) is None
    assert "1.35" in (support.judge(spec, dates.standard - 90 * day) or "")
    assert "leaves standard support" in (support.judge(spec, dates.standard - day) or "")
    assert "extended support since" in (support.judge(spec, dates.standard) or "")
    assert "extended support since" in (support.judge(spec, dates.extended - day) or "")
    with pytest.raises(SpecError, match=r"cluster\.version.*ended on 2027-12-02.*1\.35"):
        support.judge(spec, dates.extended)


def test_the_newest_version_has_nothing_after_it() -> None:
    assert "must join the kit's table first" in (advice("1.35", date(2027, 12, 1)) or "")
