"""What AWS's services need to deliver logs into a bucket and to encrypt them, each bound to the client's account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from components.documents import Statement, allow
from components.naming import Scope

OWNER: Final = {"s3:x-amz-acl": "bucket-owner-full-control"}
"""What the services send with each object; it gives nothing away where ACLs are switched off."""


def _service(name: str) -> Mapping[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


def _logs(scope: Scope) -> str:
    """ARNs that log deliveries name as their source."""
    return scope.arn("logs", "*")


def _trails(scope: Scope) -> str:
    return scope.arn("cloudtrail", "trail/*")


def to_logs(scope: Scope, bucket: str) -> tuple[Statement, ...]:
    """CloudTrail, AWS Config and CloudWatch's log delivery (VPC flow logs, Network Firewall, Route 53 Resolver) may
    write below ``AWSLogs/ACCOUNT/``, for this account only.

    Sources: AWS CloudTrail User Guide, *Amazon S3 bucket policy for CloudTrail*; AWS Config Developer Guide,
    *Permissions for the Amazon S3 bucket for the AWS Config delivery channel*; Amazon VPC User Guide, *Publish flow
    logs to Amazon S3*.
    """
    account = {"aws:SourceAccount": scope.account_id}
    below = f"{bucket}/AWSLogs/{scope.account_id}"
    trails: Mapping[str, Any] = {"ArnLike": {"aws:SourceArn": _trails(scope)}}
    flows: Mapping[str, Any] = {"ArnLike": {"aws:SourceArn": _logs(scope)}}
    return (
        allow("TrailChecks", ["s3:GetBucketAcl"], bucket, Principal=_service("cloudtrail"), Condition=trails),
        allow(
            "TrailWrites",
            ["s3:PutObject"],
            f"{below}/*",
            Principal=_service("cloudtrail"),
            Condition={**trails, "StringEquals": OWNER},
        ),
        allow(
            "ConfigChecks",
            ["s3:GetBucketAcl", "s3:ListBucket"],
            bucket,
            Principal=_service("config"),
            Condition={"StringEquals": account},
        ),
        allow(
            "ConfigWrites",
            ["s3:PutObject"],
            f"{below}/Config/*",
            Principal=_service("config"),
            Condition={"StringEquals": {**OWNER, **account}},
        ),
        allow(
            "DeliveryChecks",
            ["s3:GetBucketAcl", "s3:ListBucket"],
            bucket,
            Principal=_service("delivery.logs"),
            Condition={"StringEquals": account, **flows},
        ),
        allow(
            "DeliveryWrites",
            ["s3:PutObject"],
            f"{below}/*",
            Principal=_service("delivery.logs"),
            Condition={"StringEquals": {**OWNER, **account}, **flows},
        ),
    )


def to_access(scope: Scope, bucket: str) -> tuple[Statement, ...]:
    """S3 may write the access logs of this account's buckets, Elastic Load Balancing those of its load balancers.

    Sources: Amazon S3 User Guide, *Enabling Amazon S3 server access logging*; User Guide for Application Load
    Balancers, *Enable access logs*.
    """
    buckets = f"arn:{scope.partition}:s3:::{scope.name}-*"
    balancers = scope.arn("elasticloadbalancing", "loadbalancer/*")
    return (
        allow(
            "S3Writes",
            ["s3:PutObject"],
            f"{bucket}/s3/*",
            Principal=_service("logging.s3"),
            Condition={"StringEquals": {"aws:SourceAccount": scope.account_id}, "ArnLike": {"aws:SourceArn": buckets}},
        ),
        allow(
            "BalancerWrites",
            ["s3:PutObject"],
            f"{bucket}/alb/*",
            Principal=_service("logdelivery.elasticloadbalancing"),
            Condition={"ArnLike": {"aws:SourceArn": balancers}},
        ),
    )


def to_encrypt(scope: Scope) -> tuple[Statement, ...]:
    """The key's part of it: who delivers may encrypt.

    Sources: AWS CloudTrail User Guide, *Configure AWS KMS key policies for CloudTrail*; AWS Config Developer Guide,
    *Permissions for the KMS key*; Amazon CloudWatch Logs User Guide, *Logs sent to Amazon S3*, KMS key policy.
    """
    account = {"aws:SourceAccount": scope.account_id}
    trails = {"ArnLike": {"aws:SourceArn": _trails(scope)}}
    context = {"kms:EncryptionContext:aws:cloudtrail:arn": _trails(scope)}
    return (
        allow(
            "TrailEncrypts",
            ["kms:GenerateDataKey*"],
            "*",
            Principal=_service("cloudtrail"),
            Condition={**trails, "StringLike": context},
        ),
        allow("TrailDescribes", ["kms:DescribeKey"], "*", Principal=_service("cloudtrail"), Condition=trails),
        allow(
            "Config",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            "*",
            Principal=_service("config"),
            Condition={"StringEquals": account},
        ),
        allow(
            "Deliveries",
            ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "*",
            Principal=_service("delivery.logs"),
            Condition={"StringEquals": account, "ArnLike": {"aws:SourceArn": _logs(scope)}},
        ),
    )
