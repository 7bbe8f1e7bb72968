"""Address ranges: which a VPC may have, and which lie beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Final

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

WIDEST: Final = 8
"""Shortest prefix of a range that is one organisation's own."""


def _network(value: str) -> IPv4Network:
    try:
        return IPv4Network(value)
    except ValueError as error:
        raise refuse(f"it is no IPv4 network ({error})", "write a network address, for example 10.20.0.0/16") from error


def private_range(value: str) -> str:
    """The range of a VPC, as it was given.

    Raises:
        PydanticCustomError: a VPC cannot have it.
    """
    network = _network(value)
    if not LARGEST <= network.prefixlen <= SMALLEST:
        raise refuse(f"the prefix must be /{LARGEST} to /{SMALLEST}", "write for example 10.20.0.0/16")
    if not any(network.subnet_of(block) for block in PRIVATE):
        raise refuse("the range must be private (RFC 1918) or shared (RFC 6598)", "write for example 10.20.0.0/16")
    for owner, taken in RESERVED.items():
        if network.overlaps(taken):
            raise refuse(f"it overlaps {taken}, which {owner} uses", "choose another range, for example 10.20.0.0/16")
    return value


def outside_range(value: str) -> str:
    """A range of the client's own network beyond the VPC, as it was given.

    Raises:
        PydanticCustomError: it is no network, or too wide to be anybody's own.
    """
    if _network(value).prefixlen < WIDEST:
        raise refuse(f"a range wider than /{WIDEST} is nobody's own", "name the networks of your sites, each by itself")
    return value
