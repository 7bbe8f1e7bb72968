"""What every application namespace of the cluster starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, ResourceQuota, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import ClusterRoleBinding

from components.naming import PREFIX
from stacks.spec.cluster import NamespaceSpec

LEVEL: Final = "restricted"
"""Pod Security Standard of application namespaces (Kubernetes documentation, *Pod Security Standards*)."""

LIMITS: Final[Any] = {
    "limits": [
        {
            "type": "Container",
            "default": {"cpu": "500m", "memory": "512Mi"},
            "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
        }
    ]
}
"""What a container gets that asks for nothing."""

TOKEN_REVIEWER: Final[Any] = {
    "apiGroup": "rbac.authorization.k8s.io",
    "kind": "ClusterRole",
    "name": "system:auth-delegator",
}
"""Kubernetes' own role for asking whether a token is genuine."""

DNS_ONLY: Final[Any] = {
    "podSelector": {},
    "policyTypes": ["Egress"],
    "egress": [
        {
            "to": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }
            ],
            "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
        }
    ],
}
"""The one way out that every pod has."""


@dataclass(frozen=True, slots=True)
class BaselineArgs:
    """Arguments of :class:`Baseline`: the application namespaces by name, and the cluster's Kubernetes version."""

    namespaces: Mapping[str, NamespaceSpec]
    version: str


class Baseline(pulumi.ComponentResource):
    """Namespaces at Pod Security level ``restricted``, closed networks, quotas, limits, service accounts.

    Traffic is denied both ways but for DNS; whatever an application needs is opened by a policy of its own. The
    application's service account may review tokens, so that Vault can check its pods' identity with their own token.

    Outputs: ``ready``: the service accounts.
    """

    def __init__(self, name: str, args: BaselineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Baseline", name, None, opts)
        self._version = args.version
        self.ready: Final[list[pulumi.Resource]] = [
            self._namespace(namespace, spec) for namespace, spec in args.namespaces.items()
        ]
        self.register_outputs({})

    def _namespace(self, name: str, spec: NamespaceSpec) -> ServiceAccount:
        labels = {
            f"pod-security.kubernetes.io/{mode}{suffix}": value
            for mode in ("enforce", "audit", "warn")
            for suffix, value in (("", LEVEL), ("-version", f"v{self._version}"))
        }
        namespace = Namespace(
            name,
            metadata={"name": name, "labels": {**labels, "freehold.dev/tier": "application"}},
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=namespace)
        here = namespace.metadata.name
        closed: Any = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        NetworkPolicy(f"{name}-closed", metadata={"name": "closed", "namespace": here}, spec=closed, opts=inside)
        NetworkPolicy(f"{name}-dns", metadata={"name": "dns", "namespace": here}, spec=DNS_ONLY, opts=inside)
        ResourceQuota(
            f"{name}-quota",
            metadata={"name": "quota", "namespace": here},
            spec={"hard": {"requests.cpu": spec.cpu, "requests.memory": spec.memory, "pods": str(spec.pods)}},
            opts=inside,
        )
        LimitRange(f"{name}-limits", metadata={"name": "limits", "namespace": here}, spec=LIMITS, opts=inside)
        account = ServiceAccount(
            f"{name}-{spec.service_account}",
            metadata={"name": spec.service_account, "namespace": here},
            automount_service_account_token=False,
            opts=inside,
        )
        subject: Any = {"kind": "ServiceAccount", "name": spec.service_account, "namespace": here}
        ClusterRoleBinding(
            f"{name}-token-review",
            metadata={"name": f"freehold:token-review:{name}"},
            role_ref=TOKEN_REVIEWER,
            subjects=[subject],
            opts=inside,
        )
        return account
