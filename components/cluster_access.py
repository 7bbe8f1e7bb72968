"""People's way into the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.eks import AccessEntry

from components.naming import PREFIX, Scope
from stacks.spec.identity_access import GroupSpec

GROUP_PREFIX: Final = "freehold:"
"""What the names of the Kubernetes groups begin with: ``freehold:see``, ``freehold:change``, ``freehold:approve``,
``freehold:export``."""


@dataclass(frozen=True, slots=True)
class ClusterAccessArgs:
    """Arguments of :class:`ClusterAccess`.

    Args:
        scope: the environment.
        cluster_name: name of the EKS cluster.
        groups: groups of people by name.
        principals: ARN of each group's role, with its path: EKS knows roles by their whole ARN.
    """

    scope: Scope
    cluster_name: pulumi.Input[str]
    groups: Mapping[str, GroupSpec]
    principals: Mapping[str, pulumi.Input[str]]


class ClusterAccess(pulumi.ComponentResource):
    """One EKS access entry a group of people, which gives them the Kubernetes groups of their permissions.

    The entries carry no access policy of EKS: what ``freehold:see``, ``freehold:change``, ``freehold:approve`` and
    ``freehold:export`` may do is bound in the cluster (RBAC). The audit log shows the person's session name.

    Outputs: ``principals``: ARN of each group's role.
    """

    def __init__(self, name: str, args: ClusterAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}ClusterAccess", name, None, opts)
        self.principals: Final = dict(args.principals)
        for group, spec in args.groups.items():
            AccessEntry(
                group,
                cluster_name=args.cluster_name,
                principal_arn=args.principals[group],
                kubernetes_groups=[f"{GROUP_PREFIX}{permission}" for permission in sorted(spec.permissions)],
                type="STANDARD",
                tags=args.scope.tags("access", "people", group),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"principals": self.principals})
