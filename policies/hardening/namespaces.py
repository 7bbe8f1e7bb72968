"""Namespaces and permissions of a cluster: admission, network isolation, roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import Truth, both, equals, expect, holds, require, some
from policies.engine.resource import Resource, Stack
from policies.engine.rule import Finding, Rule
from policies.engine.standards import checkov, cis_kubernetes
from policies.engine.values import EACH, Node

_NAMESPACE: Final = "kubernetes:core/v1:Namespace"
_POLICY: Final = "kubernetes:networking.k8s.io/*:NetworkPolicy"
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"


def _judge_admission(resource: Resource, _: Context) -> Iterator[Finding]:
    yield from expect(resource.at("metadata", "labels", _ENFORCE), equals("restricted"), "restricted")


def _belongs(policy: Resource, namespace: Resource) -> Truth:
    """Whether a network policy is one of a namespace: by name, or by what went into its metadata."""
    if namespace.urn in policy.depends.get("metadata", frozenset()):
        return True
    name, own = policy.at("metadata", "namespace"), namespace.at("metadata", "name")
    if name.unknown:
        return None
    return name.text is not None and holds(own, equals(name.text))


def _denies(policy: Resource, direction: str) -> Truth:
    """Whether a policy selects every pod and admits nothing in a direction (``Ingress`` or ``Egress``)."""
    spec = policy.at("spec")
    selector = spec.at("podSelector")
    if selector.unknown:
        return None
    types, rules = spec.at("policyTypes"), spec.at(direction.lower())
    stated = direction == "Ingress" if types.absent else some(holds(found, equals(direction)) for found in types.each())
    closed = None if rules.unknown else not rules.each()
    return both(not list(selector.leaves()), stated, closed)


def _judge_isolation(stack: Stack, _: Context) -> Iterator[Finding]:
    policies = stack.of(_POLICY)
    for namespace in stack.of(_NAMESPACE):
        for direction in ("Ingress", "Egress"):
            denied = some(both(_belongs(policy, namespace), _denies(policy, direction)) for policy in policies)
            yield from require(
                denied,
                Node.of(None, f"(network policy, {direction})"),
                f"a NetworkPolicy of this namespace with an empty podSelector, policyTypes {direction} and no rules",
                resource=namespace,
            )


def _judge_wildcards(resource: Resource, _: Context) -> Iterator[Finding]:
    for rule in resource.every("rules", EACH):
        for part in ("verbs", "resources", "apiGroups"):
            for name in rule.at(part).each():
                yield from expect(name, lambda node: node.value != "*", "names, no wildcard")


RULES: Final = (
    Rule(
        id="k8s-pod-security",
        title="Namespaces enforce the restricted Pod Security Standard",
        types=(_NAMESPACE,),
        asks=f"The label `{_ENFORCE}` is `restricted`.",
        why="Admission then refuses unsafe pods from anyone, not only from this program.",
        fix=f"set the label {_ENFORCE}: restricted in the namespace's metadata",
        absent="Unset, the cluster admits any pod: refused.",
        judge=_judge_admission,
        standards=(cis_kubernetes("5.2.1"),),
    ),
    Rule(
        id="k8s-default-deny",
        title="Every namespace denies traffic by default",
        types=(_NAMESPACE, _POLICY),
        asks="For each namespace of the stack there are network policies that select every pod and admit nothing, "
        "for ingress and for egress.",
        why="Pods otherwise speak to every pod of the cluster, and to the internet.",
        fix="make a NetworkPolicy with podSelector {} and policyTypes [Ingress, Egress]; allow the rest in others",
        absent="A namespace without such policies is refused.",
        judge_stack=_judge_isolation,
        standards=(cis_kubernetes("5.3.2"),),
    ),
    Rule(
        id="k8s-rbac-no-wildcard",
        title="Roles use no wildcards",
        types=("kubernetes:rbac.authorization.k8s.io/*:Role", "kubernetes:rbac.authorization.k8s.io/*:ClusterRole"),
        asks="No rule of a role has `*` among its verbs, resources or API groups.",
        why="A wildcard also grants what will be invented tomorrow, such as reading every secret.",
        fix="list the verbs, resources and API groups that are needed",
        absent="A role without rules grants nothing: passes.",
        judge=_judge_wildcards,
        standards=(cis_kubernetes("5.1.3"), checkov("CKV_K8S_49")),
    ),
)
