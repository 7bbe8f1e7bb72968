"""When objects count as ready."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.readiness import endpoints, judge, needs_endpoints, pod_troubles, wait_for


def verdict(kind: str, **parts: Any) -> str:
    """``ready``, ``failed: …`` or ``waiting: …`` of an object of a built-in kind."""
    versions = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1"}
    versions["CustomResourceDefinition"] = "apiextensions.k8s.io/v1"
    rule = judge(Kind(versions.get(kind, "v1"), kind))
    assert rule is not None
    found = rule({"metadata": {"generation": 2}, **parts})
    return "ready" if found.ready else f"{'failed' if found.failed else 'waiting'}: {'; '.join(found.reasons)}"


def conditions(**found: str) -> dict[str, Any]:
    """A status with conditions, ``Name="Status reason message"``."""
    entries = [dict(zip(("status", "reason", "message"), text.split(" ", 2), strict=False)) for text in found.values()]
    return {"conditions": [{"type": name, **entry} for name, entry in zip(found, entries, strict=True)]}


ROLLED_OUT = {"observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 2}, ROLLED_OUT, "ready"),
        ({"replicas": 0}, {"observedGeneration": 2}, "ready"),
        ({"replicas": 2, "paused": True}, {}, "ready"),
        ({"replicas": 2}, {**ROLLED_OUT, "observedGeneration": 1}, "waiting: the Deployment controller has not seen"),
        ({"replicas": 2}, {**ROLLED_OUT, "availableReplicas": 1}, "waiting: 1 of 2 replicas are available"),
        ({"replicas": 2}, {**ROLLED_OUT, "replicas": 3}, "waiting: 2 of 2 replicas are available, 2 updated, 1 old"),
        ({}, {"observedGeneration": 2}, "waiting: 0 of 1 replicas"),
        (
            {"replicas": 2},
            {**ROLLED_OUT, "availableReplicas": 0, **conditions(Progressing="False ProgressDeadlineExceeded too slow")},
            "failed: the rollout passed its progress deadline: too slow",
        ),
        (
            {"replicas": 2},
            {"observedGeneration": 2, **conditions(ReplicaFailure="True FailedCreate quota")},
            "waiting: 0 of 2 replicas are available, 0 updated, 0 old ones left; FailedCreate: quota",
        ),
    ],
)
def test_deployment(spec: dict[str, Any], status: dict[str, Any], expected: str) -> None:
    assert verdict("Deployment", spec=spec, status=status).startswith(expected)


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 2}, {"readyReplicas": 2, "currentRevision": "a", "updateRevision": "a"}, "ready"),
        ({"replicas": 2}, {"readyReplicas": 1}, "waiting: 1 of 2 replicas are ready"),
        (
            {"replicas": 2},
            {"readyReplicas": 2, "currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1},
            "waiting: 1 of 2 replicas are updated",
        ),
        (
            {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
            {"readyReplicas": 2, "currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1},
            "ready",
        ),
        (
            {"replicas": 2, "updateStrategy": {"type": "OnDelete"}},
            {"readyReplicas": 2, "currentRevision": "a", "updateRevision": "b"},
            "ready",
        ),
    ],
)
def test_stateful_set(spec: dict[str, Any], status: dict[str, Any], expected: str) -> None:
    assert verdict("StatefulSet", spec=spec, status={"observedGeneration": 2, **status}) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberAvailable": 1}, "ready"),
        ({"desiredNumberScheduled": 2, "updatedNumberScheduled": 2}, "waiting: 0 of 2 pods are available, 2 updated"),
    ],
)
def test_daemon_set(status: dict[str, int], expected: str) -> None:
    assert verdict("DaemonSet", status={"observedGeneration": 2, **status}) == expected


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        ("Job", {"status": conditions(Complete="True")}, "ready"),
        ("Job", {"spec": {"suspend": True}}, "ready"),
        ("Job", {"status": conditions(Failed="True BackoffLimitExceeded x")}, "failed: the Job failed (BackoffLimit"),
        ("Job", {"status": {"active": 1}}, "waiting: the Job is not complete: 1 active, 0 succeeded, 0 failed"),
        ("Pod", {"status": {"phase": "Running", **conditions(Ready="True")}}, "ready"),
        ("Pod", {"status": {"phase": "Succeeded"}}, "ready"),
        ("Pod", {"status": {"phase": "Failed"}}, "failed: the Pod is Failed"),
        ("Pod", {}, "waiting: the Pod is Pending"),
        ("Namespace", {"status": {"phase": "Active"}}, "ready"),
        ("Namespace", {"status": {"phase": "Terminating"}}, "waiting: the namespace is Terminating"),
        ("CustomResourceDefinition", {"status": conditions(Established="True")}, "ready"),
        ("CustomResourceDefinition", {"status": conditions(NamesAccepted="False Taken x")}, "failed: its names are"),
        ("CustomResourceDefinition", {}, "waiting: it is not established"),
        ("PersistentVolumeClaim", {"status": {"phase": "Bound"}}, "ready"),
        ("PersistentVolumeClaim", {}, "waiting: the claim is Pending, not Bound"),
        ("PersistentVolumeClaim", {"status": {"phase": "Lost"}}, "failed: the claim is Lost"),
        ("PersistentVolume", {"status": {"phase": "Available"}}, "ready"),
        ("Service", {"spec": {"type": "LoadBalancer"}}, "waiting: no load balancer"),
        ("Service", {"spec": {"type": "ClusterIP"}}, "ready"),
    ],
)
def test_other_kinds(kind: str, parts: dict[str, Any], expected: str) -> None:
    assert verdict(kind, **parts).startswith(expected)


@pytest.mark.parametrize(
    "kind", [Kind("v1", "ConfigMap"), Kind("networking.k8s.io/v1", "Ingress"), Kind("a.b/v1", "Job")]
)
def test_other_objects_are_ready_when_they_exist(kind: Kind) -> None:
    assert judge(kind) is None


def test_a_pod_says_what_its_containers_wait_for() -> None:
    waiting = {"name": "web", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    done = {"name": "init", "state": {"terminated": {"reason": "Completed"}}}
    pod = {"status": {"initContainerStatuses": [done], "containerStatuses": [waiting]}}
    assert pod_troubles(pod) == ("container web: ImagePullBackOff: no such image",)


@pytest.mark.parametrize(
    ("spec", "needed"),
    [
        ({"selector": {"a": "b"}}, True),
        ({"selector": {"a": "b"}, "clusterIP": "None"}, True),
        ({"selector": {"a": "b"}, "type": "ExternalName"}, False),
        ({}, False),
    ],
)
def test_services_with_a_selector_need_endpoints(spec: dict[str, Any], needed: bool) -> None:
    assert needs_endpoints({"spec": spec}) is needed


def test_one_ready_endpoint_is_enough() -> None:
    unready = {"endpoints": [{"conditions": {"ready": False}}]}
    assert not endpoints([]).ready
    assert not endpoints([unready, {"endpoints": None}]).ready
    assert endpoints([unready, {"endpoints": [{"conditions": {"ready": True}}]}]).ready
    assert endpoints([{"endpoints": [{}]}]).ready


@pytest.mark.parametrize(
    ("expression", "status", "ready"),
    [
        ("condition=Synced", conditions(Synced="True"), True),
        ("condition=Synced", conditions(Synced="False Busy wait"), False),
        ("condition=Synced=False", conditions(Synced="False"), True),
        ("jsonpath={.status.phase}=Done", {"phase": "Done"}, True),
        ("jsonpath={.status.phase}=Done", {"phase": "Busy"}, False),
        ("jsonpath={.status.phase}", {"phase": "Busy"}, True),
        ("jsonpath={.status.phase}", {}, False),
        ('["condition=A", "jsonpath={.status.phase}=Done"]', {"phase": "Done", **conditions(A="True")}, True),
        ('["condition=A", "jsonpath={.status.phase}=Done"]', {"phase": "Done"}, False),
    ],
)
def test_wait_for(expression: str, status: dict[str, Any], ready: bool) -> None:
    found = wait_for(expression)({"status": status})
    assert found.ready is ready
    assert ready or found.reasons


@pytest.mark.parametrize("expression", ["phase=Done", "condition=", "jsonpath=.status.phase=Done", "jsonpath={.a}!=b"])
def test_what_cannot_be_waited_for_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"pulumi\.com/waitFor"):
        wait_for(expression)
