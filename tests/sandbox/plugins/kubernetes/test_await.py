"""Waiting: ready objects, objects that never will be, and what is said about those."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.plugins.kubernetes.conftest import Kubernetes, Plugin

Declare = Callable[..., dict[str, Any]]


def deployment(declare: Declare, name: str, namespace: str, **pod: Any) -> dict[str, Any]:
    """A Deployment of one Pod."""
    spec = {"containers": [{"name": "main", "image": "registry.example/app:1"}], **pod}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return declare(
        "apps/v1:Deployment", name, namespace, spec={"selector": {"matchLabels": {"app": name}}, "template": template}
    )


def test_a_deployment_is_available_when_it_is_created(plugin: Plugin, namespace: str, declare: Declare) -> None:
    made = plugin.resource("apps/v1:Deployment").create(deployment(declare, "good", namespace))
    assert made.state["status"]["availableReplicas"] == 1
    service = declare("v1:Service", "good", namespace, spec={"selector": {"app": "good"}, "ports": [{"port": 80}]})
    assert plugin.resource("core/v1:Service").create(service).state["spec"]["clusterIP"]


def test_a_deployment_that_cannot_be_scheduled_is_kept_and_says_why(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, failures: Any
) -> None:
    resource = plugin.resource("apps/v1:Deployment")
    inputs = deployment(declare, "stuck", namespace, nodeSelector={"disk": "none"})
    with pytest.raises(failures.InitFailed) as caught:
        resource.create(inputs, timeout=2)
    text = str(caught.value)
    assert "timed out after 2 s" in text
    assert "0 of 1 replicas are available" in text
    assert "Unschedulable: 0/1 nodes are available" in text
    assert caught.value.id == f"{namespace}/stuck"
    live = kubernetes.get("apps/v1:Deployment", "stuck", namespace)
    assert live is not None
    assert caught.value.state["metadata"]["uid"] == live["metadata"]["uid"]

    resource.id, resource.inputs, resource.state = caught.value.id, resource.check(inputs), caught.value.state
    assert resource.refresh()
    assert resource.unready, "what is not ready stays so, or the next update would not wait for it"
    resource.update(deployment(declare, "stuck", namespace))
    assert resource.state["status"]["availableReplicas"] == 1
    assert resource.refresh()
    assert resource.unready == []


def test_a_job_that_fails_says_so_at_once(plugin: Plugin, namespace: str, declare: Declare, failures: Any) -> None:
    pod = {
        "restartPolicy": "Never",
        "containers": [{"name": "main", "image": "registry.example/x:1"}],
        "nodeSelector": {"disk": "none"},
    }
    spec = {"activeDeadlineSeconds": 1, "template": {"spec": pod}}
    with pytest.raises(failures.InitFailed, match=r"^the Job failed \(DeadlineExceeded"):
        plugin.resource("batch/v1:Job").create(declare("batch/v1:Job", "late", namespace, spec=spec), timeout=60)


def test_a_service_without_pods_is_not_ready(plugin: Plugin, namespace: str, declare: Declare, failures: Any) -> None:
    spec = {"selector": {"app": "nobody"}, "ports": [{"port": 80}]}
    with pytest.raises(failures.InitFailed, match="no ready endpoint"):
        plugin.resource("core/v1:Service").create(declare("v1:Service", "lonely", namespace, spec=spec), timeout=1)


def test_a_service_waits_for_a_pod_that_comes_later(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare
) -> None:
    pod = {"metadata": {"labels": {"app": "later"}}, "spec": {"containers": [{"name": "main", "image": "x"}]}}
    spec = {"selector": {"app": "later"}, "ports": [{"port": 80}]}
    resource = plugin.resource("core/v1:Service", "later")
    service = threading.Thread(
        target=resource.create, args=(declare("v1:Service", "later", namespace, spec=spec),), daemon=True
    )
    service.start()
    plugin.resource("core/v1:Pod").create(declare("v1:Pod", "later", namespace, **pod))
    service.join(timeout=30)
    assert resource.id == f"{namespace}/later"


def test_a_claim_says_that_nobody_provides_it(plugin: Plugin, namespace: str, declare: Declare, failures: Any) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}
    with pytest.raises(failures.InitFailed, match="the claim is Pending, not Bound"):
        plugin.resource("core/v1:PersistentVolumeClaim").create(
            declare("v1:PersistentVolumeClaim", "unbound", namespace, spec=spec), timeout=1
        )


def test_skip_await_takes_an_object_as_it_is(plugin: Plugin, namespace: str, declare: Declare) -> None:
    inputs = deployment(declare, "unawaited", namespace, nodeSelector={"disk": "none"})
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    assert plugin.resource("apps/v1:Deployment").create(inputs).id == f"{namespace}/unawaited"


def test_wait_for_is_honoured_and_its_mistakes_are_told(
    plugin: Plugin, namespace: str, declare: Declare, failures: Any
) -> None:
    def waited(name: str, expression: str) -> dict[str, Any]:
        return declare("v1:ConfigMap", name, namespace, metadata={"annotations": {"pulumi.com/waitFor": expression}})

    made = plugin.resource("core/v1:ConfigMap").create(waited("named", "jsonpath={.metadata.name}=named"))
    assert made.id == f"{namespace}/named"
    with pytest.raises(failures.InitFailed, match=r"metadata\.name is 'other', not 'named'"):
        plugin.resource("core/v1:ConfigMap").create(waited("other", "jsonpath={.metadata.name}=named"), timeout=1)
    with pytest.raises(failures.InitFailed, match="write condition=NAME"):
        plugin.resource("core/v1:ConfigMap").create(waited("wrong", "sometime"), timeout=1)


def test_the_timeout_may_stand_in_an_annotation(
    plugin: Plugin, namespace: str, declare: Declare, failures: Any
) -> None:
    inputs = deployment(declare, "impatient", namespace, nodeSelector={"disk": "none"})
    inputs["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": "1"}
    with pytest.raises(failures.InitFailed, match="timed out after 1 s"):
        plugin.resource("apps/v1:Deployment").create(inputs, timeout=0)


def test_a_deletion_that_is_held_up_names_the_finalizer(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, failures: Any
) -> None:
    inputs = declare("v1:ConfigMap", "held", namespace, metadata={"finalizers": ["tests.example/held"]})
    resource = plugin.resource("core/v1:ConfigMap").create(inputs)
    with pytest.raises(failures.Refused, match=r"still being deleted; finalizers: .*tests\.example/held"):
        resource.delete(timeout=1)
    kubernetes.edit(
        {**inputs, "metadata": {"name": "held", "namespace": namespace, "finalizers": []}}, resource.manager
    )
    resource.delete()
    assert kubernetes.get("v1:ConfigMap", "held", namespace) is None


def test_cancelling_ends_a_wait(
    fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, failures: Any
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.config.read_text())
    inputs = deployment(declare, "cancelled", namespace, nodeSelector={"disk": "none"})
    ended: list[BaseException] = []

    def create() -> None:
        try:
            plugin.resource("apps/v1:Deployment").create(inputs, timeout=100)
        except failures.InitFailed as error:
            ended.append(error)

    creation = threading.Thread(target=create, daemon=True)
    creation.start()
    plugin.engine.wait_for("replicas are available")
    plugin.cancel()
    creation.join(timeout=20)
    assert [str(error).startswith("cancelled; 0 of 1 replicas") for error in ended] == [True]
