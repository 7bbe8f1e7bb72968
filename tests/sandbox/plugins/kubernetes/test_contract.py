"""The contract, kind by kind: create, read, no difference, update in place, replace, drift, delete, delete again."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.plugins.kubernetes.conftest import Kubernetes, Plugin

Change = Callable[[dict[str, Any]], object]

_HARDENED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod_template(app: str, **spec: Any) -> dict[str, Any]:
    """A Pod template that Pod Security's ``restricted`` lets through."""
    container = {
        "name": "main",
        "image": "registry.example/app:1",
        "securityContext": _HARDENED,
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "0.1", "memory": "16Mi"}, "limits": {"memory": "1024Mi"}},
    }
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container], **spec}}


def _workload(app: str, **spec: Any) -> dict[str, Any]:
    return {"spec": {"selector": {"matchLabels": {"app": app}}, "template": pod_template(app), **spec}}


def put(*path: str | int, value: Any) -> Change:
    """A change that sets one value."""

    def change(inputs: dict[str, Any]) -> None:
        target: Any = inputs
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


@dataclass(frozen=True)
class Case:
    """A kind and what happens to it.

    Attributes:
        body: the inputs beside the identity.
        update: a change in place, and the path that the difference names.
        replace: a change that needs a new object, and the path; ``None`` where every change goes in place.
        drift: a change that somebody makes behind the plugin's back, and the path.
        late: needs to be deleted in the background, since foreground deletion waits for the collector's next round.
    """

    token: str
    body: dict[str, Any]
    update: tuple[Change, str]
    replace: tuple[Change, str] | None
    drift: tuple[Change, str]
    namespaced: bool = True
    name: str | None = None
    annotations: dict[str, str] = field(default_factory=dict)

    def inputs(self, namespace: str) -> dict[str, Any]:
        """The inputs of an object of its own name."""
        version, _, kind = self.token.rpartition(":")
        metadata: dict[str, Any] = {"name": self.name or f"it-{secrets.token_hex(4)}", "labels": {"team": "a"}}
        if self.namespaced:
            metadata["namespace"] = namespace
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        body = copy.deepcopy(self.body)
        return {"apiVersion": version.removeprefix("core/"), "kind": kind, "metadata": metadata, **body}


TEAM = (put("metadata", "labels", "team", value="b"), "metadata.labels.team")
STRAY_TEAM = (put("metadata", "labels", "team", value="stray"), "metadata.labels.team")
_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole"}
_CRD = {
    "group": "contract.example",
    "scope": "Namespaced",
    "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
    "versions": [
        {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {
                "openAPIV3Schema": {
                    "type": "object",
                    "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                }
            },
        }
    ],
}

CASES = [
    Case(
        "core/v1:Namespace",
        {},
        (
            lambda inputs: inputs["metadata"]["labels"].update({"pod-security.kubernetes.io/enforce": "restricted"}),
            'metadata.labels["pod-security.kubernetes.io/enforce"]',
        ),
        (put("metadata", "name", value="other"), "metadata.name"),
        STRAY_TEAM,
        namespaced=False,
    ),
    Case(
        "core/v1:ConfigMap",
        {"data": {"a": "1"}},
        TEAM,
        (put("data", "a", value="2"), "data.a"),
        (put("data", "a", value="stray"), "data.a"),
    ),
    Case(
        "core/v1:Secret",
        {"stringData": {"password": "one"}, "data": {"raw": "ZA=="}},
        TEAM,
        (put("stringData", "password", value="two"), "stringData.password"),
        (put("data", "raw", value="ZQ=="), "data.raw"),
    ),
    Case(
        "core/v1:ServiceAccount",
        {"automountServiceAccountToken": False},
        (put("automountServiceAccountToken", value=True), "automountServiceAccountToken"),
        (put("metadata", "namespace", value="default"), "metadata.namespace"),
        (put("automountServiceAccountToken", value=False), "automountServiceAccountToken"),
    ),
    Case(
        "rbac.authorization.k8s.io/v1:ClusterRoleBinding",
        {
            "roleRef": {**_ROLE, "name": "view"},
            "subjects": [{"kind": "Group", "name": "team-a", "apiGroup": "rbac.authorization.k8s.io"}],
        },
        (put("subjects", 0, "name", value="team-b"), "subjects[0].name"),
        (put("roleRef", "name", value="edit"), "roleRef.name"),
        (put("subjects", 0, "name", value="stray"), "subjects[0].name"),
        namespaced=False,
    ),
    Case(
        "rbac.authorization.k8s.io/v1:RoleBinding",
        {"roleRef": {**_ROLE, "name": "view"}, "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "b"}]},
        (put("subjects", 0, "name", value="c"), "subjects[0].name"),
        (put("roleRef", "name", value="edit"), "roleRef.name"),
        (put("subjects", 0, "name", value="stray"), "subjects[0].name"),
    ),
    Case(
        "networking.k8s.io/v1:NetworkPolicy",
        {"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [{"ports": [{"port": 53}]}]}},
        (put("spec", "egress", 0, "ports", 0, "port", value=5353), "spec.egress[0].ports[0].port"),
        (put("metadata", "namespace", value="default"), "metadata.namespace"),
        (put("spec", "egress", value=[{"ports": [{"port": 53, "protocol": "TCP"}]}, {}]), "spec.egress[1]"),
    ),
    Case(
        "core/v1:ResourceQuota",
        {"spec": {"hard": {"requests.cpu": "2000m", "pods": "10"}}},
        (put("spec", "hard", "pods", value="20"), "spec.hard.pods"),
        (put("spec", "scopes", value=["BestEffort"]), "spec.scopes"),
        (put("spec", "hard", "pods", value="99"), "spec.hard.pods"),
    ),
    Case(
        "core/v1:LimitRange",
        {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1000m"}}]}},
        (put("spec", "limits", 0, "default", "cpu", value="2"), "spec.limits[0].default.cpu"),
        (put("metadata", "namespace", value="default"), "metadata.namespace"),
        (put("spec", "limits", 0, "default", "cpu", value="7"), "spec.limits[0].default.cpu"),
    ),
    Case(
        "apps/v1:Deployment",
        _workload("deployment", replicas=1),
        (put("spec", "replicas", value=2), "spec.replicas"),
        (put("spec", "selector", "matchLabels", "app", value="x"), "spec.selector.matchLabels.app"),
        (
            put("spec", "template", "spec", "containers", 0, "image", value="registry.example/stray:1"),
            "spec.template.spec.containers[0].image",
        ),
    ),
    Case(
        "apps/v1:StatefulSet",
        _workload("statefulset", replicas=1, serviceName="none"),
        (put("spec", "replicas", value=2), "spec.replicas"),
        (put("spec", "serviceName", value="other"), "spec.serviceName"),
        (put("spec", "replicas", value=3), "spec.replicas"),
    ),
    Case(
        "apps/v1:DaemonSet",
        _workload("daemonset"),
        (put("spec", "revisionHistoryLimit", value=3), "spec.revisionHistoryLimit"),
        (put("spec", "selector", "matchLabels", "app", value="x"), "spec.selector.matchLabels.app"),
        STRAY_TEAM,
    ),
    Case(
        "batch/v1:Job",
        {"spec": {"backoffLimit": 1, "template": pod_template("job", restartPolicy="Never")}},
        (put("spec", "backoffLimit", value=2), "spec.backoffLimit"),
        (put("spec", "template", "metadata", "labels", "app", value="x"), "spec.template.metadata.labels.app"),
        (put("spec", "backoffLimit", value=5), "spec.backoffLimit"),
    ),
    Case(
        "core/v1:Service",
        {"spec": {"clusterIP": "None", "ports": [{"port": 80}]}},
        (put("spec", "ports", 0, "port", value=81), "spec.ports[0].port"),
        (put("spec", "clusterIP", value="10.96.200.9"), "spec.clusterIP"),
        STRAY_TEAM,
    ),
    Case(
        "apiextensions.k8s.io/v1:CustomResourceDefinition",
        {"spec": _CRD},
        (put("spec", "names", "shortNames", value=["wd"]), "spec.names.shortNames"),
        (put("metadata", "name", value="gadgets.contract.example"), "metadata.name"),
        STRAY_TEAM,
        namespaced=False,
        name="widgets.contract.example",
    ),
]


@pytest.fixture(params=CASES, ids=lambda case: case.token)
def case(request: pytest.FixtureRequest) -> Case:
    """One kind."""
    found: Case = request.param
    return found


@pytest.fixture
def cleaned(kubernetes: Kubernetes, case: Case) -> Iterator[list[dict[str, Any]]]:
    """Inputs of objects to remove whatever happens."""
    made: list[dict[str, Any]] = []
    yield made
    for inputs in made:
        kubernetes.remove(case.token, inputs["metadata"]["name"], inputs["metadata"].get("namespace"))


def changed(inputs: dict[str, Any], change: Change) -> dict[str, Any]:
    """A changed copy of the inputs."""
    new = copy.deepcopy(inputs)
    change(new)
    return new


def test_contract(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, case: Case, cleaned: list[dict[str, Any]]
) -> None:
    inputs = case.inputs(namespace)
    cleaned.append(inputs)
    name, where = inputs["metadata"]["name"], inputs["metadata"].get("namespace")
    resource = plugin.resource(case.token)

    resource.preview(inputs)
    assert kubernetes.get(case.token, name, where) is None, "a preview must not create"

    resource.create(inputs)
    assert resource.id == (f"{where}/{name}" if where else name)
    live = kubernetes.get(case.token, name, where)
    assert live is not None
    assert resource.state["metadata"]["uid"] == live["metadata"]["uid"]
    assert "managedFields" not in resource.state["metadata"]
    assert resource.diff(inputs).changes == {}

    declared = resource.inputs
    assert resource.refresh()
    assert resource.inputs == declared, "a refresh of an unchanged object must change no input"
    assert resource.diff(inputs).changes == {}

    change, path = case.update
    updated = changed(inputs, change)
    found = resource.diff(updated)
    assert path in found.changes
    assert found.replaces == []
    resource.update(updated, preview=True)
    resource.update(updated)
    assert resource.refresh()
    assert resource.diff(updated).changes == {}
    after = kubernetes.get(case.token, name, where)
    assert after is not None
    assert after["metadata"]["uid"] == live["metadata"]["uid"], "an update must keep the object"

    if case.replace:
        change, path = case.replace
        found = resource.diff(changed(updated, change))
        assert found.changes[path].endswith("_REPLACE")
        identity = path in {"metadata.name", "metadata.namespace"}
        assert found.delete_before_replace is not identity

    change, path = case.drift
    kubernetes.edit(changed({**updated, **_stored(updated)}, change))
    assert resource.refresh()
    assert path in resource.diff(updated).changes

    resource.delete()
    assert kubernetes.get(case.token, name, where) is None
    assert not resource.refresh()
    resource.delete()


def _stored(inputs: dict[str, Any]) -> dict[str, Any]:
    """What another client sends for a Secret: its data only."""
    return {"stringData": None} if "stringData" in inputs else {}
