"""Why an object is not ready: what its Pods and its warnings say, gathered once the wait is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.kubernetes.client import Cluster, Object, Ref
from sandbox.plugins.kubernetes.errors import KubernetesError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.readiness import condition, pod_troubles

_POD: Final = Kind("v1", "Pod")
_EVENT: Final = Kind("v1", "Event")
_WORKLOADS: Final = frozenset({"DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"})
_MOST: Final = 5
"""Lines of detail at most: the first ones tell, the rest repeat."""


def troubles(cluster: Cluster, ref: Ref) -> list[str]:
    """What the cluster says about an object that is not ready.

    A cluster that does not answer is itself the finding: diagnosis never hides the error it explains.
    """
    try:
        live = cluster.get(ref)
        if live is None:
            return []
        lines = [*_pods(cluster, ref, live), *_warnings(cluster, ref, live)]
    except KubernetesError as error:
        return [f"no details: {error}"]
    return list(dict.fromkeys(lines))[:_MOST]


def _pods(cluster: Cluster, ref: Ref, live: Object) -> list[str]:
    """Troubles of the Pods that a workload or a Service selects."""
    kind = ref.endpoint.kind.kind
    spec = live.get("spec") or {}
    if kind in _WORKLOADS:
        labels = (spec.get("selector") or {}).get("matchLabels") or {}
    elif kind == "Service":
        labels = spec.get("selector") or {}
    else:
        return []
    if not labels:
        return []
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    pods, _ = cluster.list(cluster.endpoint(_POD), ref.namespace, labels=selector)
    lines = []
    for pod in pods:
        if condition(pod, "Ready").get("status") != "True":
            lines += [f"Pod {pod['metadata']['name']}: {text}" for text in pod_troubles(pod)]
    return lines


def _warnings(cluster: Cluster, ref: Ref, live: Object) -> list[str]:
    """Warning events about the object itself."""
    selector = f"involvedObject.uid={live['metadata']['uid']},type=Warning"
    events, _ = cluster.list(cluster.endpoint(_EVENT), ref.namespace, fields=selector)
    return [_event(event) for event in events]


def _event(event: Mapping[str, Any]) -> str:
    return f"{event.get('reason', 'Warning')}: {event.get('message', '')}"
