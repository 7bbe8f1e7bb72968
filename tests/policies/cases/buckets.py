"""Cases of the hardening pack: buckets."""

from __future__ import annotations

import json
from typing import Any

from tests.policies.cases.data import KEY
from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import UNKNOWN, Res

BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"


def encrypted(**default: object) -> Res:
    """A bucket's encryption configuration."""
    return Res(ENCRYPTION, {"bucket": "b", "rules": [{"applyServerSideEncryptionByDefault": default}]})


def logging_to(target: Any) -> Res:
    """A bucket whose access logs go to another."""
    return Res(LOGGING, {"bucket": "other", "targetBucket": target, "targetPrefix": ""}, name="logging")


def tls_only(**statement: object) -> str:
    """A bucket's policy that refuses requests without TLS, or something like it."""
    given: dict[str, object] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [given | statement]})


def everywhere(rule: str, setting: str, *, more: Any = ()) -> Cases:
    """Cases of a rule that asks for a setting of each bucket."""
    name = setting.rpartition(":")[2]
    return Cases(
        rule,
        good=[Res(BUCKET, {"bucket": "b"}), Res(setting, {"bucket": "b"}, name="setting")],
        bad=[Res(BUCKET, {"bucket": "b"}), Res(setting, {"bucket": "c"}, name="setting")],
        at=name,
        unset=([Res(BUCKET, {"bucket": "b"})], FAILS),
        unknown=([Res(BUCKET, {"bucket": "b"}), Res(setting, {"bucket": UNKNOWN}, name="setting")], UNDECIDED),
        other=[Res("aws:s3/directoryBucket:DirectoryBucket", {"bucket": "b"})],
        more=more,
    )


def records(kind: str, *, lock: Any = True) -> Res:
    """A bucket of records."""
    return Res(BUCKET, {"bucket": "b", "objectLockEnabled": lock, "tags": {"freehold:records": kind}})


def lock(bucket: Any, *, mode: str | None = "GOVERNANCE") -> Res:
    """The lock of a bucket, with or without a default."""
    rule = None if mode is None else {"defaultRetention": {"mode": mode, "days": 30}}
    return Res(LOCK, {"bucket": bucket, "rule": rule}, name="lock")


CASES: tuple[Cases, ...] = (
    one(
        "s3-public-access-block",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        good=dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True),
        bad={
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": False,
        },
        at="restrictPublicBuckets",
        unset=FAILS,
        unknown={
            "blockPublicAcls": UNKNOWN,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        other="aws:s3/bucketVersioning:BucketVersioning",
        more=[({"blockPublicAcls": UNKNOWN, "blockPublicPolicy": False}, FAILS)],
    ),
    Cases(
        "s3-public-access-blocked",
        good=[
            Res("aws:s3/bucket:Bucket", {"id": "b", "bucket": "b"}),
            Res("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": "b"}, name="block"),
        ],
        bad=[
            Res("aws:s3/bucket:Bucket", {"id": "b"}),
            Res("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": "c"}, name="block"),
        ],
        at="BucketPublicAccessBlock",
        unset=([Res("aws:s3/bucket:Bucket", {"id": "b"})], FAILS),
        unknown=(
            [
                Res("aws:s3/bucket:Bucket", {"id": UNKNOWN}),
                Res("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": UNKNOWN}, name="block"),
            ],
            UNDECIDED,
        ),
        other=[Res("aws:s3/directoryBucket:DirectoryBucket", {"bucket": "b"})],
        more=[
            (
                [
                    Res("aws:s3/bucket:Bucket", {"id": UNKNOWN}),
                    Res(
                        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                        {"bucket": UNKNOWN},
                        name="block",
                        depends={"bucket": ["it"]},
                    ),
                ],
                PASSES,
            ),
        ],
    ),
    Cases(
        "s3-cmk",
        good=[encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId=KEY)],
        bad=[encrypted(sseAlgorithm="AES256")],
        at="sseAlgorithm",
        unset=([Res(ENCRYPTION, {"bucket": "b"})], FAILS),
        unknown=([encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId=UNKNOWN)], UNDECIDED),
        other=[Res("aws:s3/bucketVersioning:BucketVersioning", {"rules": [{"sseAlgorithm": "AES256"}]})],
        more=[
            ([encrypted(sseAlgorithm="aws:kms")], FAILS),
            ([Res(ENCRYPTION, {"rules": UNKNOWN})], UNDECIDED),
            ([Res(ENCRYPTION, {"rules": []})], FAILS),
            ([encrypted(sseAlgorithm="AES256"), Res(BUCKET, {"bucket": "b"}, name="b"), logging_to("b")], PASSES),
            ([encrypted(sseAlgorithm="AES256"), Res(BUCKET, {"bucket": "b"}, name="b"), logging_to("c")], FAILS),
            (
                [encrypted(sseAlgorithm="AES256"), Res(BUCKET, {"bucket": "b"}, name="b"), logging_to(UNKNOWN)],
                UNDECIDED,
            ),
        ],
    ),
    Cases(
        "s3-cmk-everywhere",
        good=[
            Res("aws:s3/bucket:Bucket", {"bucket": "b"}),
            Res(
                "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                {"bucket": "b"},
                name="encryption",
            ),
        ],
        bad=[Res("aws:s3/bucket:Bucket", {"bucket": "b"}), Res("aws:s3/bucket:Bucket", {"bucket": "c"}, name="c")],
        at="BucketServerSideEncryptionConfiguration",
        unset=([Res("aws:s3/bucket:Bucket")], FAILS),
        unknown=(
            [
                Res("aws:s3/bucket:Bucket", {"bucket": "b"}),
                Res(
                    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                    {"bucket": UNKNOWN},
                    name="encryption",
                ),
            ],
            UNDECIDED,
        ),
        other=[Res("aws:s3/directoryBucket:DirectoryBucket", {"bucket": "b"})],
    ),
    one(
        "s3-tls-only",
        POLICY,
        good={"policy": tls_only()},
        bad={"policy": tls_only(Effect="Allow")},
        at="policy",
        unset=FAILS,
        unknown={"policy": UNKNOWN},
        other="aws:sns/topicPolicy:TopicPolicy",
        more=[
            ({"policy": tls_only(Condition={"Bool": {"aws:SecureTransport": False}})}, PASSES),
            ({"policy": tls_only(Principal={"AWS": "*"})}, PASSES),
            ({"policy": tls_only(Condition={"Bool": {"aws:SecureTransport": "true"}})}, FAILS),
            ({"policy": tls_only(Condition={"BoolIfExists": {"aws:SecureTransport": "false"}})}, FAILS),
            ({"policy": tls_only(Condition={"Bool": {"aws:SecureTransport": "false", "aws:x": "true"}})}, FAILS),
            ({"policy": tls_only(Condition={})}, FAILS),
            ({"policy": tls_only(Action="s3:GetObject")}, FAILS),
            ({"policy": tls_only(Resource="arn:aws:s3:::b")}, FAILS),
            ({"policy": tls_only(Principal={"AWS": "arn:aws:iam::1:root"})}, FAILS),
        ],
    ),
    everywhere("s3-policy-everywhere", POLICY),
    one(
        "s3-versioning",
        VERSIONING,
        good={"versioningConfiguration": {"status": "Enabled"}},
        bad={"versioningConfiguration": {"status": "Suspended"}},
        at="versioningConfiguration.status",
        unset=FAILS,
        unknown={"versioningConfiguration": UNKNOWN},
        other="aws:s3/bucketLogging:BucketLogging",
    ),
    everywhere("s3-versioning-everywhere", VERSIONING),
    one(
        "s3-acls-off",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        good={"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        bad={"rule": {"objectOwnership": "ObjectWriter"}},
        at="rule.objectOwnership",
        unset=FAILS,
        unknown={"rule": UNKNOWN},
        other="aws:s3/bucketLogging:BucketLogging",
    ),
    everywhere("s3-lifecycle-everywhere", "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"),
    everywhere(
        "s3-logging-everywhere",
        LOGGING,
        more=[
            ([Res(BUCKET, {"bucket": "b"}), logging_to("b")], PASSES),
            ([Res(BUCKET, {"bucket": "b"}), logging_to(UNKNOWN)], UNDECIDED),
            ([Res(BUCKET, {"bucket": "b"}), logging_to("c")], FAILS),
        ],
    ),
    Cases(
        "s3-object-lock",
        good=[records("logs"), lock("b")],
        bad=[records("evidence", lock=False), lock("b")],
        at="objectLockEnabled",
        unset=([records("logs", lock=None), lock("b")], FAILS),
        unknown=([Res(BUCKET, {"bucket": "b", "tags": UNKNOWN})], UNDECIDED),
        other=[Res("aws:s3/directoryBucket:DirectoryBucket", {"tags": {"freehold:records": "logs"}})],
        more=[
            ([records("access", lock=False)], PASSES),
            ([Res(BUCKET, {"bucket": "b"})], PASSES),
            ([records("evidence")], FAILS),
            ([records("evidence"), lock("c")], FAILS),
            ([records("evidence"), lock("b", mode=None)], FAILS),
            ([records("evidence"), lock(UNKNOWN)], UNDECIDED),
            ([records("evidence", lock=UNKNOWN), lock("b")], UNDECIDED),
        ],
    ),
    one(
        "s3-object-lock-compliance",
        LOCK,
        good={"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 365}}},
        bad={"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 365}}},
        at="rule.defaultRetention.mode",
        unset=FAILS,
        unknown={"rule": UNKNOWN},
        other="aws:s3/bucketLogging:BucketLogging",
    ),
)
