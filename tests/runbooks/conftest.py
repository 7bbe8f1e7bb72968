"""A locked bucket of evidence in the emulated S3, and a ledger in it."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from runbooks.ledger import Actor, Kit, Ledger
from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME, aws

DAYS = 400
ACTOR = Actor(caller="arn:aws:iam::100000000000:user/operator", role=f"arn:aws:sts::{ACME}:assumed-role/drill/x")
KIT = Kit(version="0.1.0", commit=None)


@pytest.fixture
def s3(cloud: Surroundings) -> Any:
    """S3 in the client's account."""
    return aws(cloud, "s3", account=ACME)


@pytest.fixture
def bucket(s3: Any) -> str:
    """An evidence bucket as the Archive makes it outside production."""
    name = f"evidence-{secrets.token_hex(6)}"
    s3.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )
    s3.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": DAYS}},
        },
    )
    return name


@pytest.fixture
def ledger(s3: Any, bucket: str) -> Ledger:
    """An empty ledger."""
    return Ledger(s3, bucket, "acme-dev", ACME)
