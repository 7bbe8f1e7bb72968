"""GuardDuty: the one detector of a region and what it looks at."""

from __future__ import annotations

from typing import Any, Final

from moto.core.utils import utcnow
from moto.guardduty import urls
from moto.guardduty.models import GuardDutyBackend, guardduty_backends
from moto.moto_api._internal import mock_random

from sandbox.cloud import extend
from sandbox.cloud.service_store import Operations, Parameters, Refused, responses

_ALWAYS: Final = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
"""What every detector looks at, and nobody can switch off."""
_BORN: Final = {
    "S3_DATA_EVENTS": (),
    "EKS_AUDIT_LOGS": (),
    "EBS_MALWARE_PROTECTION": (),
    "RDS_LOGIN_EVENTS": (),
    "LAMBDA_NETWORK_LOGS": (),
}
"""Protection plans that a new detector has switched on (Amazon GuardDuty User Guide, *GuardDuty protection plans*)."""
_ADDITIONAL: Final = {
    "EKS_RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT",),
    "RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT"),
}
"""Plans that a new detector has switched off, and their parts."""

operations = Operations()


class Detectors(GuardDutyBackend):
    """The detector of one account in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.found: dict[str, dict[str, Any]] = {}

    def detector(self, told: str) -> dict[str, Any]:
        """A detector by its id.

        Raises:
            Refused: there is none.
        """
        if told not in self.found:
            raise Refused(
                "BadRequestException",
                "The request is rejected because the input detectorId is not owned by the current account.",
            )
        return self.found[told]


def _features(asked: Parameters) -> dict[str, dict[str, Any]]:
    now = utcnow()
    names = [*_BORN, *_ADDITIONAL]
    found = {
        name: {
            "Name": name,
            "Status": "ENABLED" if name in _BORN else "DISABLED",
            "UpdatedAt": now,
            **_parts(name, {}),
        }
        for name in names
    }
    for name, source in _sources(asked).items():
        found[name]["Status"] = "ENABLED" if source else "DISABLED"
    return found


def _parts(name: str, told: dict[str, str]) -> dict[str, Any]:
    if name not in _ADDITIONAL:
        return {}
    return {
        "AdditionalConfiguration": [
            {"Name": one, "Status": told.get(one, "DISABLED"), "UpdatedAt": utcnow()} for one in _ADDITIONAL[name]
        ]
    }


def _sources(asked: Parameters) -> dict[str, bool]:
    """What the older ``DataSources`` say, as features."""
    told, found = asked.get("DataSources") or {}, {}
    if "S3Logs" in told:
        found["S3_DATA_EVENTS"] = told["S3Logs"]["Enable"]
    if "Kubernetes" in told:
        found["EKS_AUDIT_LOGS"] = told["Kubernetes"]["AuditLogs"]["Enable"]
    if "MalwareProtection" in told:
        scan = told["MalwareProtection"].get("ScanEc2InstanceWithFindings", {})
        found["EBS_MALWARE_PROTECTION"] = scan.get("EbsVolumes", False)
    return found


def _apply(found: dict[str, Any], asked: Parameters) -> None:
    """Change a detector; features that are not named stay as they are."""
    if "Features" in asked and "DataSources" in asked:
        raise Refused(
            "BadRequestException",
            "The request is rejected because both data sources and features were provided.",
        )
    features = found["features"]
    told = {one["Name"]: one for one in asked.get("Features") or []}
    on = {one for one in ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING") if _status(features, told, one) == "ENABLED"}
    if len(on) > 1:
        raise Refused(
            "BadRequestException",
            "The request is rejected because EKS_RUNTIME_MONITORING and RUNTIME_MONITORING cannot both be enabled.",
        )
    for name, one in told.items():
        parts = {part["Name"]: part["Status"] for part in one.get("AdditionalConfiguration") or []}
        if unknown := sorted(set(parts) - set(_ADDITIONAL.get(name, ()))):
            raise Refused(
                "BadRequestException",
                f"The request is rejected because additional configuration {', '.join(unknown)} is invalid for {name}.",
            )
        kept = {part["Name"]: part["Status"] for part in features[name].get("AdditionalConfiguration", [])}
        features[name] = {
            "Name": name,
            "Status": one["Status"],
            "UpdatedAt": utcnow(),
            **_parts(name, kept | parts),
        }
    for name, source in _sources(asked).items():
        features[name] |= {"Status": "ENABLED" if source else "DISABLED", "UpdatedAt": utcnow()}
    if "FindingPublishingFrequency" in asked:
        found["FindingPublishingFrequency"] = asked["FindingPublishingFrequency"]
    if "Enable" in asked:
        found["Status"] = "ENABLED" if asked["Enable"] else "DISABLED"


def _status(features: dict[str, Any], told: dict[str, Any], name: str) -> str:
    status: str = told.get(name, features[name])["Status"]
    return status


@operations("CreateDetector")
def _create(detectors: Detectors, asked: Parameters) -> dict[str, Any]:
    if detectors.found:
        raise Refused(
            "BadRequestException",
            "The request is rejected because a detector already exists for the current account.",
        )
    now = utcnow().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    id_ = mock_random.get_random_hex(length=32)
    role = "role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"
    found = {
        "CreatedAt": now,
        "UpdatedAt": now,
        "FindingPublishingFrequency": "SIX_HOURS",
        "ServiceRole": f"arn:{detectors.partition}:iam::{detectors.account_id}:{role}",
        "Status": "DISABLED",
        "Tags": dict(asked.get("Tags") or {}),
        "features": _features({}),
    }
    _apply(found, asked)
    detectors.found[id_] = found
    return {"DetectorId": id_}


@operations("GetDetector")
def _get(detectors: Detectors, asked: Parameters) -> dict[str, Any]:
    found = detectors.detector(asked["DetectorId"])
    features = found["features"]
    on = {name: {"Status": one["Status"]} for name, one in features.items()}
    always = [{"Name": name, "Status": "ENABLED", "UpdatedAt": utcnow()} for name in _ALWAYS]
    return {
        **{key: value for key, value in found.items() if key != "features"},
        "Features": [*always, *features.values()],
        "DataSources": {
            "CloudTrail": {"Status": "ENABLED"},
            "DNSLogs": {"Status": "ENABLED"},
            "FlowLogs": {"Status": "ENABLED"},
            "S3Logs": on["S3_DATA_EVENTS"],
            "Kubernetes": {"AuditLogs": on["EKS_AUDIT_LOGS"]},
            "MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": on["EBS_MALWARE_PROTECTION"]}},
        },
    }


@operations("ListDetectors")
def _list(detectors: Detectors, _asked: Parameters) -> dict[str, Any]:
    return {"DetectorIds": list(detectors.found)}


@operations("UpdateDetector")
def _update(detectors: Detectors, asked: Parameters) -> dict[str, Any]:
    found = detectors.detector(asked["DetectorId"])
    _apply(found, asked)
    found["UpdatedAt"] = utcnow().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {}


@operations("DeleteDetector")
def _delete(detectors: Detectors, asked: Parameters) -> dict[str, Any]:
    detectors.detector(asked["DetectorId"])
    del detectors.found[asked["DetectorId"]]
    return {}


def _tagged(detectors: Detectors, asked: Parameters) -> dict[str, str]:
    tags: dict[str, str] = detectors.detector(asked["ResourceArn"].rpartition("/")[2])["Tags"]
    return tags


@operations("TagResource")
def _tag(detectors: Detectors, asked: Parameters) -> dict[str, Any]:
    tags = _tagged(detectors, asked)
    tags |= asked["Tags"]
    return {}


@operations("UntagResource")
def _untag(detectors: Detectors, asked: Parameters) -> dict[str, Any]:
    tags = _tagged(detectors, asked)
    for key in asked["TagKeys"]:
        tags.pop(key, None)
    return {}


@operations("ListTagsForResource")
def _tags(detectors: Detectors, asked: Parameters) -> dict[str, Any]:
    return {"Tags": _tagged(detectors, asked)}


def install() -> None:
    """Serve GuardDuty from these operations."""
    response = responses("guardduty", guardduty_backends, operations, invalid="BadRequestException")
    urls.url_paths.clear()
    urls.url_paths["{0}/(?P<path>.+)$"] = response.dispatch
    extend.use("guardduty", guardduty_backends, backend=Detectors)
