"""Everything that a resource names by ARN: log groups, topics, keys, roles, streams, vaults, buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from policies.engine import arn
from policies.engine.arn import Arn
from policies.engine.context import Context
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule, Undecided, Violation
from policies.engine.standards import ccc
from policies.engine.values import Node

REGIONLESS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "iam": "identities and permissions; no client data",
        "sts": "sessions of identities; no client data",
        "s3": "an ARN of a bucket tells no region: the bucket itself is judged, and residency-s3-replication asks "
        "that destinations are buckets of this stack",
        "route53": "names and addresses; no client data",
        "shield": "protections of addresses that are judged themselves",
        "eks": "AWS's own cluster access policies (arn:aws:eks::aws:cluster-access-policy/...)",
    }
)
"""Services whose ARNs carry no region, and why such an ARN is no way out; a regionless ARN of another is refused."""

AWS_OWN: Final = "aws"
"""Account field of what AWS itself owns, such as managed policies."""


IDS: Final = frozenset(
    {
        *("vpcId", "subnetId", "subnetIds", "routeTableId", "routeTableIds", "gatewayId", "natGatewayId"),
        *("allocationId", "securityGroupId", "securityGroupIds", "vpcSecurityGroupIds", "networkInterfaceId"),
        *("referencedSecurityGroupId", "sourceSecurityGroupId", "sourceSecurityGroupIds", "securityGroups"),
    }
)
"""Properties that EC2's API takes as ids of its own (``vpc-...``) and never as ARNs.

While such an id is unknown, preview does not list it as undecided: a new environment has hundreds, and the ones that
can be ARNs would drown among them. In ``up`` they are judged like any other property.
"""


def _properties(resource: Resource) -> Iterator[Finding | tuple[Node, Arn]]:
    """Every ARN among the properties, and an undecided finding for each that may yet turn out to be one."""
    for node in resource.props.leaves():
        if node.unknown:
            if node.path.rsplit(".", 1)[-1].split("[", 1)[0] not in IDS:
                yield Undecided(node)
        elif (found := arn.parse(node.text)) is not None:
            yield node, found


def _judge_region(resource: Resource, context: Context) -> Iterator[Finding]:
    boundary = context.within
    for item in _properties(resource):
        if isinstance(item, Undecided | Violation):
            yield item
            continue
        node, found = item
        if found.region:
            if not boundary.admits(found.region):
                yield Violation(node, boundary.allowed, detail=f"the ARN names region {found.region}")
        elif found.service not in REGIONLESS:
            detail = f"the ARN names no region, and {found.service} is no global service"
            yield Violation(node, boundary.allowed, detail=detail)


def _judge_account(resource: Resource, context: Context) -> Iterator[Finding]:
    account = context.within.account
    for item in _properties(resource):
        if isinstance(item, Undecided | Violation):
            yield item
            continue
        node, found = item
        if found.account not in ("", AWS_OWN, account):
            yield Violation(node, f"account {account}", detail=f"the ARN names account {found.account}")


_WHERE: Final = ("aws:*", "kubernetes:*")

RULES: Final = (
    Rule(
        id="residency-arn-region",
        title="ARNs that a resource names lie in the home or recovery region",
        types=_WHERE,
        asks="Every property that is an ARN names the home or recovery region, or a global service of the list.",
        why="Logs, notifications, backups, replicas and keys go where their ARN points, whatever region the "
        "resource is in.",
        fix="point the property at a resource of this stack in the client's home (or recovery) region",
        absent="A property that is not set names nothing: passes.",
        judge=_judge_region,
        standards=(ccc("CN10.AR01"), ccc("CN06.AR02")),
        needs_boundary=True,
    ),
    Rule(
        id="residency-arn-account",
        title="ARNs that a resource names belong to the client's account",
        types=_WHERE,
        asks="Every property that is an ARN names the client's account, or what AWS itself owns.",
        why="Data sent to a foreign account's log group, topic, key or vault has left the client.",
        fix="point the property at a resource of the client's own account",
        absent="A property that is not set names nothing: passes.",
        judge=_judge_account,
        standards=(ccc("CN10.AR01"),),
        needs_boundary=True,
    ),
)
