"""The audit trail: who did what in the account, in every region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.cloudtrail import (
    Trail,
    TrailAdvancedEventSelectorArgs,
    TrailAdvancedEventSelectorFieldSelectorArgs,
    TrailInsightSelectorArgs,
)
from pulumi_aws.iam import Role, RolePolicy

from components.documents import allow, policy, trust
from components.logs import log_group
from components.naming import PREFIX, ROLE_LONGEST, Scope

INSIGHTS: Final = ("ApiCallRateInsight", "ApiErrorRateInsight")


@dataclass(frozen=True, slots=True)
class AuditTrailArgs:
    """Arguments of :class:`AuditTrail`.

    Args:
        scope: the environment.
        bucket: name of the bucket that receives the trail; its policy must let CloudTrail write.
        key: ARN of the key that encrypts the trail; its policy must let CloudTrail use it.
        logs_key: ARN of the key of log groups.
        data_buckets: ARNs of the buckets of which every read and write of an object is recorded.
        insights: have CloudTrail look for unusual rates of calls and errors, which costs extra.
        protect: refuse deletion through the engine.
    """

    scope: Scope
    bucket: pulumi.Input[str]
    key: pulumi.Input[str]
    logs_key: pulumi.Input[str]
    data_buckets: Sequence[pulumi.Input[str]] = ()
    insights: bool = False
    protect: bool = True


class AuditTrail(pulumi.ComponentResource):
    """One trail over all regions, in the Archive's locked bucket and in a log group for alarms and searches.

    It records management events, global services' among them, and who read or wrote objects of the data buckets. Its
    files are validated by digests (CIS AWS Foundations Benchmark v5.0.0, 3.2) and encrypted with the client's key
    (3.5). It covers the account, so two environments in one account would have, and pay for, two.

    Outputs: ``trail_arn``, ``log_group`` (its name).
    """

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}AuditTrail", name, None, opts)
        scope = args.scope
        path = f"/freehold/{scope.name}/trail"
        group = log_group("trail", path, scope=scope, component="audit", key=args.logs_key, parent=self)
        role = Role(
            "trail",
            name=scope.named("trail", limit=ROLE_LONGEST),
            description="CloudTrail writes the trail to its log group.",
            assume_role_policy=trust("cloudtrail.amazonaws.com", scope.account_id),
            permissions_boundary=scope.boundary,
            tags=scope.tags("audit", "trail"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        streams = scope.arn("logs", f"log-group:{path}:log-stream:{scope.account_id}_CloudTrail_{scope.region}*")
        writes = RolePolicy(
            "trail",
            name="write-trail",
            role=role.name,
            policy=policy(allow("Write", ("logs:CreateLogStream", "logs:PutLogEvents"), streams)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        trail = Trail(
            "trail",
            name=scope.named("trail"),
            s3_bucket_name=args.bucket,
            kms_key_id=args.key,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            cloud_watch_logs_group_arn=group.arn.apply(lambda arn: f"{arn}:*"),
            cloud_watch_logs_role_arn=role.arn,
            advanced_event_selectors=[
                _selector("Management events", _equals("eventCategory", "Management")),
                *(
                    _selector(
                        f"Objects of data bucket {number}",
                        _equals("eventCategory", "Data"),
                        _equals("resources.type", "AWS::S3::Object"),
                        TrailAdvancedEventSelectorFieldSelectorArgs(
                            field="resources.ARN", starts_withs=[pulumi.Output.concat(bucket, "/")]
                        ),
                    )
                    for number, bucket in enumerate(args.data_buckets, 1)
                ),
            ],
            insight_selectors=[TrailInsightSelectorArgs(insight_type=kind) for kind in INSIGHTS]
            if args.insights
            else None,
            tags=scope.tags("audit", "trail"),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[writes]),
        )
        self.trail_arn: Final = trail.arn
        self.log_group: Final = group.name
        self.register_outputs({"trail_arn": self.trail_arn, "log_group": self.log_group})


def _selector(name: str, *fields: TrailAdvancedEventSelectorFieldSelectorArgs) -> TrailAdvancedEventSelectorArgs:
    return TrailAdvancedEventSelectorArgs(name=name, field_selectors=list(fields))


def _equals(field: str, value: str) -> TrailAdvancedEventSelectorFieldSelectorArgs:
    return TrailAdvancedEventSelectorFieldSelectorArgs(field=field, equals=[value])
