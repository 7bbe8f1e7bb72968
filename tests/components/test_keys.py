"""Key policies, and that everything which stores something uses a key of the client."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.recording import ACCOUNT, Recorded, Recording


def statements(key: Recorded) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(key.inputs["policy"])["Statement"]
    return found


def test_every_key_rotates_and_stays_in_its_region(environment: Recording) -> None:
    keys = [key for key in environment.of("kms/key:Key") if key.parent.endswith("Keys::keys")]
    assert {key.name for key in keys} == {"data", "cluster", "logs", "notifications", "archive", "registry"}
    for key in keys:
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["multiRegion"] is False
        assert key.inputs["deletionWindowInDays"] == 30


def test_every_statement_is_tied_to_the_account(environment: Recording) -> None:
    for key in environment.of("kms/key:Key"):
        for statement in statements(key):
            principal = statement["Principal"]
            if principal == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}:
                continue
            assert ACCOUNT in json.dumps(statement["Condition"]), (key.name, statement["Sid"])
            assert "kms:*" not in statement["Action"]


def test_a_wildcard_principal_is_bound_to_the_account_and_one_service(environment: Recording) -> None:
    for key in environment.of("kms/key:Key"):
        for statement in statements(key):
            if "*" in json.dumps(statement["Principal"]):
                tied = statement["Condition"]["StringEquals"]
                assert tied["kms:CallerAccount"] == ACCOUNT
                assert tied["kms:ViaService"] == "ec2.eu-central-1.amazonaws.com"


def test_the_account_can_always_administer_its_keys(environment: Recording) -> None:
    for key in environment.of("kms/key:Key"):
        assert any(
            statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"} and statement["Action"] == ["kms:*"]
            for statement in statements(key)
        )


@pytest.mark.parametrize(
    ("kind", "path", "key"),
    [
        ("cloudwatch/logGroup:LogGroup", ("kmsKeyId",), "logs"),
        ("sns/topic:Topic", ("kmsMasterKeyId",), "notifications"),
        ("rds/instance:Instance", ("kmsKeyId",), "data"),
        ("rds/instance:Instance", ("masterUserSecretKmsKeyId",), "data"),
        ("rds/instance:Instance", ("performanceInsightsKmsKeyId",), "data"),
        ("eks/cluster:Cluster", ("encryptionConfig", "provider", "keyArn"), "cluster"),
        ("ec2/launchTemplate:LaunchTemplate", ("blockDeviceMappings", 0, "ebs", "kmsKeyId"), "cluster"),
    ],
)
def test_what_stores_something_uses_the_key_of_its_purpose(
    environment: Recording, kind: str, path: tuple[str | int, ...], key: str
) -> None:
    resources = environment.of(kind)
    assert resources
    for resource in resources:
        value: Any = resource.inputs
        for place in path:
            value = value[place]
        assert value == f"arn:aws:key:eu-central-1:{ACCOUNT}:key/{key}"


def test_disks_and_storage_are_encrypted(environment: Recording) -> None:
    for template in environment.of("ec2/launchTemplate:LaunchTemplate"):
        assert {disk["ebs"]["encrypted"] for disk in template.inputs["blockDeviceMappings"]} == {"true"}
    (database,) = environment.of("rds/instance:Instance")
    assert database.inputs["storageEncrypted"] is True
