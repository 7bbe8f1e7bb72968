"""Changes that the plugin's own table does not know: the server's dry run decides."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.plugins.kubernetes.conftest import Kubernetes, Plugin

Declare = Callable[..., dict[str, Any]]


def test_a_pod_is_replaced_where_the_server_refuses_to_change_it(
    plugin: Plugin, namespace: str, declare: Declare
) -> None:
    spec: dict[str, Any] = {"containers": [{"name": "main", "image": "one", "env": [{"name": "A", "value": "1"}]}]}
    resource = plugin.resource("core/v1:Pod").create(declare("v1:Pod", "pod", namespace, spec=spec))
    image = copy.deepcopy(spec)
    image["containers"][0]["image"] = "two"
    assert resource.diff(declare("v1:Pod", "pod", namespace, spec=image)).changes == {
        "spec.containers[0].image": "UPDATE"
    }
    env = copy.deepcopy(spec)
    env["containers"][0]["env"][0]["value"] = "2"
    found = resource.diff(declare("v1:Pod", "pod", namespace, spec=env))
    assert found.changes == {"spec.containers[0].env[0].value": "UPDATE_REPLACE"}
    assert found.delete_before_replace


def test_an_immutable_config_map_is_replaced_even_where_config_maps_are_mutable(
    fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.config.read_text(), enableConfigMapMutable=True)

    def settings(name: str, value: str, **rest: Any) -> dict[str, Any]:
        return declare("v1:ConfigMap", name, namespace, data={"a": value}, **rest)

    mutable = plugin.resource("core/v1:ConfigMap").create(settings("mutable", "1"))
    assert mutable.diff(settings("mutable", "2")).changes == {"data.a": "UPDATE"}
    fixed = plugin.resource("core/v1:ConfigMap").create(settings("fixed", "1", immutable=True))
    assert fixed.diff(settings("fixed", "2", immutable=True)).changes == {"data.a": "UPDATE_REPLACE"}


def test_a_claim_may_grow_but_not_change(plugin: Plugin, namespace: str, declare: Declare) -> None:
    def claim(size: str, mode: str = "ReadWriteOnce") -> dict[str, Any]:
        spec = {"accessModes": [mode], "storageClassName": "none", "resources": {"requests": {"storage": size}}}
        wait = {"annotations": {"pulumi.com/skipAwait": "true"}}
        return declare("v1:PersistentVolumeClaim", "claim", namespace, metadata=wait, spec=spec)

    resource = plugin.resource("core/v1:PersistentVolumeClaim").create(claim("1Gi"))
    assert resource.diff(claim("1Gi", "ReadOnlyMany")).replaces == ["spec"]
    resource.delete()


def test_another_spelling_of_what_is_there_is_no_change(plugin: Plugin, namespace: str, declare: Declare) -> None:
    def limits(cpu: Any) -> dict[str, Any]:
        return declare("v1:LimitRange", "spelt", namespace, spec={"limits": [{"type": "Pod", "max": {"cpu": cpu}}]})

    resource = plugin.resource("core/v1:LimitRange").create(limits("1000m"))
    assert resource.diff(limits("1")).changes == {}
    assert resource.diff(limits("2")).changes == {"spec.limits[0].max.cpu": "UPDATE"}


def test_ignored_changes_are_ignored(plugin: Plugin, namespace: str, declare: Declare) -> None:
    def labelled(team: str) -> dict[str, Any]:
        return declare("v1:ServiceAccount", "ignored", namespace, metadata={"labels": {"team": team}})

    resource = plugin.resource("core/v1:ServiceAccount").create(labelled("a"))
    assert resource.diff(labelled("b"), ignore=("metadata.labels",)).changes == {}
    assert resource.diff(labelled("b")).changes == {"metadata.labels.team": "UPDATE"}


def test_a_newer_version_of_the_same_api_is_an_update_and_another_api_a_replacement(
    plugin: Plugin, namespace: str, declare: Declare
) -> None:
    old = declare("v1:Event", "e", namespace, reason="x", involvedObject={"namespace": namespace})
    resource = plugin.resource("core/v1:Event").create(old)
    other = {**old, "apiVersion": "events.k8s.io/v1"}
    assert resource.diff(other).changes["apiVersion"] == "UPDATE_REPLACE"


def test_a_removed_key_of_a_secret_goes(
    fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.config.read_text(), enableSecretMutable=True)

    def secret(**texts: str) -> dict[str, Any]:
        return declare("v1:Secret", "keys", namespace, stringData=texts)

    resource = plugin.resource("core/v1:Secret").create(secret(a="1", b="2"))
    resource.update(secret(a="3"))
    live = kubernetes.get("v1:Secret", "keys", namespace)
    assert live is not None
    assert live["data"] == {"a": "Mw=="}
    assert resource.refresh()
    assert resource.diff(secret(a="3")).changes == {}
