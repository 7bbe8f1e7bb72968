"""When an object counts as ready, kind by kind: judged from the object alone, without touching the cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins.kubernetes.kinds import Kind

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an object is ready; if not, what is missing, and whether waiting cannot help any more."""

    ready: bool
    reasons: tuple[str, ...] = ()
    failed: bool = False


READY: Final = Verdict(True)
Judge = Callable[[Object], Verdict]


def waiting(*reasons: str) -> Verdict:
    """Not ready yet."""
    return Verdict(False, reasons)


def failed(*reasons: str) -> Verdict:
    """Never going to be ready as it is."""
    return Verdict(False, reasons, failed=True)


def judge(kind: Kind) -> Judge | None:
    """The rule of a kind, or ``None`` where an object is ready as soon as it exists (custom resources among them)."""
    return _RULES.get((kind.group, kind.kind))


def condition(live: Object, name: str) -> Mapping[str, Any]:
    """The condition of that type, empty where the status has none."""
    for entry in (live.get("status") or {}).get("conditions") or ():
        if entry.get("type") == name:
            return dict(entry)
    return {}


def wait_for(expression: str) -> Judge:
    """The rule that the annotation ``pulumi.com/waitFor`` describes.

    Forms: ``condition=NAME[=STATUS]``, ``jsonpath={.a.b}[=VALUE]``, or a JSON list of those, all of which must hold.

    Raises:
        ValueError: another form.
    """
    text = expression.strip()
    if text.startswith("["):
        rules = [wait_for(part) for part in json.loads(text)]
        return lambda live: next((v for v in (rule(live) for rule in rules) if not v.ready), READY)
    form, _, rest = text.partition("=")
    if form == "condition" and rest:
        name, _, wanted = rest.partition("=")
        return _wait_for_condition(name, wanted or "True")
    path, closing, value = rest.partition("}")
    if form == "jsonpath" and path.startswith("{.") and closing and (not value or value.startswith("=")):
        return _wait_for_path(path.removeprefix("{."), value.removeprefix("=") if value else None)
    raise ValueError(
        f"annotation pulumi.com/waitFor is {expression!r}: write condition=NAME[=STATUS], jsonpath={{.a.b}}[=VALUE], "
        "or a JSON list of those"
    )


def _wait_for_condition(name: str, wanted: str) -> Judge:
    def rule(live: Object) -> Verdict:
        found = condition(live, name)
        if str(found.get("status", "")).lower() == wanted.lower():
            return READY
        return waiting(f"condition {name} is {found.get('status', 'absent')}, not {wanted}{_because(found)}")

    return rule


def _wait_for_path(path: str, wanted: str | None) -> Judge:
    def rule(live: Object) -> Verdict:
        value: Any = live
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None and (wanted is None or str(value) == wanted):
            return READY
        return waiting(f"{path} is {value!r}" + (f", not {wanted!r}" if wanted is not None else ""))

    return rule


def _because(entry: Mapping[str, Any]) -> str:
    parts = [str(entry[key]) for key in ("reason", "message") if entry.get(key)]
    return f" ({': '.join(parts)})" if parts else ""


def _observed(live: Object) -> bool:
    """Whether the controller has seen the newest spec."""
    return int((live.get("status") or {}).get("observedGeneration", 0)) >= int(live["metadata"].get("generation", 0))


def _deployment(live: Object) -> Verdict:
    spec, status = live.get("spec") or {}, live.get("status") or {}
    if spec.get("paused"):
        return READY
    if not _observed(live):
        return waiting("the Deployment controller has not seen the newest spec")
    progressing = condition(live, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return failed(f"the rollout passed its progress deadline: {progressing.get('message', '')}")
    wanted = int(spec.get("replicas", 1))
    updated, total = int(status.get("updatedReplicas", 0)), int(status.get("replicas", 0))
    available = int(status.get("availableReplicas", 0))
    if updated >= wanted and total <= updated and available >= wanted:
        return READY
    reasons = [f"{available} of {wanted} replicas are available, {updated} updated, {total - updated} old ones left"]
    replica_failure = condition(live, "ReplicaFailure")
    if replica_failure.get("status") == "True":
        reasons.append(f"{replica_failure.get('reason')}: {replica_failure.get('message')}")
    return waiting(*reasons)


def _stateful_set(live: Object) -> Verdict:
    spec, status = live.get("spec") or {}, live.get("status") or {}
    strategy = spec.get("updateStrategy") or {}
    if not _observed(live):
        return waiting("the StatefulSet controller has not seen the newest spec")
    wanted, ready = int(spec.get("replicas", 1)), int(status.get("readyReplicas", 0))
    if ready < wanted:
        return waiting(f"{ready} of {wanted} replicas are ready")
    if strategy.get("type") == "OnDelete":
        return READY
    due = wanted - int((strategy.get("rollingUpdate") or {}).get("partition", 0))
    updated = int(status.get("updatedReplicas", 0))
    if status.get("currentRevision") != status.get("updateRevision") and updated < due:
        return waiting(f"{updated} of {due} replicas are updated")
    return READY


def _daemon_set(live: Object) -> Verdict:
    status = live.get("status") or {}
    if not _observed(live):
        return waiting("the DaemonSet controller has not seen the newest spec")
    wanted = int(status.get("desiredNumberScheduled", 0))
    updated, available = int(status.get("updatedNumberScheduled", 0)), int(status.get("numberAvailable", 0))
    if ((live.get("spec") or {}).get("updateStrategy") or {}).get("type") == "OnDelete":
        updated = wanted
    if updated >= wanted and available >= wanted:
        return READY
    return waiting(f"{available} of {wanted} pods are available, {updated} updated")


def _job(live: Object) -> Verdict:
    spec, status = live.get("spec") or {}, live.get("status") or {}
    if condition(live, "Complete").get("status") == "True" or spec.get("suspend"):
        return READY
    failure = condition(live, "Failed")
    if failure.get("status") == "True":
        return failed(f"the Job failed{_because(failure)}")
    counts = [f"{status.get(key, 0)} {key}" for key in ("active", "succeeded", "failed")]
    return waiting(f"the Job is not complete: {', '.join(counts)}")


def _pod(live: Object) -> Verdict:
    status = live.get("status") or {}
    phase = status.get("phase", "Pending")
    if phase == "Succeeded" or condition(live, "Ready").get("status") == "True":
        return READY
    reasons = pod_troubles(live) or (f"the Pod is {phase}" + (", but not ready" if phase == "Running" else ""),)
    return failed(*reasons) if phase == "Failed" else waiting(*reasons)


def pod_troubles(pod: Object) -> tuple[str, ...]:
    """Why a Pod is not ready: scheduling, what its containers wait for or ended with."""
    status = pod.get("status") or {}
    found = []
    for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready"):
        entry = condition(pod, name)
        if entry.get("status") == "False" and entry.get("message"):
            found.append(f"{entry.get('reason', name)}: {entry['message']}")
            break
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        state = container.get("state") or {}
        for phase in ("waiting", "terminated"):
            entry = state.get(phase) or {}
            if entry.get("reason") and entry["reason"] not in {"Completed", "PodInitializing"}:
                message = f": {entry['message']}" if entry.get("message") else ""
                found.append(f"container {container.get('name')}: {entry['reason']}{message}")
    if status.get("message"):
        found.append(f"{status.get('reason', 'Pod')}: {status['message']}")
    return tuple(dict.fromkeys(found))


def _namespace(live: Object) -> Verdict:
    phase = (live.get("status") or {}).get("phase")
    return READY if phase == "Active" else waiting(f"the namespace is {phase or 'not active yet'}")


def _custom_resource_definition(live: Object) -> Verdict:
    names = condition(live, "NamesAccepted")
    if names.get("status") == "False":
        return failed(f"its names are taken{_because(names)}")
    established = condition(live, "Established")
    if established.get("status") == "True":
        return READY
    return waiting(f"it is not established{_because(established)}")


def _persistent_volume_claim(live: Object) -> Verdict:
    phase = (live.get("status") or {}).get("phase", "Pending")
    if phase == "Bound":
        return READY
    return (failed if phase == "Lost" else waiting)(f"the claim is {phase}, not Bound")


def _persistent_volume(live: Object) -> Verdict:
    phase = (live.get("status") or {}).get("phase", "Pending")
    if phase in {"Available", "Bound", "Released"}:
        return READY
    return (failed if phase == "Failed" else waiting)(f"the volume is {phase}")


def _service(live: Object) -> Verdict:
    """The Service itself; its endpoints are judged by :func:`endpoints`."""
    status = (live.get("status") or {}).get("loadBalancer") or {}
    if (live.get("spec") or {}).get("type") == "LoadBalancer" and not status.get("ingress"):
        return waiting("no load balancer has been given an address yet")
    return READY


def needs_endpoints(service: Object) -> bool:
    """Whether a Service is ready only once a Pod stands behind it: every one with a selector, headless ones too."""
    spec = service.get("spec") or {}
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName"


def endpoints(slices: Sequence[Object]) -> Verdict:
    """Whether any endpoint of a Service's EndpointSlices is ready (unset counts as ready, as in the API)."""
    for entry in slices:
        for endpoint in entry.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready", True) is not False:
                return READY
    return waiting("the Service has no ready endpoint: its selector matches no Pod, or no matching Pod is ready")


_RULES: Final[Mapping[tuple[str, str], Judge]] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _persistent_volume,
    ("", "PersistentVolumeClaim"): _persistent_volume_claim,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _custom_resource_definition,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}
