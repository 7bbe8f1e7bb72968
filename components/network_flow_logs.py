"""Records of every connection of a network, accepted or refused."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_aws.ec2 import FlowLog
from pulumi_aws.iam import Role, RolePolicy

from components.documents import allow, policy, trust
from components.logs import log_group
from components.naming import Scope

FLOW_SECONDS: Final = 60
"""Aggregation interval of flow records in seconds, the finer of the two that AWS offers."""


def to_bucket(scope: Scope, vpc_id: pulumi.Input[str], bucket: pulumi.Input[str], parent: pulumi.Resource) -> None:
    """Into the locked bucket of logs, below ``AWSLogs/ACCOUNT/vpcflowlogs/``."""
    FlowLog(
        "flow-bucket",
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="s3",
        log_destination=bucket,
        max_aggregation_interval=FLOW_SECONDS,
        tags=scope.tags("network", "flow-bucket"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def to_group(scope: Scope, vpc_id: pulumi.Input[str], key: pulumi.Input[str], parent: pulumi.Resource) -> None:
    """Into a log group of the client's key, where they are searched at once."""
    child = pulumi.ResourceOptions(parent=parent)
    group = log_group("flow", f"/freehold/{scope.name}/flow", scope=scope, component="network", key=key, parent=parent)
    role = Role(
        "flow",
        name=scope.named("flow-logs"),
        description="Lets VPC flow logs write to their log group",
        assume_role_policy=trust("vpc-flow-logs.amazonaws.com", scope.account_id),
        permissions_boundary=scope.boundary,
        tags=scope.tags("network", "flow-logs"),
        opts=child,
    )
    RolePolicy(
        "flow",
        name="write",
        role=role.name,
        policy=group.arn.apply(
            lambda arn: policy(
                allow("Write", ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"), f"{arn}:*")
            )
        ),
        opts=child,
    )
    FlowLog(
        "flow",
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=FLOW_SECONDS,
        tags=scope.tags("network", "flow"),
        opts=child,
    )
