"""The client's network: an address range split over zones into public, private and data subnets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from stacks.spec.model import Section
from stacks.spec.problems import refuse

LARGEST, SMALLEST = 16, 20
"""Prefix lengths of a VPC: /16 is AWS's largest; under /20 a zone's private subnet has too few addresses for pods."""

PRIVATE: Final = tuple(
    IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
"""RFC 1918 section 3, and RFC 6598 section 7 (shared address space, which AWS allows for VPCs)."""

RESERVED: Final[Mapping[str, IPv4Network]] = {
    "Kubernetes services": IPv4Network("10.96.0.0/16"),
    "Docker's default bridge (AWS, «VPC CIDR blocks»)": IPv4Network("172.17.0.0/16"),
}
"""Ranges that a VPC must not overlap."""

SERVICE_RANGE: Final = "10.96.0.0/16"
"""Addresses of Kubernetes services, the same in every cluster."""


def _cidr(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise refuse(f"it is no IPv4 network ({error})", "write a network address, for example 10.20.0.0/16") from error
    if not LARGEST <= network.prefixlen <= SMALLEST:
        raise refuse(f"the prefix must be /{LARGEST} to /{SMALLEST}", "write for example 10.20.0.0/16")
    if not any(network.subnet_of(block) for block in PRIVATE):
        raise refuse("the range must be private (RFC 1918) or shared (RFC 6598)", "write for example 10.20.0.0/16")
    for owner, taken in RESERVED.items():
        if network.overlaps(taken):
            raise refuse(f"it overlaps {taken}, which {owner} uses", "choose another range, for example 10.20.0.0/16")
    return value


def _zones(value: list[str]) -> list[str]:
    for zone in value:
        if len(zone) != 1 or zone not in "abcdef":
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
    """Address range and zones."""

    cidr: Annotated[str, AfterValidator(_cidr)]
    """Address range of the VPC: private, /16 to /20, overlapping neither other clients' nor Kubernetes' ranges."""

    zones: Annotated[list[str], Field(min_length=2, max_length=3), AfterValidator(_zones)]
    """Letters of 2 or 3 availability zones of the home region, for example [a, b]."""

    nat: Annotated[str, Field(pattern="^(single|per-zone)$")] = "single"
    """NAT gateways: single (cheaper; one zone's failure cuts the others' way out) or per-zone."""

    def plan(self) -> list[ZonePlan]:
        """Subnets zone by zone: private ones take a quarter of the range each, public and data ones a 32nd each."""
        quarters = list(IPv4Network(self.cidr).subnets(prefixlen_diff=2))
        small = list(quarters[3].subnets(prefixlen_diff=3))
        return [
            ZonePlan(letter, str(small[index]), str(quarters[index]), str(small[index + 3]))
            for index, letter in enumerate(self.zones)
        ]
