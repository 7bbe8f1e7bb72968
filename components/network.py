"""The client's network: three tiers of subnets over its zones, closed unless opened."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws.ec2 import (
    DefaultSecurityGroup,
    Eip,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    RouteTableAssociation,
    Subnet,
    Vpc,
)

from components.naming import PREFIX, Scope
from components.network_acls import network_acls
from components.network_endpoints import network_endpoints
from components.network_flow_logs import to_bucket, to_group
from stacks.spec.existing_network import ExistingNetwork
from stacks.spec.network import NetworkSpec


@dataclass(frozen=True, slots=True)
class NetworkArgs:
    """Arguments of :class:`Network`.

    Args:
        scope: the environment.
        spec: the network's description.
        logs_key: ARN of the key for log groups.
        logs_bucket: ARN of the locked bucket of logs.
    """

    scope: Scope
    spec: NetworkSpec
    logs_key: pulumi.Input[str]
    logs_bucket: pulumi.Input[str]


class Network(pulumi.ComponentResource):
    """VPC with public, private and data subnets, NAT, network ACLs, endpoints for AWS services, flow logs, a closed
    default group; or endpoints and flow logs within a VPC that the client brings.

    Data subnets have no route to the internet, and their ACL lets in the database's port from the VPC only. Endpoints
    answer principals of the client's account only. Of a network that the client brings, subnets, routes and ACLs stay
    the client's.

    Outputs: ``vpc_id``, ``public_subnet_ids``, ``private_subnet_ids``, ``data_subnet_ids`` in the order of the zones,
    and by zone ``nat_gateway_ids`` (none in a network that the client brings) and ``private_route_table_ids``.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    private_subnet_ids: list[pulumi.Output[str]]
    data_subnet_ids: list[pulumi.Output[str]]
    nat_gateway_ids: dict[str, pulumi.Output[str]]
    private_route_table_ids: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Network", name, None, opts)
        self._scope, self._spec = args.scope, args.spec
        self._child = pulumi.ResourceOptions(parent=self)
        tables = self._make() if args.spec.existing is None else self._take(args.spec.existing)
        network_endpoints(
            args.scope,
            args.spec,
            vpc_id=self.vpc_id,
            subnets=self.private_subnet_ids,
            tables=tables,
            parent=self,
        )
        if args.spec.flow_logs != "log-group":
            to_bucket(args.scope, self.vpc_id, args.logs_bucket, self)
        if args.spec.flow_logs != "bucket":
            to_group(args.scope, self.vpc_id, args.logs_key, self)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "data_subnet_ids": self.data_subnet_ids,
                "nat_gateway_ids": self.nat_gateway_ids,
                "private_route_table_ids": self.private_route_table_ids,
            }
        )

    def _make(self) -> list[pulumi.Output[str]]:
        """A VPC of the environment's own. Returns the route tables of private and data subnets."""
        self._vpc = Vpc(
            "vpc",
            cidr_block=self._spec.address_range,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags("vpc"),
            opts=self._child,
        )
        self.vpc_id = self._vpc.id
        DefaultSecurityGroup(
            "closed", vpc_id=self.vpc_id, ingress=[], egress=[], tags=self._tags("closed"), opts=self._child
        )
        plan = self._spec.plan()
        public = {zone.letter: self._subnet("public", zone.letter, zone.public) for zone in plan}
        private = {zone.letter: self._subnet("private", zone.letter, zone.private) for zone in plan}
        data = {zone.letter: self._subnet("data", zone.letter, zone.data) for zone in plan}
        nats, tables = self._routes(public, private, data)
        self.public_subnet_ids = [subnet.id for subnet in public.values()]
        self.private_subnet_ids = [subnet.id for subnet in private.values()]
        self.data_subnet_ids = [subnet.id for subnet in data.values()]
        self.nat_gateway_ids = {letter: nat.id for letter, nat in nats.items()}
        self.private_route_table_ids = {
            letter: table.id for letter, table in zip(private, tables[: len(private)], strict=True)
        }
        tiers = {"public": self.public_subnet_ids, "private": self.private_subnet_ids, "data": self.data_subnet_ids}
        network_acls(self._scope, self._spec, self.vpc_id, tiers, self)
        return [table.id for table in tables]

    def _take(self, existing: ExistingNetwork) -> list[pulumi.Output[str]]:
        """The client's own VPC, by the ids that the description gives. Returns its private route tables."""

        def ids(tier: dict[str, str]) -> list[pulumi.Output[str]]:
            return [pulumi.Output.from_input(tier[letter]) for letter in existing.zones]

        self.vpc_id = pulumi.Output.from_input(existing.vpc_id)
        self.public_subnet_ids = ids(existing.public_subnet_ids)
        self.private_subnet_ids = ids(existing.private_subnet_ids)
        self.data_subnet_ids = ids(existing.data_subnet_ids)
        self.nat_gateway_ids = {}
        tables = existing.private_route_table_ids
        self.private_route_table_ids = dict(zip(existing.zones, ids(tables), strict=True))
        return [pulumi.Output.from_input(table) for table in sorted(set(tables.values()))]

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
        letters = self._spec.letters if self._spec.nat == "per-zone" else self._spec.letters[:1]
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
