"""Customer managed keys, one a purpose, so that access to one kind of data never implies access to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.kms import Alias, Key

from components.deliveries import to_encrypt
from components.documents import Statement, allow, policy
from components.naming import PREFIX, Scope
from components.retention import retained

ROTATION_DAYS: Final = 365
"""Yearly rotation (CIS AWS Foundations Benchmark v5.0.0, 3.6)."""

DELETION_DAYS: Final = 30
"""Longest waiting period AWS offers: what a deleted key encrypts is lost for good."""

USE: Final = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")


@dataclass(frozen=True, slots=True)
class KeysArgs:
    """Arguments of :class:`Keys`.

    Args:
        scope: the environment.
        protect: refuse deletion through the engine.
        adopt: id of the archive's key that an earlier environment of this name left behind.
    """

    scope: Scope
    protect: bool = True
    adopt: str | None = None


class Keys(pulumi.ComponentResource):
    """Keys for data (database, its secret and its insights), cluster (Kubernetes secrets, disks), logs, notifications,
    archive (logs and evidence) and registry (container images).

    Every key rotates yearly, stays in one region and can be used by the client's account alone; AWS services get just
    what they need, bound to this account. The archive's key stays when the environment is destroyed, as long as what it
    encrypts.

    Outputs: ``data``, ``cluster``, ``logs``, ``notifications``, ``archive``, ``registry``: ARNs.
    """

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Keys", name, None, opts)
        self._scope, self._protect = args.scope, args.protect
        scope = args.scope
        self.data: Final = self._key("data", "databases, their credentials and insights")
        self.cluster: Final = self._key("cluster", "Kubernetes secrets and nodes' disks", self._disks())
        logs = allow(
            "Logs",
            USE,
            "*",
            Principal={"Service": f"logs.{scope.region}.amazonaws.com"},
            Condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": scope.arn("logs", "log-group:*")}},
        )
        self.logs: Final = self._key("logs", "log groups", logs)
        alarms = allow(
            "Alarms",
            ("kms:Decrypt", "kms:GenerateDataKey*"),
            "*",
            Principal={"Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]},
            Condition={"StringEquals": {"aws:SourceAccount": scope.account_id}},
        )
        self.notifications: Final = self._key("notifications", "alarm notifications", alarms)
        self.archive: Final = self._archive(args.adopt)
        # ECR uses it through grants that whoever makes a repository gives it: IAM decides who that may be
        self.registry: Final = self._key("registry", "container images")
        self.register_outputs(
            {
                "data": self.data,
                "cluster": self.cluster,
                "logs": self.logs,
                "notifications": self.notifications,
                "archive": self.archive,
                "registry": self.registry,
            }
        )

    def _disks(self) -> Statement:
        """EC2 on behalf of whoever of this account starts instances (an Auto Scaling group's service-linked role has no
        IAM policy of its own that could allow it: Amazon EC2 Auto Scaling User Guide, *Required KMS key policy*)."""
        return allow(
            "Disks",
            (*USE, "kms:CreateGrant"),
            "*",
            Principal={"AWS": "*"},
            Condition={
                "StringEquals": {
                    "kms:CallerAccount": self._scope.account_id,
                    "kms:ViaService": f"ec2.{self._scope.region}.amazonaws.com",
                }
            },
        )

    def _archive(self, adopt: str | None) -> pulumi.Output[str]:
        """The key of what is locked: without it, nobody could read that any more."""
        alias = None if adopt is None else f"alias/{self._scope.named('archive')}"
        options = (retained(self, protect=self._protect, adopt=adopt), retained(self, adopt=alias))
        return self._key("archive", "logs and evidence", *to_encrypt(self._scope), options=options)

    def _key(
        self,
        purpose: str,
        meaning: str,
        *more: Statement,
        options: tuple[pulumi.ResourceOptions, pulumi.ResourceOptions] | None = None,
    ) -> pulumi.Output[str]:
        """A key and its alias (with options of their own, where they have some); the ARN."""
        child = pulumi.ResourceOptions(parent=self)
        of_key, of_alias = options or (pulumi.ResourceOptions(parent=self, protect=self._protect), child)
        scope = self._scope
        admin = allow("Account", ("kms:*",), "*", Principal={"AWS": scope.root})
        key = Key(
            purpose,
            description=f"{scope.name}: {meaning}",
            enable_key_rotation=True,
            rotation_period_in_days=ROTATION_DAYS,
            deletion_window_in_days=DELETION_DAYS,
            multi_region=False,
            policy=policy(admin, *more),
            tags=scope.tags("keys", purpose),
            opts=of_key,
        )
        Alias(
            purpose,
            name=f"alias/{scope.named(purpose)}",
            target_key_id=key.key_id,
            opts=of_alias,
        )
        return key.arn
