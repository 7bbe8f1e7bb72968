"""What the API server refuses, when it shows, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.plugins.kubernetes.conftest import Kubernetes, Plugin

Declare = Callable[..., dict[str, Any]]
PRIVILEGED = {"containers": [{"name": "main", "image": "x", "securityContext": {"privileged": True}}]}


@pytest.fixture(scope="module")
def restricted(kubernetes: Kubernetes, declare: Declare) -> str:
    """A namespace under Pod Security's ``restricted``."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    kubernetes.edit(declare("v1:Namespace", "restricted", metadata={"labels": labels}))
    return "restricted"


def test_a_privileged_pod_is_refused_at_preview(
    plugin: Plugin, kubernetes: Kubernetes, restricted: str, declare: Declare, failures: Any
) -> None:
    with pytest.raises(failures.Refused) as caught:
        plugin.resource("core/v1:Pod").preview(declare("v1:Pod", "bad", restricted, spec=PRIVILEGED))
    text = str(caught.value)
    assert text.startswith("cannot apply v1 Pod restricted/bad: Forbidden:")
    assert 'violates PodSecurity "restricted:latest": privileged' in text
    assert kubernetes.get("v1:Pod", "bad", restricted) is None


def test_a_workload_that_would_be_refused_warns_at_preview(plugin: Plugin, restricted: str, declare: Declare) -> None:
    template = {"metadata": {"labels": {"app": "bad"}}, "spec": PRIVILEGED}
    spec = {"selector": {"matchLabels": {"app": "bad"}}, "template": template}
    plugin.resource("apps/v1:Deployment").preview(declare("apps/v1:Deployment", "bad", restricted, spec=spec))
    plugin.engine.wait_for('would violate PodSecurity "restricted:latest": privileged (container "main"')


def test_an_update_is_refused_at_preview(plugin: Plugin, namespace: str, declare: Declare, failures: Any) -> None:
    def quota(pods: str) -> dict[str, Any]:
        return declare("v1:ResourceQuota", "q", namespace, spec={"hard": {"pods": pods}})

    resource = plugin.resource("core/v1:ResourceQuota").create(quota("3"))
    with pytest.raises(failures.Refused, match=r"cannot apply v1 ResourceQuota .*: Invalid: .*spec.hard\[pods\]"):
        resource.update(quota("-3"), preview=True)


def test_what_cannot_be_known_at_preview_is_not_refused(plugin: Plugin, declare: Declare) -> None:
    inputs = declare("v1:Pod", "early", "not-yet", spec=PRIVILEGED)
    assert plugin.resource("core/v1:Pod").preview(inputs) == inputs
    custom = declare("not.yet.example/v1:Thing", "early", "not-yet", spec={})
    assert plugin.resource("not.yet.example/v1:Thing").preview(custom) == custom


def test_unknown_inputs_are_handed_on_at_preview(plugin: Plugin, unknown: str, declare: Declare) -> None:
    inputs = declare("v1:ConfigMap", "later", unknown, data={"a": "b"})
    assert plugin.resource("core/v1:ConfigMap").preview(inputs) == inputs
    pending = {**inputs, "metadata": unknown}
    assert plugin.resource("core/v1:ConfigMap").preview(pending) == pending


def test_a_preview_leaves_open_what_only_the_real_thing_decides(
    plugin: Plugin, namespace: str, unknown: str, declare: Declare
) -> None:
    inputs = declare("v1:Service", "open", namespace, spec={"ports": [{"port": 80}]})
    found = plugin.resource("core/v1:Service").preview(inputs)
    assert found["metadata"]["uid"] == found["status"] == found["spec"]["clusterIP"] == unknown
    assert found["spec"]["type"] == "ClusterIP", "a default of the server's is known"


def test_an_unknown_field_is_refused(plugin: Plugin, namespace: str, declare: Declare, failures: Any) -> None:
    with pytest.raises(failures.Refused, match=r"\.bogus: field not declared in schema"):
        plugin.resource("core/v1:ServiceAccount").preview(declare("v1:ServiceAccount", "a", namespace, bogus=1))


def test_a_kind_that_is_not_served_names_its_definition(
    plugin: Plugin, namespace: str, declare: Declare, failures: Any
) -> None:
    with pytest.raises(failures.Refused, match=r"serves no not\.yet\.example/v1 Thing; install its CustomResourceDef"):
        plugin.resource("not.yet.example/v1:Thing").create(declare("not.yet.example/v1:Thing", "a", namespace))


def test_an_object_of_somebody_else_is_not_taken(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, failures: Any
) -> None:
    inputs = declare("v1:ConfigMap", "theirs", namespace, data={"a": "1"})
    kubernetes.edit(inputs)
    for attempt in (plugin.resource("core/v1:ConfigMap").preview, plugin.resource("core/v1:ConfigMap").create):
        with pytest.raises(failures.Refused) as caught:
            attempt(inputs)
        assert f"cannot create v1 ConfigMap {namespace}/theirs: it already exists" in str(caught.value)
        assert f"pulumi import kubernetes:core/v1:ConfigMap NAME {namespace}/theirs" in str(caught.value)


def test_upsert_takes_it(fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.config.read_text(), upsertExistingObjects=True)
    inputs = declare("v1:ConfigMap", "upserted", namespace, data={"a": "1"})
    kubernetes.edit(inputs)
    assert plugin.resource("core/v1:ConfigMap").create(inputs).id == f"{namespace}/upserted"


def test_a_creation_that_was_cut_off_is_taken_up_again(plugin: Plugin, namespace: str, declare: Declare) -> None:
    inputs = declare("v1:ConfigMap", "again", namespace, data={"a": "1"})
    first = plugin.resource("core/v1:ConfigMap", "again").create(inputs)
    second = plugin.resource("core/v1:ConfigMap", "again").create(inputs)
    assert second.state["metadata"]["uid"] == first.state["metadata"]["uid"]


def test_a_conflict_names_the_manager_and_the_fix_which_works(
    plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, failures: Any
) -> None:
    def account(mount: bool, **annotations: str) -> dict[str, Any]:
        return declare(
            "v1:ServiceAccount",
            "contested",
            namespace,
            metadata={"annotations": annotations},
            automountServiceAccountToken=mount,
        )

    resource = plugin.resource("core/v1:ServiceAccount").create(account(False))
    kubernetes.edit(account(True), "kubectl-edit")
    with pytest.raises(failures.Refused) as caught:
        resource.update(account(False), preview=True)
    text = str(caught.value)
    assert 'with "kubectl-edit"' in text
    assert ".automountServiceAccountToken" in text
    assert "pulumi.com/patchForce" in text
    resource.update(account(False, **{"pulumi.com/patchForce": "true"}))
    live = kubernetes.get("v1:ServiceAccount", "contested", namespace)
    assert live is not None
    assert live["automountServiceAccountToken"] is False


def test_a_role_that_may_not_try_does_not_fail_the_preview(
    fresh_plugin: Plugin, kubernetes: Kubernetes, namespace: str, declare: Declare, failures: Any
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.as_service_account(namespace))
    inputs = declare("v1:ConfigMap", "not-mine", namespace, data={"a": "1"})
    assert plugin.resource("core/v1:ConfigMap").preview(inputs) == inputs
    plugin.engine.wait_for("cannot be tried before the update: Forbidden")
    with pytest.raises(failures.Refused, match=r'cannot create v1 ConfigMap .* is forbidden: User "system:serviceacc'):
        plugin.resource("core/v1:ConfigMap").create(inputs)


def test_the_default_namespace_stays_when_its_resource_goes(
    fresh_plugin: Plugin, kubernetes: Kubernetes, declare: Declare
) -> None:
    plugin = fresh_plugin.configure(kubeconfig=kubernetes.config.read_text(), upsertExistingObjects=True)
    inputs = declare("v1:Namespace", "default", metadata={"labels": {"team": "a"}})
    resource = plugin.resource("core/v1:Namespace").create(inputs)
    resource.delete()
    live = kubernetes.get("v1:Namespace", "default")
    assert live is not None
    assert "team" not in live["metadata"]["labels"], "what the resource set is given up"
