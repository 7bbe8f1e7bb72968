"""Nodes of node groups: objects in the real API, whose kubelet's part kwok plays."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from sandbox.cluster.api import Client, Document, KubeError

GROUP_LABEL: Final = "eks.amazonaws.com/nodegroup"
READY_SECONDS: Final = 60.0
_EFFECTS: Final = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
_OWN_TAINT: Final = "node.kubernetes.io/"
"""Taints with this prefix belong to Kubernetes' own controllers."""
_LABELS_NOTE: Final = "eks.amazonaws.com/nodegroup-labels"
"""Annotation with the names of the labels that come from the node group, so that a removed one can be taken off."""


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint as EKS writes it: ``effect`` is ``NO_SCHEDULE``, ``NO_EXECUTE`` or ``PREFER_NO_SCHEDULE``."""

    key: str
    value: str
    effect: str

    def document(self) -> Document:
        """The taint as Kubernetes writes it."""
        return {"key": self.key, "value": self.value, "effect": _EFFECTS[self.effect]}


@dataclass(frozen=True, slots=True)
class Node:
    """One node. ``memory`` is in MiB, ``version`` that of its kubelet, such as ``1.33``."""

    name: str
    group: str
    address: str
    zone: str
    provider_id: str
    instance_type: str
    architecture: str
    cpus: int
    memory: int
    pods: int
    version: str
    labels: tuple[tuple[str, str], ...] = ()
    taints: tuple[Taint, ...] = ()

    def all_labels(self) -> dict[str, str]:
        """The labels of its group, and those that every node in EKS has."""
        return {
            **dict(self.labels),
            GROUP_LABEL: self.group,
            "kubernetes.io/arch": self.architecture,
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": self.instance_type,
            "topology.kubernetes.io/region": self.zone[:-1],
            "topology.kubernetes.io/zone": self.zone,
        }

    def document(self) -> Document:
        """The node before kwok makes it ready."""
        quantities = {"cpu": str(self.cpus), "memory": f"{self.memory}Mi", "pods": str(self.pods)}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": self.name,
                "labels": self.all_labels(),
                "annotations": {_LABELS_NOTE: ",".join(sorted(dict(self.labels)))},
            },
            "spec": {"providerID": self.provider_id, "taints": [taint.document() for taint in self.taints]},
            "status": {
                "addresses": [
                    {"type": "InternalIP", "address": self.address},
                    {"type": "Hostname", "address": self.name},
                ],
                "capacity": quantities,
                "allocatable": quantities,
                "nodeInfo": {
                    "architecture": self.architecture,
                    "bootID": "",
                    "containerRuntimeVersion": "",
                    "kernelVersion": "",
                    "kubeProxyVersion": "",
                    "kubeletVersion": f"v{self.version}.0-eks-sandbox",
                    "machineID": "",
                    "operatingSystem": "linux",
                    "osImage": "",
                    "systemUUID": "",
                },
            },
        }


def reconcile(client: Client, wanted: Collection[Node]) -> None:
    """Make the nodes of node groups those that are wanted: add, relabel, and take away with their pods.

    Nodes without a node group are left alone.

    Raises:
        KubeError: the API server refused, or did not answer.
    """
    by_name = {node.name: node for node in wanted}
    found = {item["metadata"]["name"]: item for item in client.items("/api/v1/nodes", GROUP_LABEL)}
    for name, node in sorted(by_name.items()):
        if name not in found:
            client.create("/api/v1/nodes", node.document())
        else:
            _update(client, node, found[name])
    for name in sorted(found.keys() - by_name.keys()):
        _remove(client, name)


def wait_ready(client: Client, wanted: Collection[Node], superseded: Callable[[], bool]) -> bool:
    """Wait until every node is ready; ``False`` when ``superseded`` says that something newer is wanted.

    Raises:
        KubeError: the API server did not answer, or a node is not ready after :data:`READY_SECONDS`.
    """
    names = {node.name for node in wanted}
    deadline = time.monotonic() + READY_SECONDS
    while not superseded():
        waiting = names - {
            item["metadata"]["name"] for item in client.items("/api/v1/nodes", GROUP_LABEL) if _is_ready(item)
        }
        if not waiting:
            return True
        if time.monotonic() > deadline:
            raise KubeError(0, f"nodes not ready after {READY_SECONDS:.0f} s: {', '.join(sorted(waiting))}")
        time.sleep(0.05)
    return False


def _is_ready(item: Document) -> bool:
    """Whether a node is ready, and Kubernetes' own controllers have noticed: until then pods stay away."""
    conditions = item.get("status", {}).get("conditions", [])
    waiting = any(taint["key"] == f"{_OWN_TAINT}not-ready" for taint in item["spec"].get("taints", []))
    return not waiting and any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _update(client: Client, node: Node, item: Document) -> None:
    present = item["metadata"].get("labels", {})
    labels = node.all_labels()
    changed: dict[str, str | None] = {key: value for key, value in labels.items() if present.get(key) != value}
    known = set(item["metadata"].get("annotations", {}).get(_LABELS_NOTE, "").split(",")) - {""}
    changed |= {key: None for key in known - labels.keys() if key in present}
    own = [taint for taint in item["spec"].get("taints", []) if taint["key"].startswith(_OWN_TAINT)]
    others = [taint for taint in item["spec"].get("taints", []) if not taint["key"].startswith(_OWN_TAINT)]
    taints = [taint.document() for taint in node.taints]
    patch: Document = {}
    note = ",".join(sorted(dict(node.labels)))
    if changed or ",".join(sorted(known)) != note:
        patch["metadata"] = {"labels": changed, "annotations": {_LABELS_NOTE: note}}
    if [_shape(taint) for taint in others] != [_shape(taint) for taint in taints]:
        patch["spec"] = {"taints": own + taints}
    if patch:
        client.merge(f"/api/v1/nodes/{node.name}", patch)


def _shape(taint: Document) -> tuple[str, str, str]:
    return taint["key"], taint.get("value", ""), taint["effect"]


def _remove(client: Client, name: str) -> None:
    """Cordon a node, end its pods, delete it."""
    client.merge(f"/api/v1/nodes/{name}", {"spec": {"unschedulable": True}})
    for pod in client.items(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{name}"):
        metadata = pod["metadata"]
        client.delete(f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}")
    client.delete(f"/api/v1/nodes/{name}")
