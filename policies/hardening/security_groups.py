"""Security groups: what the world may reach."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import Truth, both, equals, forbid, holds, some
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Judge, Rule
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import EACH, Node

_TYPES: Final = ("aws:ec2/securityGroup:*", "aws:ec2/securityGroupRule:*", "aws:vpc/securityGroupIngressRule:*")

ADMIN_PORTS: Final = (22, 3389)
"""SSH and RDP (CIS AWS Foundations 5.3)."""

RISKY_PORTS: Final = (
    *(20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389),
    *(4333, 5000, 5432, 5500, 5601, 8080, 8088, 8888, 9200, 9300),
)
"""Ports that Security Hub's EC2.19 calls high-risk: remote shells, mail, file shares, databases, consoles."""

_WIDEST: Final = {4: 8, 6: 16}
"""Prefixes shorter than these are nobody's own network: they are the world, also when it is cut in halves."""


@dataclass(frozen=True, slots=True)
class Ingress:
    """One ingress rule, whichever of the three resource types it stands in."""

    node: Node
    ipv4: Sequence[Node]
    ipv6: Sequence[Node]
    protocol: Node
    first: Node
    last: Node

    def reaches(self, port: int) -> Truth:
        """Whether a TCP or UDP port is open."""
        every_port = holds(self.protocol, equals("-1", "all"))
        numbered = both(
            holds(self.protocol, equals("tcp", "udp", "6", "17")),
            holds(self.first, lambda node: node.number is not None and node.number <= port),
            holds(self.last, lambda node: node.number is not None and node.number >= port),
        )
        return some((every_port, numbered))


def ingress(resource: Resource) -> list[Ingress]:
    """The ingress rules of a security group, or of a rule resource."""
    if resource.kind == "SecurityGroupIngressRule":
        cidr4, cidr6 = resource.at("cidrIpv4"), resource.at("cidrIpv6")
        protocol, first, last = (resource.at(name) for name in ("ipProtocol", "fromPort", "toPort"))
        return [Ingress(cidr4 if cidr6.absent else cidr6, cidr4.each(), cidr6.each(), protocol, first, last)]
    if resource.kind == "SecurityGroupRule":
        return [] if resource.at("type").value == "egress" else [_inline(resource.props)]
    return [_inline(rule) for rule in resource.every("ingress", EACH)]


def _inline(rule: Node) -> Ingress:
    cidr4, cidr6 = rule.at("cidrBlocks"), rule.at("ipv6CidrBlocks")
    protocol, first, last = (rule.at(name) for name in ("protocol", "fromPort", "toPort"))
    return Ingress(cidr4 if cidr6.absent else cidr6, cidr4.each(), cidr6.each(), protocol, first, last)


def is_world(node: Node) -> bool:
    """Whether a CIDR is wider than anyone's own network (a text that is no CIDR counts as such)."""
    try:
        network = ipaddress.ip_network(str(node.value), strict=False)
    except ValueError:
        return True
    return network.prefixlen < _WIDEST[network.version]


def _world(nodes: Sequence[Node]) -> Truth:
    return some(holds(node, is_world) for node in nodes)


def _closed(ports: Sequence[int], *, ipv4: bool, ipv6: bool) -> Judge:
    def judge(resource: Resource, _: Context) -> Iterator[Finding]:
        for rule in ingress(resource):
            sources = [*(rule.ipv4 if ipv4 else ()), *(rule.ipv6 if ipv6 else ())]
            open_ports = [port for port in ports if both(_world(sources), rule.reaches(port)) is True]
            truth = some(both(_world(sources), rule.reaches(port)) for port in ports)
            yield from forbid(
                truth,
                rule.node,
                "security groups or networks of your own",
                detail=f"open to the world: port {', '.join(map(str, open_ports))}",
            )

    return judge


def _judge_all_ports(resource: Resource, _: Context) -> Iterator[Finding]:
    for rule in ingress(resource):
        everything = some(
            (
                holds(rule.protocol, equals("-1", "all")),
                both(
                    holds(rule.first, lambda node: node.number is not None and node.number <= 1),
                    holds(rule.last, lambda node: node.number is not None and node.number >= 65535),
                ),
            )
        )
        yield from forbid(
            both(_world([*rule.ipv4, *rule.ipv6]), everything), rule.node, "the ports that are served, and no others"
        )


_ABSENT: Final = "A rule without a CIDR admits security groups or prefix lists only: passes."

RULES: Final = (
    Rule(
        id="sg-admin-ports-ipv4",
        title="Administration ports are closed to the IPv4 world",
        types=_TYPES,
        asks="No ingress rule opens port 22 or 3389 to 0.0.0.0/0 or a network wider than /8.",
        why="Remote shells on the internet are found within minutes and guessed at forever.",
        fix="remove the rule; reach machines through SSM Session Manager",
        absent=_ABSENT,
        judge=_closed(ADMIN_PORTS, ipv4=True, ipv6=False),
        standards=(cis("5.3"), checkov("CKV_AWS_24"), checkov("CKV_AWS_25")),
    ),
    Rule(
        id="sg-admin-ports-ipv6",
        title="Administration ports are closed to the IPv6 world",
        types=_TYPES,
        asks="No ingress rule opens port 22 or 3389 to ::/0 or a network wider than /16.",
        why="Remote shells on the internet are found and guessed at, on IPv6 too.",
        fix="remove the rule; reach machines through SSM Session Manager",
        absent=_ABSENT,
        judge=_closed(ADMIN_PORTS, ipv4=False, ipv6=True),
        standards=(cis("5.4"),),
    ),
    Rule(
        id="sg-risky-ports",
        title="Databases, consoles and file shares are closed to the world",
        types=_TYPES,
        asks="No ingress rule opens one of the high-risk ports of EC2.19 to the world, IPv4 or IPv6.",
        why="These services are meant for neighbours; exposed, they are the usual way in.",
        fix="admit the security group of the workload that needs the port instead of a CIDR",
        absent=_ABSENT,
        judge=_closed(RISKY_PORTS, ipv4=True, ipv6=True),
        standards=(fsbp("EC2.19"),),
    ),
    Rule(
        id="sg-all-ports",
        title="No security group opens every port to the world",
        types=_TYPES,
        asks="No ingress rule admits all protocols, or ports 0-65535, from the world.",
        why="Whatever is ever started behind the group is on the internet at once.",
        fix="open the ports that are served, and no others",
        absent=_ABSENT,
        judge=_judge_all_ports,
        standards=(checkov("CKV_AWS_277"),),
    ),
)
