"""Networks, subnets and the gateways through which they reach the world."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Output, Property, Ready, Resource, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.types import endpoints, launch_template, network_acls, routes, security_groups
from sandbox.plugins.aws.types.ec2_common import arn, pascal, tagging

# -- networks ---------------------------------------------------------------------------------------------------------


def _vpc_attribute(name: str) -> Call:
    return Call("DescribeVpcAttribute", {"VpcId": "{id}", "Attribute": name}, f"{{{name}: {pascal(name)}.Value}}")


def _set_vpc(name: str) -> Update:
    value = {"Value": f"{{{name}}}"}
    return Update((name,), Call("ModifyVpcAttribute", {"VpcId": "{id}", pascal(name): value}))


def _in_vpc(*more: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]} for name, value in (("vpc-id", "{id}"), *more)]


_VPC_ATTRIBUTES: Final = ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics")

VPC: Final = Resource(
    type="aws:ec2/vpc:Vpc",
    service="ec2",
    identity="VpcId",
    properties={
        "cidrBlock": Property(computed=True, replace=True),
        "enableDnsHostnames": Property(computed=True),
        "enableDnsSupport": Property(default=True),
        "enableNetworkAddressUsageMetrics": Property(computed=True),
        "instanceTenancy": Property(default="default", replace=True),
    },
    outputs={
        "arn": arn("vpc"),
        "defaultNetworkAclId": Output(),
        "defaultRouteTableId": Output("MainRouteTableId"),
        "defaultSecurityGroupId": Output(),
        "dhcpOptionsId": Output(),
        "mainRouteTableId": Output(),
        "ownerId": Output(),
    },
    create=Call("CreateVpc", answer="Vpc"),
    read=(
        Call("DescribeVpcs", {"VpcIds": ["{id}"]}, "Vpcs[0]"),
        *(_vpc_attribute(name) for name in _VPC_ATTRIBUTES),
        Call(
            "DescribeNetworkAcls",
            {"Filters": _in_vpc(("default", "true"))},
            "{DefaultNetworkAclId: NetworkAcls[0].NetworkAclId}",
        ),
        Call(
            "DescribeRouteTables",
            {"Filters": _in_vpc(("association.main", "true"))},
            "{MainRouteTableId: RouteTables[0].RouteTableId}",
        ),
        Call(
            "DescribeSecurityGroups",
            {"Filters": _in_vpc(("group-name", "default"))},
            "{DefaultSecurityGroupId: SecurityGroups[0].GroupId}",
        ),
    ),
    update=tuple(_set_vpc(name) for name in _VPC_ATTRIBUTES),
    delete=Call("DeleteVpc", {"VpcId": "{id}"}),
    ready=Ready("State", good=("available",)),
    tagging=tagging("vpc"),
)


def _set_subnet(name: str, member: str = "") -> Update:
    value = {"Value": f"{{{name}}}"}
    return Update((name,), Call("ModifySubnetAttribute", {"SubnetId": "{id}", member or pascal(name): value}))


SUBNET: Final = Resource(
    type="aws:ec2/subnet:Subnet",
    service="ec2",
    identity="SubnetId",
    properties={
        "assignIpv6AddressOnCreation": Property(default=False),
        "availabilityZone": Property(computed=True, replace=True),
        "availabilityZoneId": Property(computed=True, replace=True),
        "cidrBlock": Property(computed=True, replace=True),
        "enableDns64": Property(default=False),
        "enableResourceNameDnsARecordOnLaunch": Property(
            read="PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord", default=False
        ),
        "enableResourceNameDnsAaaaRecordOnLaunch": Property(
            read="PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord", default=False
        ),
        "ipv6Native": Property(default=False, replace=True),
        "mapPublicIpOnLaunch": Property(default=False),
        "privateDnsHostnameTypeOnLaunch": Property(read="PrivateDnsNameOptionsOnLaunch.HostnameType", computed=True),
        "vpcId": Property(replace=True),
    },
    outputs={"arn": arn("subnet"), "ownerId": Output()},
    create=Call("CreateSubnet", answer="Subnet"),
    read=(Call("DescribeSubnets", {"SubnetIds": ["{id}"]}, "Subnets[0]"),),
    update=(
        _set_subnet("assignIpv6AddressOnCreation"),
        _set_subnet("enableDns64"),
        _set_subnet("enableResourceNameDnsARecordOnLaunch"),
        _set_subnet("enableResourceNameDnsAaaaRecordOnLaunch", "EnableResourceNameDnsAAAARecordOnLaunch"),
        _set_subnet("mapPublicIpOnLaunch"),
        Update(("privateDnsHostnameTypeOnLaunch",), Call("ModifySubnetAttribute", {"SubnetId": "{id}"})),
    ),
    delete=Call("DeleteSubnet", {"SubnetId": "{id}"}),
    ready=Ready("State", good=("available",)),
    minutes=(10, 20),
    tagging=tagging("subnet"),
)


# -- gateways ---------------------------------------------------------------------------------------------------------


def _attach(op: Operation) -> None:
    """Move an internet gateway from the network that it is attached to into the one that is asked for."""
    there = op.document.get("Attachments") or []
    for attachment in there:
        op.call("DetachInternetGateway", {"InternetGatewayId": op.id, "VpcId": attachment["VpcId"]})
    if op.inputs.get("vpcId"):
        op.call("AttachInternetGateway", {"InternetGatewayId": op.id, "VpcId": op.inputs["vpcId"]})


def _delete_internet_gateway(op: Operation) -> None:
    answer = op.call("DescribeInternetGateways", {"InternetGatewayIds": [op.id]})
    for attachment in answer["InternetGateways"][0].get("Attachments") or []:
        op.call("DetachInternetGateway", {"InternetGatewayId": op.id, "VpcId": attachment["VpcId"]})
    op.call("DeleteInternetGateway", {"InternetGatewayId": op.id})


INTERNET_GATEWAY: Final = Resource(
    type="aws:ec2/internetGateway:InternetGateway",
    service="ec2",
    identity="InternetGatewayId",
    properties={"vpcId": Property(read="Attachments[0].VpcId", computed=True)},
    outputs={"arn": arn("internet-gateway"), "ownerId": Output()},
    create=Call("CreateInternetGateway", answer="InternetGateway"),
    read=(Call("DescribeInternetGateways", {"InternetGatewayIds": ["{id}"]}, "InternetGateways[0]"),),
    update=(Update(("vpcId",), _attach),),
    delete=_delete_internet_gateway,
    minutes=(20, 20),
    tagging=tagging("internet-gateway"),
)

EIP: Final = Resource(
    type="aws:ec2/eip:Eip",
    service="ec2",
    identity="AllocationId",
    properties={
        "address": Property(read="", replace=True),
        "domain": Property(computed=True, replace=True),
        "networkBorderGroup": Property(computed=True, replace=True),
        "publicIpv4Pool": Property(computed=True, replace=True),
    },
    outputs={
        "allocationId": Output(),
        "arn": arn("elastic-ip"),
        "associationId": Output(),
        "privateIp": Output("PrivateIpAddress"),
        "publicDns": Output("PublicDnsName"),
        "publicIp": Output(),
    },
    create=Call("AllocateAddress", {"Domain": "vpc"}),
    read=(Call("DescribeAddresses", {"AllocationIds": ["{id}"]}, "Addresses[0]"),),
    delete=Call("ReleaseAddress", {"AllocationId": "{id}"}),
    minutes=(15, 3),
    tagging=tagging("elastic-ip"),
)

NAT_GATEWAY: Final = Resource(
    type="aws:ec2/natGateway:NatGateway",
    service="ec2",
    identity="NatGatewayId",
    properties={
        "allocationId": Property(read="NatGatewayAddresses[0].AllocationId", replace=True),
        "connectivityType": Property(default="public", replace=True),
        "privateIp": Property("PrivateIpAddress", read="NatGatewayAddresses[0].PrivateIp", computed=True, replace=True),
        "subnetId": Property(replace=True),
    },
    outputs={
        "associationId": Output("NatGatewayAddresses[0].AssociationId"),
        "networkInterfaceId": Output("NatGatewayAddresses[0].NetworkInterfaceId"),
        "publicIp": Output("NatGatewayAddresses[0].PublicIp"),
    },
    create=Call("CreateNatGateway", answer="NatGateway"),
    read=(Call("DescribeNatGateways", {"NatGatewayIds": ["{id}"]}, "NatGateways[0]"),),
    delete=Call("DeleteNatGateway", {"NatGatewayId": "{id}"}),
    absent="State=='deleted'",
    ready=Ready("State", good=("available",), bad=("failed",), reason="FailureMessage"),
    gone=True,
    minutes=(10, 30),
    tagging=tagging("natgateway"),
)


RESOURCES: Final = (
    VPC,
    SUBNET,
    INTERNET_GATEWAY,
    EIP,
    NAT_GATEWAY,
    *routes.ROUTES,
    *endpoints.ENDPOINTS,
    network_acls.NETWORK_ACL,
    *security_groups.GROUPS,
    launch_template.LAUNCH_TEMPLATE,
)
