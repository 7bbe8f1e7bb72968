"""Where an environment keeps what must not be lost or altered: its logs and the evidence of its operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.s3 import AccountPublicAccessBlock

from components.bucket import Bucket, BucketArgs, Lock, arn_of
from components.deliveries import to_access, to_logs
from components.documents import Statement
from components.naming import PREFIX, Scope
from stacks.spec.audit import AuditSpec

LOGS: Final = "logs"
EVIDENCE: Final = "evidence"
ACCESS: Final = "access"


@dataclass(frozen=True, slots=True)
class ArchiveArgs:
    """Arguments of :class:`Archive`.

    Args:
        scope: the environment.
        spec: how long what is kept.
        key: ARN of the key that encrypts logs and evidence.
        protect: refuse deletion through the engine.
    """

    scope: Scope
    spec: AuditSpec
    key: pulumi.Input[str]
    protect: bool = True


class Archive(pulumi.ComponentResource):
    """Three buckets, and a block on public access to any bucket of the account.

    * ``logs``: trail, configuration history, flow and firewall logs, each below ``AWSLogs/ACCOUNT/`` as AWS writes it.
      Locked, with the client's key.
    * ``evidence``: the records of deliveries, drills and approvals. Locked, with the client's key; uploads that ask for
      another encryption are refused.
    * ``access``: who read the other two, and the load balancers' access logs. Encrypted by S3's own key and without a
      default lock, since AWS can deliver access logs to no other bucket (Amazon S3 User Guide, *Logging requests with
      server access logging*: SSE-S3 only, no default retention).

    The lock is in compliance mode in production and in governance mode elsewhere. All three outlive the environment:
    ``pulumi destroy`` leaves them and their settings behind, and their lifecycle empties them
    (docs/adr/0009-the-archive-outlives-its-environment.md).

    Outputs: ``logs_bucket``, ``logs_bucket_arn``, ``evidence_bucket``, ``evidence_bucket_arn``, ``access_bucket``.
    """

    def __init__(self, name: str, args: ArchiveArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Archive", name, None, opts)
        self._args = args
        scope, spec = args.scope, args.spec
        AccountPublicAccessBlock(
            "account",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        access = Bucket(
            ACCESS,
            BucketArgs(
                scope,
                ACCESS,
                spec.retention_days,
                statements=to_access(scope, arn_of(scope, ACCESS)),
                protect=args.protect,
                retain=True,
                adopt=args.spec.adopt is not None,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.access_bucket: Final = access.name
        logs = self._locked(LOGS, spec.retention_days, to_logs(scope, arn_of(scope, LOGS)))
        evidence = self._locked(EVIDENCE, spec.evidence_retention_days, self._own_key(arn_of(scope, EVIDENCE)))
        self.logs_bucket: Final = logs.name
        self.logs_bucket_arn: Final = logs.arn
        self.evidence_bucket: Final = evidence.name
        self.evidence_bucket_arn: Final = evidence.arn
        self.register_outputs(
            {
                "logs_bucket": self.logs_bucket,
                "logs_bucket_arn": self.logs_bucket_arn,
                "evidence_bucket": self.evidence_bucket,
                "evidence_bucket_arn": self.evidence_bucket_arn,
                "access_bucket": self.access_bucket,
            }
        )

    def _locked(self, kind: str, days: int, statements: Sequence[Statement]) -> Bucket:
        args = self._args
        mode: Final = "COMPLIANCE" if args.scope.production else "GOVERNANCE"
        return Bucket(
            kind,
            BucketArgs(
                args.scope,
                kind,
                days,
                key=args.key,
                lock=Lock(days, mode),
                statements=statements,
                access_logs=self.access_bucket,
                protect=args.protect,
                retain=True,
                adopt=args.spec.adopt is not None,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _own_key(self, arn: str) -> tuple[Statement, ...]:
        """Evidence is encrypted with the client's key: an upload may say nothing, or just that."""
        return (
            {
                "Sid": "OwnEncryptionOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": f"{arn}/*",
                "Condition": {
                    "Null": {"s3:x-amz-server-side-encryption": "false"},
                    "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
                },
            },
        )
