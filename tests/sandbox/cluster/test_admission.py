"""Admission is the real thing: Pod Security and ValidatingAdmissionPolicy refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.cluster.conftest import Kubectl, eventually


def pod(name: str, **container: Any) -> dict[str, Any]:
    """A pod that Pod Security's profile ``restricted`` admits, but for what ``container`` changes."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{"name": "it", "image": "it", "securityContext": security, **container}],
        },
    }


def test_pod_security_refuses_a_privileged_pod(admin: Kubectl, namespaces: Callable[[], str]) -> None:
    namespace = namespaces()
    admin.ok("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    bad = pod("bad", securityContext={"privileged": True})
    said = admin.refused("-n", namespace, "create", "-f", "-", stdin=bad)
    assert 'violates PodSecurity "restricted' in said
    assert "privileged" in said
    admin.ok("-n", namespace, "create", "-f", "-", stdin=pod("good"))


def test_a_validating_admission_policy_denies(admin: Kubectl, namespaces: Callable[[], str]) -> None:
    namespace = namespaces()
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": namespace},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": rules},
            "validations": [{"expression": "!('bad' in object.data)", "message": "the key bad is not allowed"}],
        },
    }
    labels = {"kubernetes.io/metadata.name": namespace}
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": namespace},
        "spec": {
            "policyName": namespace,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": labels}},
        },
    }
    admin.ok("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": [policy, binding]})
    command = ("-n", namespace, "create", "configmap", "it", "--dry-run=server")
    said = eventually(lambda: admin.run(*command, "--from-literal=bad=1").err, bool, 20)
    assert "the key bad is not allowed" in said
    admin.ok(*command, "--from-literal=good=1")
    admin.ok("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", namespace)
