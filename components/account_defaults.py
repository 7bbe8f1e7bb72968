"""What the account does in its home region unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws.ebs import DefaultKmsKey, EncryptionByDefault

from components.naming import PREFIX


@dataclass(frozen=True, slots=True)
class AccountDefaultsArgs:
    """Arguments of :class:`AccountDefaults`.

    Args:
        key: ARN of the key that encrypts volumes; its policy must let EC2 use it for this account.
    """

    key: pulumi.Input[str]


class AccountDefaults(pulumi.ComponentResource):
    """New volumes and copies of snapshots are encrypted with the client's key, whoever makes them (CIS AWS Foundations
    Benchmark v5.0.0, 5.1.1; AWS Foundational Security Best Practices v1.0.0, EC2.7).

    The defaults are the account's in a region: an account belongs to one environment.

    Outputs: none.
    """

    def __init__(self, name: str, args: AccountDefaultsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}AccountDefaults", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        EncryptionByDefault("volumes", enabled=True, opts=child)
        DefaultKmsKey("volumes", key_arn=args.key, opts=child)
        self.register_outputs({})
