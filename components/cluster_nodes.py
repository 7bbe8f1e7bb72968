"""Nodes of the cluster: their role, their machines' template, their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
from pulumi_aws.ec2 import LaunchTemplate, LaunchTemplateBlockDeviceMappingArgsDict
from pulumi_aws.eks import NodeGroup
from pulumi_aws.iam import Role, RolePolicyAttachment

from components.documents import trust_plain
from components.naming import Scope
from stacks.spec.node_groups import Architecture, Effect, Image, NodeGroupSpec

IMAGES: Final[Mapping[tuple[Image, Architecture], str]] = {
    ("al2023", "arm64"): "AL2023_ARM_64_STANDARD",
    ("al2023", "x86_64"): "AL2023_x86_64_STANDARD",
    ("bottlerocket", "arm64"): "BOTTLEROCKET_ARM_64",
    ("bottlerocket", "x86_64"): "BOTTLEROCKET_x86_64",
}
"""AMI type of nodes by system and architecture (Amazon EKS API Reference, *CreateNodegroup*)."""

SYSTEM_DISK: Final = "/dev/xvda"
DATA_DISK: Final = "/dev/xvdb"
"""Bottlerocket keeps its read-only system on the first disk, and images, logs and volumes on the second (Bottlerocket
documentation, *Default volumes*); Amazon Linux has one disk for both."""

SYSTEM_GIB: Final = 4
"""Bottlerocket's system disk: its image needs 2 GiB, and an update writes a second one beside it."""

NODE_POLICIES: Final = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
"""What a node needs (Amazon EKS User Guide, *Amazon EKS node IAM role*); the network plugin has a role of its own."""

EFFECTS: Final[Mapping[Effect, str]] = {
    "NoSchedule": "NO_SCHEDULE",
    "PreferNoSchedule": "PREFER_NO_SCHEDULE",
    "NoExecute": "NO_EXECUTE",
}

CAPACITY: Final = {"on-demand": "ON_DEMAND", "spot": "SPOT"}


@dataclass
class Nodes:
    """Makes what nodes consist of, as children of the cluster's component.

    Args:
        scope: the environment.
        version: Kubernetes version of the nodes: the cluster's.
        subnet_ids: subnets of the nodes.
        key: ARN of the key of their disks.
        cluster_name: the cluster.
        parent: the cluster's component.
    """

    scope: Scope
    version: str
    subnet_ids: list[pulumi.Output[str]]
    key: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    parent: pulumi.Resource
    role: Role = field(init=False)

    def __post_init__(self) -> None:
        self.role = Role(
            "nodes",
            name=self.scope.named("nodes"),
            description="What worker nodes may do",
            assume_role_policy=trust_plain("ec2.amazonaws.com"),
            permissions_boundary=self.scope.boundary,
            tags=self._tags(),
            opts=pulumi.ResourceOptions(parent=self.parent),
        )

    def _tags(self, *parts: str) -> dict[str, str]:
        return dict(self.scope.tags("cluster", "nodes", *parts))

    def permissions(self) -> list[pulumi.Resource]:
        """AWS's policies for nodes."""
        return [
            RolePolicyAttachment(
                f"nodes-{managed}",
                role=self.role.name,
                policy_arn=f"arn:{self.scope.partition}:iam::aws:policy/{managed}",
                opts=pulumi.ResourceOptions(parent=self.parent),
            )
            for managed in NODE_POLICIES
        ]

    def groups(
        self, described: Sequence[tuple[str, NodeGroupSpec]], before: Sequence[pulumi.Resource]
    ) -> list[pulumi.Resource]:
        """The groups, once what their nodes need is there."""
        return [self._group(name, spec, before) for name, spec in described]

    def _group(self, name: str, spec: NodeGroupSpec, before: Sequence[pulumi.Resource]) -> pulumi.Resource:
        tags = {**self._tags(name), "freehold:node-group": name}
        template = LaunchTemplate(
            name,
            name=self.scope.named("nodes", name),
            update_default_version=True,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            monitoring={"enabled": True},
            block_device_mappings=self._disks(spec),
            tag_specifications=[{"resource_type": kind, "tags": tags} for kind in ("instance", "volume")],
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self.parent),
        )
        # no name of ours: what replaces a group (other machines, other subnets) is made before the old one is drained
        return NodeGroup(
            name,
            cluster_name=self.cluster_name,
            version=self.version,
            node_role_arn=self.role.arn,
            subnet_ids=self.subnet_ids,
            ami_type=IMAGES[spec.image, spec.architecture],
            capacity_type=CAPACITY[spec.capacity],
            instance_types=list(spec.instance_types),
            scaling_config={"min_size": spec.min, "desired_size": spec.desired, "max_size": spec.max},
            update_config={"max_unavailable_percentage": spec.max_unavailable_percentage},
            node_repair_config={"enabled": spec.repair},
            labels=dict(spec.labels) or None,
            taints=[{"key": taint.key, "value": taint.value, "effect": EFFECTS[taint.effect]} for taint in spec.taints]
            or None,
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            tags=tags,
            # the autoscaler moves the desired size; the description sets it at the start only
            opts=pulumi.ResourceOptions(
                parent=self.parent, depends_on=before, ignore_changes=["scalingConfig.desiredSize"]
            ),
        )

    def _disks(self, spec: NodeGroupSpec) -> list[LaunchTemplateBlockDeviceMappingArgsDict]:
        """Every disk of a node, all with the client's key."""
        if spec.image == "bottlerocket":
            return [self._disk(SYSTEM_DISK, SYSTEM_GIB), self._disk(DATA_DISK, spec.disk_gib)]
        return [self._disk(SYSTEM_DISK, spec.disk_gib)]

    def _disk(self, device: str, gib: int) -> LaunchTemplateBlockDeviceMappingArgsDict:
        return {
            "device_name": device,
            "ebs": {
                "volume_size": gib,
                "volume_type": "gp3",
                "encrypted": "true",
                "kms_key_id": self.key,
                "delete_on_termination": "true",
            },
        }
