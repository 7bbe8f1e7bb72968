"""The archive: private, locked, kept, and open to nobody but the services that deliver there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.bucket import COLD_AFTER_DAYS, COLD_LEAST_DAYS, NAME_LONGEST, lifecycle, name_of
from components.naming import Scope
from sandbox.cloud import policies
from sandbox.cloud.policies import Asking, Decision
from tests.components.conftest import example
from tests.components.recording import ACCOUNT, Recorded, Recording, record

FOREIGN = "999999999999"
LOCKED = ("logs", "evidence")
SETTINGS = (
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "s3/bucketOwnershipControls:BucketOwnershipControls",
    "s3/bucketPolicy:BucketPolicy",
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "s3/bucketVersioning:BucketVersioning",
)


def buckets(environment: Recording) -> list[Recorded]:
    found = environment.of("s3/bucket:Bucket")
    assert {bucket.name for bucket in found} >= {"logs", "evidence", "access"}
    return found


def document(environment: Recording, bucket: str) -> str:
    text: str = environment.one("s3/bucketPolicy:BucketPolicy", bucket).inputs["policy"]
    policies.check(text)
    return text


def asked(environment: Recording, bucket: str, action: str, key: str = "", **more: Any) -> Decision:
    """What the bucket's policy says of a request."""
    arn = f"arn:aws:s3:::{environment.one('s3/bucket:Bucket', bucket).inputs['bucket']}"
    service = more.pop("service", "")
    account = more.pop("account", ACCOUNT)
    context = {
        "aws:securetransport": "true",
        "s3:tlsversion": "1.3",
        "aws:principalisawsservice": str(bool(service)).lower(),
        **({} if service else {"aws:principalaccount": account}),
        **more.pop("context", {}),
    }
    caller = "" if service else f"arn:aws:iam::{account}:role/somebody"
    resource = f"{arn}/{key}" if key else arn
    asking = Asking(action, resource, "" if service else account, caller, service, context)
    return policies.decide(document(environment, bucket), asking)


def test_every_bucket_has_every_setting(environment: Recording) -> None:
    for bucket in buckets(environment):
        for setting in SETTINGS:
            found = environment.one(setting, bucket.name)
            assert found.inputs["bucket"] == bucket.inputs["bucket"]
        assert bucket.inputs["forceDestroy"] is False
        block = environment.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", bucket.name).inputs
        assert [block[flag] for flag in block if flag != "bucket"] == [True] * 4
        versioning = environment.one("s3/bucketVersioning:BucketVersioning", bucket.name).inputs
        assert versioning["versioningConfiguration"] == {"status": "Enabled"}
        ownership = environment.one("s3/bucketOwnershipControls:BucketOwnershipControls", bucket.name).inputs
        assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_public_access_is_blocked_for_the_account(environment: Recording) -> None:
    (block,) = environment.of("s3/accountPublicAccessBlock:AccountPublicAccessBlock")
    assert set(block.inputs.values()) == {True}
    assert len(block.inputs) == 4


@pytest.mark.parametrize("kind", LOCKED)
def test_locked_buckets_use_the_archives_key(environment: Recording, kind: str) -> None:
    assert environment.one("s3/bucket:Bucket", kind).inputs["objectLockEnabled"] is True
    (rule,) = environment.one(
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", kind
    ).inputs["rules"]
    assert rule["bucketKeyEnabled"] is True
    default = rule["applyServerSideEncryptionByDefault"]
    assert default == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": environment.outputs["keys"]["archive"]}
    logging = environment.one("s3/bucketLogging:BucketLogging", kind).inputs
    assert logging["targetBucket"] == environment.outputs["archive"]["access_bucket"]


def test_the_lock_follows_the_stage(dev: Recording, prod: Recording) -> None:
    for environment, mode in ((dev, "GOVERNANCE"), (prod, "COMPLIANCE")):
        for kind, field in (("logs", "retention_days"), ("evidence", "evidence_retention_days")):
            lock = environment.one("s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", kind)
            days = environment.outputs["archive"][field]
            assert lock.inputs["rule"] == {"defaultRetention": {"mode": mode, "days": days}}


def test_access_logs_can_be_delivered(environment: Recording) -> None:
    """SSE-S3 and no default lock: AWS delivers them to no other bucket."""
    assert environment.one("s3/bucket:Bucket", "access").inputs["objectLockEnabled"] is False
    assert "access" not in {
        lock.name for lock in environment.of("s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    }
    (rule,) = environment.one(
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "access"
    ).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    source = f"arn:aws:s3:::{environment.one('s3/bucket:Bucket', 'logs').inputs['bucket']}"
    context = {"aws:sourceaccount": ACCOUNT, "aws:sourcearn": source}
    key = environment.one("s3/bucketLogging:BucketLogging", "logs").inputs["targetPrefix"] + "2026-01-01"
    writes = {"service": "logging.s3.amazonaws.com", "context": context}
    assert asked(environment, "access", "s3:PutObject", key, **writes) is Decision.ALLOWED
    assert asked(environment, "access", "s3:PutObject", "elsewhere", **writes) is Decision.SILENT


TRAIL = f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/any"
FLOWS = f"arn:aws:logs:eu-central-1:{ACCOUNT}:*"
OWNED = {"s3:x-amz-acl": "bucket-owner-full-control"}
DELIVERIES = [
    ("cloudtrail.amazonaws.com", "CloudTrail/x", {"aws:sourcearn": TRAIL}),
    ("config.amazonaws.com", "Config/x", {"aws:sourceaccount": ACCOUNT}),
    ("delivery.logs.amazonaws.com", "vpcflowlogs/x", {"aws:sourceaccount": ACCOUNT, "aws:sourcearn": FLOWS}),
]


@pytest.mark.parametrize(("service", "key", "source"), DELIVERIES)
def test_services_deliver_for_this_account_only(
    environment: Recording, service: str, key: str, source: dict[str, str]
) -> None:
    below = f"AWSLogs/{ACCOUNT}/{key}"
    foreign = {name: value.replace(ACCOUNT, FOREIGN) for name, value in source.items()}

    def put(where: str, context: dict[str, str]) -> Decision:
        return asked(environment, "logs", "s3:PutObject", where, service=service, context=context)

    assert put(below, {**OWNED, **source}) is Decision.ALLOWED
    assert put(below, {**OWNED, **foreign}) is Decision.SILENT
    assert put(below, {**OWNED}) is Decision.SILENT
    assert put(below, source) is Decision.SILENT
    assert put(f"AWSLogs/{FOREIGN}/{key}", {**OWNED, **source}) is Decision.SILENT
    assert put(below, {**OWNED, **source, "aws:securetransport": "false"}) is Decision.DENIED
    checks = asked(environment, "logs", "s3:GetBucketAcl", service=service, context=source)
    assert checks is Decision.ALLOWED
    assert asked(environment, "logs", "s3:GetObject", below, service=service, context=source) is Decision.SILENT


@pytest.mark.parametrize("kind", [*LOCKED, "access"])
def test_requests_are_refused(environment: Recording, kind: str) -> None:
    def read(**more: Any) -> Decision:
        return asked(environment, kind, "s3:GetObject", "any", **more)

    assert read() is Decision.SILENT  # the account's own IAM policies decide
    assert read(context={"aws:securetransport": "false"}) is Decision.DENIED
    assert read(context={"s3:tlsversion": "1.1"}) is Decision.DENIED
    assert read(account=FOREIGN) is Decision.DENIED
    anonymous = Asking("s3:GetObject", "arn:aws:s3:::" + buckets(environment)[0].inputs["bucket"] + "/any")
    assert policies.decide(document(environment, buckets(environment)[0].name), anonymous) is Decision.DENIED


def test_evidence_takes_the_clients_key_only(environment: Recording) -> None:
    for algorithm, expected in (
        (None, Decision.SILENT),
        ("aws:kms", Decision.SILENT),
        ("AES256", Decision.DENIED),
    ):
        context = {} if algorithm is None else {"s3:x-amz-server-side-encryption": algorithm}
        assert asked(environment, "evidence", "s3:PutObject", "drill", context=context) is expected


def test_the_archive_its_settings_and_its_key_are_left_behind(environment: Recording) -> None:
    """And nothing else is."""
    left = {(found.type, found.name) for found in environment.below("aws:") if found.retain}
    archive = {(found.type, found.name) for found in environment.below("aws:s3/")}
    assert left == archive | {("aws:kms/key:Key", "archive"), ("aws:kms/alias:Alias", "archive")}


def test_an_archive_that_was_left_is_taken_over(dev: Recording) -> None:
    assert not [found for found in dev.resources if found.adopts]
    key = "9f48a7b0-cd15-4ade-bcdc-60ded62c6eca"
    description = example()
    again = record(description | {"audit": {**description["audit"], "adopt": key}})
    adopted = {(found.type, found.name): found.adopts for found in again.resources if found.adopts}
    assert adopted == {
        ("aws:kms/key:Key", "archive"): key,
        ("aws:kms/alias:Alias", "archive"): "alias/acme-dev-archive",
        **{("aws:s3/bucket:Bucket", kind): f"acme-dev-{kind}-{ACCOUNT}" for kind in ("logs", "evidence", "access")},
    }


NAME = st.from_regex(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", fullmatch=True)


@given(
    client=NAME,
    stage=st.sampled_from(["dev", "test", "staging", "prod"]),
    account=st.from_regex(r"[0-9]{12}", fullmatch=True),
)
def test_names_are_valid_and_tell_account_and_kind(client: str, stage: str, account: str) -> None:
    scope = Scope(f"{client}-{stage}", account, "eu-central-1")
    names = [name_of(scope, kind) for kind in ("logs", "evidence", "access")]
    assert len(set(names)) == len(names)
    for name in names:
        assert len(name) <= NAME_LONGEST
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", name)
        assert name.endswith(account)


@given(days=st.integers(min_value=1, max_value=36500))
def test_nothing_expires_before_its_lock_ends_and_everything_ends(days: int) -> None:
    kept: Any
    swept: Any
    kept, swept = lifecycle(days)
    assert kept.expiration.days == days
    assert kept.noncurrent_version_expiration.noncurrent_days > 0
    assert kept.abort_incomplete_multipart_upload.days_after_initiation > 0
    assert swept.expiration.expired_object_delete_marker is True
    for transition in kept.transitions or []:
        assert days - transition.days >= COLD_LEAST_DAYS
    assert bool(kept.transitions) == (days >= COLD_AFTER_DAYS + COLD_LEAST_DAYS)
