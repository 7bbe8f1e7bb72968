"""GuardDuty: the detector and what it looks at."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_ARN: Final = "arn:{partition}:guardduty:{region}:{account}:detector/{id}"
_ID: Final = {"DetectorId": "{id}"}


def _switched(part: Any) -> bool:
    return bool(part and part.get("Status") == "ENABLED")


def _sources_to_api(value: dict[str, Any]) -> dict[str, Any]:
    """Pulumi nests the volumes' switch once more than the request does."""
    found = dict(value)
    scan = (found.get("malwareProtection") or {}).get("scanEc2InstanceWithFindings")
    if scan:
        found["malwareProtection"] = {"scanEc2InstanceWithFindings": {"ebsVolumes": scan["ebsVolumes"]["enable"]}}
    return found


def _sources_from_api(value: dict[str, Any]) -> dict[str, Any]:
    scan = (value.get("MalwareProtection") or {}).get("ScanEc2InstanceWithFindings") or {}
    return {
        "s3Logs": {"enable": _switched(value.get("S3Logs"))},
        "kubernetes": {"auditLogs": {"enable": _switched((value.get("Kubernetes") or {}).get("AuditLogs"))}},
        "malwareProtection": {
            "scanEc2InstanceWithFindings": {"ebsVolumes": {"enable": _switched(scan.get("EbsVolumes"))}}
        },
    }


DETECTOR: Final = Resource(
    type="aws:guardduty/detector:Detector",
    service="guardduty",
    identity="DetectorId",
    parse=("{detectorId}",),
    properties={
        "datasources": Property("DataSources", computed=True, encode=_sources_to_api, decode=_sources_from_api),
        "enable": Property(read="Status == 'ENABLED'", default=True),
        "findingPublishingFrequency": Property(computed=True),
    },
    outputs={"accountId": Output(template="{account}"), "arn": Output(template=_ARN)},
    create=Call("CreateDetector"),
    read=(Call("GetDetector", _ID), lambda op: {"DetectorId": op.id}),
    update=(Update(("datasources", "enable", "findingPublishingFrequency"), Call("UpdateDetector", _ID)),),
    delete=Call("DeleteDetector", _ID),
    tagging=Tagging("TagResource", "UntagResource", ("ResourceArn", _ARN), style="map", keys="TagKeys"),
)


def _put_feature(op: Operation) -> dict[str, Any]:
    detector, name = op.inputs["detectorId"], op.inputs["name"]
    feature: dict[str, Any] = {"Name": name, "Status": op.inputs["status"]}
    if parts := op.inputs.get("additionalConfigurations"):
        feature["AdditionalConfiguration"] = [{"Name": one["name"], "Status": one["status"]} for one in parts]
    op.call("UpdateDetector", {"DetectorId": detector, "Features": [feature]})
    return {"Id": f"{detector}/{name}"}


def _parts(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": one["Name"], "status": one["Status"]} for one in found]


DETECTOR_FEATURE: Final = Resource(
    type="aws:guardduty/detectorFeature:DetectorFeature",
    service="guardduty",
    identity="{detectorId}/{name}",
    parse=("{detectorId}/{name}",),
    properties={
        "additionalConfigurations": Property(
            read="AdditionalConfiguration", computed=True, form=Form.SET, decode=_parts
        ),
        "detectorId": Property(replace=True),
        "name": Property(replace=True),
        "status": Property(),
    },
    create=_put_feature,
    read=(
        Call("GetDetector", {"DetectorId": "{detectorId}"}, "Features[?Name=='{name}'] | [0]"),
        lambda op: {"detectorId": op.state["detectorId"]},
    ),
    update=(Update(("additionalConfigurations", "status"), _put_feature),),
    delete=None,
)

RESOURCES: Final = (DETECTOR, DETECTOR_FEATURE)
