"""Type tokens, scopes and the fields that replace."""

from __future__ import annotations

import pytest

from sandbox.plugins.kubernetes.kinds import Kind, of, refusal, replacing_fields


@pytest.mark.parametrize(
    ("kind", "namespaced"),
    [
        (Kind("v1", "Namespace"), False),
        (Kind("v1", "ConfigMap"), True),
        (Kind("apps/v1", "Deployment"), True),
        (Kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"), False),
        (Kind("rbac.authorization.k8s.io/v1", "RoleBinding"), True),
        (Kind("networking.k8s.io/v1", "NetworkPolicy"), True),
        (Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition"), False),
        (Kind("stable.example.com/v1", "CronTab"), None),
    ],
)
def test_scope_of_built_in_kinds_is_known_and_of_custom_ones_is_not(kind: Kind, namespaced: bool | None) -> None:
    assert kind.namespaced is namespaced


def test_the_core_group_has_two_spellings() -> None:
    assert of({"apiVersion": "core/v1", "kind": "Pod"}) == of({"apiVersion": "v1", "kind": "Pod"}) == Kind("v1", "Pod")


@pytest.mark.parametrize("inputs", [{}, {"apiVersion": "v1"}, {"apiVersion": "", "kind": "Pod"}, {"kind": "Pod"}])
def test_an_object_without_a_kind_is_refused(inputs: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must both be given"):
        of(inputs)


@pytest.mark.parametrize("token", ["kubernetes:core/v1:Namespace", "kubernetes:stable.example.com/v1:CronTab"])
def test_api_objects_are_served(token: str) -> None:
    assert refusal(token) is None


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("kubernetes:helm.sh/v3:Release", "not one API object"),
        ("kubernetes:yaml:ConfigFile", "not one API object"),
        ("kubernetes:core/v1:ConfigMapPatch", "patches of foreign objects"),
        ("kubernetes:core/v1:PodList", "declare the single objects"),
        ("aws:s3/bucket:Bucket", "not of the form"),
    ],
)
def test_other_types_are_refused_by_name(token: str, words: str) -> None:
    assert words in (refusal(token) or "")
    assert token in (refusal(token) or "")


@pytest.mark.parametrize(
    ("mutable", "old", "replaces"),
    [(False, {}, True), (True, {}, False), (True, {"immutable": True}, True)],
)
def test_the_payload_of_a_config_map_replaces_unless_it_is_declared_mutable(
    mutable: bool, old: dict[str, bool], replaces: bool
) -> None:
    fields = replacing_fields(Kind("v1", "ConfigMap"), old, config_map_mutable=mutable, secret_mutable=False)
    assert ("data" in fields) is replaces


def test_every_object_is_replaced_by_another_name_or_namespace() -> None:
    fields = replacing_fields(Kind("a.example/v1", "X"), {}, config_map_mutable=False, secret_mutable=False)
    assert {"metadata.name", "metadata.namespace", "kind"} <= fields
