"""Trails."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.shapes import from_api

_NESTED: Final = {
    "equals": "Equals",
    "startsWiths": "StartsWith",
    "endsWiths": "EndsWith",
    "notEquals": "NotEquals",
    "notStartsWiths": "NotStartsWith",
    "notEndsWiths": "NotEndsWith",
}
_DEFAULT_SELECTORS: Final = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
_TRAIL: Final = {"TrailName": "{id}"}


def _log(op: Operation) -> None:
    wanted = op.inputs.get("enableLogging", True)
    op.call("StartLogging" if wanted else "StopLogging", {"Name": op.id})


def _select(op: Operation) -> None:
    """What the trail records; without selectors it gets those that it was born with."""
    call = Call("PutEventSelectors", _TRAIL)
    if op.inputs.get("advancedEventSelectors"):
        op.request(call, ("advancedEventSelectors",))
    elif op.inputs.get("eventSelectors"):
        op.request(call, ("eventSelectors",))
    else:
        op.call("PutEventSelectors", {"TrailName": op.id, "EventSelectors": _DEFAULT_SELECTORS})


def _plain_selectors(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Selectors that somebody chose: the one that a trail is born with is none."""
    given = [{name: value for name, value in one.items() if value != []} for one in found]
    return [] if given == _DEFAULT_SELECTORS else from_api(given, {})


_SETTINGS: Final = {
    "cloudWatchLogsGroupArn": Property("CloudWatchLogsLogGroupArn"),
    "cloudWatchLogsRoleArn": Property(),
    "enableLogFileValidation": Property(read="LogFileValidationEnabled", default=False),
    "includeGlobalServiceEvents": Property(default=True),
    "isMultiRegionTrail": Property(default=False),
    "isOrganizationTrail": Property(default=False),
    "kmsKeyId": Property(),
    "s3BucketName": Property(),
    "s3KeyPrefix": Property(),
    "snsTopicName": Property(),
}

TRAIL: Final = Resource(
    type="aws:cloudtrail/trail:Trail",
    service="cloudtrail",
    identity="TrailARN",
    parse=("arn:{partition}:cloudtrail:{region}:{account}:trail/{name}",),
    properties={
        **_SETTINGS,
        "advancedEventSelectors": Property(names=_NESTED),
        "enableLogging": Property(read="IsLogging", default=True),
        "eventSelectors": Property(decode=_plain_selectors),
        "insightSelectors": Property(form=Form.SET),
        "name": Property(replace=True),
    },
    outputs={
        "arn": Output("TrailARN"),
        "homeRegion": Output("HomeRegion"),
        "snsTopicArn": Output("SnsTopicARN"),
    },
    create=Call("CreateTrail"),
    read=(
        Call("GetTrail", {"Name": "{id}"}, "Trail"),
        Call("GetTrailStatus", {"Name": "{id}"}, "{IsLogging: IsLogging}"),
        Call(
            "GetEventSelectors",
            _TRAIL,
            "{EventSelectors: EventSelectors || `[]`, AdvancedEventSelectors: AdvancedEventSelectors || `[]`}",
        ),
        Call(
            "GetInsightSelectors",
            _TRAIL,
            "{InsightSelectors: InsightSelectors}",
            optional=("InsightNotEnabledException",),
        ),
        Call("ListTags", {"ResourceIdList": ["{id}"]}, "{Tags: ResourceTagList[0].TagsList}"),
    ),
    update=(
        Update(tuple(_SETTINGS), Call("UpdateTrail", {"Name": "{id}"})),
        Update(("enableLogging",), _log),
        Update(("advancedEventSelectors", "eventSelectors"), _select),
        Update(("insightSelectors",), Call("PutInsightSelectors", _TRAIL)),
    ),
    delete=Call("DeleteTrail", {"Name": "{id}"}),
    tagging=Tagging("AddTags", "RemoveTags", ("ResourceId", "{arn}"), param="TagsList", keys="TagsList"),
)

RESOURCES: Final = (TRAIL,)
