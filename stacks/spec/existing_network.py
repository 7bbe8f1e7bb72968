"""A network that the client brings: ids of what is there already, in the client's account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from stacks.spec.addresses import private_range
from stacks.spec.model import Section
from stacks.spec.problems import refuse

LETTERS: Final = "abcdef"
"""Letters that names of availability zones end in."""


def _ids(prefix: str, example: str) -> AfterValidator:
    pattern = re.compile(rf"{prefix}-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})")

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise refuse(
                f"it is no id: {prefix}- and 8 or 17 hexadecimal digits", f"copy it from the account, as {example}"
            )
        return value

    return AfterValidator(check)


def _zones(value: Mapping[str, str]) -> Mapping[str, str]:
    for letter in value:
        if len(letter) != 1 or letter not in LETTERS:
            raise refuse(f"{letter!r} is no zone letter (a to f)", "write zone letters, as a: subnet-0123456789abcdef0")
    if len(set(value.values())) != len(value):
        raise refuse("an id stands at two zones", "give each zone an id of its own")
    return value


VpcId = Annotated[str, _ids("vpc", "vpc-0123456789abcdef0")]
SubnetId = Annotated[str, _ids("subnet", "subnet-0123456789abcdef0")]
RouteTableId = Annotated[str, _ids("rtb", "rtb-0123456789abcdef0")]
Subnets = Annotated[dict[str, SubnetId], Field(min_length=2, max_length=3), AfterValidator(_zones)]


class ExistingNetwork(Section):
    """A VPC of the client's account with its subnets and their ways out, which stay the client's to run.

    The environment makes no subnet, route, gateway or network ACL in it. Subnets for load balancers need the tags
    ``kubernetes.io/role/elb`` (public) and ``kubernetes.io/role/internal-elb`` (private), each with the value 1
    (Amazon EKS User Guide, *Subnet requirements and considerations*).
    """

    vpc_id: VpcId
    """Id of the VPC, with DNS support and DNS hostnames on."""

    cidr: Annotated[str, AfterValidator(private_range)]
    """Address range of the VPC: what security groups take for «within the network»."""

    public_subnet_ids: Subnets
    """Subnets with a route to an internet gateway, by the letter of their zone."""

    private_subnet_ids: Subnets
    """Subnets of nodes and pods, by the letter of their zone; their way out is a NAT gateway, a proxy or none."""

    data_subnet_ids: Subnets
    """Subnets of databases, without a way out, by the letter of their zone."""

    private_route_table_ids: Annotated[dict[str, RouteTableId], Field(min_length=1, max_length=3)]
    """Route tables of the private subnets, by the letter of their zone; one table may serve several zones."""

    @property
    def zones(self) -> list[str]:
        """Letters of the zones, in their order."""
        return sorted(self.private_subnet_ids)

    @model_validator(mode="after")
    def _agree(self) -> ExistingNetwork:
        tiers = (self.public_subnet_ids, self.private_subnet_ids, self.data_subnet_ids, self.private_route_table_ids)
        if any(set(tier) != set(self.private_subnet_ids) for tier in tiers):
            raise refuse(
                "public, private and data subnets and route tables must name the same zones",
                f"give each of them an id for {', '.join(self.zones)}",
            )
        ids = [one for tier in tiers[:3] for one in tier.values()]
        if len(set(ids)) != len(ids):
            raise refuse("a subnet stands in two tiers", "give each tier subnets of its own")
        return self
