"""Buckets as AWS keeps them: policies are judged with their conditions, locks hold, objects survive a kill."""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.cloud import part
from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME, GLOBEX, aws

HOME = "eu-central-1"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def s3(cloud: Surroundings) -> Any:
    return aws(cloud, "s3", HOME, ACME)


@pytest.fixture(scope="module")
def globex(cloud: Surroundings) -> Any:
    return aws(cloud, "s3", HOME, GLOBEX)


def make(s3: Any, *, lock: bool = False) -> str:
    """A bucket of ACME's."""
    name = f"freehold-tests-{next(NUMBERS)}"
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": HOME}, ObjectLockEnabledForBucket=lock
    )
    return name


def allow_only(s3: Any, bucket: str, *statements: dict[str, Any]) -> None:
    """Set the bucket's policy."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    document = {"Version": "2012-10-17", "Statement": [{"Resource": resources, **one} for one in statements]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def refused(code: str = "AccessDenied") -> Any:
    return pytest.raises(ClientError, match=code)


def in_the_clear(request: Any, **_: Any) -> None:
    request.headers["X-Forwarded-Proto"] = "http"


def test_a_new_bucket_is_as_aws_makes_it(s3: Any) -> None:
    bucket = make(s3)
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (owner,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owner == {"ObjectOwnership": "BucketOwnerEnforced"}
    with refused("AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read")


def test_requests_without_tls_are_refused(cloud: Surroundings, s3: Any) -> None:
    bucket = make(s3)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    allow_only(s3, bucket, {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    s3.put_object(Bucket=bucket, Key="over-tls", Body=b"x")
    plain = aws(cloud, "s3", HOME, ACME)
    plain.meta.events.register("before-sign.s3", in_the_clear)
    with refused():
        plain.get_object(Bucket=bucket, Key="over-tls")
    with refused():
        plain.put_object(Bucket=bucket, Key="other", Body=b"x")
    with refused():
        plain.list_objects_v2(Bucket=bucket)
    with refused():
        plain.delete_object(Bucket=bucket, Key="over-tls")
    with refused("403"):
        plain.head_object(Bucket=bucket, Key="over-tls")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["over-tls"]


def test_another_account_is_let_in_by_the_policy_alone(s3: Any, globex: Any) -> None:
    bucket = make(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused():
        globex.get_object(Bucket=bucket, Key="k")
    guest = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{GLOBEX}:root"}, "Action": "s3:GetObject"}
    allow_only(s3, bucket, guest)
    assert globex.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    with refused():
        globex.put_object(Bucket=bucket, Key="k", Body=b"y")
    bound = {"StringNotEquals": {"aws:PrincipalAccount": ACME}}
    allow_only(s3, bucket, guest, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": bound})
    with refused():
        globex.get_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_every_key_of_a_batch_is_judged(s3: Any) -> None:
    bucket = make(s3)
    s3.put_object(Bucket=bucket, Key="kept/one", Body=b"x")
    allow_only(
        s3,
        bucket,
        {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{bucket}/kept/*"},
    )
    with refused():
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "free"}, {"Key": "kept/one"}]})


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Perhaps", "Principal": "*", "Action": "s3:*"},
        {"Effect": "Deny", "Action": "s3:*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"StringEqualish": {"a": "b"}}},
    ],
)
def test_a_policy_that_cannot_be_judged_is_not_stored(s3: Any, statement: dict[str, Any]) -> None:
    bucket = make(s3)
    with refused("MalformedPolicy"):
        allow_only(s3, bucket, statement)


@pytest.fixture(params=["GOVERNANCE", "COMPLIANCE"])
def locked(request: pytest.FixtureRequest, s3: Any) -> tuple[str, str, str]:
    """A bucket with a default lock, its mode, and the version of an object in it."""
    bucket = make(s3, lock=True)
    s3.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": request.param, "Days": 30}},
        },
    )
    return bucket, request.param, s3.put_object(Bucket=bucket, Key="drill.json", Body=b"passed")["VersionId"]


def test_a_locked_version_cannot_be_deleted(s3: Any, locked: tuple[str, str, str]) -> None:
    bucket, mode, version = locked
    retention = s3.get_object_retention(Bucket=bucket, Key="drill.json", VersionId=version)["Retention"]
    assert retention["Mode"] == mode
    left = retention["RetainUntilDate"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=29) < left <= datetime.timedelta(days=30)
    named = {"Bucket": bucket, "Key": "drill.json", "VersionId": version}
    with refused():
        s3.delete_object(**named)
    refusals = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "drill.json", "VersionId": version}]})[
        "Errors"
    ]
    assert [one["Code"] for one in refusals] == ["AccessDenied"]
    s3.delete_object(Bucket=bucket, Key="drill.json")  # a marker only
    s3.put_object(Bucket=bucket, Key="drill.json", Body=b"failed")
    assert s3.get_object(**named)["Body"].read() == b"passed"
    if mode == "GOVERNANCE":
        s3.delete_object(**named, BypassGovernanceRetention=True)
        with refused("NoSuch"):
            s3.get_object(**named)
    else:
        with refused():
            s3.delete_object(**named, BypassGovernanceRetention=True)


def test_retention_is_prolonged_and_not_shortened(s3: Any, locked: tuple[str, str, str]) -> None:
    bucket, mode, version = locked
    named: dict[str, Any] = {"Bucket": bucket, "Key": "drill.json", "VersionId": version}

    def until(days: int) -> dict[str, Any]:
        return {"Mode": mode, "RetainUntilDate": datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)}

    s3.put_object_retention(**named, Retention=until(60))
    with refused():
        s3.put_object_retention(**named, Retention=until(1))
    if mode == "COMPLIANCE":
        with refused():
            s3.put_object_retention(**named, Retention=until(1), BypassGovernanceRetention=True)
        with refused():
            s3.put_object_retention(**named, Retention={**until(90), "Mode": "GOVERNANCE"})
    else:
        s3.put_object_retention(**named, Retention=until(1), BypassGovernanceRetention=True)


def test_the_bypass_can_be_denied(s3: Any) -> None:
    bucket = make(s3, lock=True)
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    version = s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    allow_only(s3, bucket, {"Effect": "Deny", "Principal": "*", "Action": "s3:BypassGovernanceRetention"})
    with refused():
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version, BypassGovernanceRetention=True)


def test_a_lock_ends(s3: Any) -> None:
    bucket = make(s3, lock=True)
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    version = s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    with refused():
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    time.sleep(2.1)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    s3.delete_bucket(Bucket=bucket)


def test_a_bucket_that_holds_locked_objects_stays_and_keeps_its_versions(s3: Any, locked: tuple[str, str, str]) -> None:
    bucket, _, _ = locked
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)
    with refused("InvalidBucketState"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def test_access_logs_go_where_the_policy_lets_s3_write(s3: Any) -> None:
    source, target = make(s3), make(s3)
    status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "s3/"}}
    with refused("InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket=source, BucketLoggingStatus=status)
    service = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    allow_only(s3, target, {**service, "Condition": {"StringEquals": {"aws:SourceAccount": ACME}}})
    s3.put_bucket_logging(Bucket=source, BucketLoggingStatus=status)
    assert s3.get_bucket_logging(Bucket=source)["LoggingEnabled"] == status["LoggingEnabled"]


def test_a_name_belongs_to_one_account_in_the_world(s3: Any, globex: Any) -> None:
    bucket = make(s3)
    where = {"LocationConstraint": HOME}
    with refused("BucketAlreadyOwnedByYou"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    with refused("BucketAlreadyExists"):
        globex.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)


def test_another_region_is_told_where_the_bucket_is(cloud: Surroundings, s3: Any) -> None:
    bucket = make(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    elsewhere = aws(cloud, "s3", "eu-west-1", ACME)
    assert elsewhere.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"  # botocore follows the redirect
    still = cloud.session("eu-west-1", ACME).client(
        "s3", endpoint_url=cloud.settings.cloud_url, config=Config(retries={"total_max_attempts": 1})
    )
    seen: list[int] = []
    still.meta.events.register("needs-retry.s3", lambda response, **_: seen.append(response[0].status_code))
    still.list_objects_v2(Bucket=bucket)
    assert seen == [301, 200]


@pytest.fixture(scope="module")
def restart(own_cloud: Surroundings) -> Callable[[], None]:
    def kill() -> None:
        from sandbox import process  # noqa: PLC0415

        record = process.find(own_cloud.settings, part.NAME)
        assert record is not None
        found = record.process()
        assert found is not None
        found.send_signal(signal.SIGKILL)
        found.wait(10)
        part.start(own_cloud.settings)

    return kill


def test_objects_of_any_size_survive_a_kill(own_cloud: Surroundings, restart: Callable[[], None]) -> None:
    s3 = aws(own_cloud, "s3", HOME, ACME)
    bucket = make(s3, lock=True)
    bodies = {"empty": b"", "text": "grün".encode(), "large": hashlib.shake_256(b"large").digest(12 * 2**20)}
    versions = {key: s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"] for key, body in bodies.items()}
    with refused("NoSuchUpload"):
        s3.upload_part(Bucket=bucket, Key="none", UploadId="none", PartNumber=1, Body=bodies["large"])
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    tags = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(
                Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=bodies["large"]
            )["ETag"],
        }
        for number in (1, 2)
    ]
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": tags})
    made = {one["Name"]: one["CreationDate"] for one in s3.list_buckets()["Buckets"]}

    restart()

    health = part.health(own_cloud.settings)
    assert health["replay_failed"] == 0
    for key, body in bodies.items():
        assert s3.get_object(Bucket=bucket, Key=key, VersionId=versions[key])["Body"].read() == body
    assert s3.get_object(Bucket=bucket, Key="parts")["Body"].read() == bodies["large"] * 2
    assert {one["Name"]: one["CreationDate"] for one in s3.list_buckets()["Buckets"]} == made
    journal = (own_cloud.settings.cloud / "journal.jsonl").stat().st_size
    assert journal < 2**20  # large bodies stand beside it
