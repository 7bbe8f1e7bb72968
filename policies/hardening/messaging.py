"""Log groups, topics and queues: keys, retention, who may publish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import at_least, expect, forbid, is_false, is_set, setting
from policies.engine.documents import statements
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule, Undecided
from policies.engine.standards import checkov, fsbp
from policies.engine.values import Node

_AWS_ALIAS: Final = "alias/aws/"
"""Aliases of AWS's own keys begin so."""


def is_own_key(node: Node) -> bool:
    """A key is named, and it is not one of AWS's own."""
    return is_set(node) and _AWS_ALIAS not in str(node.value)


def _judge_topic(resource: Resource, _: Context) -> Iterator[Finding]:
    for statement in statements(resource.at("policy")):
        yield from forbid(
            statement.for_anyone,
            statement.node,
            "principals by name, or a condition on the caller (aws:SourceAccount, aws:PrincipalAccount)",
        )


def _judge_queue(resource: Resource, _: Context) -> Iterator[Finding]:
    key, managed = resource.at("kmsMasterKeyId"), resource.at("sqsManagedSseEnabled")
    if key.unknown and not managed.true:
        yield Undecided(key)
    elif key.absent or not is_set(key):
        if managed.unknown:
            yield Undecided(managed)
        elif is_false(managed):
            yield from expect(managed, lambda _: False, "true, or a key in kmsMasterKeyId")


RULES: Final = (
    Rule(
        id="logs-cmk",
        title="Log groups use a key of the client",
        types=("aws:cloudwatch/logGroup:*",),
        asks="`kmsKeyId` names a KMS key.",
        why="Logs hold what people typed; AWS's own key cannot be withdrawn from anyone.",
        fix="set kms_key_id to the ARN of the environment's logs key",
        absent="Unset means AWS's own encryption: refused.",
        judge=setting("kmsKeyId", test=is_set, allowed="the ARN of a key of the client"),
        standards=(checkov("CKV_AWS_158"),),
    ),
    Rule(
        id="logs-retention",
        title="Log groups state how long they keep logs",
        types=("aws:cloudwatch/logGroup:*",),
        asks="`retentionInDays` is set, and not 0.",
        why="Logs kept forever cost forever, and hold personal data longer than anyone may.",
        fix="set retention_in_days",
        absent="Unset means forever: refused.",
        judge=setting("retentionInDays", test=at_least(1), allowed="1 or more days"),
    ),
    Rule(
        id="sns-cmk",
        title="Topics use a key of the client",
        types=("aws:sns/topic:*",),
        asks="`kmsMasterKeyId` names a KMS key other than AWS's own.",
        why="Notifications carry names, figures and errors; with AWS's own key, alarms cannot even publish to them.",
        fix="set kms_master_key_id to the environment's key",
        absent="Unset means unencrypted: refused.",
        judge=setting("kmsMasterKeyId", test=is_own_key, allowed="a key of the client"),
        standards=(fsbp("SNS.1"), checkov("CKV_AWS_26")),
    ),
    Rule(
        id="sns-not-public",
        title="Topics are not open to anyone",
        types=("aws:sns/topic:*", "aws:sns/topicPolicy:*"),
        asks="No statement of the topic's policy grants to principal `*` without a condition on the caller.",
        why="Anyone could read the notifications, or forge them.",
        fix="name principals, or add a condition on aws:SourceAccount or aws:PrincipalAccount",
        absent="Unset means AWS's default policy, for the topic's own account alone: passes.",
        judge=_judge_topic,
        standards=(fsbp("SNS.4"), checkov("CKV_AWS_169")),
    ),
    Rule(
        id="sqs-encrypted",
        title="Queues are encrypted",
        types=("aws:sqs/queue:*",),
        asks="`kmsMasterKeyId` names a key, or `sqsManagedSseEnabled` is not false.",
        why="Messages wait on disk.",
        fix="set kms_master_key_id to the environment's key",
        absent="Unset means encryption by SQS's own key: passes.",
        judge=_judge_queue,
        standards=(fsbp("SQS.1"), checkov("CKV_AWS_27")),
    ),
)
