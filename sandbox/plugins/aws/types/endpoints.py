"""Endpoints of services inside of a network, and logs of its traffic."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Output, Property, Ready, Resource, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.types.ec2_common import arn, tagging
from sandbox.plugins.protocol import ProviderError


def _modify_endpoint(op: Operation) -> None:
    """Change an endpoint: lists go as what is new and what is gone."""
    changed: dict[str, Any] = {}
    for ours, theirs, live in (
        ("routeTableIds", "RouteTableIds", op.document.get("RouteTableIds") or []),
        ("subnetIds", "SubnetIds", op.document.get("SubnetIds") or []),
        ("securityGroupIds", "SecurityGroupIds", [one["GroupId"] for one in op.document.get("Groups") or []]),
    ):
        wanted = op.inputs.get(ours)
        if wanted is None:
            continue
        new, gone = [one for one in wanted if one not in live], [one for one in live if one not in wanted]
        changed |= ({f"Add{theirs}": new} if new else {}) | ({f"Remove{theirs}": gone} if gone else {})
    for name in ("policy", "privateDnsEnabled", "dnsOptions", "ipAddressType"):
        if op.inputs.get(name) is not None:
            op.put(changed, Call("ModifyVpcEndpoint"), name)
    op.call("ModifyVpcEndpoint", {"VpcEndpointId": op.id, **changed})


def _prefix_list(op: Operation) -> dict[str, Any]:
    """The addresses behind a gateway endpoint."""
    if op.document.get("VpcEndpointType") != "Gateway":
        return {}
    wanted = [{"Name": "prefix-list-name", "Values": [op.document["ServiceName"]]}]
    lists = op.call("DescribePrefixLists", {"Filters": wanted}).get("PrefixLists") or []
    return {"PrefixList": lists[0]} if lists else {}


VPC_ENDPOINT: Final = Resource(
    type="aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    identity="VpcEndpointId",
    properties={
        "dnsOptions": Property(computed=True),
        "ipAddressType": Property(computed=True),
        "policy": Property("PolicyDocument", form=Form.POLICY, computed=True),
        "privateDnsEnabled": Property(computed=True),
        "routeTableIds": Property(computed=True, form=Form.SET),
        "securityGroupIds": Property(read="Groups[].GroupId", computed=True, form=Form.SET),
        "serviceName": Property(replace=True),
        "subnetIds": Property(computed=True, form=Form.SET),
        "vpcEndpointType": Property(default="Gateway", replace=True),
        "vpcId": Property(replace=True),
    },
    outputs={
        "arn": arn("vpc-endpoint"),
        "cidrBlocks": Output("PrefixList.Cidrs"),
        "dnsEntries": Output(),
        "networkInterfaceIds": Output(volatile=True),
        "ownerId": Output(),
        "prefixListId": Output("PrefixList.PrefixListId"),
        "requesterManaged": Output(),
        "state": Output(),
    },
    create=Call("CreateVpcEndpoint", answer="VpcEndpoint"),
    read=(
        Call("DescribeVpcEndpoints", {"VpcEndpointIds": ["{id}"]}, "VpcEndpoints[0]"),
        _prefix_list,
    ),
    update=(
        Update(
            (
                "dnsOptions",
                "ipAddressType",
                "policy",
                "privateDnsEnabled",
                "routeTableIds",
                "securityGroupIds",
                "subnetIds",
            ),
            _modify_endpoint,
        ),
    ),
    delete=Call("DeleteVpcEndpoints", {"VpcEndpointIds": ["{id}"]}, "Unsuccessful[0].Error"),
    absent="State=='deleted'",
    ready=Ready("State", good=("available", "pendingAcceptance"), bad=("failed", "rejected")),
    gone=True,
    tagging=tagging("vpc-endpoint"),
)


def _create_flow_log(op: Operation) -> Any:
    """Flow logs are made in bulk: a refusal comes within a successful answer."""
    watched = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface", "transitGatewayId": "TransitGateway"}
    name = next((name for name in watched if op.inputs.get(name)), None)
    if name is None:
        raise ProviderError(f"one of {', '.join(watched)} is needed")
    parameters: dict[str, Any] = {"ResourceIds": [op.inputs[name]], "ResourceType": watched[name]}
    for one in FLOW_LOG.properties:
        if op.inputs.get(one) is not None and one not in watched:
            op.put(parameters, Call("CreateFlowLogs"), one)
    answer = op.call("CreateFlowLogs", parameters)
    for refused in answer.get("Unsuccessful") or []:
        raise ProviderError(f"{refused['Error'].get('Code')}: {refused['Error'].get('Message')} (in CreateFlowLogs)")
    return {"FlowLogId": answer["FlowLogIds"][0]}


def _watched(prefix: str) -> Property:
    return Property(read=f"[ResourceId][?starts_with(@, '{prefix}-')] | [0]", replace=True)


FLOW_LOG: Final = Resource(
    type="aws:ec2/flowLog:FlowLog",
    service="ec2",
    identity="FlowLogId",
    properties={
        "deliverCrossAccountRole": Property(replace=True),
        "destinationOptions": Property(replace=True, computed=True),
        "eniId": _watched("eni"),
        "iamRoleArn": Property("DeliverLogsPermissionArn", replace=True),
        "logDestination": Property(form=Form.DOTLESS, computed=True, replace=True),
        "logDestinationType": Property(default="cloud-watch-logs", replace=True),
        "logFormat": Property(computed=True, replace=True),
        "maxAggregationInterval": Property(default=600, replace=True),
        "subnetId": _watched("subnet"),
        "trafficType": Property(replace=True),
        "transitGatewayId": _watched("tgw"),
        "vpcId": _watched("vpc"),
    },
    outputs={"arn": arn("vpc-flow-log")},
    create=_create_flow_log,
    read=(Call("DescribeFlowLogs", {"FlowLogIds": ["{id}"]}, "FlowLogs[0]"),),
    delete=Call("DeleteFlowLogs", {"FlowLogIds": ["{id}"]}),
    tagging=tagging("vpc-flow-log"),
)

ENDPOINTS: Final = (VPC_ENDPOINT, FLOW_LOG)
