"""Cases of the hardening pack: workloads and namespaces."""

from __future__ import annotations

from typing import Any

from policies.hardening.workloads import POD_SPECS
from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import UNKNOWN, Res

POD = "kubernetes:core/v1:Pod"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
NAMESPACE = "kubernetes:core/v1:Namespace"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
ENFORCE = "pod-security.kubernetes.io/enforce"


def pod(**context: object) -> dict[str, Any]:
    """A pod whose only container has a security context."""
    return {"spec": {"containers": [{"name": "c", "securityContext": context}]}}


def template(spec: object) -> dict[str, Any]:
    """A deployment's spec around a pod's."""
    return {"spec": {"template": {"spec": spec}}}


def both(context: object, container: object) -> dict[str, Any]:
    """A pod with a security context on the pod and on its container."""
    return {"spec": {"securityContext": context, "containers": [{"name": "c", "securityContext": container}]}}


INIT = {"spec": {"containers": [], "initContainers": [{"name": "i", "securityContext": {"privileged": True}}]}}


def deny(namespace: object = "shop", **spec: object) -> Res:
    """A default-deny network policy."""
    given = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], **spec}
    return Res(POLICY, {"metadata": {"namespace": namespace}, "spec": given}, name="deny")


def shop(name: object = "shop") -> Res:
    """A namespace."""
    return Res(NAMESPACE, {"metadata": {"name": name}})


def role(**rule: list[object]) -> dict[str, Any]:
    """A role of one rule."""
    return {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], **rule}]}


CASES: tuple[Cases, ...] = (
    one(
        "k8s-not-privileged",
        POD,
        good=pod(privileged=False),
        bad=pod(privileged=True),
        at="spec.containers[0].securityContext.privileged",
        unset=PASSES,
        unknown=pod(privileged=UNKNOWN),
        other=SERVICE,
        more=[
            (INIT, FAILS),
            (Res(DEPLOYMENT, template(INIT["spec"])), FAILS),
            (Res("kubernetes:apps/v1:DeploymentPatch", template(INIT["spec"])), FAILS),
            (Res("kubernetes:apps/v1:DeploymentList", {"items": [template(INIT["spec"])]}), FAILS),
            (Res("kubernetes:batch/v1:CronJob", {"spec": {"jobTemplate": template(INIT["spec"])}}), FAILS),
            ({"spec": UNKNOWN}, UNDECIDED),
        ],
    ),
    one(
        "k8s-no-host-namespaces",
        POD,
        good={"spec": {"hostNetwork": False, "containers": []}},
        bad={"spec": {"hostPID": True, "containers": []}},
        at="spec.hostPID",
        unset=PASSES,
        unknown={"spec": {"hostIPC": UNKNOWN, "containers": []}},
        other=SERVICE,
        more=[(Res(DEPLOYMENT, template({"hostNetwork": True, "containers": []})), FAILS)],
    ),
    one(
        "k8s-no-escalation",
        POD,
        good=pod(allowPrivilegeEscalation=False),
        bad=pod(allowPrivilegeEscalation=True),
        at="allowPrivilegeEscalation",
        unset=FAILS,
        unset_props=pod(),
        unknown=pod(allowPrivilegeEscalation=UNKNOWN),
        other=SERVICE,
        more=[(Res("kubernetes:core/v1:PodPatch", pod()), PASSES)],
    ),
    one(
        "k8s-not-root",
        POD,
        good=both({"runAsNonRoot": True}, {}),
        bad=both({"runAsNonRoot": True}, {"runAsNonRoot": False}),
        at="spec.containers[0].securityContext.runAsNonRoot",
        unset=FAILS,
        unset_props=pod(),
        unknown=both({"runAsNonRoot": UNKNOWN}, {}),
        other=SERVICE,
        more=[
            (both({"runAsNonRoot": True, "runAsUser": 0.0}, {}), FAILS),
            (both({"runAsNonRoot": True}, {"runAsUser": 0}), FAILS),
            (both({"runAsNonRoot": True}, {"runAsUser": 1000}), PASSES),
            (both({"runAsNonRoot": False}, {"runAsNonRoot": True}), PASSES),
        ],
    ),
    one(
        "k8s-capabilities",
        POD,
        good=pod(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        bad=pod(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
        at="capabilities.add",
        unset=FAILS,
        unset_props=pod(),
        unknown=pod(capabilities={"drop": [UNKNOWN]}),
        other=SERVICE,
        more=[
            (pod(capabilities={"drop": ["NET_RAW"]}), FAILS),
            (Res("kubernetes:core/v1:PodPatch", pod()), PASSES),
        ],
    ),
    one(
        "k8s-no-host-path",
        POD,
        good={"spec": {"containers": [], "volumes": [{"name": "v", "emptyDir": {}}]}},
        bad={"spec": {"containers": [], "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}},
        at="spec.volumes[0].hostPath",
        unset=PASSES,
        unknown={"spec": {"containers": [], "volumes": UNKNOWN}},
        other=SERVICE,
    ),
    one(
        "k8s-seccomp",
        POD,
        good=both({"seccompProfile": {"type": "RuntimeDefault"}}, {}),
        bad=both({"seccompProfile": {"type": "RuntimeDefault"}}, {"seccompProfile": {"type": "Unconfined"}}),
        at="seccompProfile.type",
        unset=FAILS,
        unset_props=pod(),
        unknown=both({"seccompProfile": UNKNOWN}, {}),
        other=SERVICE,
    ),
    one(
        "k8s-pod-security",
        NAMESPACE,
        good={"metadata": {"labels": {ENFORCE: "restricted"}}},
        bad={"metadata": {"labels": {ENFORCE: "privileged"}}},
        at=ENFORCE,
        unset=FAILS,
        unknown={"metadata": {"labels": UNKNOWN}},
        other=SERVICE,
    ),
    Cases(
        "k8s-default-deny",
        good=[shop(), deny()],
        bad=[shop(), deny(policyTypes=["Ingress"])],
        at="(network policy, Egress)",
        unset=([shop()], FAILS),
        unknown=([shop(), deny(UNKNOWN)], UNDECIDED),
        other=[Res("kubernetes:core/v1:NamespaceList", {"items": []})],
        more=[
            ([shop(), deny("elsewhere")], FAILS),
            ([shop(), deny(podSelector={"matchLabels": {"app": "a"}})], FAILS),
            ([shop(), deny(podSelector={"matchLabels": {}})], PASSES),
            ([shop(), deny(ingress=[{}])], FAILS),
            ([shop(), deny(egress=UNKNOWN)], UNDECIDED),
            (
                [
                    shop(UNKNOWN),
                    Res(
                        POLICY,
                        {
                            "metadata": {"namespace": UNKNOWN},
                            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
                        },
                        name="deny",
                        depends={"metadata": ["it"]},
                    ),
                ],
                PASSES,
            ),
        ],
    ),
    one(
        "k8s-rbac-no-wildcard",
        ROLE,
        good=role(),
        bad=role(verbs=["get", "*"]),
        at="rules[0].verbs[1]",
        unset=PASSES,
        unknown=role(resources=[UNKNOWN]),
        other="kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        more=[(role(apiGroups=["*"]), FAILS), (role(resources=["*"]), FAILS)],
    ),
)


def everywhere(spec: object) -> list[Res]:
    """One resource of every kind that bears pods, with that pod."""
    found = []
    for pattern, path in POD_SPECS.items():
        props: Any = spec
        for step in reversed(path):
            props = {step: props}
        found.append(Res(f"kubernetes:{pattern.replace('*', 'v1')}", props))
    return found
