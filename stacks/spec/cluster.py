"""The client's Kubernetes cluster: version, node groups, who may reach its API, and the applications' namespaces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from stacks.spec.kubernetes_versions import ADDONS, VERSIONS
from stacks.spec.model import Section
from stacks.spec.node_groups import NodeGroupSpec
from stacks.spec.problems import refuse

_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"


def _version(value: str) -> str:
    if value not in VERSIONS:
        raise refuse("EKS does not support this Kubernetes version", f"choose one of: {', '.join(VERSIONS)}")
    return value


def _addon(value: str) -> str:
    known = ADDONS[next(iter(ADDONS))]
    if value not in known:
        raise refuse("the kit installs no such add-on", f"choose one of: {', '.join(sorted(known))}")
    return value


def _range(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError as error:
        raise refuse(f"it is no network ({error})", "write for example 203.0.113.0/24") from error
    if network.prefixlen < 8:
        raise refuse("it opens the Kubernetes API to (nearly) everybody", "name your offices' or VPN's ranges")
    return value


def _namespace(value: str) -> str:
    if not re.fullmatch(_LABEL, value):
        raise refuse(
            "a namespace has at most 63 lower-case letters, digits and hyphens (RFC 1123 label)",
            "respell it, for example 'shop'",
        )
    if value.startswith(("kube-", "amazon-")) or value in {"default", "freehold-system"}:
        raise refuse("this name belongs to the cluster itself", "choose another, for example 'shop'")
    return value


def _service_account(value: str) -> str:
    if value == "default":
        raise refuse(
            "every pod that names no account runs as default, and would have the application's rights",
            "name one of the application's own, for example app",
        )
    return value


NamespaceName = Annotated[str, AfterValidator(_namespace)]


class NamespaceSpec(Section):
    """A namespace for one of the client's applications, with its quota."""

    cpu: Annotated[str, Field(pattern=r"^[1-9][0-9]*m?$")] = "8"
    """CPU that all pods together may request, for example 8 or 500m."""

    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]*(Mi|Gi)$")] = "16Gi"
    """Memory that all pods together may request, for example 16Gi."""

    pods: Annotated[int, Field(ge=1, le=1000)] = 50
    """Most pods."""

    volumes: Annotated[int, Field(ge=0, le=1000)] = 10
    """Most persistent volume claims."""

    storage: Annotated[str, Field(pattern=r"^[1-9][0-9]*(Gi|Ti)$")] = "100Gi"
    """Storage that all claims together may request, for example 100Gi."""

    internet: bool = False
    """Let pods open HTTPS connections to public addresses; the egress firewall still filters by domain."""

    service_account: Annotated[str, AfterValidator(_service_account), Field(pattern=f"^{_LABEL}$")] = "app"
    """Service account of the application: the one that Vault and AWS know."""


class ClusterSpec(Section):
    """The EKS cluster."""

    version: Annotated[str, AfterValidator(_version)]
    """Kubernetes version, one that EKS supports."""

    node_groups: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")], NodeGroupSpec], Field(min_length=1)
    ]
    """Groups of worker nodes by name (at most 20 characters)."""

    addons: Annotated[
        dict[Annotated[str, AfterValidator(_addon)], Annotated[str, Field(pattern=r"^v\d+\.\d+\.\d+-eksbuild\.\d+$")]],
        Field(default_factory=dict),
    ]
    """Versions of EKS add-ons by name that differ from the kit's table, for example vpc-cni: v1.21.1-eksbuild.7."""

    api_access: Annotated[list[Annotated[str, AfterValidator(_range)]], Field(default_factory=list)]
    """Networks from which the API may be reached over the internet; empty: from within the VPC only."""

    namespaces: Annotated[dict[NamespaceName, NamespaceSpec], Field(default_factory=dict)]
    """Namespaces of the client's applications, by name."""

    @model_validator(mode="after")
    def _proxy_fits(self) -> ClusterSpec:
        asked = self.addons.get("kube-proxy")
        if asked is not None and not asked.startswith(f"v{self.version}."):
            raise refuse(
                f"addons.kube-proxy is {asked}, and kube-proxy goes with the cluster's minor version, {self.version}",
                f"take a v{self.version}.* version, or leave it to the kit",
            )
        return self

    @property
    def addon_versions(self) -> Mapping[str, str]:
        """Version of every add-on that the cluster has."""
        return {**ADDONS[self.version], **self.addons}
