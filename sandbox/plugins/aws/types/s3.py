"""Buckets: the bucket itself, and what deletes it."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.errors import ApiError
from sandbox.plugins.aws.model import Call, Naming, Output, Property, Resource, Tagging
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.types.s3_account import ACCOUNT_BLOCK
from sandbox.plugins.aws.types.s3_settings import SETTINGS

HOSTED_ZONES: Final = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "ca-central-1": "Z1QDHH18159H29",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-south-1": "Z30OZKI7KPW7MI",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}
"""Route 53's hosted zones of S3's website endpoints (AWS General Reference, *Amazon S3 website endpoints*)."""

_CLASSIC: Final = "us-east-1"
"""The region that a bucket is in when nothing is said, and which must not be said."""


def _create(op: Operation) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Bucket": op.inputs["bucket"]}
    if op.region != _CLASSIC:
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": op.region}
    if op.inputs.get("objectLockEnabled"):
        parameters["ObjectLockEnabledForBucket"] = True
    if op.inputs.get("bucketNamespace"):
        parameters["BucketNamespace"] = op.inputs["bucketNamespace"]
    op.call("CreateBucket", parameters)
    return {"Bucket": op.inputs["bucket"]}


def _find(op: Operation) -> dict[str, Any] | None:
    try:
        found = op.call("HeadBucket", {"Bucket": op.id})
    except ApiError as error:
        if error.code == "404":  # an answer to HEAD has no body that could say NoSuchBucket
            return None
        raise
    region = found.get("BucketRegion") or op.region
    return {"Bucket": op.id, "BucketRegion": region, "HostedZoneId": HOSTED_ZONES.get(region)}


def _delete(op: Operation) -> None:
    if op.state.get("forceDestroy"):
        _empty(op)
    op.call("DeleteBucket", {"Bucket": op.id})


def _empty(op: Operation) -> None:
    """Delete every version of every object; a lock in governance mode is bypassed, one in compliance mode stands."""
    while True:
        page = op.call("ListObjectVersions", {"Bucket": op.id})
        versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not versions:
            return
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
        parameters: dict[str, Any] = {"Bucket": op.id, "Delete": {"Objects": objects, "Quiet": True}}
        if op.state.get("objectLockEnabled"):
            parameters["BypassGovernanceRetention"] = True
        refused = op.call("DeleteObjects", parameters).get("Errors")
        if refused:
            first = refused[0]
            raise ApiError("DeleteObjects", first["Code"], f"{first['Key']}: {first['Message']}")


BUCKET: Final = Resource(
    type="aws:s3/bucket:Bucket",
    service="s3",
    identity="{bucket}",
    parse=("{bucket}",),
    # What v7 deprecates on the bucket itself (policy, versioning, logging...) has resource types of its own.
    properties={
        "bucket": Property(replace=True),
        "bucketNamespace": Property(read="", replace=True),
        "bucketPrefix": Property(read="", replace=True),
        "forceDestroy": Property(read="", default=False),
        "objectLockEnabled": Property(read="Lock=='Enabled'", computed=True, replace=True),
    },
    outputs={
        "arn": Output(template="arn:{partition}:s3:::{bucket}"),
        "bucketDomainName": Output(template="{bucket}.s3.amazonaws.com"),
        "bucketRegion": Output(),
        "bucketRegionalDomainName": Output(template="{bucket}.s3.{region}.amazonaws.com"),
        "hostedZoneId": Output(),
    },
    create=_create,
    read=(
        _find,
        Call("GetBucketTagging", {"Bucket": "{id}"}, "TagSet", into="Tags", optional=("NoSuchTagSet",)),
        Call(
            "GetObjectLockConfiguration",
            {"Bucket": "{id}"},
            "ObjectLockConfiguration.ObjectLockEnabled",
            into="Lock",
            optional=("ObjectLockConfigurationNotFoundError",),
        ),
    ),
    delete=_delete,
    naming=Naming(property="bucket", limit=63, prefix_property="bucketPrefix", lower=True),
    tagging=Tagging("PutBucketTagging", "DeleteBucketTagging", ("Bucket", "{bucket}"), style="whole", keys=""),
)

RESOURCES: Final = (BUCKET, *SETTINGS, ACCOUNT_BLOCK)
