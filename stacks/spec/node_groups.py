"""Groups of worker nodes: machines, image, scale, labels and taints."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from stacks.spec.families import XEN, family
from stacks.spec.model import Section
from stacks.spec.problems import refuse

_PART: Final = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX: Final = r"(?=.{1,253}/)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
_RESERVED: Final = ("kubernetes.io", "k8s.io", "eks.amazonaws.com")
"""Prefixes that belong to Kubernetes and to EKS (Kubernetes documentation, *Labels and Selectors*)."""

Architecture = Literal["arm64", "x86_64"]
Image = Literal["bottlerocket", "al2023"]
Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


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


def architecture(instance_type: str) -> Architecture:
    """Processor of an EC2 instance type: a `g` after the generation means Graviton, as in m7g or c6gn (Amazon EC2 User
    Guide, *Amazon EC2 instance type naming conventions*); a1 is its first generation."""
    family = instance_type.partition(".")[0]
    return "arm64" if family == "a1" or re.match(r"[a-z]+\d+g", family) else "x86_64"


def _one_architecture(values: list[str]) -> list[str]:
    if len({architecture(value) for value in values}) > 1:
        raise refuse("one node group cannot mix x86_64 and arm64 (Graviton)", "make a node group for each")
    return values


def _key(value: str) -> str:
    if not re.fullmatch(rf"(?:{_PREFIX}/)?{_PART}", value):
        raise refuse(
            "a key is [prefix/]name: at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter "
            "or digit; the prefix is a DNS name (Kubernetes documentation, Labels and Selectors)",
            "write for example workload or example.com/workload",
        )
    prefix = value.rpartition("/")[0]
    if any(prefix == one or prefix.endswith(f".{one}") for one in _RESERVED):
        raise refuse(
            "this prefix belongs to Kubernetes or EKS", "use none, or one of your own, as example.com/workload"
        )
    return value


def _value(value: str) -> str:
    if value and not re.fullmatch(_PART, value):
        raise refuse(
            "a value is empty or at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or "
            "digit (Kubernetes documentation, Labels and Selectors)",
            "respell it",
        )
    return value


InstanceType = Annotated[str, AfterValidator(_instance_type)]
Key = Annotated[str, AfterValidator(_key)]
Value = Annotated[str, AfterValidator(_value)]


class TaintSpec(Section):
    """Keeps pods off the group's nodes unless they tolerate it."""

    key: Key
    """Key, as of a label."""

    value: Value = ""
    """Value, as of a label; may be empty."""

    effect: Effect
    """NoSchedule, PreferNoSchedule or NoExecute."""


def _each_once(taints: list[TaintSpec]) -> list[TaintSpec]:
    pairs = [(taint.key, taint.effect) for taint in taints]
    if twice := sorted({f"{key}:{effect}" for key, effect in pairs if pairs.count((key, effect)) > 1}):
        raise refuse(f"a node has one taint of a key and effect; twice there: {', '.join(twice)}", "keep one of each")
    return taints


class NodeGroupSpec(Section):
    """A group of worker nodes of one kind."""

    instance_types: Annotated[list[InstanceType], Field(min_length=1, max_length=20), AfterValidator(_one_architecture)]
    """EC2 instance types of one processor architecture, the preferred first."""

    image: Image = "bottlerocket"
    """Operating system: bottlerocket (no shell, no package manager, read-only root, SELinux enforced, data on a disk of
    its own) or al2023 (Amazon Linux 2023, for agents that must install on the node)."""

    capacity: Literal["on-demand", "spot"] = "on-demand"
    """How machines are bought: spot is cheaper, and AWS takes machines back with two minutes' notice."""

    min: Annotated[int, Field(ge=1, le=450)] = 2
    """Fewest nodes."""

    desired: Annotated[int, Field(ge=1, le=450)] = 2
    """Nodes at the start."""

    max: Annotated[int, Field(ge=1, le=450)] = 4
    """Most nodes (450 a group: EKS service quotas)."""

    disk_gib: Annotated[int, Field(ge=20, le=16384)] = 50
    """Size of each node's encrypted disk for images and data in GiB."""

    max_unavailable_percentage: Annotated[int, Field(ge=1, le=100)] = 33
    """Share of the group, in percent, that an update replaces at a time; at least one node (Amazon EKS API Reference,
    *NodegroupUpdateConfig*)."""

    repair: bool = True
    """Let EKS reboot or replace nodes that Kubernetes finds unhealthy (Amazon EKS User Guide, *Detect node health
    issues and enable automatic node repair*)."""

    labels: Annotated[dict[Key, Value], Field(default_factory=dict, max_length=50)]
    """Labels of the group's nodes, which pods select them by."""

    taints: Annotated[list[TaintSpec], Field(default_factory=list, max_length=50), AfterValidator(_each_once)]
    """Taints of the group's nodes (50 a group: EKS)."""

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
