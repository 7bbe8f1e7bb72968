"""KMS."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sandbox.plugins.aws.cases.case import TAGS, Case
from tests.sandbox.plugins.aws.world import key_policy

CASES: Sequence[Case] = (
    Case(
        "aws:kms/key:Key",
        lambda w: {
            "description": "data",
            "policy": key_policy(),
            "enableKeyRotation": True,
            "rotationPeriodInDays": 180,
            "deletionWindowInDays": 7,
            "tags": TAGS,
        },
        r"[0-9a-f-]{36}",
        update=lambda w: {
            "description": "data of the client",
            "policy": key_policy("kms:Describe*"),
            "enableKeyRotation": False,
            "isEnabled": False,
            "deletionWindowInDays": 7,
            "tags": {"Name": "other"},
        },
        replace=lambda w: {"description": "data", "keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048"},
        tamper=lambda w, o: w.client("kms").disable_key_rotation(KeyId=o.id),
        drifted=("enableKeyRotation",),
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda w: {"name": "alias/data", "targetKeyId": w.key.id},
        r"alias/data",
        update=lambda w: {"name": "alias/data", "targetKeyId": w.other_key.state["arn"]},
        replace=lambda w: {"name": "alias/other", "targetKeyId": w.key.id},
        tamper=lambda w, o: w.client("kms").update_alias(AliasName=o.id, TargetKeyId=w.other_key.id),
        drifted=("targetKeyId",),
    ),
)
