"""The client's network: three tiers of subnets over its zones, closed unless opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.ec2 import (
    DefaultSecurityGroup,
    Eip,
    FlowLog,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcEndpoint,
)
from pulumi_aws.iam import Role, RolePolicy
from pulumi_aws.vpc import SecurityGroupIngressRule

from components.documents import allow, policy, trust
from components.logs import log_group
from components.naming import PREFIX, Scope
from stacks.spec.network import NetworkSpec

INTERFACE_SERVICES: Final = (
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "kms",
    "logs",
    "secretsmanager",
    "sts",
)
"""AWS services that nodes and workloads call without leaving the VPC (Amazon EKS User Guide, *private clusters*)."""

FLOW_SECONDS: Final = 60
"""Aggregation interval of flow records in seconds, the finer of the two that AWS offers."""


@dataclass(frozen=True, slots=True)
class NetworkArgs:
    """Arguments of :class:`Network`: the environment, its network's description, and the ARN of the key for logs."""

    scope: Scope
    spec: NetworkSpec
    logs_key: pulumi.Input[str]


class Network(pulumi.ComponentResource):
    """VPC with public, private and data subnets, NAT, endpoints for AWS services, flow logs, a closed default group.

    Data subnets have no route to the internet. Endpoints answer principals of the client's account only.

    Outputs: ``vpc_id``, ``public_subnet_ids``, ``private_subnet_ids``, ``data_subnet_ids``, and by zone
    ``nat_gateway_ids``.
    """

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Network", name, None, opts)
        self._scope, self._spec = args.scope, args.spec
        self._child = pulumi.ResourceOptions(parent=self)
        self._vpc = Vpc(
            "vpc",
            cidr_block=args.spec.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags("vpc"),
            opts=self._child,
        )
        self.vpc_id: Final = self._vpc.id
        DefaultSecurityGroup(
            "closed", vpc_id=self.vpc_id, ingress=[], egress=[], tags=self._tags("closed"), opts=self._child
        )
        plan = args.spec.plan()
        public = {zone.letter: self._subnet("public", zone.letter, zone.public) for zone in plan}
        private = {zone.letter: self._subnet("private", zone.letter, zone.private) for zone in plan}
        data = {zone.letter: self._subnet("data", zone.letter, zone.data) for zone in plan}
        nats, tables = self._routes(public, private, data)
        self._endpoints(list(private.values()), tables)
        self._flow_logs(args.logs_key)
        self.public_subnet_ids: Final = [subnet.id for subnet in public.values()]
        self.private_subnet_ids: Final = [subnet.id for subnet in private.values()]
        self.data_subnet_ids: Final = [subnet.id for subnet in data.values()]
        self.nat_gateway_ids: Final = {letter: nat.id for letter, nat in nats.items()}
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "data_subnet_ids": self.data_subnet_ids,
            }
        )

    def _tags(self, *parts: str, **more: str) -> dict[str, str]:
        return {**self._scope.tags("network", *parts), **more}

    def _subnet(self, tier: str, letter: str, cidr: str) -> Subnet:
        roles = {"public": {"kubernetes.io/role/elb": "1"}, "private": {"kubernetes.io/role/internal-elb": "1"}}
        return Subnet(
            f"{tier}-{letter}",
            vpc_id=self.vpc_id,
            cidr_block=cidr,
            availability_zone=f"{self._scope.region}{letter}",
            map_public_ip_on_launch=False,
            tags=self._tags(tier, letter, **roles.get(tier, {}), **{"freehold:tier": tier}),
            opts=self._child,
        )

    def _routes(
        self, public: dict[str, Subnet], private: dict[str, Subnet], data: dict[str, Subnet]
    ) -> tuple[dict[str, NatGateway], list[RouteTable]]:
        """Ways out: public subnets through the internet gateway, private ones through NAT, data subnets none.

        Returns the NAT gateways by zone, and the route tables of private and data subnets.
        """
        gateway = InternetGateway("internet", vpc_id=self.vpc_id, tags=self._tags("internet"), opts=self._child)
        outward = self._table("public", list(public.items()))
        self._default_route("public", outward, gateway_id=gateway.id)
        letters = self._spec.zones if self._spec.nat == "per-zone" else self._spec.zones[:1]
        nats = {letter: self._nat(letter, public[letter], gateway) for letter in letters}
        tables = []
        for letter, subnet in private.items():
            table = self._table(f"private-{letter}", [(letter, subnet)])
            nat = nats.get(letter, nats[letters[0]])
            self._default_route(f"private-{letter}", table, nat_gateway_id=nat.id)
            tables.append(table)
        tables.append(self._table("data", list(data.items())))
        return nats, tables

    def _nat(self, letter: str, subnet: Subnet, gateway: InternetGateway) -> NatGateway:
        address = Eip(f"nat-{letter}", domain="vpc", tags=self._tags("nat", letter), opts=self._child)
        return NatGateway(
            f"nat-{letter}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=self._tags("nat", letter),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )

    def _table(self, name: str, subnets: list[tuple[str, Subnet]]) -> RouteTable:
        table = RouteTable(name, vpc_id=self.vpc_id, tags=self._tags("routes", name), opts=self._child)
        for letter, subnet in subnets:
            label = name if name.endswith(f"-{letter}") else f"{name}-{letter}"
            RouteTableAssociation(label, route_table_id=table.id, subnet_id=subnet.id, opts=self._child)
        return table

    def _default_route(
        self,
        name: str,
        table: RouteTable,
        *,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> None:
        Route(
            f"{name}-out",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway_id,
            nat_gateway_id=nat_gateway_id,
            opts=self._child,
        )

    def _endpoints(self, subnets: list[Subnet], tables: list[RouteTable]) -> None:
        """Private ways to AWS services, for principals and resources of the client's account."""
        group = SecurityGroup(
            "endpoints",
            name=self._scope.named("endpoints"),
            description="HTTPS from the VPC to AWS service endpoints",
            vpc_id=self.vpc_id,
            tags=self._tags("endpoints"),
            opts=self._child,
        )
        SecurityGroupIngressRule(
            "endpoints-https",
            security_group_id=group.id,
            description="HTTPS from the VPC",
            cidr_ipv4=self._spec.cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            tags=self._tags("endpoints", "https"),
            opts=self._child,
        )
        own = policy(
            allow(
                "OwnAccount",
                ("*",),
                "*",
                Principal={"AWS": "*"},
                Condition={"StringEquals": {"aws:PrincipalAccount": self._scope.account_id}},
            )
        )
        for service in INTERFACE_SERVICES:
            VpcEndpoint(
                service.replace(".", "-"),
                vpc_id=self.vpc_id,
                service_name=f"com.amazonaws.{self._scope.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=[subnet.id for subnet in subnets],
                security_group_ids=[group.id],
                private_dns_enabled=True,
                policy=own,
                tags=self._tags("endpoint", service.replace(".", "-")),
                opts=self._child,
            )
        images = self._scope
        layers = f"arn:{images.partition}:s3:::prod-{images.region}-starport-layer-bucket/*"
        VpcEndpoint(
            "s3",
            vpc_id=self.vpc_id,
            service_name=f"com.amazonaws.{self._scope.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            policy=policy(
                allow(
                    "OwnAccount",
                    ("s3:*",),
                    "*",
                    Principal={"AWS": "*"},
                    Condition={
                        "StringEquals": {
                            "aws:PrincipalAccount": images.account_id,
                            "aws:ResourceAccount": images.account_id,
                        }
                    },
                ),
                # Amazon ECR User Guide, «Minimum Amazon S3 Bucket Permissions for Amazon ECR»
                allow("ImageLayers", ("s3:GetObject",), layers, Principal={"AWS": "*"}),
            ),
            tags=self._tags("endpoint", "s3"),
            opts=self._child,
        )

    def _flow_logs(self, key: pulumi.Input[str]) -> None:
        """Every connection, accepted or refused, in a log group of the client's key."""
        group = log_group(
            "flow",
            f"/freehold/{self._scope.name}/flow",
            scope=self._scope,
            component="network",
            key=key,
            parent=self,
        )
        role = Role(
            "flow",
            name=self._scope.named("flow-logs"),
            description="Lets VPC flow logs write to their log group",
            assume_role_policy=trust("vpc-flow-logs.amazonaws.com", self._scope.account_id),
            permissions_boundary=self._scope.boundary,
            tags=self._tags("flow-logs"),
            opts=self._child,
        )
        RolePolicy(
            "flow",
            name="write",
            role=role.name,
            policy=group.arn.apply(
                lambda arn: policy(
                    allow("Write", ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"), f"{arn}:*")
                )
            ),
            opts=self._child,
        )
        FlowLog(
            "flow",
            vpc_id=self.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=FLOW_SECONDS,
            tags=self._tags("flow"),
            opts=self._child,
        )
