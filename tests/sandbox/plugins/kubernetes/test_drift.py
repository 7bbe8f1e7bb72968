"""What a refresh makes of an object that was changed, and of one that was not."""

from __future__ import annotations

import base64
import copy
from typing import Any

from sandbox.plugins.kubernetes.drift import imported_inputs, live_inputs
from sandbox.plugins.kubernetes.kinds import Kind

DEPLOYMENT = Kind("apps/v1", "Deployment")
POLICY = Kind("networking.k8s.io/v1", "NetworkPolicy")
SECRET = Kind("v1", "Secret")

DECLARED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"team": "a"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}]}},
    },
}
FIELDS = {
    "f:metadata": {"f:labels": {"f:team": {}}},
    "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:containers": {
                    'k:{"name":"web"}': {
                        ".": {},
                        "f:name": {},
                        "f:image": {},
                        "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                    }
                }
            }
        },
    },
}


def live() -> dict[str, Any]:
    """The declared Deployment as a server holds it: with defaults, status and managed fields."""
    found = copy.deepcopy(DECLARED)
    found["metadata"] |= {
        "uid": "1",
        "resourceVersion": "7",
        "managedFields": [
            {"manager": "pulumi-kubernetes-1", "operation": "Apply", "fieldsV1": FIELDS},
            {"manager": "kcm", "operation": "Update", "subresource": "status", "fieldsV1": {"f:status": {}}},
        ],
    }
    container = found["spec"]["template"]["spec"]["containers"][0]
    container["imagePullPolicy"] = "IfNotPresent"
    container["ports"][0]["protocol"] = "TCP"
    found["spec"]["template"]["spec"]["schedulerName"] = "default-scheduler"
    found["status"] = {"replicas": 2}
    return found


def test_what_the_server_adds_is_no_drift() -> None:
    now = live()
    now["metadata"]["resourceVersion"] = "9"
    now["status"] = {"replicas": 1}
    assert live_inputs(DEPLOYMENT, DECLARED, live(), now) == DECLARED


def test_a_changed_value_shows() -> None:
    now = live()
    now["spec"]["replicas"] = 5
    now["spec"]["template"]["spec"]["containers"][0]["image"] = "web:evil"
    found = live_inputs(DEPLOYMENT, DECLARED, live(), now)
    assert found["spec"]["replicas"] == 5
    assert found["spec"]["template"]["spec"]["containers"] == [
        {"name": "web", "image": "web:evil", "ports": [{"containerPort": 80}]}
    ]


def test_a_removed_value_is_missing() -> None:
    now = live()
    del now["metadata"]["labels"]
    found = live_inputs(DEPLOYMENT, DECLARED, live(), now)
    assert found["metadata"] == {"name": "web"}


def test_an_item_that_others_add_to_a_keyed_list_is_theirs_and_one_that_is_gone_is_missing() -> None:
    now = live()
    containers = now["spec"]["template"]["spec"]["containers"]
    containers.insert(0, {"name": "sidecar", "image": "proxy"})
    assert live_inputs(DEPLOYMENT, DECLARED, live(), now) == DECLARED
    containers.pop()
    found = live_inputs(DEPLOYMENT, DECLARED, live(), now)
    assert found["spec"]["template"]["spec"]["containers"] == []


def test_a_value_that_the_server_treats_as_one_shows_whole() -> None:
    now = live()
    now["spec"]["selector"]["matchLabels"]["extra"] = "x"
    found = live_inputs(DEPLOYMENT, DECLARED, live(), now)
    assert found["spec"]["selector"] == {"matchLabels": {"app": "web", "extra": "x"}}


def test_a_list_without_keys_shows_whole() -> None:
    fields: dict[str, Any] = {"f:spec": {"f:egress": {}, "f:podSelector": {}}}
    declared = {"metadata": {"name": "p"}, "spec": {"podSelector": {}, "egress": [{"ports": [{"port": 53}]}]}}
    before: dict[str, Any] = {
        "metadata": {"name": "p", "managedFields": [{"fieldsV1": fields}]},
        "spec": {"podSelector": {}, "egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}]},
    }
    now = copy.deepcopy(before)
    assert live_inputs(POLICY, declared, before, now) == declared
    now["spec"]["egress"].append({})
    found = live_inputs(POLICY, declared, before, now)
    assert found["spec"]["egress"] == [{"ports": [{"port": 53, "protocol": "TCP"}]}, {}]


def test_a_set_loses_the_values_that_are_gone() -> None:
    fields: dict[str, Any] = {"f:metadata": {"f:finalizers": {'v:"a"': {}, 'v:"b"': {}}}}
    declared = {"metadata": {"name": "p", "finalizers": ["a", "b"]}}
    before = {"metadata": {"finalizers": ["a", "b"], "managedFields": [{"fieldsV1": fields}]}}
    now = {"metadata": {"finalizers": ["c", "b"], "managedFields": [{"fieldsV1": fields}]}}
    assert live_inputs(POLICY, declared, before, now)["metadata"]["finalizers"] == ["b"]


def test_quantities_that_the_server_rewrote_are_no_drift_but_others_are() -> None:
    fields: dict[str, Any] = {"f:spec": {"f:hard": {"f:cpu": {}}}}
    declared = {"spec": {"hard": {"cpu": "1000m"}}}
    before = {"metadata": {"managedFields": [{"fieldsV1": fields}]}, "spec": {"hard": {"cpu": "1"}}}
    assert live_inputs(POLICY, declared, before, copy.deepcopy(before)) == declared
    now = {**before, "spec": {"hard": {"cpu": "3"}}}
    assert live_inputs(POLICY, declared, before, now)["spec"]["hard"] == {"cpu": "3"}


def _secret(**data: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"f:data": {f"f:{key}": {} for key in data}}
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    return {"metadata": {"managedFields": [{"fieldsV1": fields}]}, "data": encoded}


def test_the_text_of_a_secret_is_compared_as_it_is_stored() -> None:
    declared = {"stringData": {"password": "one"}}
    before = _secret(password="one")
    assert live_inputs(SECRET, declared, before, _secret(password="one")) == declared
    assert live_inputs(SECRET, declared, before, _secret(password="two")) == {"stringData": {"password": "two"}}
    assert live_inputs(SECRET, declared, before, _secret(other="x")) == {"stringData": {}}


def test_an_imported_object_keeps_what_somebody_set() -> None:
    found = imported_inputs({**live(), "immutable": None})
    assert found == DECLARED
