"""The client's place on the Vault server: secrets engine, policies, and login by Kubernetes identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi

from components.naming import PREFIX
from components.vault.resources import (
    KubernetesAuth,
    KubernetesAuthConfig,
    KubernetesAuthRole,
    KvMount,
    Namespace,
    Policy,
)
from stacks.spec.cluster import NamespaceSpec
from stacks.spec.vault import VaultSpec

AUDIENCE: Final = "https://kubernetes.default.svc"
"""Audience of the tokens that log in: the Kubernetes API's own, as EKS gives it to pods. The cluster reviews a token
only for a caller whom it accepts, and here the pod itself is the caller: a token of another audience could not ask."""

TTL_SECONDS: Final = 900
MAX_TTL_SECONDS: Final = 3600
VERSIONS_KEPT: Final = 10


@dataclass(frozen=True, slots=True)
class VaultSecretsArgs:
    """Arguments of :class:`VaultSecrets`.

    Args:
        name: CLIENT-STAGE.
        spec: where the client's place is.
        cluster_endpoint, cluster_ca: https address and certificate authority (PEM) of the cluster whose pods log in.
        namespaces: application namespaces by name.
        protect: refuse to delete the client's secrets.
    """

    name: str
    spec: VaultSpec
    cluster_endpoint: pulumi.Input[str]
    cluster_ca: pulumi.Input[str]
    namespaces: Mapping[str, NamespaceSpec]
    protect: bool = False


class VaultSecrets(pulumi.ComponentResource):
    """A namespace (or prefix), a KV version 2 engine, and for every application a policy and a role.

    An application reads what lies under its own namespace's name and nothing else; its pods log in with a service
    account token and get a token for a quarter of an hour. No reviewer's token is stored: the
    cluster is asked with the caller's own. People who fill secrets in, and read none, get the policy
    ``secrets-write`` from whichever login method of people the server has.

    Outputs: ``mount``, ``auth_path``, ``roles``.
    """

    def __init__(self, name: str, args: VaultSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}VaultSecrets", name, None, opts)
        place, address = args.spec.namespace or "", args.spec.address or ""
        lead = f"{args.spec.prefix}/" if args.spec.prefix else ""
        self.mount: Final = f"{lead}secrets"
        self.auth_path: Final = f"{lead}kubernetes"
        self.roles: Final = sorted(args.namespaces)
        base: list[pulumi.Resource] = []
        if place:
            kept = pulumi.ResourceOptions(parent=self, protect=args.protect)
            base.append(Namespace("namespace", place, address=address, opts=kept))
        within = pulumi.ResourceOptions(parent=self, depends_on=base)
        mount = KvMount(
            "secrets",
            namespace=place,
            path=self.mount,
            description=f"Secrets of {args.name}",
            max_versions=VERSIONS_KEPT,
            cas_required=True,
            address=address,
            opts=pulumi.ResourceOptions(parent=self, depends_on=base, protect=args.protect),
        )
        method = KubernetesAuth(
            "kubernetes",
            namespace=place,
            path=self.auth_path,
            description=f"Pods of {args.name}",
            address=address,
            opts=within,
        )
        config = KubernetesAuthConfig(
            "kubernetes",
            namespace=place,
            path=self.auth_path,
            host=args.cluster_endpoint,
            ca=args.cluster_ca,
            address=address,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[method]),
        )
        Policy(
            "secrets_write",  # no name of a namespace has an underscore
            namespace=place,
            path=f"{args.spec.prefix}-secrets-write" if args.spec.prefix else "secrets-write",
            rules=self._write_only(),
            address=address,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[mount]),
        )
        for application, spec in args.namespaces.items():
            title = f"{args.spec.prefix}-{application}" if args.spec.prefix else application
            policy = Policy(
                application,
                namespace=place,
                path=f"{title}-read",
                rules=self._read_only(application),
                address=address,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[mount]),
            )
            KubernetesAuthRole(
                application,
                namespace=place,
                method=self.auth_path,
                role=application,
                service_accounts=[spec.service_account],
                namespaces=[application],
                audience=AUDIENCE,
                policies=[f"{title}-read"],
                ttl_seconds=TTL_SECONDS,
                max_ttl_seconds=MAX_TTL_SECONDS,
                address=address,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[config, policy]),
            )
        self.register_outputs({"mount": self.mount, "auth_path": self.auth_path, "roles": self.roles})

    def _read_only(self, application: str) -> str:
        """An application reads its own secrets; it cannot list others', nor write."""
        return (
            f'path "{self.mount}/data/{application}/*" {{ capabilities = ["read"] }}\n'
            f'path "{self.mount}/metadata/{application}/*" {{ capabilities = ["list", "read"] }}\n'
        )

    def _write_only(self) -> str:
        """People fill in secrets of every application; they see names and versions, never a value."""
        return (
            f'path "{self.mount}/data/*" {{ capabilities = ["create", "update"] }}\n'
            f'path "{self.mount}/metadata/*" {{ capabilities = ["list", "read"] }}\n'
        )
