"""The Vault resources that components compose: namespace, KV engine, policy, auth method, configuration, role.

``namespace`` is where the thing lives (empty: the root namespace), ``address`` the server that the environment's
description names (empty: whichever the operator's ``VAULT_ADDR`` names).
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi.dynamic import Resource

from components.vault.kinds import (
    AuthMethodProvider,
    KubernetesConfigProvider,
    KubernetesRoleProvider,
    MountProvider,
    NamespaceProvider,
    PolicyProvider,
)


class Namespace(Resource, module="vault", name="Namespace"):
    """A namespace at ``path`` (in the root namespace)."""

    path: pulumi.Output[str]

    def __init__(self, name: str, path: str, *, address: str = "", opts: pulumi.ResourceOptions | None = None) -> None:
        properties = {"address": address, "namespace": "", "path": path}
        super().__init__(NamespaceProvider(), name, properties, opts)


class KvMount(Resource, module="vault", name="KvMount"):
    """A KV version 2 secrets engine at ``path``."""

    path: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        path: str,
        description: str,
        max_versions: int,
        cas_required: bool,
        address: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "address": address,
            "namespace": namespace,
            "path": path,
            "description": description,
            "max_versions": max_versions,
            "cas_required": cas_required,
        }
        super().__init__(MountProvider(), name, properties, opts)


class Policy(Resource, module="vault", name="Policy"):
    """An ACL policy called ``path``; ``rules`` in HCL."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        path: str,
        rules: str,
        address: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {"address": address, "namespace": namespace, "path": path, "rules": rules}
        super().__init__(PolicyProvider(), name, properties, opts)


class KubernetesAuth(Resource, module="vault", name="KubernetesAuth"):
    """An auth method of type kubernetes at ``path``."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        path: str,
        description: str,
        address: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {"address": address, "namespace": namespace, "path": path, "description": description}
        super().__init__(AuthMethodProvider(), name, properties, opts)


class KubernetesAuthConfig(Resource, module="vault", name="KubernetesAuthConfig"):
    """The cluster of the auth method at ``path``: ``host`` (https address) and ``ca`` (PEM)."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        path: str,
        host: pulumi.Input[str],
        ca: pulumi.Input[str],
        address: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "address": address,
            "namespace": namespace,
            "path": path,
            "host": host,
            "ca": ca,
        }
        super().__init__(KubernetesConfigProvider(), name, properties, opts)


class KubernetesAuthRole(Resource, module="vault", name="KubernetesAuthRole"):
    """A role of the auth method ``method``: service accounts by name and namespace get tokens with ``policies``."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        method: str,
        role: str,
        service_accounts: Sequence[str],
        namespaces: Sequence[str],
        audience: str,
        policies: Sequence[str],
        ttl_seconds: int,
        max_ttl_seconds: int,
        address: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "address": address,
            "namespace": namespace,
            "path": f"{method}/role/{role}",
            "service_accounts": sorted(service_accounts),
            "namespaces": sorted(namespaces),
            "audience": audience,
            "policies": sorted(policies),
            "ttl_seconds": ttl_seconds,
            "max_ttl_seconds": max_ttl_seconds,
        }
        super().__init__(KubernetesRoleProvider(), name, properties, opts)


def dynamic_provider(name: str, parent: pulumi.Resource) -> pulumi.ProviderResource:
    """The explicit provider of the resources above: default providers are disabled for every package."""
    return pulumi.ProviderResource("pulumi-python", name, {}, pulumi.ResourceOptions(parent=parent))
