"""A bucket as every bucket of an environment is: private, encrypted, versioned, TLS only, bound to the account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pulumi
from pulumi_aws.s3 import (
    Bucket as S3Bucket,
)
from pulumi_aws.s3 import (
    BucketLifecycleConfiguration,
    BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs,
    BucketLifecycleConfigurationRuleArgs,
    BucketLifecycleConfigurationRuleExpirationArgs,
    BucketLifecycleConfigurationRuleFilterArgs,
    BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs,
    BucketLifecycleConfigurationRuleTransitionArgs,
    BucketLogging,
    BucketObjectLockConfiguration,
    BucketOwnershipControls,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketServerSideEncryptionConfiguration,
    BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs,
    BucketServerSideEncryptionConfigurationRuleArgs,
    BucketVersioning,
)

from components.documents import Statement, policy
from components.naming import PREFIX, Scope
from components.retention import retained

RECORDS: Final = "freehold:records"
"""Tag of buckets that hold records: what they hold (``logs``, ``evidence``, ``access``)."""

NAME_LONGEST: Final = 63
"""Characters in a bucket's name (Amazon S3 User Guide, *General purpose bucket naming rules*)."""

NONCURRENT_DAYS: Final = 30
"""Days that a version stays after another has taken its place, where no lock holds it longer."""

ABORT_DAYS: Final = 7
"""Days after which the parts of an upload that was never completed are deleted."""

COLD: Final = "GLACIER_IR"
COLD_AFTER_DAYS: Final = 90
"""Days until a record grows cold: three months are read often (PCI DSS v4.0.1, 10.5.1: *immediately available*)."""

COLD_LEAST_DAYS: Final = 90
"""Days that S3 Glacier Instant Retrieval charges for at least (Amazon S3 User Guide, *Storage classes*)."""

LEAST_TLS: Final = "1.2"


@dataclass(frozen=True, slots=True)
class Lock:
    """Default retention of new objects.

    Args:
        days: how long; counted from the upload of each version.
        mode: ``COMPLIANCE``: nobody, not even the account's root user, can delete a version before; ``GOVERNANCE``:
            only who has ``s3:BypassGovernanceRetention``.
    """

    days: int
    mode: Literal["COMPLIANCE", "GOVERNANCE"]


@dataclass(frozen=True, slots=True)
class BucketArgs:
    """Arguments of :class:`Bucket`.

    Args:
        scope: the environment.
        kind: what it holds; becomes part of its name and its ``freehold:records`` tag.
        days: until objects expire; with a lock at least as long as that.
        key: ARN of the key that encrypts; none: S3's own key, for the log deliveries that know no other.
        lock: default retention; none: objects can be deleted.
        statements: who else may do what, beside the account's own principals.
        access_logs: bucket that receives this one's access logs; none: they are not written.
        protect: refuse deletion through the engine.
        retain: leave the bucket and its settings to the account when the environment is destroyed.
        adopt: take over the bucket of this name that an earlier environment left behind. (Its settings are written
            anew, which S3 takes whether there are some or not.)
    """

    scope: Scope
    kind: str
    days: int
    key: pulumi.Input[str] | None = None
    lock: Lock | None = None
    statements: Sequence[Statement] = ()
    access_logs: pulumi.Input[str] | None = None
    protect: bool = True
    retain: bool = False
    adopt: bool = False


class Bucket(pulumi.ComponentResource):
    """One S3 bucket with everything that keeps it private, and an end for all that is put into it.

    Public access blocked, ACLs switched off, versions kept, SSE-KMS with the client's key and an S3 bucket key, a
    policy that refuses requests without TLS 1.2 and principals of other accounts, a lifecycle to a colder class, to
    expiry and for incomplete uploads, Object Lock and access logging where asked for. It is never emptied by the
    engine (``force_destroy``).

    Outputs: ``name``, ``arn``: known once its policy is in place, so that whoever delivers there may.
    """

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Bucket", name, None, opts)
        self._args, self._label = args, name
        self._options = pulumi.ResourceOptions(parent=self, retain_on_delete=args.retain)
        bucket_name = name_of(args.scope, args.kind)
        arn = arn_of(args.scope, args.kind)
        bucket = S3Bucket(
            name,
            bucket=bucket_name,
            object_lock_enabled=args.lock is not None,
            force_destroy=False,
            tags={**args.scope.tags("bucket", args.kind), RECORDS: args.kind},
            opts=self._kept(bucket_name),
        )
        self._bucket = bucket.bucket
        self._close()
        versioning = BucketVersioning(
            name, bucket=self._bucket, versioning_configuration={"status": "Enabled"}, opts=self._options
        )
        self._encrypt()
        self._expire(versioning)
        if args.lock is not None:
            BucketObjectLockConfiguration(
                name,
                bucket=self._bucket,
                object_lock_enabled="Enabled",
                rule={"default_retention": {"mode": args.lock.mode, "days": args.lock.days}},
                opts=self._after(versioning),
            )
        if args.access_logs is not None:
            BucketLogging(
                name,
                bucket=self._bucket,
                target_bucket=args.access_logs,
                target_prefix=f"s3/{bucket_name}/",
                opts=self._options,
            )
        document = policy(*guards(args.scope, arn), *args.statements)
        allowed = BucketPolicy(name, bucket=self._bucket, policy=document, opts=self._after(self._blocked))
        self.name: Final = allowed.bucket
        self.arn: Final = allowed.bucket.apply(lambda _: arn)
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _kept(self, bucket_name: str) -> pulumi.ResourceOptions:
        if not self._args.retain:
            return pulumi.ResourceOptions(parent=self, protect=self._args.protect)
        return retained(self, protect=self._args.protect, adopt=bucket_name if self._args.adopt else None)

    def _after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self._options, pulumi.ResourceOptions(depends_on=list(resources)))

    def _close(self) -> None:
        """Nothing of it can become public, and its owner owns what is in it."""
        self._blocked = BucketPublicAccessBlock(
            self._label,
            bucket=self._bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._options,
        )
        BucketOwnershipControls(
            self._label, bucket=self._bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=self._options
        )

    def _encrypt(self) -> None:
        key = self._args.key
        default = BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key is None else "aws:kms", kms_master_key_id=key
        )
        rule = BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=default, bucket_key_enabled=key is not None
        )
        BucketServerSideEncryptionConfiguration(self._label, bucket=self._bucket, rules=[rule], opts=self._options)

    def _expire(self, versioning: BucketVersioning) -> None:
        BucketLifecycleConfiguration(
            self._label, bucket=self._bucket, rules=lifecycle(self._args.days), opts=self._after(versioning)
        )


def name_of(scope: Scope, kind: str) -> str:
    """Name of an environment's bucket: unique in the world by the account's number, and always the same.

    CLIENT-STAGE has 28 characters at most and the account 12, so that 21 are left for the kind.
    """
    return scope.named(kind, scope.account_id, limit=NAME_LONGEST)


def arn_of(scope: Scope, kind: str) -> str:
    """ARN of an environment's bucket."""
    return f"arn:{scope.partition}:s3:::{name_of(scope, kind)}"


def guards(scope: Scope, arn: str) -> tuple[Statement, ...]:
    """What every bucket's policy refuses, whatever else allows it.

    Requests without TLS, or below 1.2 (CIS AWS Foundations Benchmark v5.0.0, 2.1.1); principals of other accounts and
    anonymous ones, but for AWS services, which act for this account only as the other statements say (IAM User Guide,
    *Establish permissions guardrails using data perimeters*).
    """
    everything = [arn, f"{arn}/*"]

    def deny(sid: str, **condition: Any) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": everything,
            "Condition": condition,
        }

    return (
        deny("TlsOnly", Bool={"aws:SecureTransport": "false"}),
        deny("ModernTls", NumericLessThan={"s3:TlsVersion": LEAST_TLS}),
        deny(
            "ThisAccountOnly",
            StringNotEquals={"aws:PrincipalAccount": scope.account_id},
            BoolIfExists={"aws:PrincipalIsAWSService": "false"},
        ),
    )


def lifecycle(days: int) -> list[BucketLifecycleConfigurationRuleArgs]:
    """Rules for what is kept for ``days``: colder where that is worth it, then gone, and nothing half done stays."""
    cold = BucketLifecycleConfigurationRuleTransitionArgs(days=COLD_AFTER_DAYS, storage_class=COLD)
    keep = BucketLifecycleConfigurationRuleArgs(
        id="keep",
        status="Enabled",
        filter=BucketLifecycleConfigurationRuleFilterArgs(),
        transitions=[cold] if days >= COLD_AFTER_DAYS + COLD_LEAST_DAYS else None,
        expiration=BucketLifecycleConfigurationRuleExpirationArgs(days=days),
        noncurrent_version_expiration=BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=NONCURRENT_DAYS
        ),
        abort_incomplete_multipart_upload=BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=ABORT_DAYS
        ),
    )
    markers = BucketLifecycleConfigurationRuleArgs(
        id="markers",
        status="Enabled",
        filter=BucketLifecycleConfigurationRuleFilterArgs(),
        expiration=BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True),
    )
    return [keep, markers]
