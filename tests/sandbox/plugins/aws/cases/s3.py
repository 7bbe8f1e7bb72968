"""S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sandbox.plugins.aws.cases.case import TAGS, Case
from tests.sandbox.plugins.aws.world import World, policy

NAME = r"world-[0-9a-f]{7}"
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def bucket(world: World) -> dict[str, Any]:
    """The bucket that has the setting."""
    return {"bucket": world.bucket.id}


def other(world: World) -> dict[str, Any]:
    """Another one."""
    return {"bucket": world.other_bucket.id}


def encryption(key: str, *, bucket_key: bool) -> dict[str, Any]:
    """One rule with a key."""
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
    return {"rules": [{"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": bucket_key}]}


def lifecycle(days: int) -> dict[str, Any]:
    """Colder, then gone."""
    return {
        "rules": [
            {
                "id": "keep",
                "status": "Enabled",
                "filter": {"prefix": "AWSLogs/"},
                "transitions": [{"days": 90, "storageClass": "GLACIER_IR"}],
                "expiration": {"days": days},
                "noncurrentVersionExpiration": {"noncurrentDays": 30, "newerNoncurrentVersions": 2},
                "noncurrentVersionTransitions": [{"noncurrentDays": 30, "storageClass": "STANDARD_IA"}],
            },
            {
                "id": "sweep",
                "status": "Enabled",
                "filter": {"and": {"prefix": "tmp/", "tags": {"sweep": "yes"}, "objectSizeGreaterThan": 1}},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            },
        ]
    }


def grant(world: World, name: str, action: str) -> str:
    """A policy of a bucket."""
    document = policy(action, f"arn:aws:s3:::{name}/*")
    principal = f'"Principal": {{"AWS": "arn:aws:iam::{world.plugin_account}:root"}}, '
    return document.replace('"Action"', principal + '"Action"')


CASES: Sequence[Case] = (
    Case(
        "aws:s3/bucket:Bucket",
        lambda w: {"objectLockEnabled": True, "forceDestroy": False, "tags": TAGS},
        r"case-[0-9a-f]{7}",
        update=lambda w: {"objectLockEnabled": True, "forceDestroy": True, "tags": {"Name": "other"}},
        replace=lambda w: {"bucket": "another-name-altogether"},
        tamper=lambda w, o: w.client("s3").delete_bucket_tagging(Bucket=o.id),
        drifted=("tags",),
    ),
    Case(
        "aws:s3/bucketVersioning:BucketVersioning",
        lambda w: {**bucket(w), "versioningConfiguration": {"status": "Enabled"}},
        NAME,
        update=lambda w: {**bucket(w), "versioningConfiguration": {"status": "Suspended"}},
        replace=lambda w: {**other(w), "versioningConfiguration": {"status": "Enabled"}},
        tamper=lambda w, o: w.client("s3").put_bucket_versioning(
            Bucket=o.id, VersioningConfiguration={"Status": "Suspended"}
        ),
        drifted=("versioningConfiguration",),
        stays=True,
    ),
    Case(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda w: {**bucket(w), **encryption(w.key.state["arn"], bucket_key=True)},
        NAME,
        update=lambda w: {**bucket(w), **encryption(w.other_key.state["arn"], bucket_key=False)},
        replace=lambda w: {**other(w), **encryption(w.key.state["arn"], bucket_key=True)},
        tamper=lambda w, o: w.client("s3").delete_bucket_encryption(Bucket=o.id),
        drifted=("rules",),
        stays=True,
    ),
    Case(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda w: {**bucket(w), **dict.fromkeys(FLAGS, True)},
        NAME,
        update=lambda w: {**bucket(w), "blockPublicAcls": True},
        replace=lambda w: {**other(w), **dict.fromkeys(FLAGS, True)},
        tamper=lambda w, o: w.client("s3").put_public_access_block(
            Bucket=o.id, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
        ),
        drifted=FLAGS[1:],
    ),
    Case(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        lambda w: {**bucket(w), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        NAME,
        update=lambda w: {**bucket(w), "rule": {"objectOwnership": "BucketOwnerPreferred"}},
        replace=lambda w: {**other(w), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        tamper=lambda w, o: w.client("s3").put_bucket_ownership_controls(
            Bucket=o.id, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        drifted=("rule",),
    ),
    Case(
        "aws:s3/bucketPolicy:BucketPolicy",
        lambda w: {**bucket(w), "policy": grant(w, w.bucket.id, "s3:GetObject")},
        NAME,
        update=lambda w: {**bucket(w), "policy": grant(w, w.bucket.id, "s3:PutObject")},
        replace=lambda w: {**other(w), "policy": grant(w, w.other_bucket.id, "s3:GetObject")},
        tamper=lambda w, o: w.client("s3").put_bucket_policy(Bucket=o.id, Policy=grant(w, o.id, "s3:*")),
        drifted=("policy",),
    ),
    Case(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        lambda w: {**bucket(w), **lifecycle(365)},
        NAME,
        update=lambda w: {**bucket(w), **lifecycle(730)},
        replace=lambda w: {**other(w), **lifecycle(365)},
        tamper=lambda w, o: w.client("s3").put_bucket_lifecycle_configuration(
            Bucket=o.id,
            LifecycleConfiguration={
                "Rules": [{"ID": "keep", "Status": "Disabled", "Filter": {}, "Expiration": {"Days": 1}}]
            },
        ),
        drifted=("rules",),
    ),
    Case(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        lambda w: {"bucket": w.locked_bucket.id, "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
        r"locked-[0-9a-f]{7}",
        update=lambda w: {
            "bucket": w.locked_bucket.id,
            "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 60}},
        },
        replace=lambda w: {**other(w), "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
        tamper=lambda w, o: w.client("s3").put_object_lock_configuration(
            Bucket=o.id,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
            },
        ),
        drifted=("rule",),
        stays=True,
    ),
    Case(
        "aws:s3/bucketLogging:BucketLogging",
        lambda w: {
            **bucket(w),
            "targetBucket": w.log_bucket,
            "targetPrefix": "s3/",
            "targetObjectKeyFormat": {"partitionedPrefix": {"partitionDateSource": "EventTime"}},
        },
        NAME,
        update=lambda w: {**bucket(w), "targetBucket": w.log_bucket, "targetPrefix": "other/"},
        replace=lambda w: {**other(w), "targetBucket": w.log_bucket, "targetPrefix": "s3/"},
        tamper=lambda w, o: w.client("s3").put_bucket_logging(
            Bucket=o.id,
            BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": w.log_bucket, "TargetPrefix": "elsewhere/"}},
        ),
        drifted=("targetPrefix",),
    ),
    Case(
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        lambda w: dict.fromkeys(FLAGS, True),
        r"555555555555",
        update=lambda w: {"blockPublicAcls": True, "ignorePublicAcls": True},
        replace=lambda w: {**dict.fromkeys(FLAGS, True), "accountId": "222222222222"},
        tamper=None,
    ),
)
