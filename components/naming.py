"""Names and tags: one place derives them, within AWS's limits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi

PREFIX: Final = "freehold:components:"
"""Module of every component's type token."""

ROLE_LONGEST: Final = 64
"""Characters in the name of an IAM role (IAM User Guide, *IAM and AWS STS quotas*)."""

DIGEST: Final = 8
"""Hexadecimal digits that tell shortened names apart."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The environment that a component belongs to: what names, tags and ARNs are derived from.

    Args:
        name: CLIENT-STAGE, at most 28 characters (see ``stacks.spec.identity``).
        account_id: the client's AWS account.
        region: home region.
        partition: AWS partition, the second field of ARNs.
        recovery: region that may hold copies of backups, where there is one.
        production: whether the environment serves the client's users.
        boundary: ARN of the permissions boundary that every role of the environment carries.
    """

    name: str
    account_id: str
    region: str
    partition: str = "aws"
    recovery: str | None = None
    production: bool = False
    boundary: pulumi.Input[str] | None = None

    def named(self, *parts: str, limit: int | None = None) -> str:
        """A resource's name: CLIENT-STAGE and its parts, joined by hyphens.

        A name longer than ``limit`` characters is cut, and ends in a digest of the whole, so that two names that begin
        alike stay two.
        """
        whole = "-".join((self.name, *parts))
        if limit is None or len(whole) <= limit:
            return whole
        digest = hashlib.sha256(whole.encode()).hexdigest()[:DIGEST]
        return f"{whole[: limit - DIGEST - 1].rstrip('-')}-{digest}"

    def tags(self, component: str, *parts: str) -> Mapping[str, str]:
        """Tags of one resource; its ``Name`` is unique within the environment and its type."""
        return {"Name": self.named(*parts), "freehold:component": component}

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN in the client's account; ``region`` is the home region unless told (empty for global services)."""
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account_id}:{resource}"

    @property
    def root(self) -> str:
        """The account itself as a principal: its IAM policies decide."""
        return self.arn("iam", "root", region="")
