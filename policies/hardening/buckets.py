"""S3: public access and encryption, on every bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import Truth, both, equals, expect, is_set, is_true, require, some
from policies.engine.links import linked
from policies.engine.resource import Resource, Stack
from policies.engine.rule import Finding, Rule, Undecided
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import EACH, Node

_BUCKET: Final = ("aws:s3/bucket:*", "aws:s3/bucketV2:*")
_BLOCK: Final = ("aws:s3/bucketPublicAccessBlock:*",)
_ENCRYPTION: Final = (
    "aws:s3/bucketServerSideEncryptionConfiguration:*",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:*",
)
_LOGGING: Final = ("aws:s3/bucketLogging:*",)
_FLAGS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _judge_block(resource: Resource, _: Context) -> Iterator[Finding]:
    for flag in _FLAGS:
        yield from expect(resource.at(flag), is_true, "true")


def _receives_logs(stack: Stack, bucket: Resource) -> Truth:
    """Whether access logs of other buckets are written to a bucket."""
    return some(linked(found, "targetBucket", bucket, by=("id", "bucket")) for found in stack.of(*_LOGGING))


def _judge_encryption(stack: Stack, _: Context) -> Iterator[Finding]:
    targets = [(bucket, _receives_logs(stack, bucket)) for bucket in stack.of(*_BUCKET)]
    for config in stack.of(*_ENCRYPTION):
        exempt = some(
            both(receives, linked(config, "bucket", bucket, by=("id", "bucket"))) for bucket, receives in targets
        )
        if exempt:
            continue
        rules = config.every("rules", EACH, "applyServerSideEncryptionByDefault")
        for rule in rules or [config.at("rules").at(0, "applyServerSideEncryptionByDefault")]:
            algorithm, key = rule.at("sseAlgorithm"), rule.at("kmsMasterKeyId")
            if exempt is None and algorithm.value == "AES256":
                yield Undecided(config.at("bucket"), config)
                continue
            yield from expect(algorithm, equals("aws:kms", "aws:kms:dsse"), "aws:kms", resource=config)
            yield from expect(key, is_set, "the ARN of a key of the client", resource=config)


def _each_bucket_has(types: tuple[str, ...], what: str) -> Callable[[Stack, Context], Iterator[Finding]]:
    def judge(stack: Stack, _: Context) -> Iterator[Finding]:
        companions = stack.of(*types)
        for bucket in stack.of(*_BUCKET):
            has = some(linked(found, "bucket", bucket, by=("id", "bucket")) for found in companions)
            yield from require(has, Node.of(None, f"({what})"), f"an s3.{what} of this bucket", resource=bucket)

    return judge


RULES: Final = (
    Rule(
        id="s3-public-access-block",
        title="Public access blocks are complete",
        types=_BLOCK,
        asks=f"{', '.join(f'`{flag}`' for flag in _FLAGS)} are all true.",
        why="Each switch closes another way in which a bucket becomes public.",
        fix="set all four switches of the s3.BucketPublicAccessBlock to True",
        absent="Unset means false: refused.",
        judge=_judge_block,
        standards=(cis("2.1.4"), fsbp("S3.8"), *(checkov(f"CKV_AWS_{number}") for number in (53, 54, 55, 56))),
    ),
    Rule(
        id="s3-public-access-blocked",
        title="Every bucket has a public access block",
        types=(*_BUCKET, *_BLOCK),
        asks="For each bucket of the stack there is a public access block (which s3-public-access-block judges).",
        why="Without one, a policy or an object's ACL can make data public.",
        fix="make an s3.BucketPublicAccessBlock for this bucket",
        absent="A bucket without a block is refused.",
        judge_stack=_each_bucket_has(_BLOCK, "BucketPublicAccessBlock"),
        standards=(cis("2.1.4"), fsbp("S3.8")),
    ),
    Rule(
        id="s3-cmk",
        title="Buckets encrypt with a key of the client",
        types=(*_ENCRYPTION, *_BUCKET, *_LOGGING),
        asks="Each encryption rule uses `aws:kms` (or `aws:kms:dsse`) and names a key; but for a bucket that receives "
        "access logs, which AWS delivers to S3's own key only (Amazon S3 User Guide, *Logging requests with server "
        "access logging*).",
        why="S3's own keys cannot be disabled, and every reader of the bucket may use them.",
        fix="set sse_algorithm='aws:kms' and kms_master_key_id to the environment's key",
        absent="Unset means S3's or AWS's own key: refused.",
        judge_stack=_judge_encryption,
        standards=(fsbp("S3.17"), checkov("CKV_AWS_145")),
    ),
    Rule(
        id="s3-cmk-everywhere",
        title="Every bucket states its encryption",
        types=(*_BUCKET, *_ENCRYPTION),
        asks="For each bucket of the stack there is an encryption configuration (which s3-cmk judges).",
        why="A bucket without one uses S3's own keys.",
        fix="make an s3.BucketServerSideEncryptionConfiguration for this bucket",
        absent="A bucket without one is refused.",
        judge_stack=_each_bucket_has(_ENCRYPTION, "BucketServerSideEncryptionConfiguration"),
        standards=(fsbp("S3.17"), checkov("CKV_AWS_145")),
    ),
)
