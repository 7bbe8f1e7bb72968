"""AWS Config: what is recorded, where it goes, whether it runs."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Property, Resource, Update
from sandbox.plugins.aws.operation import Operation

_DEFAULT_NAME: Final = "default"
_GROUP: Final = {
    "exclusionByResourceTypes": "exclusionByResourceTypes",
    "recordingStrategies": "recordingStrategy",
    "recordingModeOverride": "recordingModeOverrides",
    "roleArn": "roleARN",
}


def _named(op: Operation) -> str:
    op.inputs["name"] = op.inputs.get("name") or _DEFAULT_NAME
    return str(op.inputs["name"])


def _group_to_api(group: dict[str, Any]) -> dict[str, Any]:
    """Pulumi has lists where AWS has one."""
    found = dict(group)
    for theirs, ours in (("recordingStrategy", "recordingStrategies"), ("exclusionByResourceTypes",) * 2):
        if several := found.pop(ours, None):
            found[theirs] = several[0] if isinstance(several, list) else several
    return found


def _group_from_api(group: dict[str, Any]) -> dict[str, Any]:
    found = dict(group)
    strategy, excluded = found.pop("recordingStrategy", None), found.pop("exclusionByResourceTypes", None)
    if strategy:
        found["recordingStrategies"] = [strategy]
    if excluded and excluded.get("resourceTypes"):
        found["exclusionByResourceTypes"] = [excluded]
    return found


def _mode_from_api(mode: dict[str, Any]) -> dict[str, Any]:
    found = dict(mode)
    if overrides := found.pop("recordingModeOverrides", None):
        found["recordingModeOverride"] = overrides[0]
    return found


def _put_recorder(op: Operation) -> dict[str, Any]:
    name = _named(op)
    op.request(
        Call("PutConfigurationRecorder", {"ConfigurationRecorder": {"name": name}}),
        ("roleArn", "recordingGroup", "recordingMode"),
    )
    return {"name": name}


def _put_channel(op: Operation) -> dict[str, Any]:
    name = _named(op)
    channel: dict[str, Any] = {"name": name}
    for ours, theirs in _CHANNEL.items():
        if op.inputs.get(ours):
            channel[theirs] = op.inputs[ours]
    op.call("PutDeliveryChannel", {"DeliveryChannel": channel})
    return {"name": name}


def _run(op: Operation) -> dict[str, Any]:
    name, wanted = op.inputs["name"], op.inputs.get("isEnabled")
    action = "StartConfigurationRecorder" if wanted else "StopConfigurationRecorder"
    op.call(action, {"ConfigurationRecorderName": name})
    return {"name": name}


_CHANNEL: Final = {
    "s3BucketName": "s3BucketName",
    "s3KeyPrefix": "s3KeyPrefix",
    "s3KmsKeyArn": "s3KmsKeyArn",
    "snapshotDeliveryProperties": "configSnapshotDeliveryProperties",
    "snsTopicArn": "snsTopicARN",
}

RECORDER: Final = Resource(
    type="aws:cfg/recorder:Recorder",
    service="config",
    identity="name",
    parse=("{name}",),
    properties={
        "name": Property(read="name", computed=True, replace=True),
        "recordingGroup": Property(
            "ConfigurationRecorder.recordingGroup", computed=True, encode=_group_to_api, decode=_group_from_api
        ),
        "recordingMode": Property(
            "ConfigurationRecorder.recordingMode", computed=True, names=_GROUP, decode=_mode_from_api
        ),
        "roleArn": Property("ConfigurationRecorder.roleARN"),
    },
    create=_put_recorder,
    read=(
        Call("DescribeConfigurationRecorders", {"ConfigurationRecorderNames": ["{id}"]}, "ConfigurationRecorders[0]"),
    ),
    update=(Update(("recordingGroup", "recordingMode", "roleArn"), _put_recorder),),
    delete=Call("DeleteConfigurationRecorder", {"ConfigurationRecorderName": "{id}"}),
)

DELIVERY_CHANNEL: Final = Resource(
    type="aws:cfg/deliveryChannel:DeliveryChannel",
    service="config",
    identity="name",
    parse=("{name}",),
    properties={
        "name": Property(read="name", computed=True, replace=True),
        **{ours: Property(read=theirs) for ours, theirs in _CHANNEL.items()},
    },
    create=_put_channel,
    read=(Call("DescribeDeliveryChannels", {"DeliveryChannelNames": ["{id}"]}, "DeliveryChannels[0]"),),
    update=(Update(tuple(_CHANNEL), _put_channel),),
    delete=Call("DeleteDeliveryChannel", {"DeliveryChannelName": "{id}"}),
)

RECORDER_STATUS: Final = Resource(
    type="aws:cfg/recorderStatus:RecorderStatus",
    service="config",
    identity="name",
    parse=("{name}",),
    properties={
        "isEnabled": Property(read="recording"),
        "name": Property(read="name", replace=True),
    },
    create=_run,
    read=(
        Call(
            "DescribeConfigurationRecorderStatus",
            {"ConfigurationRecorderNames": ["{id}"]},
            "ConfigurationRecordersStatus[0]",
        ),
    ),
    update=(Update(("isEnabled",), _run),),
    delete=Call("StopConfigurationRecorder", {"ConfigurationRecorderName": "{id}"}),
)

RESOURCES: Final = (RECORDER, DELIVERY_CHANNEL, RECORDER_STATUS)
