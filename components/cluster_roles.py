"""What people may do inside the cluster: the four permissions as Kubernetes roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pulumi
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, RoleBinding

from components.naming import PREFIX

READ: Final = ("get", "list", "watch")
WRITE: Final = ("create", "update", "patch", "delete")

SEE: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "": (
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "nodes",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "resourcequotas",
            "serviceaccounts",
            "services",
        ),
        "admissionregistration.k8s.io": ("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
        "apps": ("controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"),
        "autoscaling": ("horizontalpodautoscalers",),
        "batch": ("cronjobs", "jobs"),
        "discovery.k8s.io": ("endpointslices",),
        "events.k8s.io": ("events",),
        "metrics.k8s.io": ("nodes", "pods"),
        "networking.k8s.io": ("ingressclasses", "ingresses", "networkpolicies"),
        "policy": ("poddisruptionbudgets",),
        "rbac.authorization.k8s.io": ("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
        "scheduling.k8s.io": ("priorityclasses",),
        "storage.k8s.io": ("storageclasses", "volumeattachments"),
    }
)
"""What ``see`` reads in the whole cluster, by API group: all but secrets."""

CHANGE: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "": ("configmaps", "services"),
        "apps": ("deployments", "deployments/scale", "statefulsets", "statefulsets/scale"),
        "autoscaling": ("horizontalpodautoscalers",),
        "batch": ("cronjobs", "jobs"),
        "policy": ("poddisruptionbudgets",),
    }
)
"""What ``change`` writes, in application namespaces only. Not: secrets, service accounts, roles, network policies,
quotas; nor exec, attach and port-forward, which reach into running pods past review and record."""

CHANGE_PODS: Final = ("delete",)
"""What ``change`` may do with running pods: have them restarted."""

CLUSTER_WIDE: Final = ("see", "approve")
"""Permissions whose group reads the whole cluster. ``approve`` decides on deliveries and needs to see what is there;
``export`` takes data out by the runbook and its AWS role, on record, and is bound to nothing here."""


def _rules(resources: Mapping[str, Sequence[str]], verbs: Sequence[str]) -> list[Any]:
    return [
        {"apiGroups": [group], "resources": list(names), "verbs": list(verbs)} for group, names in resources.items()
    ]


@dataclass(frozen=True, slots=True)
class ClusterRolesArgs:
    """Arguments of :class:`ClusterRoles`: the application namespaces by name, with the resource to wait for."""

    namespaces: Mapping[str, pulumi.Resource]


class ClusterRoles(pulumi.ComponentResource):
    """Roles of the Kubernetes groups that access entries give to people.

    - ``freehold:see`` reads everything but secrets, in the whole cluster, logs of pods included.
    - ``freehold:change`` writes workloads, configuration, services, autoscalers and budgets in application namespaces,
      and restarts pods; it reads the same, and pods and their logs, there. It grants no rights and reads no secrets.
      Whoever writes workloads can have them run under any service account of their namespace: a namespace is the
      boundary between applications.
    - ``freehold:approve`` reads what ``see`` reads.
    - ``freehold:export`` gets nothing: data leaves by a runbook, not through the cluster.

    Outputs: none.
    """

    def __init__(self, name: str, args: ClusterRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}ClusterRoles", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        see = ClusterRole("see", metadata={"name": "freehold:see"}, rules=_rules(SEE, READ), opts=child)
        pods: list[Any] = [
            {"apiGroups": [""], "resources": ["pods"], "verbs": [*READ, *CHANGE_PODS]},
            {"apiGroups": [""], "resources": ["pods/log", "events"], "verbs": list(READ)},
            {"apiGroups": [""], "resources": ["pods/eviction"], "verbs": ["create"]},
        ]
        change = ClusterRole(
            "change",
            metadata={"name": "freehold:change"},
            rules=[*_rules(CHANGE, (*READ, *WRITE)), *pods],
            opts=child,
        )
        for permission in CLUSTER_WIDE:
            ClusterRoleBinding(
                permission,
                metadata={"name": f"freehold:{permission}"},
                role_ref=_reference("freehold:see"),
                subjects=_group(permission),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[see]),
            )
        for namespace, resource in args.namespaces.items():
            RoleBinding(
                f"{namespace}-change",
                metadata={"name": "freehold:change", "namespace": namespace},
                role_ref=_reference("freehold:change"),
                subjects=_group("change"),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[change, resource]),
            )
        self.register_outputs({})


def _reference(role: str) -> Any:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}


def _group(permission: str) -> Any:
    return [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": f"freehold:{permission}"}]
