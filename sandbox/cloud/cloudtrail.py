"""CloudTrail: trails, what they record, and whether they may write where they are told to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from moto.cloudtrail import urls
from moto.cloudtrail.models import CloudTrailBackend, cloudtrail_backends
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from sandbox.cloud import extend, policies
from sandbox.cloud.policies import Asking, Decision
from sandbox.cloud.s3 import context_of_service
from sandbox.cloud.service_store import Operations, Parameters, Refused, responses

SERVICE: Final = "cloudtrail.amazonaws.com"
_TRAILS_LIMIT: Final = 5
_SELECTORS_LIMIT: Final = 500
"""Trails a region; values over all advanced event selectors of a trail (AWS CloudTrail User Guide, *Quotas*)."""
_TOLD: Final = (
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicName",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "KmsKeyId",
    "IsOrganizationTrail",
)
_DEFAULT_SELECTOR: Final = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}

operations = Operations()


class Trails(CloudTrailBackend):
    """The trails of one account in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.found: dict[str, dict[str, Any]] = {}
        self.status: dict[str, dict[str, Any]] = {}
        self.selectors: dict[str, dict[str, Any]] = {}
        self.insights: dict[str, list[Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def arn(self, name: str) -> str:
        """The ARN of a trail of this account and region."""
        return f"arn:{self.partition}:cloudtrail:{self.region_name}:{self.account_id}:trail/{name}"

    def named(self, told: str) -> str:
        """The name of a trail of this region, by its name or ARN.

        Raises:
            Refused: there is none.
        """
        if told.startswith("arn:"):
            _, _, name = told.rpartition("/")
            if name in self.found and self.arn(name) == told:
                return name
        elif told in self.found:
            return told
        raise Refused("TrailNotFoundException", f"Unknown trail: {told} for the user: {self.account_id}")

    def visible(self) -> Iterator[dict[str, Any]]:
        """Trails of this region, and those of others that reach over all regions."""
        yield from self.found.values()
        for region, backend in list(cloudtrail_backends[self.account_id].items()):
            if region != self.region_name and isinstance(backend, Trails):
                yield from (one for one in backend.found.values() if one["IsMultiRegionTrail"])

    def check(self, trail: dict[str, Any]) -> None:
        """Whether the trail can work as it is described.

        Raises:
            Refused: one of its places is missing, or does not let CloudTrail in.
        """
        if trail["IsMultiRegionTrail"] and not trail["IncludeGlobalServiceEvents"]:
            raise Refused(
                "InvalidParameterCombinationException", "Multi-Region trail must include global service events."
            )
        if trail["IsOrganizationTrail"]:
            raise Refused("OrganizationsNotInUseException", "Your account is not a member of an organization.")
        self._check_bucket(trail)
        self._check_topic(trail)
        self._check_key(trail)
        self._check_logs(trail)

    def _check_bucket(self, trail: dict[str, Any]) -> None:
        name = trail["S3BucketName"]
        home = s3_backends.bucket_accounts.get(name)
        if home is None:
            raise Refused("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
        bucket = s3_backends[home[1]][home[0]].buckets[name]
        context = context_of_service(SERVICE, self.account_id, trail["TrailARN"])
        prefix = f"{trail['S3KeyPrefix']}/" if trail.get("S3KeyPrefix") else ""
        wanted = {
            "s3:GetBucketAcl": bucket.arn,
            "s3:PutObject": f"{bucket.arn}/{prefix}AWSLogs/{self.account_id}/CloudTrail/{self.region_name}/check",
        }
        for action, resource in wanted.items():
            asking = Asking(action, resource, service=SERVICE, context=context)
            if not bucket.policy or policies.decide(bucket.policy, asking) is not Decision.ALLOWED:
                raise Refused(
                    "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {name}"
                )

    def _check_topic(self, trail: dict[str, Any]) -> None:
        if not (told := trail.get("SnsTopicName")):
            trail.pop("SnsTopicARN", None)
            return
        own = f"arn:{self.partition}:sns:{self.region_name}:{self.account_id}:{told}"
        trail["SnsTopicARN"] = told if told.startswith("arn:") else own
        region, account = trail["SnsTopicARN"].split(":")[3:5]
        if trail["SnsTopicARN"] not in sns_backends[account][region].topics:
            raise Refused(
                "InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!"
            )

    def _check_key(self, trail: dict[str, Any]) -> None:
        if not (told := trail.get("KmsKeyId")):
            return
        account = told.split(":")[4] if told.startswith("arn:") else self.account_id
        kms = kms_backends[account][self.region_name]
        found = kms.get_key_id_from_alias(told) if "alias/" in told else kms.get_key_id(told)
        if found not in kms.keys:
            raise Refused("KmsKeyNotFoundException", f"KMS key {told} is not found.")
        key = kms.keys[found]
        trail["KmsKeyId"] = key.arn
        context = {
            **context_of_service(SERVICE, self.account_id, trail["TrailARN"]),
            "kms:encryptioncontext:aws:cloudtrail:arn": trail["TrailARN"],
        }
        asking = Asking("kms:GenerateDataKey", key.arn, service=SERVICE, context=context)
        if policies.decide(key.policy, asking) is not Decision.ALLOWED:
            raise Refused(
                "InsufficientEncryptionPolicyException",
                f"Insufficient permissions to access S3 bucket {trail['S3BucketName']} or KMS key {key.arn}.",
            )

    def _check_logs(self, trail: dict[str, Any]) -> None:
        group, role = trail.get("CloudWatchLogsLogGroupArn"), trail.get("CloudWatchLogsRoleArn")
        if not group and not role:
            return
        if not group or not role:
            raise Refused(
                "InvalidParameterCombinationException",
                "You must specify both CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn.",
            )
        name = group.split(":")[6]
        region, account = group.split(":")[3:5]
        if not group.endswith(":*") or name not in logs_backends[account][region].groups:
            raise Refused(
                "InvalidCloudWatchLogsLogGroupArnException",
                "CloudTrail cannot validate the specified log group ARN.",
            )
        if not any(one.arn == role for one in iam_backends[self.account_id][self.partition].roles.values()):
            raise Refused("InvalidCloudWatchLogsRoleArnException", "CloudTrail cannot validate the specified role ARN.")


def _told(asked: Parameters) -> dict[str, Any]:
    """What a request says of a trail; validation has one name in requests and another in answers."""
    found: dict[str, Any] = {name: asked[name] for name in _TOLD if name in asked}
    if "EnableLogFileValidation" in asked:
        found["LogFileValidationEnabled"] = asked["EnableLogFileValidation"]
    return found


def _shown(trail: dict[str, Any], *without: str) -> dict[str, Any]:
    return {name: value for name, value in trail.items() if value != "" and name not in without}


@operations("CreateTrail")
def _create(trails: Trails, asked: Parameters) -> dict[str, Any]:
    name = asked["Name"]
    if not 3 <= len(name) <= 128 or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]", name):
        raise Refused(
            "InvalidTrailNameException",
            "Trail name must have 3 to 128 letters, numbers, periods, underscores or dashes, and begin and end with a "
            "letter or number.",
        )
    if name in trails.found:
        raise Refused("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {trails.account_id}")
    if len(trails.found) >= _TRAILS_LIMIT:
        raise Refused(
            "MaximumNumberOfTrailsExceededException",
            f"User: {trails.account_id} already has {_TRAILS_LIMIT} trails in {trails.region_name}.",
        )
    trail = {
        "Name": name,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "IsOrganizationTrail": False,
        "LogFileValidationEnabled": False,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "HomeRegion": trails.region_name,
        "TrailARN": trails.arn(name),
        **_told(asked),
    }
    trails.check(trail)
    trails.found[name] = trail
    trails.status[name] = {"IsLogging": False}
    trails.tags[name] = {one["Key"]: one.get("Value", "") for one in asked.get("TagsList", [])}
    return _shown(trail, "HomeRegion", "HasCustomEventSelectors", "HasInsightSelectors")


@operations("UpdateTrail")
def _update(trails: Trails, asked: Parameters) -> dict[str, Any]:
    name = trails.named(asked["Name"])
    trail = {**trails.found[name], **_told(asked)}
    trails.check(trail)
    trails.found[name] = trail
    return _shown(trail, "HomeRegion", "HasCustomEventSelectors", "HasInsightSelectors")


@operations("DeleteTrail")
def _delete(trails: Trails, asked: Parameters) -> dict[str, Any]:
    name = trails.named(asked["Name"])
    for kept in (trails.found, trails.status, trails.selectors, trails.insights, trails.tags):
        kept.pop(name, None)
    return {}


@operations("GetTrail")
def _get(trails: Trails, asked: Parameters) -> dict[str, Any]:
    return {"Trail": _shown(trails.found[trails.named(asked["Name"])])}


@operations("DescribeTrails")
def _describe(trails: Trails, asked: Parameters) -> dict[str, Any]:
    wanted = asked.get("trailNameList")
    shown = trails.visible() if asked.get("includeShadowTrails", True) else iter(trails.found.values())
    return {
        "trailList": [_shown(one) for one in shown if not wanted or one["Name"] in wanted or one["TrailARN"] in wanted]
    }


@operations("ListTrails")
def _list(trails: Trails, _asked: Parameters) -> dict[str, Any]:
    return {"Trails": [{key: one[key] for key in ("TrailARN", "Name", "HomeRegion")} for one in trails.visible()]}


@operations("GetTrailStatus")
def _status(trails: Trails, asked: Parameters) -> dict[str, Any]:
    return trails.status[trails.named(asked["Name"])]


@operations("StartLogging")
def _start(trails: Trails, asked: Parameters) -> dict[str, Any]:
    trails.status[trails.named(asked["Name"])] |= {"IsLogging": True, "StartLoggingTime": utcnow()}
    return {}


@operations("StopLogging")
def _stop(trails: Trails, asked: Parameters) -> dict[str, Any]:
    trails.status[trails.named(asked["Name"])] |= {"IsLogging": False, "StopLoggingTime": utcnow()}
    return {}


@operations("PutEventSelectors")
def _put_selectors(trails: Trails, asked: Parameters) -> dict[str, Any]:
    name = trails.named(asked["TrailName"])
    plain, advanced = asked.get("EventSelectors") or [], asked.get("AdvancedEventSelectors") or []
    if bool(plain) == bool(advanced):
        raise Refused(
            "InvalidEventSelectorsException",
            "Specify either event selectors or advanced event selectors, and at least one.",
        )
    if any(all(one["Field"] != "eventCategory" for one in selector["FieldSelectors"]) for selector in advanced):
        raise Refused("InvalidEventSelectorsException", "Each advanced event selector must have an eventCategory.")
    values = sum(
        len(items)
        for one in advanced
        for field in one["FieldSelectors"]
        for key, items in field.items()
        if key != "Field"
    )
    if values > _SELECTORS_LIMIT:
        raise Refused("InvalidEventSelectorsException", f"{values} values are over the limit of {_SELECTORS_LIMIT}.")
    kept = {"AdvancedEventSelectors": advanced} if advanced else {"EventSelectors": plain}
    trails.selectors[name] = kept
    trails.found[name]["HasCustomEventSelectors"] = bool(advanced) or plain != [_DEFAULT_SELECTOR]
    return {"TrailARN": trails.arn(name), **kept}


@operations("GetEventSelectors")
def _get_selectors(trails: Trails, asked: Parameters) -> dict[str, Any]:
    name = trails.named(asked["TrailName"])
    return {"TrailARN": trails.arn(name), **trails.selectors.get(name, {"EventSelectors": [_DEFAULT_SELECTOR]})}


@operations("PutInsightSelectors")
def _put_insights(trails: Trails, asked: Parameters) -> dict[str, Any]:
    name = trails.named(asked["TrailName"])
    trails.insights[name] = asked["InsightSelectors"]
    trails.found[name]["HasInsightSelectors"] = bool(asked["InsightSelectors"])
    return {"TrailARN": trails.arn(name), "InsightSelectors": asked["InsightSelectors"]}


@operations("GetInsightSelectors")
def _get_insights(trails: Trails, asked: Parameters) -> dict[str, Any]:
    name = trails.named(asked["TrailName"])
    if not trails.insights.get(name):
        raise Refused("InsightNotEnabledException", f"Trail {trails.arn(name)} does not have Insights enabled.")
    return {"TrailARN": trails.arn(name), "InsightSelectors": trails.insights[name]}


@operations("AddTags")
def _tag(trails: Trails, asked: Parameters) -> dict[str, Any]:
    tags = trails.tags[trails.named(asked["ResourceId"])]
    tags |= {one["Key"]: one.get("Value", "") for one in asked["TagsList"]}
    return {}


@operations("RemoveTags")
def _untag(trails: Trails, asked: Parameters) -> dict[str, Any]:
    tags = trails.tags[trails.named(asked["ResourceId"])]
    for one in asked["TagsList"]:
        tags.pop(one["Key"], None)
    return {}


@operations("ListTags")
def _tags(trails: Trails, asked: Parameters) -> dict[str, Any]:
    return {
        "ResourceTagList": [
            {
                "ResourceId": one,
                "TagsList": [{"Key": key, "Value": value} for key, value in trails.tags[trails.named(one)].items()],
            }
            for one in asked["ResourceIdList"]
        ]
    }


def install() -> None:
    """Serve CloudTrail from these operations."""
    response = responses("cloudtrail", cloudtrail_backends, operations)
    urls.url_paths["{0}/$"] = response.dispatch
    extend.use("cloudtrail", cloudtrail_backends, backend=Trails)
