"""Networks that are in accounts before Freehold comes, as their owners made them (``landing.yaml``).

They are made anew at each start, before the journal is replayed, with ids that are the same in every sandbox; what
requests change in them afterwards is in the journal.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from moto.ec2.models import ec2_backends
from pydantic import BaseModel, ConfigDict

from sandbox.cloud import determinism, identity

FILE: Final = Path(__file__).with_suffix(".yaml")
_EPOCH: Final = datetime.datetime(2024, 3, 1, tzinfo=datetime.UTC).timestamp()
_ANYWHERE: Final = "0.0.0.0/0"
_ROLES: Final = {"public": "kubernetes.io/role/elb", "private": "kubernetes.io/role/internal-elb"}
"""Tags by which load balancers find their subnets."""


class Zone(BaseModel):
    """Address ranges of the three subnets of a zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public: str
    private: str
    data: str


class Network(BaseModel):
    """One network: public subnets with a NAT gateway each, private ones that go out through it, closed data ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str
    region: str
    name: str
    tags: Mapping[str, str]
    cidr: str
    zones: Mapping[str, Zone]


def networks() -> Iterator[Network]:
    """What the file says.

    Raises:
        pydantic.ValidationError: the file is not of this form.
    """
    for row in yaml.safe_load(FILE.read_text()):
        yield Network.model_validate(row)


def prepare() -> None:
    """Make every network. Once a process, before the journal is replayed."""
    for network in networks():
        caller = identity.Caller(network.account, "", f"arn:aws:iam::{network.account}:root")
        with identity.acting(caller):
            # the region's own default network comes first, from the sandbox's own stream
            ec2 = ec2_backends[network.account][network.region]
            with determinism.scope(f"{network.account} {network.region} {network.name}", _EPOCH, public=True):
                _make(ec2, network)


def _make(ec2: Any, network: Network) -> None:
    def tags(*parts: str, **more: str) -> dict[str, str]:
        return {"Name": "-".join((network.name, *parts)), **network.tags, **more}

    def named(id_: str, *parts: str) -> str:
        ec2.create_tags([id_], tags(*parts))
        return id_

    def table(*parts: str) -> str:
        return named(ec2.create_route_table(vpc_id).id, *parts)

    vpc_id = named(ec2.create_vpc(network.cidr).id)
    for attribute in ("enable_dns_support", "enable_dns_hostnames"):
        ec2.modify_vpc_attribute(vpc_id, attribute, attr_value=True)
    gateway = named(ec2.create_internet_gateway().id)
    ec2.attach_internet_gateway(gateway, vpc_id)
    outward, inward = table("public"), table("data")
    ec2.create_route(outward, _ANYWHERE, gateway_id=gateway)
    for letter, zone in network.zones.items():
        subnets = {}
        for tier, cidr in zone.model_dump().items():
            subnet = ec2.create_subnet(vpc_id, cidr, availability_zone=f"{network.region}{letter}")
            role = {_ROLES[tier]: "1"} if tier in _ROLES else {}
            ec2.create_tags([subnet.id], tags(tier, letter, **role))
            subnets[tier] = subnet.id
        address = ec2.allocate_address("vpc")
        ec2.create_tags([address.allocation_id], tags("nat", letter))
        nat = named(ec2.create_nat_gateway(subnets["public"], address.allocation_id).id, letter)
        private = table("private", letter)
        ec2.create_route(private, _ANYWHERE, nat_gateway_id=nat)
        for tier, routes in (("public", outward), ("private", private), ("data", inward)):
            ec2.associate_route_table(route_table_id=routes, subnet_id=subnets[tier])
