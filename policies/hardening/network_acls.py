"""Network ACLs: what subnets let in from the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import Truth, both, equals, forbid, holds, some
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import EACH, Node
from policies.hardening.security_groups import ADMIN_PORTS, is_world

_TYPES: Final = ("aws:ec2/networkAcl:*", "aws:ec2/defaultNetworkAcl:*", "aws:ec2/networkAclRule:*")


def _entries(resource: Resource) -> list[tuple[Node, Node]]:
    """Entries for incoming traffic, and the action of each."""
    if resource.kind != "NetworkAclRule":
        return [(entry, entry.at("action")) for entry in resource.every("ingress", EACH)]
    return [] if resource.at("egress").value is True else [(resource.props, resource.at("ruleAction"))]


def _reaches(entry: Node, port: int) -> Truth:
    every_port = holds(entry.at("protocol"), equals("-1", "all"))
    numbered = both(
        holds(entry.at("protocol"), equals("tcp", "6")),
        holds(entry.at("fromPort"), lambda node: node.number is not None and node.number <= port),
        holds(entry.at("toPort"), lambda node: node.number is not None and node.number >= port),
    )
    return some((every_port, numbered))


def _judge(resource: Resource, _: Context) -> Iterator[Finding]:
    for entry, action in _entries(resource):
        ranges = [one for one in (entry.at("cidrBlock"), entry.at("ipv6CidrBlock")) if not one.absent]
        world = some(holds(one, is_world) for one in ranges)
        port = some(_reaches(entry, number) for number in ADMIN_PORTS)
        yield from forbid(
            both(holds(action, equals("allow")), world, port),
            entry,
            "ports other than 22 and 3389, or networks of your own",
        )


RULES: Final = (
    Rule(
        id="nacl-admin-ports",
        title="Network ACLs keep administration ports closed to the world",
        types=_TYPES,
        asks="No entry allows port 22 or 3389 in from 0.0.0.0/0, ::/0 or a network wider than /8; not even one whose "
        "range of ports merely includes them behind an earlier denial.",
        why="A second fence that no opened security group undoes.",
        fix="split the range of ports around 22 and 3389, or name the networks that may come in",
        absent="An ACL without entries denies everything: passes.",
        judge=_judge,
        standards=(cis("5.2"), fsbp("EC2.21"), checkov("CKV_AWS_231"), checkov("CKV_AWS_232")),
    ),
)
