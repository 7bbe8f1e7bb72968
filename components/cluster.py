"""The client's Kubernetes cluster on EKS."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.eks import AccessEntry, AccessPolicyAssociation, PodIdentityAssociation
from pulumi_aws.eks import Cluster as ControlPlane
from pulumi_aws.iam import Role, RolePolicyAttachment

from components.cluster_addons import Addons
from components.cluster_nodes import Nodes
from components.documents import trust
from components.logs import log_group
from components.naming import PREFIX, ROLE_LONGEST, Scope
from stacks.spec.cluster import ClusterSpec
from stacks.spec.network import SERVICE_RANGE

CONTROL_PLANE_LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""All there are (AWS Foundational Security Best Practices v1.0.0, EKS.8)."""


@dataclass(frozen=True, slots=True)
class ClusterArgs:
    """Arguments of :class:`Cluster`.

    Args:
        scope: the environment.
        spec: the cluster's description.
        private_subnet_ids: subnets of nodes and of the control plane's interfaces.
        cluster_key, logs_key: ARNs of the keys for Kubernetes secrets and disks, and for logs.
        provision_role_arn: the role that operates the cluster, and may do everything in it.
        protect: refuse deletion, by the engine and by EKS.
    """

    scope: Scope
    spec: ClusterSpec
    private_subnet_ids: list[pulumi.Output[str]]
    cluster_key: pulumi.Input[str]
    logs_key: pulumi.Input[str]
    provision_role_arn: str
    protect: bool = True


class Cluster(pulumi.ComponentResource):
    """EKS with encrypted secrets, every control-plane log, access entries only, nodes on IMDSv2 with encrypted disks.

    The API is reachable from within the VPC, and from the internet only from the ranges that the description names.
    Workloads and add-ons get AWS permissions through EKS Pod Identity: a role for each application namespace's service
    account and for each add-on that needs one, none through the nodes. There is no OpenID Connect provider of the
    cluster in IAM: nothing needs one, and each would be one more issuer whose tokens the account trusts.

    Add-ons have the version that the kit's table, or the description, says for the Kubernetes version.

    Outputs: ``name``, ``arn``, ``endpoint``, ``ca`` (PEM), ``security_group_id``, ``kubeconfig`` (JSON, no secret),
    ``node_role_name``, ``ready`` (resources after which nodes and access exist).
    """

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Cluster", name, None, opts)
        self._scope, self._args = args.scope, args
        self._child = pulumi.ResourceOptions(parent=self)
        full = args.scope.name
        logs = log_group(
            "cluster",
            f"/aws/eks/{full}/cluster",
            scope=args.scope,
            component="cluster",
            key=args.logs_key,
            parent=self,
        )
        self._cluster = self._control_plane(full, logs)
        self.name: Final = self._cluster.name
        self.arn: Final = self._cluster.arn
        self.endpoint: Final = self._cluster.endpoint
        self.security_group_id: Final = self._cluster.vpc_config.cluster_security_group_id
        authority = self._cluster.certificate_authority.data
        self.ca: Final = authority.apply(lambda data: base64.b64decode(data).decode())
        self.kubeconfig: Final = pulumi.Output.all(self.name, self.endpoint, authority).apply(
            lambda parts: kubeconfig(parts[0], parts[1], parts[2], args.scope.region, args.provision_role_arn)
        )
        access = self._access()
        nodes = Nodes(args.scope, args.spec.version, args.private_subnet_ids, args.cluster_key, self.name, self)
        self.node_role_name: Final = nodes.role.name
        attached = nodes.permissions()
        addons = Addons(args.scope, args.spec.addon_versions, args.cluster_key, self.name, self)
        groups = nodes.groups(list(args.spec.node_groups.items()), [*attached, *addons.before_nodes()])
        on_nodes = addons.on_nodes(groups)
        self.ready: Final[list[pulumi.Resource]] = [*access, *groups, *on_nodes]
        self._workload_identities()
        self.register_outputs(
            {"name": self.name, "arn": self.arn, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig}
        )

    def _tags(self, *parts: str) -> dict[str, str]:
        return dict(self._scope.tags("cluster", *parts))

    def _control_plane(self, full: str, logs: pulumi.Resource) -> ControlPlane:
        spec = self._args.spec
        role = Role(
            "cluster",
            name=self._scope.named("cluster"),
            description="Lets EKS run the control plane",
            assume_role_policy=trust(
                "eks.amazonaws.com", self._scope.account_id, actions=("sts:AssumeRole", "sts:TagSession")
            ),
            permissions_boundary=self._scope.boundary,
            tags=self._tags("cluster"),
            opts=self._child,
        )
        attached = RolePolicyAttachment(
            "cluster",
            role=role.name,
            policy_arn=f"arn:{self._scope.partition}:iam::aws:policy/AmazonEKSClusterPolicy",
            opts=self._child,
        )
        return ControlPlane(
            "cluster",
            name=full,
            version=spec.version,
            role_arn=role.arn,
            enabled_cluster_log_types=list(CONTROL_PLANE_LOGS),
            deletion_protection=self._args.protect,
            bootstrap_self_managed_addons=False,
            access_config={
                "authentication_mode": "API",
                "bootstrap_cluster_creator_admin_permissions": False,
            },
            encryption_config={"provider": {"key_arn": self._args.cluster_key}, "resources": ["secrets"]},
            kubernetes_network_config={"service_ipv4_cidr": SERVICE_RANGE},
            vpc_config={
                "subnet_ids": self._args.private_subnet_ids,
                "endpoint_private_access": True,
                "endpoint_public_access": bool(spec.api_access),
                "public_access_cidrs": spec.api_access or None,
            },
            tags=self._tags("cluster"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs, attached], protect=self._args.protect),
        )

    def _access(self) -> list[pulumi.Resource]:
        """The provisioning role is the only principal with access until the description names more."""
        entry = AccessEntry(
            "provision",
            cluster_name=self.name,
            principal_arn=self._args.provision_role_arn,
            type="STANDARD",
            tags=self._tags("provision"),
            opts=self._child,
        )
        association = AccessPolicyAssociation(
            "provision",
            cluster_name=self.name,
            principal_arn=self._args.provision_role_arn,
            policy_arn=f"arn:{self._scope.partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            access_scope={"type": "cluster"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[entry]),
        )
        return [entry, association]

    def _workload_identities(self) -> None:
        """A role without permissions for each application: what it may do in AWS is added to it, never to nodes."""
        for namespace, spec in self._args.spec.namespaces.items():
            role = Role(
                f"workload-{namespace}",
                name=self._scope.named("app", namespace, limit=ROLE_LONGEST),
                description=f"Pods of {namespace}/{spec.service_account}",
                assume_role_policy=trust(
                    "pods.eks.amazonaws.com", self._scope.account_id, actions=("sts:AssumeRole", "sts:TagSession")
                ),
                permissions_boundary=self._scope.boundary,
                tags=self._tags("app", namespace),
                opts=self._child,
            )
            PodIdentityAssociation(
                namespace,
                cluster_name=self.name,
                namespace=namespace,
                service_account=spec.service_account,
                role_arn=role.arn,
                tags=self._tags("app", namespace),
                opts=self._child,
            )


def kubeconfig(name: str, endpoint: str, authority: str, region: str, role_arn: str) -> str:
    """A kubeconfig as JSON: the token is asked of ``aws eks get-token`` in the provisioning role; it holds no secret.

    Args:
        authority: the cluster's certificate authority, base64 of PEM.
    """
    command = ["eks", "get-token", "--output", "json", "--cluster-name", name, "--region", region]
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": [*command, "--role-arn", role_arn],
            "interactiveMode": "Never",
        }
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    return json.dumps(document)
