"""The client's Kubernetes cluster: version, node groups, who may reach its API, and the applications' namespaces.

Source of versions and dates: AWS, Amazon EKS User Guide, *Understand the Kubernetes version lifecycle on EKS*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from stacks.spec.families import XEN, family
from stacks.spec.model import Section
from stacks.spec.problems import refuse

VERSIONS: Final[Mapping[str, str]] = {
    "1.32": "2027-03-23",
    "1.33": "2027-07-29",
    "1.34": "2027-12-02",
    "1.35": "2028-03-27",
}
"""Versions of Kubernetes that EKS supports, and the day on which extended support ends."""

_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"


def _version(value: str) -> str:
    if value not in VERSIONS:
        raise refuse("EKS does not support this Kubernetes version", f"choose one of: {', '.join(VERSIONS)}")
    return value


def _instance_type(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]*\.(?:nano|micro|small|medium|\d*x?large|metal(?:-\d+xl)?)", value):
        raise refuse("it has not the form family.size", "write an EC2 instance type, for example m7i.large")
    if value.endswith((".nano", ".micro")):
        raise refuse("too small: it carries fewer than 5 pods", "take at least .small, for example t3.medium")
    if family(value) in XEN:
        raise refuse(
            "this family is not built on the Nitro System (few pods a node, no encryption between nodes)",
            "take a current family, for example m7i.large or m7g.large",
        )
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
    if value.startswith("kube-") or value in {"default", "freehold-system"}:
        raise refuse("this name belongs to the cluster itself", "choose another, for example 'shop'")
    return value


Architecture = Literal["arm64", "x86_64"]


def architecture(instance_type: str) -> Architecture:
    """Processor of an EC2 instance type: a `g` after the generation means Graviton, as in m7g or c6gn (Amazon EC2 User
    Guide, *Amazon EC2 instance type naming conventions*); a1 is its first generation."""
    family = instance_type.partition(".")[0]
    return "arm64" if family == "a1" or re.match(r"[a-z]+\d+g", family) else "x86_64"


def _one_architecture(values: list[str]) -> list[str]:
    if len({architecture(value) for value in values}) > 1:
        raise refuse("one node group cannot mix x86_64 and arm64 (Graviton)", "make a node group for each")
    return values


InstanceType = Annotated[str, AfterValidator(_instance_type)]


class NodeGroupSpec(Section):
    """A group of worker nodes of one kind."""

    instance_types: Annotated[list[InstanceType], Field(min_length=1, max_length=20), AfterValidator(_one_architecture)]
    """EC2 instance types of one processor architecture, the preferred first."""

    min: Annotated[int, Field(ge=1, le=450)] = 2
    """Fewest nodes."""

    desired: Annotated[int, Field(ge=1, le=450)] = 2
    """Nodes at the start."""

    max: Annotated[int, Field(ge=1, le=450)] = 4
    """Most nodes (450 a group: EKS service quotas)."""

    disk_gib: Annotated[int, Field(ge=20, le=16384)] = 50
    """Size of each node's encrypted disk in GiB."""

    @field_validator("desired", "max")
    @classmethod
    def _ordered(cls, nodes: int, info: ValidationInfo) -> int:
        smaller = "min" if info.field_name == "desired" else "desired"
        least = info.data.get(smaller)
        if least is not None and nodes < least:
            raise refuse(f"it is below {smaller} ({least})", "write min <= desired <= max")
        return nodes

    @property
    def architecture(self) -> Architecture:
        """Processor architecture of the group's nodes."""
        return architecture(self.instance_types[0])


class NamespaceSpec(Section):
    """A namespace for one of the client's applications, with its quota."""

    cpu: Annotated[str, Field(pattern=r"^[1-9][0-9]*m?$")] = "8"
    """CPU that all pods together may request, for example 8 or 500m."""

    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]*(Mi|Gi)$")] = "16Gi"
    """Memory that all pods together may request, for example 16Gi."""

    pods: Annotated[int, Field(ge=1, le=1000)] = 50
    """Most pods."""

    service_account: Annotated[str, Field(pattern=f"^{_LABEL}$")] = "app"
    """Service account of the application: the one that Vault and AWS know."""


class ClusterSpec(Section):
    """The EKS cluster."""

    version: Annotated[str, AfterValidator(_version)]
    """Kubernetes version, one that EKS supports."""

    node_groups: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")], NodeGroupSpec], Field(min_length=1)
    ]
    """Groups of worker nodes by name (at most 20 characters)."""

    api_access: Annotated[list[Annotated[str, AfterValidator(_range)]], Field(default_factory=list)]
    """Networks from which the API may be reached over the internet; empty: from within the VPC only."""

    namespaces: Annotated[dict[Annotated[str, AfterValidator(_namespace)], NamespaceSpec], Field(default_factory=dict)]
    """Namespaces of the client's applications, by name."""
