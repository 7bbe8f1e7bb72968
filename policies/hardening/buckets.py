"""S3: what every bucket has, and what its settings say. (Locks: ``archives.py``.)"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import Truth, both, equals, expect, holds, is_false, is_set, is_true, require, setting, some
from policies.engine.documents import Statement, statements
from policies.engine.links import linked
from policies.engine.resource import Resource, Stack
from policies.engine.rule import Finding, Rule, Undecided
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import EACH, Node

_BUCKET: Final = ("aws:s3/bucket:*", "aws:s3/bucketV2:*")
_BLOCK: Final = ("aws:s3/bucketPublicAccessBlock:*",)
_BLOCKS: Final = (*_BLOCK, "aws:s3/accountPublicAccessBlock:*")
_ENCRYPTION: Final = (
    "aws:s3/bucketServerSideEncryptionConfiguration:*",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:*",
)
_LOGGING: Final = ("aws:s3/bucketLogging:*", "aws:s3/bucketLoggingV2:*")
_VERSIONING: Final = ("aws:s3/bucketVersioning:*", "aws:s3/bucketVersioningV2:*")
_LIFECYCLE: Final = ("aws:s3/bucketLifecycleConfiguration:*", "aws:s3/bucketLifecycleConfigurationV2:*")
_POLICY: Final = ("aws:s3/bucketPolicy:*",)
_OWNERSHIP: Final = ("aws:s3/bucketOwnershipControls:*",)
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


def _refuses_plain(statement: Node) -> Truth:
    """Whether a statement refuses every request without TLS, to the bucket's objects too, and on no other condition."""
    conditions = statement.at("Condition")
    keys = [(operator, *key) for operator, tests in conditions.entries() for key in tests.entries()]
    plain: Truth = None if conditions.unknown else False
    if len(keys) == 1 and keys[0][0] == "Bool" and keys[0][1].lower() == "aws:securetransport":
        plain = holds(keys[0][2], is_false)
    return both(
        plain,
        holds(statement.at("Effect"), equals("Deny")),
        some(holds(who, equals("*")) for who in Statement(statement).principals),
        some(holds(name, equals("*", "s3:*")) for name in statement.at("Action").each()),
        some(holds(name, lambda node: str(node.value).endswith("*")) for name in statement.at("Resource").each()),
    )


def _judge_tls(resource: Resource, _: Context) -> Iterator[Finding]:
    policy = resource.at("policy")
    refuses = some(_refuses_plain(statement.node) for statement in statements(policy))
    yield from require(refuses, policy, "a statement that denies s3:* to * where aws:SecureTransport is false")


def _each_bucket_has(
    types: tuple[str, ...], what: str, *, but_receivers: bool = False
) -> Callable[[Stack, Context], Iterator[Finding]]:
    def judge(stack: Stack, _: Context) -> Iterator[Finding]:
        companions = stack.of(*types)
        for bucket in stack.of(*_BUCKET):
            has = some(linked(found, "bucket", bucket, by=("id", "bucket")) for found in companions)
            if but_receivers:
                has = some((has, _receives_logs(stack, bucket)))
            yield from require(has, Node.of(None, f"({what})"), f"an s3.{what} of this bucket", resource=bucket)

    return judge


RULES: Final = (
    Rule(
        id="s3-public-access-block",
        title="Public access blocks are complete",
        types=_BLOCKS,
        asks=f"{', '.join(f'`{flag}`' for flag in _FLAGS)} are all true.",
        why="Each switch closes another way in which a bucket becomes public.",
        fix="set all four switches of the block (of the bucket or of the account) to True",
        absent="Unset means false: refused.",
        judge=_judge_block,
        standards=(
            cis("2.1.4"),
            fsbp("S3.1"),
            fsbp("S3.8"),
            *(checkov(f"CKV_AWS_{number}") for number in (53, 54, 55, 56)),
        ),
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
    Rule(
        id="s3-tls-only",
        title="Bucket policies refuse requests without TLS",
        types=_POLICY,
        asks="A statement denies `s3:*` to everyone, on the bucket's objects, where `aws:SecureTransport` is false.",
        why="Without TLS, whoever is on the way reads objects and signatures.",
        fix='add {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [ARN, ARN/*], '
        '"Condition": {"Bool": {"aws:SecureTransport": "false"}}}',
        absent="A policy without it is refused.",
        judge=_judge_tls,
        standards=(cis("2.1.1"), fsbp("S3.5"), checkov("CKV_AWS_379")),
    ),
    Rule(
        id="s3-policy-everywhere",
        title="Every bucket has a policy",
        types=(*_BUCKET, *_POLICY),
        asks="For each bucket of the stack there is a policy (which s3-tls-only judges).",
        why="S3 answers over plain HTTP unless a policy refuses it.",
        fix="make an s3.BucketPolicy for this bucket",
        absent="A bucket without one is refused.",
        judge_stack=_each_bucket_has(_POLICY, "BucketPolicy"),
        standards=(cis("2.1.1"), fsbp("S3.5"), checkov("CKV_AWS_379")),
    ),
    Rule(
        id="s3-versioning",
        title="Buckets keep versions",
        types=_VERSIONING,
        asks="`versioningConfiguration.status` is Enabled.",
        why="What is overwritten or deleted by mistake or malice is otherwise lost.",
        fix="set versioning_configuration={'status': 'Enabled'}",
        absent="Unset is refused.",
        judge=setting("versioningConfiguration", "status", test=equals("Enabled"), allowed="Enabled"),
        standards=(fsbp("S3.14"), checkov("CKV_AWS_21")),
    ),
    Rule(
        id="s3-versioning-everywhere",
        title="Every bucket states its versioning",
        types=(*_BUCKET, *_VERSIONING),
        asks="For each bucket of the stack there is a versioning configuration (which s3-versioning judges).",
        why="A bucket is made without versions.",
        fix="make an s3.BucketVersioning for this bucket",
        absent="A bucket without one is refused.",
        judge_stack=_each_bucket_has(_VERSIONING, "BucketVersioning"),
        standards=(fsbp("S3.14"), checkov("CKV_AWS_21")),
    ),
    Rule(
        id="s3-acls-off",
        title="Buckets have no ACLs",
        types=_OWNERSHIP,
        asks="`rule.objectOwnership` is BucketOwnerEnforced.",
        why="With ACLs an object can be public, or another account's, whatever the policy says.",
        fix="set rule={'object_ownership': 'BucketOwnerEnforced'}",
        absent="Unset is refused; a bucket without ownership controls passes, since AWS makes buckets so.",
        judge=setting("rule", "objectOwnership", test=equals("BucketOwnerEnforced"), allowed="BucketOwnerEnforced"),
        standards=(fsbp("S3.12"), checkov("CKV2_AWS_65")),
    ),
    Rule(
        id="s3-lifecycle-everywhere",
        title="Every bucket has a lifecycle",
        types=(*_BUCKET, *_LIFECYCLE),
        asks="For each bucket of the stack there is a lifecycle configuration.",
        why="What nothing deletes is kept and paid for without end: personal data longer than its purpose, too.",
        fix="make an s3.BucketLifecycleConfiguration for this bucket",
        absent="A bucket without one is refused.",
        judge_stack=_each_bucket_has(_LIFECYCLE, "BucketLifecycleConfiguration"),
        standards=(fsbp("S3.13"), checkov("CKV2_AWS_61")),
    ),
    Rule(
        id="s3-logging-everywhere",
        title="Accesses to every bucket are logged",
        types=(*_BUCKET, *_LOGGING),
        asks="For each bucket of the stack there is a logging configuration, but for those that receive such logs.",
        why="Who read what, is asked after the fact.",
        fix="make an s3.BucketLogging for this bucket, to the environment's access bucket",
        absent="A bucket without one is refused; one that receives access logs passes: it would log its own logs.",
        judge_stack=_each_bucket_has(_LOGGING, "BucketLogging", but_receivers=True),
        standards=(fsbp("S3.9"), checkov("CKV_AWS_18")),
    ),
)
