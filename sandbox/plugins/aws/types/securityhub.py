"""Security Hub: the account's hub and the standards that it judges by."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Output, Property, Ready, Resource, Update
from sandbox.plugins.aws.operation import Operation


def _enable(op: Operation) -> dict[str, Any]:
    given = [name for name in ("enableDefaultStandards", "controlFindingGenerator") if op.inputs.get(name) is not None]
    op.request(Call("EnableSecurityHub"), given)
    return {"Id": op.cloud.account}


def _unsubscribe(op: Operation) -> None:
    """AWS refuses to take back a subscription that there is not."""
    arns = {"StandardsSubscriptionArns": [op.id]}
    if op.call("GetEnabledStandards", arns)["StandardsSubscriptions"]:
        op.call("BatchDisableStandards", arns)


ACCOUNT: Final = Resource(
    type="aws:securityhub/account:Account",
    service="securityhub",
    identity="Id",
    parse=("{accountId}",),
    properties={
        "autoEnableControls": Property(default=True),
        "controlFindingGenerator": Property(computed=True),
        "enableDefaultStandards": Property(read="", default=True, replace=True),
    },
    outputs={"arn": Output("HubArn")},
    create=_enable,
    read=(Call("DescribeHub"),),
    update=(Update(("autoEnableControls", "controlFindingGenerator"), Call("UpdateSecurityHubConfiguration")),),
    delete=Call("DisableSecurityHub"),
)

STANDARDS_SUBSCRIPTION: Final = Resource(
    type="aws:securityhub/standardsSubscription:StandardsSubscription",
    service="securityhub",
    identity="StandardsSubscriptionArn",
    properties={"standardsArn": Property(replace=True)},
    outputs={"arn": Output("StandardsSubscriptionArn")},
    create=lambda op: op.request(
        Call(
            "BatchEnableStandards",
            {"StandardsSubscriptionRequests": [{"StandardsArn": "{standardsArn}"}]},
            "StandardsSubscriptions[0]",
        )
    ),
    read=(Call("GetEnabledStandards", {"StandardsSubscriptionArns": ["{id}"]}, "StandardsSubscriptions[0]"),),
    delete=_unsubscribe,
    ready=Ready("StandardsStatus", ("READY", "INCOMPLETE"), ("FAILED", "DELETING"), "StandardsStatusReason"),
    gone=True,
)

RESOURCES: Final = (ACCOUNT, STANDARDS_SUBSCRIPTION)
