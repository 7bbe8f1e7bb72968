"""IAM: the policies that AWS manages are there when somebody names one.

All of them in every account would be thousands of objects; each is made on its first use, and its dates and id are
functions of its name.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends

from sandbox.cloud import determinism, extend

_AWS_POLICY = re.compile(r"arn:aws:iam::aws:policy(?P<path>/(?:.+/)?)(?P<name>[\w+=,.@-]+)")


class Iam(IAMBackend):
    """Moto's IAM with AWS's own policies."""

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """Attach a policy to a role."""
        self._ensure(policy_arn)
        super().attach_role_policy(policy_arn, role_name)

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        """Attach a policy to a user."""
        self._ensure(policy_arn)
        super().attach_user_policy(policy_arn, user_name)

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        """Attach a policy to a group."""
        self._ensure(policy_arn)
        super().attach_group_policy(policy_arn, group_name)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        """A managed policy of the account or of AWS."""
        self._ensure(policy_arn)
        return super().get_policy(policy_arn)

    def _ensure(self, policy_arn: str) -> None:
        match = _AWS_POLICY.fullmatch(policy_arn)
        if match is None or policy_arn in self.managed_policies:
            return
        known: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
        data = known.get(match["name"])
        if data is None or data.get("Path", "/") != match["path"]:
            return
        with determinism.scope(f"aws policy {policy_arn}"):
            policy = AWSManagedPolicy.from_data(match["name"], self.account_id, self.region_name, data)
        self.managed_policies[policy_arn] = policy
        self.aws_managed_policies.append(policy)


def install() -> None:
    """Serve IAM from this class."""
    extend.use("iam", iam_backends, backend=Iam)
