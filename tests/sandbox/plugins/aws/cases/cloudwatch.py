"""CloudWatch and its logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sandbox.plugins.aws.cases.case import TAGS, Case, Inputs
from tests.sandbox.plugins.aws.world import World


def _filter(world: World, **changes: Any) -> Inputs:
    return {
        "name": "blocked",
        "logGroupName": world.log_group.id,
        "pattern": '{ $.action = "BLOCK" }',
        "metricTransformation": {"name": "Blocked", "namespace": "Freehold", "value": "1"},
        **changes,
    }


CASES: Sequence[Case] = (
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {"name": "/logs", "retentionInDays": 90, "kmsKeyId": w.key.state["arn"], "tags": TAGS},
        r"/logs",
        update=lambda w: {
            "name": "/logs",
            "retentionInDays": 365,
            "kmsKeyId": w.key.state["arn"],
            "tags": {"Name": "other"},
        },
        replace=lambda w: {"name": "/others", "retentionInDays": 90},
        tamper=lambda w, o: w.client("logs").delete_retention_policy(logGroupName=o.id),
        drifted=("retentionInDays",),
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "alarmDescription": "too busy",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "datapointsToAlarm": 2,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
            "dimensions": {"DBInstanceIdentifier": "acme-dev"},
            "alarmActions": [w.topic.state["arn"]],
            "okActions": [w.topic.state["arn"]],
            "treatMissingData": "breaching",
            "tags": TAGS,
        },
        r"case-[0-9a-f]{7}",
        update=lambda w: {
            "comparisonOperator": "GreaterThanOrEqualToThreshold",
            "evaluationPeriods": 2,
            "threshold": 0.5,
            "alarmActions": [w.topic.state["arn"]],
            "metricQueries": [
                {"id": "share", "expression": "used / all", "label": "share", "returnData": True},
                *(
                    {
                        "id": name,
                        "metric": {
                            "metricName": name,
                            "namespace": "Freehold",
                            "period": 300,
                            "stat": "Sum",
                            "dimensions": {"Client": "acme"},
                        },
                    }
                    for name in ("used", "all")
                ),
            ],
        },
        replace=lambda w: {
            "name": "another",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
        },
        tamper=lambda w, o: w.client("cloudwatch").disable_alarm_actions(AlarmNames=[o.id]),
        drifted=("actionsEnabled",),
    ),
    Case(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        _filter,
        r"blocked",
        update=lambda w: _filter(w, pattern='{ $.action = "ALERT" }'),
        replace=lambda w: _filter(w, name="other"),
        tamper=lambda w, o: w.client("logs").put_metric_filter(
            logGroupName=w.log_group.id,
            filterName=o.id,
            filterPattern='{ $.action = "ALLOW" }',
            metricTransformations=[{"metricName": "Blocked", "metricNamespace": "Freehold", "metricValue": "1"}],
        ),
        drifted=("pattern",),
        imports=("{logGroupName}:{id}",),
    ),
)
