"""The client's network: an address range split over zones into public, private and data subnets."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from stacks.spec.addresses import outside_range, private_range
from stacks.spec.existing_network import LETTERS, ExistingNetwork
from stacks.spec.model import Section
from stacks.spec.problems import refuse

SERVICE_RANGE: Final = "10.96.0.0/16"
"""Addresses of Kubernetes services, the same in every cluster."""


def _zones(value: list[str]) -> list[str]:
    for zone in value:
        if len(zone) != 1 or zone not in LETTERS:
            raise refuse(f"{zone!r} is no zone letter (a to f)", "write for example [a, b]")
    if len(set(value)) != len(value):
        raise refuse("a zone is named twice", "name each zone once, for example [a, b]")
    return value


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """The three subnets of one zone."""

    letter: str
    public: str
    private: str
    data: str


class NetworkSpec(Section):
    """The network: made over an address range and zones of the home region, or one that the client brings."""

    cidr: Annotated[str, AfterValidator(private_range)] | None = None
    """Address range of the VPC: private, /16 to /20, overlapping neither other clients' nor Kubernetes' ranges."""

    zones: Annotated[list[str], Field(min_length=2, max_length=3), AfterValidator(_zones)] | None = None
    """Letters of 2 or 3 availability zones of the home region, for example [a, b]."""

    nat: Annotated[str, Field(pattern="^(single|per-zone)$")] = "single"
    """NAT gateways: single (cheaper; one zone's failure cuts the others' way out) or per-zone."""

    existing: ExistingNetwork | None = None
    """A network that the client's account holds already, instead of ``cidr`` and ``zones``."""

    endpoints: Literal["all", "essential", "none"] | None = None
    """Private endpoints of AWS services, each of which costs by the hour and zone: all that an environment calls;
    essential, those without which a node does not start; none, in an existing network only. Left out: all in prod,
    essential elsewhere, none in an existing network. Unless it is none, S3 and DynamoDB have gateways."""

    bedrock: bool = False
    """An endpoint for the runtime of Amazon Bedrock too, where the client's applications call models."""

    flow_logs: Literal["bucket", "log-group", "both"] = "bucket"
    """Where the records of all connections go: the locked bucket of logs, a log group (dearer, but searched at once),
    or both."""

    on_premises: Annotated[
        list[Annotated[str, AfterValidator(outside_range)]], Field(max_length=4, default_factory=list)
    ]
    """Ranges of the client's own sites that reach, or are reached from, private subnets; none overlaps the VPC."""

    ipv6: bool = False
    """Always false: the environment speaks IPv4 only (docs/adr/0008-ipv4-only.md)."""

    @field_validator("ipv6")
    @classmethod
    def _ipv4_only(cls, value: bool) -> bool:
        if value:
            raise refuse(
                "the environment speaks IPv4 only: a second family would need its own subnets, rules and firewall, and "
                "would go out past the NAT gateways",
                "leave ipv6 out (docs/adr/0008-ipv4-only.md)",
            )
        return value

    @model_validator(mode="after")
    def _one_network(self) -> NetworkSpec:
        if self.existing is None:
            if self.cidr is None or self.zones is None:
                raise refuse(
                    "it needs cidr and zones, or existing", "write for example cidr: 10.20.0.0/16 and zones: [a, b]"
                )
            if self.endpoints == "none":
                raise refuse(
                    "only an existing network may do without endpoints (its owner may have some)",
                    "write endpoints: essential",
                )
        elif given := sorted({"cidr", "zones", "nat"} & self.model_fields_set):
            raise refuse(
                f"existing stands beside {', '.join(given)}: a network is either made or there already",
                "remove the one or the other",
            )
        return self

    @property
    def address_range(self) -> str:
        """The VPC's range, whoever made it."""
        found = self.cidr if self.existing is None else self.existing.cidr
        if found is None:
            raise ValueError("neither cidr nor existing")
        return found

    @property
    def letters(self) -> list[str]:
        """Letters of the zones, in the order of all lists of subnets."""
        return list(self.zones or []) if self.existing is None else self.existing.zones

    def plan(self) -> list[ZonePlan]:
        """Subnets zone by zone: private ones take a quarter of the range each, public and data ones a 32nd each."""
        quarters = list(IPv4Network(self.address_range).subnets(prefixlen_diff=2))
        small = list(quarters[3].subnets(prefixlen_diff=3))
        return [
            ZonePlan(letter, str(small[index]), str(quarters[index]), str(small[index + 3]))
            for index, letter in enumerate(self.letters)
        ]
