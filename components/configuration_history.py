"""What was configured how, and when: AWS Config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.cfg import (
    DeliveryChannel,
    DeliveryChannelSnapshotDeliveryPropertiesArgs,
    Recorder,
    RecorderRecordingGroupArgs,
    RecorderRecordingGroupRecordingStrategyArgs,
    RecorderRecordingModeArgs,
    RecorderStatus,
)
from pulumi_aws.iam import Role, RolePolicyAttachment

from components.documents import trust
from components.naming import PREFIX, ROLE_LONGEST, Scope


@dataclass(frozen=True, slots=True)
class ConfigurationHistoryArgs:
    """Arguments of :class:`ConfigurationHistory`.

    Args:
        scope: the environment.
        bucket: name of the bucket that receives history and snapshots; its policy must let AWS Config write.
        key: ARN of the key that encrypts them; its policy must let AWS Config use it.
        protect: refuse deletion through the engine.
    """

    scope: Scope
    bucket: pulumi.Input[str]
    key: pulumi.Input[str]
    protect: bool = True


class ConfigurationHistory(pulumi.ComponentResource):
    """AWS Config's recorder for every type of resource, those of global services among them (CIS AWS Foundations
    Benchmark v5.0.0, 3.3), and its delivery to the Archive's locked bucket, with a snapshot a day.

    A region has one recorder and one delivery channel: an account belongs to one environment. The role may only read
    what AWS's managed policy names; history is delivered by AWS Config itself, which bucket and key let in for this
    account alone.

    Outputs: ``recorder`` (its name).
    """

    def __init__(self, name: str, args: ConfigurationHistoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}ConfigurationHistory", name, None, opts)
        scope = args.scope
        child = pulumi.ResourceOptions(parent=self)
        role = Role(
            "config",
            name=scope.named("config", limit=ROLE_LONGEST),
            description="AWS Config reads the configuration of every resource.",
            assume_role_policy=trust("config.amazonaws.com", scope.account_id),
            permissions_boundary=scope.boundary,
            tags=scope.tags("configuration", "config"),
            opts=child,
        )
        reads = RolePolicyAttachment(
            "config",
            role=role.name,
            policy_arn=f"arn:{scope.partition}:iam::aws:policy/service-role/AWS_ConfigRole",
            opts=child,
        )
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[reads])
        recorder = Recorder(
            "config",
            name=scope.named("config"),
            role_arn=role.arn,
            recording_group=RecorderRecordingGroupArgs(
                all_supported=True,
                include_global_resource_types=True,
                recording_strategies=[
                    RecorderRecordingGroupRecordingStrategyArgs(use_only="ALL_SUPPORTED_RESOURCE_TYPES")
                ],
            ),
            recording_mode=RecorderRecordingModeArgs(recording_frequency="CONTINUOUS"),
            opts=kept,
        )
        channel = DeliveryChannel(
            "config",
            name=scope.named("config"),
            s3_bucket_name=args.bucket,
            s3_kms_key_arn=args.key,
            snapshot_delivery_properties=DeliveryChannelSnapshotDeliveryPropertiesArgs(
                delivery_frequency="TwentyFour_Hours"
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[recorder]),
        )
        RecorderStatus(
            "config",
            name=recorder.name,
            is_enabled=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[channel]),
        )
        self.recorder: Final = recorder.name
        self.register_outputs({"recorder": self.recorder})
