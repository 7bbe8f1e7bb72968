"""Nothing is judged without a boundary, and nothing passes without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.resource import PROVIDER_PREFIX, STACK_TYPE, Resource
from policies.engine.rule import Finding, Rule, Violation
from policies.engine.standards import ccc
from policies.engine.values import Node


def _judge(resource: Resource, context: Context) -> Iterator[Finding]:
    if context.boundary is None:
        setting = Node.of(None, "freehold:environment" if resource.type == STACK_TYPE else "")
        detail = "; ".join(context.problems) if setting.path else "the message on the stack itself says why"
        yield Violation(setting, "nothing, until the stack's residency boundary can be read", detail=detail)


RULES: Final = (
    Rule(
        id="residency-boundary",
        title="The stack states its residency boundary",
        types=(STACK_TYPE, f"{PROVIDER_PREFIX}*", "aws:*", "kubernetes:*"),
        asks="`freehold:environment` of the stack's configuration gives `account_id` and "
        "`residency` (`jurisdiction`, `home`, perhaps `recovery`), both regions within the jurisdiction.",
        why="Without a boundary no rule of this pack can tell where data may go; silence must not read as consent.",
        fix="give account_id and residency: {jurisdiction, home, recovery} in freehold:environment of "
        "stacks/Pulumi.CLIENT-STAGE.yaml",
        absent="A missing or unreadable boundary refuses every resource of the stack.",
        judge=_judge,
        standards=(ccc("CN06.AR01"),),
    ),
)
