"""KMS keys, and secrets encrypted with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import equals, expect, forbid, holds, is_set, is_true, setting
from policies.engine.documents import statements
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule, Undecided
from policies.engine.standards import checkov, cis, fsbp


def _judge_rotation(resource: Resource, _: Context) -> Iterator[Finding]:
    usage, spec = resource.at("keyUsage"), resource.at("customerMasterKeySpec")
    for unsure in (usage, spec):
        if unsure.unknown:
            yield Undecided(unsure)
            return
    symmetric = holds(spec, equals("SYMMETRIC_DEFAULT"), absent=True)
    if symmetric and holds(usage, equals("ENCRYPT_DECRYPT"), absent=True):
        yield from expect(resource.at("enableKeyRotation"), is_true, "true")


def _judge_policy(resource: Resource, _: Context) -> Iterator[Finding]:
    for statement in statements(resource.at("policy")):
        yield from forbid(
            statement.for_anyone,
            statement.node,
            "principals by name, or a condition on the caller's account (kms:CallerAccount, aws:PrincipalAccount)",
        )


RULES: Final = (
    Rule(
        id="kms-rotation",
        title="Keys rotate every year",
        types=("aws:kms/key:*",),
        asks="`enableKeyRotation` is true for symmetric encryption keys (AWS rotates no others).",
        why="Rotation bounds how much is ever encrypted under one key material.",
        fix="set enable_key_rotation=True",
        absent="Unset means no rotation: refused.",
        judge=_judge_rotation,
        standards=(cis("3.6"), fsbp("KMS.4"), checkov("CKV_AWS_7")),
    ),
    Rule(
        id="kms-no-wildcard-principal",
        title="Key policies name who may use the key",
        types=("aws:kms/key:*", "aws:kms/keyPolicy:*"),
        asks="No statement of the key's policy grants to principal `*` without a condition on the caller.",
        why="Such a statement opens the key, and all it encrypts, to every AWS account.",
        fix="name principals, or add a condition on kms:CallerAccount or aws:PrincipalAccount",
        absent="Unset means AWS's default policy, for the key's own account alone: passes.",
        judge=_judge_policy,
        standards=(fsbp("KMS.5"), checkov("CKV_AWS_33")),
    ),
    Rule(
        id="secret-cmk",
        title="Secrets use a key of the client",
        types=("aws:secretsmanager/secret:*",),
        asks="`kmsKeyId` names a KMS key.",
        why="AWS's own key cannot be disabled, its policy cannot be changed, its use cannot be withdrawn.",
        fix="set kms_key_id to the ARN of the environment's secrets key",
        absent="Unset means AWS's own key: refused.",
        judge=setting("kmsKeyId", test=is_set, allowed="the ARN of a key of the client"),
        standards=(checkov("CKV_AWS_149"),),
    ),
)
