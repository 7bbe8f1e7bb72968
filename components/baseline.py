"""What the cluster's namespaces start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pulumi
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, ResourceQuota, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import ClusterRoleBinding
from pulumi_kubernetes.scheduling.v1 import PriorityClass

from components.admission import Admission, AdmissionArgs
from components.cluster_roles import ClusterRoles, ClusterRolesArgs
from components.naming import PREFIX
from components.pod_networks import Reach, policies
from stacks.spec.cluster import NamespaceSpec

LEVEL: Final = "restricted"
"""Pod Security Standard of application namespaces (Kubernetes documentation, *Pod Security Standards*)."""

LIMITS: Final[Any] = {
    "limits": [
        {
            "type": "Container",
            "default": {"cpu": "500m", "memory": "512Mi"},
            "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
            "min": {"cpu": "5m", "memory": "8Mi"},
            "max": {"cpu": "8", "memory": "32Gi"},
            "maxLimitRequestRatio": {"cpu": "10", "memory": "4"},
        },
        {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "500Gi"}},
    ]
}
"""What a container gets that asks for nothing, and what one may ask for: limits at most 10 times (cpu) and 4 times
(memory) the request, so that a full node is not promised several times over."""

PRIORITIES: Final[Mapping[str, tuple[int, str, str]]] = MappingProxyType(
    {
        "freehold-critical": (100_000, "PreemptLowerPriority", "What the client's users notice at once"),
        "freehold-standard": (10_000, "PreemptLowerPriority", "Applications"),
        "freehold-batch": (1_000, "Never", "Work that can wait: it displaces nothing"),
    }
)
"""Priority classes: value, preemption and purpose. Kubernetes' own parts stand above all (system-cluster-critical)."""

TOKEN_REVIEWER: Final[Any] = {
    "apiGroup": "rbac.authorization.k8s.io",
    "kind": "ClusterRole",
    "name": "system:auth-delegator",
}
"""Kubernetes' own role for asking whether a token is genuine."""

UNUSED: Final = "default"
"""The namespace in which nothing runs (CIS Kubernetes Benchmark 2.0.1, 5.6.4)."""


@dataclass(frozen=True, slots=True)
class BaselineArgs:
    """Arguments of :class:`Baseline`.

    Args:
        namespaces: the application namespaces by name.
        version: the cluster's Kubernetes version.
        registries: registries that pods may pull from, as HOST or HOST/PATH.
        reach: what pods may reach beside each other.
        production: stricter admission.
        adopting: a provider that takes over objects that Kubernetes made: the service accounts ``default``.
    """

    namespaces: Mapping[str, NamespaceSpec]
    version: str
    registries: Sequence[str]
    reach: Reach
    production: bool
    adopting: pulumi.ProviderResource


class Baseline(pulumi.ComponentResource):
    """Namespaces at Pod Security level ``restricted``, closed networks, quotas, limits, accounts, admission, roles.

    Traffic is denied both ways but for DNS, pods of the same namespace, the database, Vault, AWS' endpoints in the VPC
    and the pod's own AWS credentials; HTTPS to public addresses only where the namespace says so (the egress firewall
    then filters by domain). No Service opens a port of the nodes or a load balancer. The application's service account
    may review tokens, so that Vault can check its pods' identity with their own token; service accounts called
    ``default`` mount none. In the namespace ``default`` nothing runs.

    Outputs: ``ready``: by namespace, the service account; and what else pods need first (admission, priorities).
    """

    def __init__(self, name: str, args: BaselineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Baseline", name, None, opts)
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        accounts = {namespace: self._namespace(namespace, spec) for namespace, spec in args.namespaces.items()}
        nothing: Any = {"hard": {"pods": "0"}}
        ResourceQuota("default-quota", metadata={"name": "quota", "namespace": UNUSED}, spec=nothing, opts=child)
        self._default_account(UNUSED, self, [])
        priorities = [
            PriorityClass(
                title,
                metadata={"name": title},
                value=value,
                preemption_policy=preemption,
                global_default=title == "freehold-standard",
                description=purpose,
                opts=child,
            )
            for title, (value, preemption, purpose) in PRIORITIES.items()
        ]
        admission = Admission("admission", AdmissionArgs(args.registries, args.production), child)
        ClusterRoles("roles", ClusterRolesArgs(accounts), child)
        self.ready: Final[list[pulumi.Resource]] = [*accounts.values(), *priorities, *admission.ready]
        self.register_outputs({})

    def _namespace(self, name: str, spec: NamespaceSpec) -> ServiceAccount:
        labels = {
            f"pod-security.kubernetes.io/{mode}{suffix}": value
            for mode in ("enforce", "audit", "warn")
            for suffix, value in (("", LEVEL), ("-version", f"v{self._args.version}"))
        }
        namespace = Namespace(
            name,
            metadata={"name": name, "labels": {**labels, "freehold.dev/tier": "application"}},
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=namespace)
        here = namespace.metadata.name
        for title, policy in policies(self._args.reach, spec.internet).items():
            NetworkPolicy(f"{name}-{title}", metadata={"name": title, "namespace": here}, spec=policy, opts=inside)
        hard = {
            "requests.cpu": spec.cpu,
            "requests.memory": spec.memory,
            "pods": str(spec.pods),
            "persistentvolumeclaims": str(spec.volumes),
            "requests.storage": spec.storage,
            "services.loadbalancers": "0",
            "services.nodeports": "0",
        }
        ResourceQuota(f"{name}-quota", metadata={"name": "quota", "namespace": here}, spec={"hard": hard}, opts=inside)
        LimitRange(f"{name}-limits", metadata={"name": "limits", "namespace": here}, spec=LIMITS, opts=inside)
        account = ServiceAccount(
            f"{name}-{spec.service_account}",
            metadata={"name": spec.service_account, "namespace": here},
            automount_service_account_token=False,
            opts=inside,
        )
        self._default_account(name, namespace, [namespace])
        subject: Any = {"kind": "ServiceAccount", "name": spec.service_account, "namespace": here}
        ClusterRoleBinding(
            f"{name}-token-review",
            metadata={"name": f"freehold:token-review:{name}"},
            role_ref=TOKEN_REVIEWER,
            subjects=[subject],
            opts=inside,
        )
        return account

    def _default_account(self, namespace: str, parent: pulumi.Resource, after: list[pulumi.Resource]) -> None:
        """Kubernetes makes this account, and makes it again: it is taken over, and goes with its namespace only."""
        ServiceAccount(
            f"{namespace}/default",
            metadata={"name": "default", "namespace": namespace},
            automount_service_account_token=False,
            opts=pulumi.ResourceOptions(
                parent=parent, provider=self._args.adopting, depends_on=after, retain_on_delete=True
            ),
        )
