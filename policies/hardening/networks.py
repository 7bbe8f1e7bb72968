"""VPCs: flow logs, default security groups, subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import both, equals, expect, holds, is_false, require, setting, some
from policies.engine.links import linked
from policies.engine.resource import Resource, Stack
from policies.engine.rule import Finding, Rule
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import Node

_VPC: Final = "aws:ec2/vpc:*"
_FLOW_LOG: Final = "aws:ec2/flowLog:*"
_DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:*"


def _judge_flow_logs(stack: Stack, _: Context) -> Iterator[Finding]:
    logs = stack.of(_FLOW_LOG)
    for vpc in stack.of(_VPC):
        logged = some(
            both(linked(log, "vpcId", vpc), holds(log.at("trafficType"), equals("ALL", "REJECT"))) for log in logs
        )
        nothing = Node.of(None, "(flow log)")
        yield from require(logged, nothing, "an ec2.FlowLog of this VPC for ALL (or REJECT) traffic", resource=vpc)


def _judge_default_group(resource: Resource, _: Context) -> Iterator[Finding]:
    for direction in ("ingress", "egress"):
        for rule in resource.at(direction).each():
            yield from expect(rule, lambda _: False, "no rule at all")


def _judge_default_groups(stack: Stack, _: Context) -> Iterator[Finding]:
    groups = stack.of(_DEFAULT_GROUP)
    for vpc in stack.of(_VPC):
        taken = some(linked(group, "vpcId", vpc) for group in groups)
        nothing = Node.of(None, "(default security group)")
        yield from require(taken, nothing, "an ec2.DefaultSecurityGroup of this VPC without rules", resource=vpc)


RULES: Final = (
    Rule(
        id="vpc-flow-logs",
        title="Every VPC has flow logs",
        types=(_VPC, _FLOW_LOG),
        asks="For each VPC of the stack there is a flow log of all, or at least of rejected, traffic.",
        why="Flow logs answer who spoke to whom; without them an intrusion or a leak leaves no trace.",
        fix='make an ec2.FlowLog with vpc_id of this VPC and traffic_type="ALL"',
        absent="A VPC without a flow log is refused, and so is a flow log without a traffic type.",
        judge_stack=_judge_flow_logs,
        standards=(cis("3.7"), fsbp("EC2.6"), checkov("CKV2_AWS_11")),
    ),
    Rule(
        id="vpc-default-group-closed",
        title="Default security groups have no rules",
        types=(_DEFAULT_GROUP,),
        asks="`ingress` and `egress` are empty.",
        why="Whatever is made without a security group lands in the default one.",
        fix="remove every rule of the ec2.DefaultSecurityGroup",
        absent="Unset means that AWS's own rules are taken away: passes.",
        judge=_judge_default_group,
        standards=(cis("5.5"), fsbp("EC2.2"), checkov("CKV2_AWS_12")),
    ),
    Rule(
        id="vpc-default-group-managed",
        title="Every VPC's default security group is managed",
        types=(_VPC, _DEFAULT_GROUP),
        asks="For each VPC of the stack the program takes over the default security group.",
        why="AWS makes it with rules that allow everything among its members and outwards.",
        fix="make an ec2.DefaultSecurityGroup with vpc_id of this VPC and no rules",
        absent="A VPC whose default group is left to AWS is refused.",
        judge_stack=_judge_default_groups,
        standards=(cis("5.5"), fsbp("EC2.2"), checkov("CKV2_AWS_12")),
    ),
    Rule(
        id="subnet-no-public-ip",
        title="Subnets give out no public addresses",
        types=("aws:ec2/subnet:*",),
        asks="`mapPublicIpOnLaunch` is not true.",
        why="A machine started there would be on the internet without anyone having said so.",
        fix="remove map_public_ip_on_launch; load balancers and NAT gateways take addresses of their own",
        absent="Unset means false: passes.",
        judge=setting("mapPublicIpOnLaunch", test=is_false, allowed="false", absent_passes=True),
        standards=(fsbp("EC2.15"), checkov("CKV_AWS_130")),
    ),
)
