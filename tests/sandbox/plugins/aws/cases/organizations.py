"""AWS Organizations."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sandbox.plugins.aws.cases.case import TAGS, Case
from tests.sandbox.plugins.aws.world import World, policy


def _policy(world: World, content: str, **more: object) -> dict[str, object]:
    assert world.root  # the account has an organization
    return {"name": "limits", "description": "limits of the client", "content": content, **more}


CASES: Sequence[Case] = (
    Case(
        "aws:organizations/policy:Policy",
        lambda w: _policy(w, policy("s3:*"), tags=TAGS),
        r"p-[0-9a-z]{8}",
        update=lambda w: _policy(w, policy("ec2:*"), description="others"),
        replace=lambda w: _policy(w, '{"tags": {}}', type="TAG_POLICY"),
        tamper=lambda w, o: w.client("organizations").update_policy(PolicyId=o.id, Content=policy("*")),
        drifted=("content",),
    ),
    Case(
        "aws:organizations/policyAttachment:PolicyAttachment",
        lambda w: {"policyId": w.scp.id, "targetId": w.unit},
        r"ou-[0-9a-z]+-[0-9a-z]+:p-[0-9a-z]{8}",
        update=None,
        replace=lambda w: {"policyId": w.scp.id, "targetId": w.root},
        tamper=None,
    ),
)
