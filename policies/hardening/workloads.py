"""What may run in a cluster: one walk over every kind that bears pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import equals, every, expect, holds, is_false, is_true, require, some
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule
from policies.engine.standards import checkov, cis_kubernetes
from policies.engine.values import EACH, Node, Step

_TEMPLATE: Final[tuple[Step, ...]] = ("spec", "template", "spec")

POD_SPECS: Final[Mapping[str, tuple[Step, ...]]] = MappingProxyType(
    {
        "core/*:Pod": ("spec",),
        "core/*:PodTemplate": ("template", "spec"),
        "core/*:ReplicationController": _TEMPLATE,
        "apps/*:Deployment": _TEMPLATE,
        "apps/*:DaemonSet": _TEMPLATE,
        "apps/*:StatefulSet": _TEMPLATE,
        "apps/*:ReplicaSet": _TEMPLATE,
        "extensions/*:Deployment": _TEMPLATE,
        "extensions/*:DaemonSet": _TEMPLATE,
        "extensions/*:ReplicaSet": _TEMPLATE,
        "batch/*:Job": _TEMPLATE,
        "batch/*:CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    }
)
"""Where each kind keeps its pod's specification."""

_BY_KIND: Final = {kind.split(":")[1]: path for kind, path in POD_SPECS.items()}
_TYPES: Final = tuple(f"kubernetes:{kind}{form}" for kind in POD_SPECS for form in ("", "List", "Patch"))
_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
_ADDABLE: Final = ("NET_BIND_SERVICE",)
_PATCH: Final = "A patch is judged only by what it sets."


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod's specification; ``partial`` when it is a patch, which leaves the rest as it is."""

    spec: Node
    partial: bool

    @property
    def containers(self) -> list[Node]:
        """All containers: initial, ordinary and ephemeral ones."""
        return [found for group in _CONTAINERS for found in self.spec.at(group).each()]


def pods(resource: Resource) -> list[Pod]:
    """The pod specifications in a resource of any kind that bears pods."""
    kind = resource.kind.removesuffix("Patch").removesuffix("List")
    partial = resource.kind.endswith("Patch")
    roots = resource.every("items", EACH) if resource.kind.endswith("List") else [resource.props]
    return [Pod(root.at(*_BY_KIND[kind]), partial) for root in roots]


def _context(container: Node, *steps: Step) -> Node:
    return container.at("securityContext", *steps)


def _judge_privileged(resource: Resource, _: Context) -> Iterator[Finding]:
    for container in (found for pod in pods(resource) for found in pod.containers):
        yield from expect(_context(container, "privileged"), is_false, "false", absent_passes=True)


def _judge_host(resource: Resource, _: Context) -> Iterator[Finding]:
    for pod in pods(resource):
        for namespace in ("hostNetwork", "hostPID", "hostIPC"):
            yield from expect(pod.spec.at(namespace), is_false, "false", absent_passes=True)


def _judge_escalation(resource: Resource, _: Context) -> Iterator[Finding]:
    for pod in pods(resource):
        for container in pod.containers:
            setting = _context(container, "allowPrivilegeEscalation")
            yield from expect(setting, is_false, "false", absent_passes=pod.partial)


def _judge_root(resource: Resource, _: Context) -> Iterator[Finding]:
    for pod in pods(resource):
        for container in pod.containers:
            own = _context(container, "runAsNonRoot")
            effective = pod.spec.at("securityContext", "runAsNonRoot") if own.absent else own
            yield from expect(effective, is_true, "true", absent_passes=pod.partial)
        for setting in [_context(place, "runAsUser") for place in (pod.spec, *pod.containers)]:
            yield from expect(setting, lambda node: node.number != 0, "a user other than 0", absent_passes=True)


def _judge_capabilities(resource: Resource, _: Context) -> Iterator[Finding]:
    for pod in pods(resource):
        for container in pod.containers:
            dropped = _context(container, "capabilities", "drop")
            if not (pod.partial and dropped.absent):
                yield from require(some(holds(name, equals("ALL")) for name in dropped.each()), dropped, '["ALL"]')
            added = _context(container, "capabilities", "add")
            harmless = every(holds(name, equals(*_ADDABLE)) for name in added.each())
            yield from require(harmless, added, f"none but {', '.join(_ADDABLE)}")


def _judge_host_path(resource: Resource, _: Context) -> Iterator[Finding]:
    for pod in pods(resource):
        for volume in pod.spec.at("volumes").each():
            yield from expect(volume.at("hostPath"), lambda _: False, "no host path", absent_passes=True)


def _judge_seccomp(resource: Resource, _: Context) -> Iterator[Finding]:
    for pod in pods(resource):
        for container in pod.containers:
            own = _context(container, "seccompProfile", "type")
            effective = pod.spec.at("securityContext", "seccompProfile", "type") if own.absent else own
            allowed = equals("RuntimeDefault", "Localhost")
            yield from expect(effective, allowed, "RuntimeDefault or Localhost", absent_passes=pod.partial)


RULES: Final = (
    Rule(
        id="k8s-not-privileged",
        title="No privileged containers",
        types=_TYPES,
        asks="`securityContext.privileged` of no container is true.",
        why="A privileged container is root on its node.",
        fix="remove privileged from the container's securityContext",
        absent="Unset means false: passes.",
        judge=_judge_privileged,
        standards=(cis_kubernetes("5.2.2"), checkov("CKV_K8S_16")),
    ),
    Rule(
        id="k8s-no-host-namespaces",
        title="Pods keep out of the node's namespaces",
        types=_TYPES,
        asks="`hostNetwork`, `hostPID` and `hostIPC` are not true.",
        why="A pod in the node's namespaces sees other tenants' processes and escapes network policies.",
        fix="remove hostNetwork, hostPID and hostIPC from the pod's spec",
        absent="Unset means false: passes.",
        judge=_judge_host,
        standards=(
            *(cis_kubernetes(section) for section in ("5.2.3", "5.2.4", "5.2.5")),
            *(checkov(f"CKV_K8S_{number}") for number in (17, 18, 19)),
        ),
    ),
    Rule(
        id="k8s-no-escalation",
        title="Containers cannot gain privileges",
        types=_TYPES,
        asks="`securityContext.allowPrivilegeEscalation` of every container is false.",
        why="A setuid binary would otherwise lift a process above its user.",
        fix="set allowPrivilegeEscalation: false",
        absent=f"Unset means true: refused. {_PATCH}",
        judge=_judge_escalation,
        standards=(cis_kubernetes("5.2.6"), checkov("CKV_K8S_20")),
    ),
    Rule(
        id="k8s-not-root",
        title="Containers do not run as root",
        types=_TYPES,
        asks="`runAsNonRoot` is true for every container, on it or on its pod, and no `runAsUser` is 0.",
        why="Root in a container is one kernel bug away from root on the node.",
        fix="set runAsNonRoot: true in the pod's securityContext",
        absent=f"Unset, the image decides: refused. {_PATCH}",
        judge=_judge_root,
        standards=(cis_kubernetes("5.2.7"), checkov("CKV_K8S_23")),
    ),
    Rule(
        id="k8s-capabilities",
        title="Containers drop all capabilities",
        types=_TYPES,
        asks=f"Every container drops `ALL` capabilities and adds none but {', '.join(_ADDABLE)}.",
        why="Capabilities are root in slices.",
        fix='set capabilities: {drop: ["ALL"]}',
        absent=f"Unset leaves the runtime's default set: refused. {_PATCH}",
        judge=_judge_capabilities,
        standards=(
            cis_kubernetes("5.2.8"),
            cis_kubernetes("5.2.9"),
            checkov("CKV_K8S_28"),
            checkov("CKV_K8S_37"),
        ),
    ),
    Rule(
        id="k8s-no-host-path",
        title="Pods mount nothing of the node",
        types=_TYPES,
        asks="No volume is a `hostPath`.",
        why="The node's files hold other tenants' data and the kubelet's credentials.",
        fix="use an emptyDir, a claim, a config map or a secret",
        absent="No volume: passes.",
        judge=_judge_host_path,
        standards=(cis_kubernetes("5.2.11"),),
    ),
    Rule(
        id="k8s-seccomp",
        title="Containers run under a seccomp profile",
        types=_TYPES,
        asks="`seccompProfile.type` is RuntimeDefault or Localhost for every container, on it or on its pod.",
        why="It closes the system calls that kernel exploits need and programs do not.",
        fix="set seccompProfile: {type: RuntimeDefault} in the pod's securityContext",
        absent=f"Unset means unconfined, unless the node says otherwise: refused. {_PATCH}",
        judge=_judge_seccomp,
        standards=(cis_kubernetes("5.6.2"), checkov("CKV_K8S_31")),
    ),
)
