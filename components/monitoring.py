"""Alarms, and who receives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.cloudwatch import MetricAlarm
from pulumi_aws.sns import Topic, TopicPolicy, TopicSubscription

from components.documents import policy
from components.naming import PREFIX, Scope
from stacks.spec.database import DatabaseSpec
from stacks.spec.monitoring import MonitoringSpec

RUNBOOKS: Final = "docs/alarms.md"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One threshold of a metric.

    Args:
        name: its name and its heading in the alarms' page.
        metric, namespace, statistic: what is measured.
        comparison, threshold: when it fires, over ``periods`` periods of ``period`` seconds.
        missing: what silence means: ``breaching`` where a healthy source always reports.
        meaning: one sentence for the on-call.
    """

    name: str
    namespace: str
    metric: str
    statistic: str
    comparison: str
    threshold: float
    meaning: str
    missing: str
    period: int = 300
    periods: int = 3


@dataclass(frozen=True, slots=True)
class MonitoringArgs:
    """Arguments of :class:`Monitoring`: the environment, receivers, the topic's key, what is watched (NAT gateways by
    zone)."""

    scope: Scope
    spec: MonitoringSpec
    database: DatabaseSpec
    database_identifier: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    nat_gateway_ids: Mapping[str, pulumi.Input[str]]
    notifications_key: pulumi.Input[str]
    more: tuple[Alarm, ...] = ()
    """Alarms on metrics of other components, without dimensions."""


class Monitoring(pulumi.ComponentResource):
    """An encrypted topic with the on-call as subscribers, and the first alarms on database, cluster and NAT.

    Outputs: ``topic_arn``.
    """

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Monitoring", name, None, opts)
        self._scope = args.scope
        self._child = pulumi.ResourceOptions(parent=self)
        topic = Topic(
            "alarms",
            name=args.scope.named("alarms"),
            kms_master_key_id=args.notifications_key,
            tags=args.scope.tags("monitoring", "alarms"),
            opts=self._child,
        )
        self.topic_arn: Final = topic.arn
        TopicPolicy("alarms", arn=topic.arn, policy=topic.arn.apply(self._publishers), opts=self._child)
        for number, address in enumerate(args.spec.oncall):
            TopicSubscription(f"oncall-{number}", topic=topic.arn, protocol="email", endpoint=address, opts=self._child)
        for alarm in database_alarms(args.database):
            self._alarm(alarm, {"DBInstanceIdentifier": args.database_identifier})
        for alarm in CLUSTER_ALARMS:
            self._alarm(alarm, {"ClusterName": args.cluster_name})
        for letter, nat in args.nat_gateway_ids.items():
            self._alarm(NAT_PORTS, {"NatGatewayId": nat}, letter)
        for alarm in args.more:
            self._alarm(alarm, {})
        self.register_outputs({"topic_arn": self.topic_arn})

    def _publishers(self, arn: str) -> str:
        """CloudWatch may publish alarms, RDS events, of this account; nobody may publish without TLS."""
        return policy(
            {
                "Sid": "Alarms",
                "Effect": "Allow",
                "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]},
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": self._scope.account_id}},
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        )

    def _alarm(self, alarm: Alarm, dimensions: dict[str, pulumi.Input[str]], *which: str) -> None:
        """An alarm on one thing; ``which`` tells it from others of its kind."""
        MetricAlarm(
            "-".join((alarm.name, *which)),
            name=self._scope.named(alarm.name, *which),
            alarm_description=f"{alarm.meaning} What to do: {RUNBOOKS}#{alarm.name}",
            namespace=alarm.namespace,
            metric_name=alarm.metric,
            dimensions=dimensions,
            statistic=alarm.statistic,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            period=alarm.period,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.periods,
            treat_missing_data=alarm.missing,
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            tags=self._scope.tags("monitoring", alarm.name, *which),
            opts=self._child,
        )


def database_alarms(spec: DatabaseSpec) -> tuple[Alarm, ...]:
    """Alarms of the database; a running instance reports every minute, so silence is an alarm of its own."""
    rds, less, more = "AWS/RDS", "LessThanThreshold", "GreaterThanThreshold"
    tenth = spec.storage_gib * 2**30 // 10
    return (
        Alarm(
            "database-cpu", rds, "CPUUtilization", "Average", more, 90, "The database's CPU is at its end.", "breaching"
        ),
        Alarm(
            "database-storage",
            rds,
            "FreeStorageSpace",
            "Minimum",
            less,
            tenth,
            "Less than a tenth of the database's storage is free.",
            "breaching",
        ),
        Alarm(
            "database-memory",
            rds,
            "FreeableMemory",
            "Minimum",
            less,
            128 * 2**20,
            "The database has less than 128 MiB of memory left.",
            "breaching",
        ),
        Alarm(
            "database-connections",
            rds,
            "DatabaseConnections",
            "Maximum",
            more,
            80,
            "More than 80 connections are open.",
            "notBreaching",
        ),
    )


CLUSTER_ALARMS: Final = (
    Alarm(
        "cluster-failed-nodes",
        "ContainerInsights",
        "cluster_failed_node_count",
        "Maximum",
        "GreaterThanThreshold",
        0,
        "A node of the cluster has failed.",
        "notBreaching",
    ),
    Alarm(
        "cluster-api-errors",
        "AWS/EKS",
        "apiserver_request_total_5XX",
        "Sum",
        "GreaterThanThreshold",
        50,
        "The Kubernetes API answers with errors.",
        "notBreaching",
    ),
)

NAT_PORTS: Final = Alarm(
    "nat-ports",
    "AWS/NATGateway",
    "ErrorPortAllocation",
    "Sum",
    "GreaterThanThreshold",
    0,
    "The NAT gateway has no ports left: new connections to the outside fail.",
    "notBreaching",
)


def blocked_names(namespace: str, metric: str) -> Alarm:
    """The alarm on names that the DNS firewall blocked."""
    return Alarm(
        "egress-blocked",
        namespace,
        metric,
        "Sum",
        "GreaterThanThreshold",
        0,
        "Something asked for a name that no integration lists.",
        "notBreaching",
        periods=1,
    )
