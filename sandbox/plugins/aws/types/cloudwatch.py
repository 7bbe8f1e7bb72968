"""Log groups, metric filters and metric alarms."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_GROUP: Final = {"logGroupName": "{id}"}


def _set_retention(op: Operation) -> None:
    days = op.inputs.get("retentionInDays")
    if days:
        op.call("PutRetentionPolicy", {"logGroupName": op.id, "retentionInDays": int(days)})
    else:
        op.call("DeleteRetentionPolicy", {"logGroupName": op.id})


def _set_key(op: Operation) -> None:
    key = op.inputs.get("kmsKeyId")
    if key:
        op.call("AssociateKmsKey", {"logGroupName": op.id, "kmsKeyId": key})
    else:
        op.call("DisassociateKmsKey", {"logGroupName": op.id})


def _delete_group(op: Operation) -> None:
    if not op.inputs.get("skipDestroy", op.state.get("skipDestroy")):
        op.call("DeleteLogGroup", {"logGroupName": op.id})


def _queries_to_api(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Metric queries: a metric's name and dimensions stand one level deeper in AWS than in Pulumi."""
    found = []
    for query in queries:
        metric = query.get("metric")
        one = {key: value for key, value in query.items() if key != "metric"}
        if metric:
            dimensions = [{"name": key, "value": value} for key, value in (metric.get("dimensions") or {}).items()]
            one["metricStat"] = {
                "metric": {
                    "metricName": metric["metricName"],
                    "namespace": metric.get("namespace"),
                    "dimensions": dimensions,
                },
                "period": metric["period"],
                "stat": metric["stat"],
                "unit": metric.get("unit"),
            }
        found.append(one)
    return found


def _queries_from_api(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for query in queries:
        one = {
            "accountId": query.get("AccountId"),
            "expression": query.get("Expression"),
            "id": query.get("Id"),
            "label": query.get("Label"),
            "period": query.get("Period"),
            "returnData": query.get("ReturnData"),
        }
        stat = query.get("MetricStat")
        if stat:
            metric = stat["Metric"]
            one["metric"] = {
                "dimensions": {pair["Name"]: pair["Value"] for pair in metric.get("Dimensions") or []},
                "metricName": metric.get("MetricName"),
                "namespace": metric.get("Namespace"),
                "period": stat.get("Period"),
                "stat": stat.get("Stat"),
                "unit": stat.get("Unit"),
            }
        found.append(_given(one))
    return found


def _given(value: Any) -> Any:
    """A value without the members that AWS left out."""
    if not isinstance(value, dict):
        return value
    return {key: _given(item) for key, item in value.items() if item not in (None, {})}


LOG_GROUP: Final = Resource(
    type="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    identity="{name}",
    properties={
        "deletionProtectionEnabled": Property(computed=True),
        "kmsKeyId": Property(),
        "logGroupClass": Property(computed=True, replace=True),
        "name": Property("logGroupName", replace=True),
        "namePrefix": Property(read="", replace=True),
        "retentionInDays": Property(read="retentionInDays || `0`", default=0),
        "skipDestroy": Property(read="", default=False),
    },
    outputs={"arn": Output(template="arn:{partition}:logs:{region}:{account}:log-group:{id}")},
    create=Call("CreateLogGroup"),
    read=(
        Call("DescribeLogGroups", {"logGroupNamePrefix": "{id}"}, "logGroups[?logGroupName=='{id}'] | [0]"),
        Call(
            "ListTagsForResource",
            {"resourceArn": "arn:{partition}:logs:{region}:{account}:log-group:{id}"},
            "{tags: tags}",
        ),
    ),
    update=(
        Update(("retentionInDays",), _set_retention),
        Update(("kmsKeyId",), _set_key),
        Update(("deletionProtectionEnabled",), Call("PutLogGroupDeletionProtection", {"logGroupIdentifier": "{id}"})),
    ),
    delete=_delete_group,
    naming=Naming(limit=512, prefix_property="namePrefix"),
    tagging=Tagging(
        "TagResource",
        "UntagResource",
        ("resourceArn", "arn:{partition}:logs:{region}:{account}:log-group:{id}"),
        param="tags",
        style="map",
        keys="tagKeys",
        read="tags",
    ),
)

_ALARM: Final[tuple[str, ...]] = (
    "actionsEnabled",
    "alarmActions",
    "alarmDescription",
    "comparisonOperator",
    "datapointsToAlarm",
    "dimensions",
    "evaluateLowSampleCountPercentiles",
    "evaluationPeriods",
    "extendedStatistic",
    "insufficientDataActions",
    "metricName",
    "metricQueries",
    "namespace",
    "okActions",
    "period",
    "statistic",
    "threshold",
    "thresholdMetricId",
    "treatMissingData",
    "unit",
)

METRIC_ALARM: Final = Resource(
    type="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    identity="{name}",
    properties={
        "actionsEnabled": Property(default=True),
        "alarmActions": Property(form=Form.SET),
        "alarmDescription": Property(),
        "comparisonOperator": Property(),
        "datapointsToAlarm": Property(),
        "dimensions": Property(form=Form.PAIRS),
        "evaluateLowSampleCountPercentiles": Property("EvaluateLowSampleCountPercentile", computed=True),
        "evaluationPeriods": Property(),
        "extendedStatistic": Property(),
        "insufficientDataActions": Property(form=Form.SET),
        "metricName": Property(),
        "metricQueries": Property("Metrics", encode=_queries_to_api, decode=_queries_from_api),
        "name": Property("AlarmName", replace=True),
        "namespace": Property(),
        "okActions": Property("OKActions", form=Form.SET),
        "period": Property(),
        "statistic": Property(),
        "threshold": Property(),
        "thresholdMetricId": Property(),
        "treatMissingData": Property(default="missing"),
        "unit": Property(),
    },
    outputs={"arn": Output("AlarmArn")},
    create=Call("PutMetricAlarm"),
    read=(
        Call("DescribeAlarms", {"AlarmNames": ["{id}"], "AlarmTypes": ["MetricAlarm"]}, "MetricAlarms[0]"),
        Call(
            "ListTagsForResource",
            {"ResourceARN": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}"},
            "{Tags: Tags}",
        ),
    ),
    update=(Update(_ALARM, Call("PutMetricAlarm"), whole=True),),
    delete=Call("DeleteAlarms", {"AlarmNames": ["{id}"]}),
    naming=Naming(),
    tagging=Tagging("TagResource", "UntagResource", ("ResourceARN", "{arn}")),
)


_TRANSFORMATION: Final = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue"}


def _first_transformation(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The one transformation of a filter; its default value is text in Pulumi."""
    one = found[0]
    names = {ours: one.get(theirs) for ours, theirs in _TRANSFORMATION.items()}
    if one.get("defaultValue") is not None:
        names["defaultValue"] = f"{one['defaultValue']:g}"
    return _given({**names, "dimensions": one.get("dimensions"), "unit": one.get("unit")})  # type: ignore[no-any-return]


LOG_METRIC_FILTER: Final = Resource(
    type="aws:cloudwatch/logMetricFilter:LogMetricFilter",
    service="logs",
    identity="{name}",
    parse=("{logGroupName}:{name}",),
    properties={
        "applyOnTransformedLogs": Property(computed=True),
        "logGroupName": Property(replace=True),
        "metricTransformation": Property(
            "metricTransformations",
            names=_TRANSFORMATION,
            encode=lambda one: [one],
            decode=_first_transformation,
        ),
        "name": Property("filterName", replace=True),
        "pattern": Property("filterPattern"),
    },
    create=Call("PutMetricFilter"),
    read=(
        Call(
            "DescribeMetricFilters",
            {"logGroupName": "{logGroupName}", "filterNamePrefix": "{name}"},
            "metricFilters[?filterName=='{name}'] | [0]",
            optional=("ResourceNotFoundException",),
        ),
    ),
    update=(
        Update(("applyOnTransformedLogs", "metricTransformation", "pattern"), Call("PutMetricFilter"), whole=True),
    ),
    delete=Call("DeleteMetricFilter", {"logGroupName": "{logGroupName}", "filterName": "{name}"}),
    naming=Naming(limit=512),
)

RESOURCES: Final = (LOG_GROUP, METRIC_ALARM, LOG_METRIC_FILTER)
