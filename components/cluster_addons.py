"""EKS add-ons of the cluster, at a version each, and the roles of those that act in AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_aws.eks import Addon
from pulumi_aws.iam import Role, RolePolicy, RolePolicyAttachment

from components.documents import allow, policy, trust
from components.naming import ROLE_LONGEST, Scope

BEFORE_NODES: Final = ("eks-pod-identity-agent", "kube-proxy", "vpc-cni")
"""Add-ons without which no node becomes ready (the cluster is made without self-managed ones)."""

ON_NODES: Final = ("coredns", "aws-ebs-csi-driver", "metrics-server")
"""Add-ons whose pods need a node to become healthy."""

SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {"vpc-cni": {"enableNetworkPolicy": "true"}}
"""Network policies are words without this: the VPC CNI enforces them only when told (Amazon EKS User Guide, *Configure
your cluster for Kubernetes network policies*)."""

IDENTITIES: Final[Mapping[str, tuple[str, str]]] = {
    "aws-ebs-csi-driver": ("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
    "vpc-cni": ("aws-node", "AmazonEKS_CNI_Policy"),
}
"""Add-ons that act in AWS: their service account in kube-system and AWS's policy for it (Amazon EKS User Guide, *AWS
add-ons*)."""

KEY_USE: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


@dataclass(frozen=True)
class Addons:
    """Makes add-ons as children of the cluster's component.

    Args:
        scope: the environment.
        versions: version of each add-on.
        key: ARN of the key of volumes.
        cluster_name: the cluster.
        parent: the cluster's component.
    """

    scope: Scope
    versions: Mapping[str, str]
    key: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    parent: pulumi.Resource

    def before_nodes(self) -> list[pulumi.Resource]:
        """Those that nodes need."""
        agent, *others = (self._addon(name) for name in BEFORE_NODES)
        return [agent, *others]

    def on_nodes(self, groups: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Those that need nodes."""
        return [self._addon(name, groups) for name in ON_NODES]

    def _addon(self, name: str, after: Sequence[pulumi.Resource] = ()) -> Addon:
        settings = SETTINGS.get(name)
        identities, permissions = self._identity(name) if name in IDENTITIES else (None, [])
        return Addon(
            name,
            cluster_name=self.cluster_name,
            addon_name=name,
            addon_version=self.versions[name],
            configuration_values=None if settings is None else json.dumps(settings),
            pod_identity_associations=identities,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="PRESERVE",
            tags=dict(self.scope.tags("cluster", "addon", name)),
            opts=pulumi.ResourceOptions(parent=self.parent, depends_on=[*after, *permissions]),
        )

    def _identity(self, name: str) -> tuple[list[Any], list[pulumi.Resource]]:
        """The add-on's role, which only its service account takes up, and what the role is allowed by."""
        account, managed = IDENTITIES[name]
        opts = pulumi.ResourceOptions(parent=self.parent)
        role = Role(
            f"addon-{name}",
            name=self.scope.named("addon", name, limit=ROLE_LONGEST),
            description=f"Pods of the add-on {name}",
            assume_role_policy=trust(
                "pods.eks.amazonaws.com", self.scope.account_id, actions=("sts:AssumeRole", "sts:TagSession")
            ),
            permissions_boundary=self.scope.boundary,
            tags=dict(self.scope.tags("cluster", "addon", name)),
            opts=opts,
        )
        permissions: list[pulumi.Resource] = [
            RolePolicyAttachment(
                f"addon-{name}",
                role=role.name,
                policy_arn=f"arn:{self.scope.partition}:iam::aws:policy/{managed}",
                opts=opts,
            )
        ]
        if name == "aws-ebs-csi-driver":
            permissions.append(
                RolePolicy(
                    f"addon-{name}",
                    name="volumes",
                    role=role.name,
                    policy=pulumi.Output.from_input(self.key).apply(volumes),
                    opts=opts,
                )
            )
        return [{"role_arn": role.arn, "service_account": account}], permissions


def volumes(key: str) -> str:
    """What the storage driver may do with the key of volumes (Amazon EKS User Guide, *Store Kubernetes volumes with
    Amazon EBS*): use it, and let EC2 use it for as long as a volume is attached."""
    grants = allow(
        "Attach",
        ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"),
        key,
        Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )
    return policy(grants, allow("Use", KEY_USE, key))
