"""The permissions boundary that every role of an environment carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.iam import Policy

from components.identity.boundary import boundary
from components.identity.place import Place
from components.naming import PREFIX, Scope


@dataclass(frozen=True, slots=True)
class BoundaryArgs:
    """Arguments of :class:`Boundary`.

    Args:
        scope: the environment.
        place: account, regions and names that the document speaks of.
    """

    scope: Scope
    place: Place


class Boundary(pulumi.ComponentResource):
    """One managed policy that limits every role of the environment, whatever else is attached to it.

    It closes services that the environment does not use, requests outside the residency regions (but to global services
    without data), roles without the boundary, changes of the boundary itself, users and access keys, the deletion of
    evidence, trails, recovery points and keys, sharing with other accounts, and leaving the organization. The role
    that makes the environment (``freehold-provision``) does not carry it: it has to be able to renew it.

    Outputs: ``arn``.
    """

    def __init__(self, name: str, args: BoundaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Boundary", name, None, opts)
        document = boundary(args.place)
        policy = Policy(
            "boundary",
            name=args.scope.named(document.name),
            description=document.meaning,
            policy=document.text,
            tags=args.scope.tags("boundary", document.name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn: Final = policy.arn
        self.register_outputs({"arn": self.arn})
