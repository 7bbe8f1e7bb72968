"""What the cluster's API server refuses by itself, whoever asks: validating admission policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_kubernetes.admissionregistration.v1 import ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding

from components.naming import PREFIX

EXEMPT: Final = ("kube-system", "kube-public", "kube-node-lease", "amazon-cloudwatch", "amazon-guardduty")
"""Namespaces of Kubernetes' and EKS' own parts, whose manifests are AWS' (Amazon EKS User Guide, *AWS add-ons*). Nobody
but the operator and AWS may write there."""

BUDGET_LABEL: Final = "freehold.dev/disruption-budget"
"""Label that names a workload's PodDisruptionBudget."""

REQUIRED_LABELS: Final = ("app.kubernetes.io/name", "app.kubernetes.io/part-of")
"""Labels that say whose a pod is (Kubernetes documentation, *Recommended Labels*)."""

_PODS: Final[tuple[Any, ...]] = (
    ("", ["pods", "pods/ephemeralcontainers", "replicationcontrollers", "podtemplates"]),
    ("apps", ["deployments", "daemonsets", "replicasets", "statefulsets"]),
    ("batch", ["jobs", "cronjobs"]),
)
_REPLICATED: Final[tuple[Any, ...]] = (
    ("apps", ["deployments", "statefulsets", "deployments/scale", "statefulsets/scale"]),
)
_OBJECT: Final = "dyn(object)"
_TEMPLATE: Final = (
    "variables.it.kind == 'Pod' ? variables.it : "
    "variables.it.kind == 'PodTemplate' ? variables.it.template : "
    "variables.it.kind == 'CronJob' ? variables.it.spec.jobTemplate.spec.template : "
    "has(variables.it.spec.template) ? variables.it.spec.template : {'spec': {'containers': []}}"
)
_VARIABLES: Final = (
    ("it", _OBJECT),
    ("template", f"dyn({_TEMPLATE})"),
    ("pod", "variables.template.spec"),
    (
        "labels",
        "has(variables.template.metadata) && has(variables.template.metadata.labels) ? "
        "variables.template.metadata.labels : dyn({})",
    ),
    (
        "containers",
        "variables.pod.containers + (has(variables.pod.initContainers) ? variables.pod.initContainers : dyn([]))",
    ),
    (
        "images",
        "(variables.containers + (has(variables.pod.ephemeralContainers) ? variables.pod.ephemeralContainers : "
        "dyn([]))).map(c, has(c.image) ? c.image : '')",
    ),
)
_CHANGED: Final = (
    "request.operation != 'UPDATE' || (!has(object.metadata.deletionTimestamp) && ("
    "!has(dyn(object).spec) || dyn(object).spec != dyn(oldObject).spec || "
    "(has(object.metadata.labels) ? object.metadata.labels : {}) != "
    "(has(oldObject.metadata.labels) ? oldObject.metadata.labels : {})))"
)
"""Only what changes a specification or labels is judged: finalizers and marks of deletion pass, so that what was there
before a policy can still be taken away."""


@dataclass(frozen=True, slots=True)
class AdmissionRule:
    """One policy: its name, the CEL expression that must hold, and what is said otherwise."""

    name: str
    expression: str
    message: str
    message_expression: str = ""
    strict: bool = True
    kinds: tuple[Any, ...] = _PODS


def rules(registries: Sequence[str], production: bool) -> Iterator[AdmissionRule]:
    """The policies of a cluster that pulls from these registries (HOST or HOST/PATH)."""
    allowed = json.dumps(sorted(registries))
    outside = f"variables.images.filter(i, !{allowed}.exists(r, i.startsWith(r + '/')))"
    yield AdmissionRule(
        "registries",
        f"{outside}.size() == 0",
        f"images come from the environment's registries only: {', '.join(sorted(registries))}",
        f"'image ' + {outside}.join(', ') + ' is not from the environment\\'s registries: "
        f"{', '.join(sorted(registries))}'",
    )
    yield AdmissionRule(
        "digests",
        "variables.images.all(i, i.matches('@sha256:[a-f0-9]{64}$'))",
        "images are pinned by digest: write REPOSITORY@sha256:DIGEST",
        strict=production,
    )
    yield AdmissionRule(
        "no-latest",
        "variables.images.all(i, i.contains('@sha256:') || "
        "(i.matches(':[A-Za-z0-9_][A-Za-z0-9._-]*$') && !i.endsWith(':latest')))",
        "an image has a digest or a tag other than latest",
    )
    yield AdmissionRule(
        "no-host-path",
        "!has(variables.pod.volumes) || variables.pod.volumes.all(v, !has(v.hostPath))",
        "no volume is a hostPath: use an emptyDir, a claim, a config map",
    )
    yield AdmissionRule(
        "labels",
        " && ".join(f"'{label}' in variables.labels" for label in REQUIRED_LABELS),
        f"pods carry the labels {' and '.join(REQUIRED_LABELS)}",
    )
    yield AdmissionRule(
        "no-default-token",
        "(has(variables.pod.serviceAccountName) && variables.pod.serviceAccountName != 'default') || "
        "((!has(variables.pod.automountServiceAccountToken) || !variables.pod.automountServiceAccountToken) && "
        "(!has(variables.pod.volumes) || "
        "variables.pod.volumes.all(v, !v.name.startsWith('kube-api-access-'))))",
        "pods of the service account default mount no token: name a service account of the application's own",
    )
    yield AdmissionRule(
        "resources",
        "variables.containers.all(c, has(c.resources) && has(c.resources.requests) && has(c.resources.limits) && "
        "'cpu' in c.resources.requests && 'memory' in c.resources.requests && 'memory' in c.resources.limits)",
        "every container requests cpu and memory and limits memory",
    )
    if production:
        yield AdmissionRule(
            "replicas",
            "(variables.it.kind == 'Scale' && !has(variables.it.spec.replicas)) || "
            "(has(variables.it.spec.replicas) && (variables.it.spec.replicas == 0 || variables.it.spec.replicas >= 2))",
            "in production at least 2 replicas run, or none at all",
            kinds=_REPLICATED,
        )
        yield AdmissionRule(
            "disruption-budget",
            "variables.it.kind == 'Scale' || (has(variables.it.metadata.labels) && "
            f"'{BUDGET_LABEL}' in variables.it.metadata.labels)",
            f"in production the label {BUDGET_LABEL} names the workload's PodDisruptionBudget",
            kinds=_REPLICATED,
        )


@dataclass(frozen=True, slots=True)
class AdmissionArgs:
    """Arguments of :class:`Admission`.

    Args:
        registries: registries that pods may pull from, as HOST or HOST/PATH.
        production: digests are required instead of advised; replicas and a disruption budget are asked for.
    """

    registries: Sequence[str]
    production: bool


class Admission(pulumi.ComponentResource):
    """Validating admission policies, each with its binding, for every namespace but those of Kubernetes and EKS.

    They judge pods and every kind that makes pods, so that a mistake is told where it was made. Images come from
    allowed registries and are pinned; no hostPath; labels that say whose a pod is; no token of the default service
    account; resources; in production two replicas and the name of a disruption budget. That the budget so named exists
    cannot be told by an expression over one object: ``Workload`` makes it. A policy that cannot be evaluated refuses
    (``failurePolicy: Fail``). Outside production a missing digest is a warning.

    Outputs: ``ready``: the bindings.
    """

    def __init__(self, name: str, args: AdmissionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Admission", name, None, opts)
        self.ready: list[pulumi.Resource] = [self._policy(rule) for rule in rules(args.registries, args.production)]
        self.register_outputs({})

    def _policy(self, rule: AdmissionRule) -> ValidatingAdmissionPolicyBinding:
        title = f"freehold-{rule.name}"
        validation = {"expression": rule.expression, "message": rule.message, "reason": "Forbidden"}
        if rule.message_expression:
            validation["messageExpression"] = rule.message_expression
        resource_rules = [
            {"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": resources}
            for group, resources in rule.kinds
        ]
        spec: Any = {
            "failurePolicy": "Fail",
            "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": resource_rules},
            "matchConditions": [{"name": "changed", "expression": _CHANGED}],
            "variables": [{"name": name, "expression": expression} for name, expression in _VARIABLES],
            "validations": [validation],
        }
        policy = ValidatingAdmissionPolicy(
            rule.name, metadata={"name": title}, spec=spec, opts=pulumi.ResourceOptions(parent=self)
        )
        outside: Any = [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(EXEMPT)}]
        binding: Any = {
            "policyName": title,
            "validationActions": ["Deny" if rule.strict else "Warn", "Audit"],
            "matchResources": {"namespaceSelector": {"matchExpressions": outside}},
        }
        return ValidatingAdmissionPolicyBinding(
            rule.name,
            metadata={"name": title},
            spec=binding,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
