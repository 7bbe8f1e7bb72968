"""Networks that reach beyond the boundary: endpoints of foreign services, peerings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import expect
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule
from policies.engine.standards import ccc


def service_region(name: str) -> str | None:
    """The region in the name of an endpoint service; ``None`` when the name has none.

    Names are ``com.amazonaws.REGION.SERVICE``, ``com.amazonaws.vpce.REGION.vpce-svc-ID`` or
    ``aws.sagemaker.REGION.notebook`` (AWS PrivateLink guide, "Services that integrate with AWS PrivateLink").
    """
    labels = name.split(".")
    place = 3 if labels[2:3] == ["vpce"] else 2
    return labels[place] if len(labels) > place + 1 else None


def _judge_endpoint(resource: Resource, context: Context) -> Iterator[Finding]:
    boundary = context.within
    yield from expect(
        resource.at("serviceName"),
        lambda node: service_region(str(node.value)) in boundary.regions,
        f"the name of a service in {boundary.allowed}",
        absent_passes=True,
    )
    yield from expect(
        resource.at("serviceRegion"),
        lambda node: node.value in boundary.regions,
        boundary.allowed,
        absent_passes=True,
    )


def _judge_peering(resource: Resource, context: Context) -> Iterator[Finding]:
    boundary = context.within
    yield from expect(
        resource.at("peerRegion"), lambda node: node.value in boundary.regions, boundary.allowed, absent_passes=True
    )
    for owner in ("peerOwnerId", "peerAccountId"):
        yield from expect(
            resource.at(owner),
            lambda node: node.value == boundary.account,
            f"account {boundary.account}",
            absent_passes=True,
        )


RULES: Final = (
    Rule(
        id="residency-endpoint-region",
        title="VPC endpoints lead to services within the boundary",
        types=("aws:ec2/vpcEndpoint:*",),
        asks="The region in `serviceName`, and `serviceRegion` where it is set, lie within the boundary.",
        why="A cross-region endpoint carries data to another region without ever touching the internet.",
        fix="name the service of the home region: com.amazonaws.<home>.<service>",
        absent="An endpoint without a service name leads to a resource or service network, which are named by ARN "
        "and judged by residency-arn-region: passes. An unset serviceRegion means the VPC's own: passes.",
        judge=_judge_endpoint,
        standards=(ccc("CN06.AR02"),),
        needs_boundary=True,
    ),
    Rule(
        id="residency-peering",
        title="Networks are joined within the boundary and the account",
        types=("aws:ec2/vpcPeeringConnection:*", "aws:ec2transitgateway/peeringAttachment:*"),
        asks="`peerRegion` lies within the boundary and the peer's owner is the client's account.",
        why="A peering is an open road for data to another region or another owner.",
        fix="peer only networks of the client's account in the home or recovery region",
        absent="Unset, the peer is in the same region and account: passes.",
        judge=_judge_peering,
        standards=(ccc("CN06.AR02"),),
        needs_boundary=True,
    ),
)
