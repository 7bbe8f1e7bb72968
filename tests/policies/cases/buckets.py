"""Cases of the hardening pack: buckets."""

from __future__ import annotations

from typing import Any

from tests.policies.cases.data import KEY
from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import UNKNOWN, Res

BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LOGGING = "aws:s3/bucketLogging:BucketLogging"


def encrypted(**default: object) -> Res:
    """A bucket's encryption configuration."""
    return Res(ENCRYPTION, {"bucket": "b", "rules": [{"applyServerSideEncryptionByDefault": default}]})


def logging_to(target: Any) -> Res:
    """A bucket whose access logs go to another."""
    return Res(LOGGING, {"bucket": "other", "targetBucket": target, "targetPrefix": ""}, name="logging")


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
)
