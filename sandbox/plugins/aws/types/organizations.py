"""Policies of an organization, and what they are attached to."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_POLICY: Final = {"PolicyId": "{id}"}


def _unless_kept(operation: str, parameters: dict[str, str]) -> Any:
    def delete(op: Operation) -> None:
        if not op.state.get("skipDestroy"):
            op.call(operation, {name: value.format(id=op.id, **op.state) for name, value in parameters.items()})

    return delete


POLICY: Final = Resource(
    type="aws:organizations/policy:Policy",
    service="organizations",
    identity="Policy.PolicySummary.Id",
    regional=False,
    properties={
        "content": Property(form=Form.JSON),
        "description": Property(default="", cleared=""),
        "name": Property(computed=True),
        "skipDestroy": Property(read=""),
        "type": Property(default="SERVICE_CONTROL_POLICY", replace=True),
    },
    outputs={"arn": Output()},
    create=Call("CreatePolicy"),
    read=(
        Call("DescribePolicy", _POLICY, "Policy.{Content: Content}"),
        Call("DescribePolicy", _POLICY, "Policy.PolicySummary"),
        Call("ListTagsForResource", {"ResourceId": "{id}"}, "{Tags: Tags}"),
    ),
    update=(Update(("content", "description", "name"), Call("UpdatePolicy", _POLICY)),),
    delete=_unless_kept("DeletePolicy", {"PolicyId": "{id}"}),
    tagging=Tagging("TagResource", "UntagResource", ("ResourceId", "{id}")),
)

ATTACHMENT: Final = Resource(
    type="aws:organizations/policyAttachment:PolicyAttachment",
    service="organizations",
    identity="{targetId}:{policyId}",
    parse=("{targetId}:{policyId}",),
    regional=False,
    properties={
        "policyId": Property(read="", replace=True),
        "skipDestroy": Property(read=""),
        "targetId": Property(replace=True),
    },
    create=Call("AttachPolicy"),
    read=(
        Call(
            "ListTargetsForPolicy",
            {"PolicyId": "{policyId}"},
            "Targets[?TargetId=='{targetId}'] | [0].{TargetId: TargetId}",
            optional=("PolicyNotFoundException",),
        ),
    ),
    delete=_unless_kept("DetachPolicy", {"PolicyId": "{policyId}", "TargetId": "{targetId}"}),
)

RESOURCES: Final = (POLICY, ATTACHMENT)
