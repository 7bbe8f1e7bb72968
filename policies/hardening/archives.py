"""S3: what holds logs and evidence is locked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import equals, expect, is_set, is_true, require, setting, some
from policies.engine.links import linked
from policies.engine.resource import Stack
from policies.engine.rule import Finding, Rule, Undecided, mandatory_in
from policies.engine.standards import checkov, fsbp
from policies.engine.values import Node

RECORDS: Final = "freehold:records"
"""Tag that says what records a bucket holds."""

LOCKED: Final = ("logs", "evidence")
"""Records that must stand as they were written."""

_BUCKET: Final = ("aws:s3/bucket:*", "aws:s3/bucketV2:*")
_LOCK: Final = ("aws:s3/bucketObjectLockConfiguration:*", "aws:s3/bucketObjectLockConfigurationV2:*")


def _judge_lock(stack: Stack, _: Context) -> Iterator[Finding]:
    locks = stack.of(*_LOCK)
    for bucket in stack.of(*_BUCKET):
        records = bucket.at("tags", RECORDS)
        if records.unknown:
            yield Undecided(records, bucket)
        if records.value not in LOCKED:
            continue
        yield from expect(bucket.at("objectLockEnabled"), is_true, "true", resource=bucket)
        mine = [(lock, linked(lock, "bucket", bucket, by=("id", "bucket"))) for lock in locks]
        yield from require(
            some(truth for _, truth in mine),
            Node.of(None, "(BucketObjectLockConfiguration)"),
            "an s3.BucketObjectLockConfiguration of this bucket",
            resource=bucket,
        )
        for lock, truth in mine:
            if truth:
                yield from expect(lock.at("rule", "defaultRetention", "mode"), is_set, "a default mode", resource=lock)


RULES: Final = (
    Rule(
        id="s3-object-lock",
        title="Buckets of logs and evidence are locked",
        types=(*_BUCKET, *_LOCK),
        asks=f"A bucket whose tag `{RECORDS}` says {' or '.join(LOCKED)} has Object Lock with a default retention.",
        why="Whoever breaks in deletes the traces first.",
        fix="set object_lock_enabled=True and make an s3.BucketObjectLockConfiguration with a default retention",
        absent="A bucket without that tag is not judged; of one that has it, no lock and no default are refused.",
        judge_stack=_judge_lock,
        standards=(fsbp("S3.15"), checkov("CKV_AWS_143")),
    ),
    Rule(
        id="s3-object-lock-compliance",
        title="Locks cannot be bypassed in production",
        types=_LOCK,
        asks="`rule.defaultRetention.mode` is COMPLIANCE.",
        why="In governance mode an administrator, or who has become one, deletes locked versions.",
        fix="set the default retention's mode to COMPLIANCE",
        absent="Unset means no default retention: refused.",
        judge=setting("rule", "defaultRetention", "mode", test=equals("COMPLIANCE"), allowed="COMPLIANCE"),
        severity=mandatory_in("prod", reason="an environment for trials must be removable before years have passed"),
    ),
)
