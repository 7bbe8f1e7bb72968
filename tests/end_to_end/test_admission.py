"""What the API server of an environment refuses and whom it lets do what: asked of the server itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from components.cluster_roles import CHANGE, READ, SEE, WRITE
from sandbox import environment
from tests.components.conftest import largest
from tests.components.recording import record
from tests.end_to_end.driver import Driver

NAME = "acme-dev"
HOST = "111111111111.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = f"{HOST}/acme-dev/shop@sha256:{'a' * 64}"
LABELS = {"app.kubernetes.io/name": "it", "app.kubernetes.io/part-of": "shop"}
RESOURCES = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}


def spec(image: str = IMAGE, **more: Any) -> dict[str, Any]:
    """A pod that is admitted, but for what ``more`` changes."""
    container = {
        "name": "it",
        "image": image,
        "resources": RESOURCES,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return {
        "serviceAccountName": "app",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        **more,
    }


def pod(found: dict[str, Any], labels: dict[str, str] | None = None, namespace: str = "shop") -> dict[str, Any]:
    """A pod around a specification."""
    metadata = {"name": "it", "namespace": namespace, "labels": LABELS if labels is None else labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": found}


def deployment(found: dict[str, Any], namespace: str = "shop", **more: Any) -> dict[str, Any]:
    """A deployment around a specification."""
    template = {"metadata": {"labels": LABELS}, "spec": found}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "it", "namespace": namespace, "labels": more.pop("labels", {})},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template, **more},
    }


def cron_job(found: dict[str, Any]) -> dict[str, Any]:
    """A cron job around a specification."""
    template = {"metadata": {"labels": LABELS}, "spec": {**found, "restartPolicy": "Never"}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "it", "namespace": "shop"},
        "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}},
    }


def apply(acme: Driver, *arguments: str, stdin: Any) -> subprocess.CompletedProcess[str]:
    """``kubectl ... -f -``."""
    env = {**environment.full(acme.settings), "KUBECONFIG": str(acme.settings.kube / f"{NAME}.yaml")}
    return subprocess.run(
        ["kubectl", *arguments, "-f", "-"],
        env=env,
        input=json.dumps(stdin),
        check=False,
        capture_output=True,
        text=True,
    )


def tried(acme: Driver, manifest: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """The server's answer to a creation that it does not keep."""
    return apply(acme, "create", "--dry-run=server", stdin=manifest)


def bare(found: dict[str, Any]) -> dict[str, Any]:
    """The same, its containers without resources."""
    return {**found, "containers": [{**found["containers"][0], "resources": {}}]}


ADMITTED = [
    pod(spec()),
    deployment(spec()),
    cron_job(spec()),
    pod(spec(serviceAccountName="default")),  # whose account mounts no token
    pod(bare(spec())),  # the namespace's LimitRange fills them in
]
REFUSED = [
    ("registries", pod(spec(f"docker.io/library/it@sha256:{'a' * 64}"))),
    ("registries", pod(spec(f"{HOST}.evil.example/it@sha256:{'a' * 64}"))),
    ("registries", cron_job(spec(f"quay.io/it@sha256:{'a' * 64}"))),
    ("registries", pod(spec(initContainers=[{**spec(f"x@sha256:{'a' * 64}")["containers"][0], "name": "init"}]))),
    ("no-latest", pod(spec(f"{HOST}/it"))),
    ("no-latest", deployment(spec(f"{HOST}/it:latest"))),
    ("labels", pod(spec(), labels={"app.kubernetes.io/name": "it"})),
    ("no-default-token", pod(spec(serviceAccountName="default", automountServiceAccountToken=True))),
    ("no-default-token", deployment(spec(serviceAccountName="", automountServiceAccountToken=True))),
    ("resources", deployment(bare(spec()))),
    ("no-host-path", deployment(spec(volumes=[{"name": "host", "hostPath": {"path": "/"}}]))),
]


@pytest.mark.parametrize("manifest", ADMITTED, ids=lambda found: str(found["kind"]))
def test_what_is_as_asked_is_admitted(acme: Driver, manifest: dict[str, Any]) -> None:
    done = tried(acme, manifest)
    assert done.returncode == 0, done.stderr
    assert "ValidatingAdmissionPolicy" not in done.stderr


@pytest.mark.parametrize(("rule", "manifest"), REFUSED)
def test_what_is_not_is_refused_by_its_rule(acme: Driver, rule: str, manifest: dict[str, Any]) -> None:
    done = tried(acme, manifest)
    assert done.returncode != 0
    assert f"ValidatingAdmissionPolicy 'freehold-{rule}' with binding 'freehold-{rule}' denied request" in done.stderr


def test_a_missing_digest_is_a_warning_outside_production(acme: Driver) -> None:
    done = tried(acme, pod(spec(f"{HOST}/it:1")))
    assert done.returncode == 0, done.stderr
    assert "images are pinned by digest" in done.stderr


def test_kubernetes_own_parts_are_left_alone(acme: Driver) -> None:
    foreign = spec("602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/coredns:v1", serviceAccountName="default")
    done = tried(acme, pod(bare(foreign), labels={}, namespace="kube-system"))
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


def test_nothing_runs_in_the_namespace_default_and_no_service_opens_a_port_of_nodes(acme: Driver) -> None:
    done = tried(acme, pod(spec(serviceAccountName="default"), namespace="default"))
    assert "exceeded quota: quota, requested: pods=1, used: pods=0, limited: pods=0" in done.stderr
    for kind in ("NodePort", "LoadBalancer"):
        metadata = {"name": "it", "namespace": "shop"}
        service = {"type": kind, "ports": [{"port": 80}], "selector": LABELS}
        done = tried(acme, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service})
        assert "exceeded quota" in done.stderr


@pytest.mark.parametrize("namespace", ["default", "shop"])
def test_the_default_account_mounts_no_token(acme: Driver, namespace: str) -> None:
    done = acme.kubectl(NAME, "-n", namespace, "get", "serviceaccount", "default", "-o", "json")
    assert json.loads(done.stdout)["automountServiceAccountToken"] is False


@pytest.fixture(scope="module")
def production(acme: Driver) -> Iterator[str]:
    """A namespace that production's policies judge."""
    namespace = "as-in-production"
    assert acme.kubectl(NAME, "create", "namespace", namespace).returncode == 0
    found = []
    recorded = record(largest())
    for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        for resource in recorded.of(f"v1:{kind}"):
            body = json.loads(json.dumps(dict(resource.inputs)).replace("freehold-", "production-"))
            if kind.endswith("Binding"):
                body["spec"]["matchResources"] = {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
                }
            found.append(body)
    done = apply(acme, "apply", stdin={"apiVersion": "v1", "kind": "List", "items": found})
    assert done.returncode == 0, done.stderr
    yield namespace
    apply(acme, "delete", "--wait=false", stdin={"apiVersion": "v1", "kind": "List", "items": found})
    acme.kubectl(NAME, "delete", "namespace", namespace, "--wait=false")


BUDGET = {"freehold.dev/disruption-budget": "it"}


@pytest.mark.parametrize(
    ("rule", "image", "labels", "more"),
    [
        (None, IMAGE, BUDGET, {"replicas": 2}),
        (None, IMAGE, BUDGET, {"replicas": 0}),
        ("replicas", IMAGE, BUDGET, {"replicas": 1}),
        ("replicas", IMAGE, BUDGET, {}),
        ("disruption-budget", IMAGE, {}, {"replicas": 2}),
        ("digests", f"{HOST}/it:1", BUDGET, {"replicas": 2}),
    ],
)
def test_production_asks_for_more(
    acme: Driver, production: str, *, rule: str | None, image: str, labels: dict[str, str], more: dict[str, int]
) -> None:
    done = tried(acme, deployment(spec(image), namespace=production, labels=labels, **more))
    if rule is None:
        assert done.returncode == 0, done.stderr
    else:
        assert f"ValidatingAdmissionPolicy 'production-{rule}'" in done.stderr


VERBS = [*READ, *WRITE]
RESOURCES_ASKED = sorted(
    {
        *((group, name) for table in (SEE, CHANGE) for group, names in table.items() for name in names),
        ("", "secrets"),
        ("", "pods/exec"),
        ("", "pods/attach"),
        ("", "pods/portforward"),
        ("", "pods/eviction"),
        ("", "serviceaccounts/token"),
        ("authentication.k8s.io", "tokenreviews"),
    }
)


def expected(permission: str, namespace: str, verb: str, group: str, name: str) -> bool:
    """The matrix, spelt out apart from the roles."""
    if permission == "export":
        return False
    if permission in {"see", "approve"}:
        return verb in READ and name in SEE.get(group, ())
    if namespace != "shop":
        return False
    if (group, name) == ("", "pods"):
        return verb in {*READ, "delete"}
    if (group, name) in {("", "pods/log"), ("", "events")}:
        return verb in READ
    if (group, name) == ("", "pods/eviction"):
        return verb == "create"
    return name in CHANGE.get(group, ())


@pytest.mark.parametrize("permission", ["see", "change", "approve", "export"])
def test_people_may_do_what_the_matrix_says_no_more_no_less(acme: Driver, permission: str) -> None:
    asked = [
        (namespace, verb, group, name)
        for namespace in ("shop", "kube-system")
        for group, name in RESOURCES_ASKED
        for verb in VERBS
    ]
    reviews = []
    for namespace, verb, group, name in asked:
        resource, _, sub = name.partition("/")
        attributes = {"namespace": namespace, "verb": verb, "group": group, "resource": resource, "subresource": sub}
        reviews.append(
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {"user": "somebody", "groups": [f"freehold:{permission}"], "resourceAttributes": attributes},
            }
        )
    done = apply(acme, "create", "-o", "json", stdin={"apiVersion": "v1", "kind": "List", "items": reviews})
    assert done.returncode == 0, done.stderr
    decoder, text, answers = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        found, end = decoder.raw_decode(text)
        answers += found.get("items", [found])
        text = text[end:].strip()
    assert len(answers) == len(asked)
    wrong = [
        (question, answer["status"]["allowed"])
        for question, answer in zip(asked, answers, strict=True)
        if answer["status"]["allowed"] != expected(permission, *question)
    ]
    assert not wrong


def test_nobody_but_the_operator_grants_rights(acme: Driver) -> None:
    for permission in ("see", "change", "approve", "export"):
        for verb in ("create", "bind", "escalate", "impersonate"):
            for resource in ("rolebindings", "clusterroles", "users", "namespaces", "networkpolicies"):
                done = acme.kubectl(
                    NAME, "auth", "can-i", verb, resource, "-n", "shop", "--as=x", f"--as-group=freehold:{permission}"
                )
                assert done.stdout.strip() == "no", (permission, verb, resource)
