"""Trails, AWS Config, GuardDuty, Security Hub, defaults of volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sandbox.plugins.aws.cases.case import TAGS, Case, Inputs
from tests.sandbox.plugins.aws.world import ELSEWHERE, World

_FSBP = "arn:aws:securityhub:eu-west-1::standards/aws-foundational-security-best-practices/v/1.0.0"
_CIS = "arn:aws:securityhub:eu-west-1::standards/cis-aws-foundations-benchmark/v/5.0.0"


def _selector(name: str, category: str, *more: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "fieldSelectors": [{"field": "eventCategory", "equals": [category]}, *more]}


def _trail(world: World, **changes: Any) -> Inputs:
    objects = {"field": "resources.type", "equals": ["AWS::S3::Object"]}
    where = {"field": "resources.ARN", "startsWiths": [f"arn:aws:s3:::{world.bucket.id}/"]}
    return {
        "name": "world-trail",
        "s3BucketName": world.audit_buckets[0],
        "kmsKeyId": world.audit_key.state["arn"],
        "isMultiRegionTrail": True,
        "enableLogFileValidation": True,
        "cloudWatchLogsGroupArn": f"{world.log_group.state['arn']}:*",
        "cloudWatchLogsRoleArn": world.trail_role.state["arn"],
        "advancedEventSelectors": [_selector("calls", "Management"), _selector("objects", "Data", objects, where)],
        "tags": TAGS,
        **changes,
    }


def _recorder(world: World, **changes: Any) -> Inputs:
    return {
        "name": "recorder",
        "roleArn": world.recorder_roles[0],
        "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        **changes,
    }


def _channel(world: World, **changes: Any) -> Inputs:
    return {
        "name": "channel" if world.recorders else "",
        "s3BucketName": world.audit_buckets[0],
        "s3KmsKeyArn": world.audit_key.state["arn"],
        "snapshotDeliveryProperties": {"deliveryFrequency": "TwentyFour_Hours"},
        "region": ELSEWHERE[0],
        **changes,
    }


def _feature(world: World, status: str, addon: str) -> Inputs:
    return {
        "detectorId": world.detector.id,
        "name": "RUNTIME_MONITORING",
        "status": status,
        "additionalConfigurations": [
            {"name": "EKS_ADDON_MANAGEMENT", "status": addon},
            {"name": "ECS_FARGATE_AGENT_MANAGEMENT", "status": "DISABLED"},
            {"name": "EC2_AGENT_MANAGEMENT", "status": "DISABLED"},
        ],
        "region": ELSEWHERE[0],
    }


CASES: Sequence[Case] = (
    Case(
        "aws:cloudtrail/trail:Trail",
        _trail,
        r"arn:aws:cloudtrail:eu-central-1:555555555555:trail/world-trail",
        update=lambda w: {
            "name": "world-trail",
            "s3BucketName": w.audit_buckets[1],
            "enableLogFileValidation": True,
            "enableLogging": False,
            "insightSelectors": [{"insightType": "ApiCallRateInsight"}],
            "tags": {"Name": "other"},
        },
        replace=lambda w: _trail(w, name="another-trail"),
        tamper=lambda w, o: w.client("cloudtrail").stop_logging(Name=o.id),
        drifted=("enableLogging",),
        without=("snsTopicArn",),
    ),
    Case(
        "aws:cfg/recorder:Recorder",
        _recorder,
        r"recorder",
        update=lambda w: _recorder(
            w,
            roleArn=w.recorder_roles[1],
            recordingGroup={"allSupported": False, "resourceTypes": ["AWS::EC2::Instance", "AWS::S3::Bucket"]},
            recordingMode={"recordingFrequency": "DAILY"},
        ),
        replace=lambda w: _recorder(w, name="another"),
        tamper=lambda w, o: w.client("config").put_configuration_recorder(
            ConfigurationRecorder={
                "name": o.id,
                "roleARN": w.recorder_roles[1],
                "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
            }
        ),
        drifted=("roleArn",),
    ),
    Case(
        "aws:cfg/deliveryChannel:DeliveryChannel",
        _channel,
        r"channel",
        update=lambda w: {
            "name": "channel",
            "s3BucketName": w.audit_buckets[1],
            "snsTopicArn": w.topic.state["arn"],
            "region": ELSEWHERE[0],
        },
        replace=lambda w: _channel(w, name="another"),
        tamper=lambda w, o: w.client("config", ELSEWHERE[0]).put_delivery_channel(
            DeliveryChannel={"name": o.id, "s3BucketName": w.audit_buckets[1]}
        ),
        drifted=("s3BucketName", "s3KmsKeyArn"),
        imports=("{id}@eu-west-1",),
    ),
    Case(
        "aws:cfg/recorderStatus:RecorderStatus",
        lambda w: {"name": w.recorders[1], "isEnabled": True, "region": ELSEWHERE[1]},
        r"default",
        update=lambda w: {"name": w.recorders[1], "isEnabled": False, "region": ELSEWHERE[1]},
        replace=lambda w: {"name": "another", "isEnabled": True, "region": ELSEWHERE[1]},
        tamper=lambda w, o: w.client("config", ELSEWHERE[1]).stop_configuration_recorder(
            ConfigurationRecorderName=o.id
        ),
        drifted=("isEnabled",),
        stays=True,
        imports=("{id}@eu-west-3",),
    ),
    Case(
        "aws:guardduty/detector:Detector",
        lambda w: {"enable": True, "findingPublishingFrequency": "FIFTEEN_MINUTES", "tags": TAGS},
        r"[0-9a-f]{32}",
        update=lambda w: {
            "enable": False,
            "findingPublishingFrequency": "ONE_HOUR",
            "datasources": {
                "s3Logs": {"enable": False},
                "malwareProtection": {"scanEc2InstanceWithFindings": {"ebsVolumes": {"enable": True}}},
            },
            "tags": {"Name": "other"},
        },
        replace=None,
        tamper=lambda w, o: w.client("guardduty").update_detector(DetectorId=o.id, Enable=False),
        drifted=("enable",),
    ),
    Case(
        "aws:guardduty/detectorFeature:DetectorFeature",
        lambda w: _feature(w, "ENABLED", "ENABLED"),
        r"[0-9a-f]{32}/RUNTIME_MONITORING",
        update=lambda w: _feature(w, "ENABLED", "DISABLED"),
        replace=lambda w: {**_feature(w, "ENABLED", "ENABLED"), "name": "EKS_RUNTIME_MONITORING"},
        tamper=lambda w, o: w.client("guardduty", ELSEWHERE[0]).update_detector(
            DetectorId=w.detector.id, Features=[{"Name": "RUNTIME_MONITORING", "Status": "DISABLED"}]
        ),
        drifted=("status",),
        stays=True,
        imports=("{id}@eu-west-1",),
    ),
    Case(
        "aws:securityhub/account:Account",
        lambda w: {"enableDefaultStandards": False, "controlFindingGenerator": "SECURITY_CONTROL"},
        r"555555555555",
        update=lambda w: {
            "enableDefaultStandards": False,
            "controlFindingGenerator": "STANDARD_CONTROL",
            "autoEnableControls": False,
        },
        replace=lambda w: {"enableDefaultStandards": True, "controlFindingGenerator": "SECURITY_CONTROL"},
        tamper=lambda w, o: w.client("securityhub").update_security_hub_configuration(AutoEnableControls=False),
        drifted=("autoEnableControls",),
    ),
    Case(
        "aws:securityhub/standardsSubscription:StandardsSubscription",
        lambda w: {"standardsArn": _CIS, "region": w.hub.state["region"]},
        r"arn:aws:securityhub:eu-west-1:555555555555:subscription/cis-aws-foundations-benchmark/v/5\.0\.0",
        update=None,
        replace=lambda w: {"standardsArn": _FSBP, "region": ELSEWHERE[0]},
        tamper=None,
        imports=("{id}@eu-west-1",),
    ),
    Case(
        "aws:ebs/encryptionByDefault:EncryptionByDefault",
        lambda w: {"enabled": True},
        r"eu-central-1",
        update=lambda w: {"enabled": False},
        replace=None,
        tamper=lambda w, o: w.client("ec2").disable_ebs_encryption_by_default(),
        drifted=("enabled",),
        stays=True,
    ),
    Case(
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
        lambda w: {"keyArn": w.key.state["arn"]},
        r"arn:aws:kms:eu-central-1:555555555555:key/[0-9a-f-]+",
        update=None,
        replace=lambda w: {"keyArn": w.other_key.state["arn"]},
        tamper=lambda w, o: w.client("ec2").reset_ebs_default_kms_key_id(),
        drifted=("keyArn",),
        stays=True,
    ),
)
