"""Names, namespaces, ids, secrets, custom resources and imports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.plugins.kubernetes.conftest import Kubernetes, Plugin

Declare = Callable[..., dict[str, Any]]


def test_an_object_without_a_name_is_named_after_its_resource_and_keeps_the_name(
    plugin: Plugin, namespace: str, declare: Declare
) -> None:
    inputs = declare("v1:ConfigMap", None, namespace, data={"a": "1"})
    resource = plugin.resource("core/v1:ConfigMap", "settings").create(inputs)
    assert re.fullmatch(r"settings-[0-9a-f]{8}", resource.name)
    assert resource.check(inputs, seed=b"another") == resource.inputs
    assert resource.refresh()
    assert resource.diff(inputs).changes == {}
    found = resource.diff({**inputs, "data": {"a": "2"}})
    assert found.changes == {"data.a": "UPDATE_REPLACE"}
    assert not found.delete_before_replace, "the new object gets a name of its own, so that it can come first"
    replacement = plugin.resource("core/v1:ConfigMap", "settings")
    assert replacement.check(inputs, seed=b"another")["metadata"]["name"] != resource.name


def test_preview_and_update_make_the_same_name(plugin: Plugin, namespace: str, declare: Declare) -> None:
    inputs = declare("v1:ConfigMap", None, namespace)
    resource = plugin.resource("core/v1:ConfigMap", "same")
    assert resource.preview(inputs)["metadata"]["name"] == resource.check(inputs)["metadata"]["name"]


def test_the_providers_namespace_is_the_default(
    fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.config.read_text(), namespace=namespace)
    made = plugin.resource("core/v1:ConfigMap").create(declare("v1:ConfigMap", "placed"))
    assert made.id == f"{namespace}/placed"
    role = plugin.resource("rbac.authorization.k8s.io/v1:ClusterRole")
    checked = role.check(declare("rbac.authorization.k8s.io/v1:ClusterRole", "unplaced"))
    assert "namespace" not in checked["metadata"]


def test_without_any_other_the_namespace_is_default(plugin: Plugin, declare: Declare) -> None:
    checked = plugin.resource("core/v1:ConfigMap").check(declare("v1:ConfigMap", "anywhere"))
    assert checked["metadata"]["namespace"] == "default"


@pytest.fixture(scope="module")
def widgets(kubernetes: Kubernetes, declare: Declare) -> Iterator[str]:
    """A custom kind in two scopes: its group."""
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer", "maximum": 10}}}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    scopes = {"Widget": "Namespaced", "Planet": "Cluster"}
    for kind, scope in scopes.items():
        names = {"kind": kind, "singular": kind.lower(), "plural": f"{kind.lower()}s"}
        spec = {"group": "identity.example", "scope": scope, "names": names, "versions": [version]}
        token = "apiextensions.k8s.io/v1:CustomResourceDefinition"
        kubernetes.edit(declare(token, f"{names['plural']}.identity.example", spec=spec))
        kubernetes.wait_served(f"identity.example/v1:{kind}")
    yield "identity.example/v1"
    for kind in scopes:
        kubernetes.remove("apiextensions.k8s.io/v1:CustomResourceDefinition", f"{kind.lower()}s.identity.example")


def test_a_custom_resource_is_validated_at_preview(
    plugin: Plugin, widgets: str, namespace: str, declare: Declare, failures: Any
) -> None:
    token = f"{widgets}:Widget"
    with pytest.raises(failures.Refused, match=r"spec\.size: Invalid value: 11"):
        plugin.resource(token).preview(declare(token, "w", namespace, spec={"size": 11}))


def test_custom_resources_live(
    plugin: Plugin, kubernetes: Kubernetes, widgets: str, namespace: str, declare: Declare
) -> None:
    token = f"{widgets}:Widget"
    policy = {"annotations": {"pulumi.com/deletionPropagationPolicy": "background"}}

    def widget(size: int) -> dict[str, Any]:
        return declare(token, "w", namespace, metadata=policy, spec={"size": size})

    resource = plugin.resource(token).create(widget(1))
    assert resource.refresh()
    assert resource.diff(widget(1)).changes == {}
    assert resource.diff(widget(2)).changes == {"spec.size": "UPDATE"}
    resource.update(widget(2))
    kubernetes.edit(widget(7))
    assert resource.refresh()
    assert resource.inputs["spec"]["size"] == 7
    resource.delete()
    resource.delete()
    assert not resource.refresh()


def test_custom_resources_outside_of_namespaces_get_none(plugin: Plugin, widgets: str, declare: Declare) -> None:
    token = f"{widgets}:Planet"
    policy = {"annotations": {"pulumi.com/deletionPropagationPolicy": "background"}}
    resource = plugin.resource(token).create(declare(token, "mars", metadata=policy, spec={}))
    assert resource.id == "mars"
    assert "namespace" not in resource.inputs["metadata"]
    resource.delete()


def test_secrets_are_secret_in_inputs_and_state(
    plugin: Plugin, namespace: str, declare: Declare, secret_of: Callable[[Any], Any]
) -> None:
    inputs = declare("v1:Secret", "s", namespace, stringData={"password": "hunter2"})
    resource = plugin.resource("core/v1:Secret").create(inputs)
    assert secret_of(resource.inputs["stringData"]) == {"password": "hunter2"}
    assert secret_of(resource.state["data"]) == {"password": "aHVudGVyMg=="}
    assert secret_of(resource.state["stringData"]) == {"password": "hunter2"}
    assert resource.refresh()
    assert secret_of(resource.state["data"]) == {"password": "aHVudGVyMg=="}
    assert secret_of(resource.inputs["stringData"]) == {"password": "hunter2"}


def test_what_the_program_marks_as_secret_stays_secret(
    plugin: Plugin, namespace: str, declare: Declare, secret: Callable[[Any], Any], secret_of: Callable[[Any], Any]
) -> None:
    inputs = declare("v1:ConfigMap", "marked", namespace, data={"token": secret("t"), "plain": "p"})
    resource = plugin.resource("core/v1:ConfigMap").create(inputs)
    for data in (resource.inputs["data"], resource.state["data"], resource.state["__inputs"]["data"]):
        assert secret_of(data["token"]) == "t"
        assert data["plain"] == "p"
    assert (
        secret_of(
            plugin.resource("core/v1:ConfigMap", "x").preview(
                declare("v1:ConfigMap", "marked-2", namespace, data={"token": secret("t")})
            )["data"]["token"]
        )
        == "t"
    )
    assert resource.refresh()
    assert secret_of(resource.inputs["data"]["token"]) == "t"


def test_an_object_is_imported_by_its_id(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare
) -> None:
    spec = {"ports": [{"port": 80, "name": "web"}], "clusterIP": "None"}
    theirs = declare("v1:Service", "found", namespace, metadata={"labels": {"team": "a"}}, spec=spec)
    kubernetes.edit(theirs)
    resource = plugin.resource("core/v1:Service", "imported")
    assert not plugin.resource("core/v1:Service").load(f"{namespace}/missing")
    assert resource.load(f"{namespace}/found")
    assert resource.inputs == theirs
    assert resource.diff(theirs).changes == {}
    resource.update({**theirs, "metadata": {**theirs["metadata"], "labels": {"team": "a", "more": "b"}}})
    live = kubernetes.get("v1:Service", "found", namespace)
    assert live is not None
    assert live["metadata"]["labels"] == {"team": "a", "more": "b"}


def test_an_object_made_by_other_means_is_imported_without_a_difference(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare
) -> None:
    kubernetes.post("/api/v1/namespaces", declare("v1:Namespace", f"{namespace}-x", metadata={"labels": {"a": "b"}}))
    resource = plugin.resource("core/v1:Namespace", "imported")
    assert resource.load(f"{namespace}-x")
    program = declare("v1:Namespace", f"{namespace}-x", metadata={"labels": {"a": "b"}})
    assert resource.diff(program).changes == {}
    kubernetes.remove("v1:Namespace", f"{namespace}-x")


def test_the_state_is_kept_as_the_official_plugin_keeps_it(plugin: Plugin, namespace: str, declare: Declare) -> None:
    resource = plugin.resource("core/v1:ConfigMap").create(declare("v1:ConfigMap", "kept", namespace, data={"a": "b"}))
    assert re.fullmatch(r"pulumi-kubernetes-[0-9a-f]{8}", resource.state["__fieldManager"])
    assert resource.state["__initialApiVersion"] == "v1"
    assert resource.state["__inputs"] == resource.inputs
    assert json.dumps(resource.state).count("managedFields") == 0
