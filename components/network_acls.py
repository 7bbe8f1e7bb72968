"""Network ACLs of the tiers: a second fence behind security groups, which no single opened group undoes.

ACLs are stateless: answers come in as traffic of their own, to a port above 1023 (Amazon VPC User Guide, *Network
ACLs*, «Ephemeral ports»; NAT gateways use 1024 to 65535). Answers to port 3389 are not let in: an auditor's check does
not tell them from remote desktops (AWS Foundational Security Best Practices v1.0.0, EC2.21; CIS AWS Foundations v5.0.0,
5.2). One in 64,512 connections of a NAT gateway draws that port, fails, and succeeds when it is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws.ec2 import NetworkAcl, NetworkAclEgressArgs, NetworkAclIngressArgs

from components.database import PORT
from components.naming import Scope
from stacks.spec.network import NetworkSpec, ZonePlan

WORLD: Final = "0.0.0.0/0"
TCP, UDP, ICMP, ANY = "6", "17", "1", "-1"
"""Protocol numbers (IANA, *Protocol Numbers*), as EC2 tells them."""

LAST: Final = 32000
"""Number of the entry that denies the rest; AWS's own, 32767, cannot be seen in every tool."""

_ADMIN: Final = (22, 3389)
_STEP: Final = 10
_UNREACHABLE: Final = 3
"""ICMP type «destination unreachable», of which path MTU discovery needs code 4 (RFC 1191, section 4)."""

_Entry = tuple[str, str, str, int, int]
"""Action, protocol, range of addresses, first port, last port."""


def network_acls(
    scope: Scope,
    spec: NetworkSpec,
    vpc_id: pulumi.Input[str],
    tiers: Mapping[str, Sequence[pulumi.Input[str]]],
    parent: pulumi.Resource,
) -> dict[str, NetworkAcl]:
    """One ACL a tier, for all subnets of the tier.

    Args:
        scope: the environment.
        spec: the network's description.
        vpc_id: the network.
        tiers: subnets of ``public``, ``private`` and ``data``.
        parent: what the ACLs belong to.

    Returns:
        the ACLs by tier.
    """
    plan = spec.plan()
    entries = {
        "public": (_public(spec), _outwards()),
        "private": (_private(spec), _outwards()),
        "data": _data(spec, plan),
    }
    return {
        tier: NetworkAcl(
            tier,
            vpc_id=vpc_id,
            subnet_ids=list(subnets),
            ingress=[NetworkAclIngressArgs(**entry) for entry in _numbered(entries[tier][0])],
            egress=[NetworkAclEgressArgs(**entry) for entry in _numbered(entries[tier][1])],
            tags=dict(scope.tags("network", "acl", tier)),
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for tier, subnets in tiers.items()
    }


def _public(spec: NetworkSpec) -> list[_Entry]:
    """Load balancers serve the world over HTTPS, and redirect to it; NAT gateways get their answers."""
    return [
        ("allow", ANY, spec.address_range, 0, 0),
        *_no_admin(),
        ("allow", TCP, WORLD, 80, 80),
        ("allow", TCP, WORLD, 443, 443),
        *_answers(),
    ]


def _private(spec: NetworkSpec) -> list[_Entry]:
    """Nodes hear the VPC, the client's sites, and answers to what they asked the world."""
    return [
        ("allow", ANY, spec.address_range, 0, 0),
        *(("allow", ANY, site, 0, 0) for site in spec.on_premises),
        *_no_admin(),
        *_answers(),
    ]


def _data(spec: NetworkSpec, plan: Sequence[ZonePlan]) -> tuple[list[_Entry], list[_Entry]]:
    """Databases hear the VPC on their port, and each other's answers; nothing leaves the VPC."""
    peers: list[_Entry] = [("allow", TCP, zone.data, 1024, 65535) for zone in plan]
    return (
        [("allow", TCP, spec.address_range, PORT, PORT), *peers],
        [("allow", TCP, spec.address_range, 1024, 65535)],
    )


def _outwards() -> list[_Entry]:
    """Public and private subnets may speak to anyone: routes, security groups and the firewall say to whom."""
    return [("allow", ANY, WORLD, 0, 0)]


def _no_admin() -> list[_Entry]:
    return [("deny", TCP, WORLD, port, port) for port in _ADMIN]


def _answers() -> list[_Entry]:
    """What comes back from the world to those who asked, but to no remote desktop."""
    desktop = _ADMIN[1]
    return [
        ("allow", TCP, WORLD, 1024, desktop - 1),
        ("allow", TCP, WORLD, desktop + 1, 65535),
        ("allow", UDP, WORLD, 1024, desktop - 1),
        ("allow", UDP, WORLD, desktop + 1, 65535),
        ("allow", ICMP, WORLD, 0, 0),
    ]


class _Numbered(TypedDict):
    rule_no: int
    action: str
    protocol: str
    cidr_block: str
    from_port: int
    to_port: int
    icmp_type: NotRequired[int]
    icmp_code: NotRequired[int]


def _numbered(entries: Iterable[_Entry]) -> list[_Numbered]:
    """Entries in the order in which they are judged, and last the denial of everything else."""
    found = [_entry(number, *entry) for number, entry in zip(count(100, _STEP), entries, strict=False)]
    return [*found, _entry(LAST, "deny", ANY, WORLD, 0, 0)]


def _entry(number: int, action: str, protocol: str, cidr: str, *ports: int) -> _Numbered:
    found: _Numbered = {
        "rule_no": number,
        "action": action,
        "protocol": protocol,
        "cidr_block": cidr,
        "from_port": ports[0],
        "to_port": ports[1],
    }
    if protocol == ICMP:
        found |= {"icmp_type": _UNREACHABLE, "icmp_code": -1}
    return found
