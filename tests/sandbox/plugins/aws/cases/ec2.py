"""EC2 and VPC."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sandbox.plugins.aws.cases.case import TAGS, Case
from tests.sandbox.plugins.aws.plugin import Object
from tests.sandbox.plugins.aws.world import World, policy


def _tag_away(world: World, found: Object) -> None:
    world.client("ec2").create_tags(Resources=[found.id], Tags=[{"Key": "Name", "Value": "somebody else's"}])


def _entry(number: int, protocol: str, first: int, last: int, action: str = "allow") -> dict[str, object]:
    """An entry of a network ACL for the world's own range."""
    return {
        "ruleNo": number,
        "action": action,
        "protocol": protocol,
        "fromPort": first,
        "toPort": last,
        "cidrBlock": "10.9.0.0/16",
    }


CASES: Sequence[Case] = (
    Case(
        "aws:ec2/vpc:Vpc",
        lambda w: {"cidrBlock": "10.1.0.0/16", "enableDnsHostnames": True, "tags": TAGS},
        r"vpc-[0-9a-f]+",
        update=lambda w: {"cidrBlock": "10.1.0.0/16", "enableDnsHostnames": False, "tags": {"Name": "other"}},
        replace=lambda w: {"cidrBlock": "10.2.0.0/16"},
        tamper=lambda w, o: w.client("ec2").modify_vpc_attribute(VpcId=o.id, EnableDnsSupport={"Value": False}),
        drifted=("enableDnsSupport",),
    ),
    Case(
        "aws:ec2/subnet:Subnet",
        lambda w: {
            "vpcId": w.vpc.id,
            "cidrBlock": "10.9.20.0/24",
            "availabilityZone": "eu-central-1a",
            "mapPublicIpOnLaunch": False,
            "tags": TAGS,
        },
        r"subnet-[0-9a-f]+",
        update=lambda w: {
            "vpcId": w.vpc.id,
            "cidrBlock": "10.9.20.0/24",
            "availabilityZone": "eu-central-1a",
            "mapPublicIpOnLaunch": True,
        },
        replace=lambda w: {"vpcId": w.vpc.id, "cidrBlock": "10.9.21.0/24", "availabilityZone": "eu-central-1a"},
        tamper=lambda w, o: w.client("ec2").modify_subnet_attribute(SubnetId=o.id, MapPublicIpOnLaunch={"Value": True}),
        drifted=("mapPublicIpOnLaunch",),
    ),
    Case(
        "aws:ec2/internetGateway:InternetGateway",
        lambda w: {"vpcId": w.other_vpc.id, "tags": TAGS},
        r"igw-[0-9a-f]+",
        update=lambda w: {"vpcId": w.other_vpc.id, "tags": {"Name": "other"}},
        replace=None,
        tamper=_tag_away,
        drifted=("tags",),
    ),
    Case(
        "aws:ec2/eip:Eip",
        lambda w: {"domain": "vpc", "tags": TAGS},
        r"eipalloc-[0-9a-f]+",
        update=lambda w: {"domain": "vpc", "tags": {"Name": "other"}},
        replace=lambda w: {"domain": "vpc", "networkBorderGroup": "eu-central-1-ham-1"},
        tamper=_tag_away,
        drifted=("tags",),
        without=("associationId", "privateIp", "publicDns"),
    ),
    Case(
        "aws:ec2/natGateway:NatGateway",
        lambda w: {"subnetId": w.subnets[1], "allocationId": w.addresses[1], "tags": TAGS},
        r"nat-[0-9a-f]+",
        update=lambda w: {"subnetId": w.subnets[1], "allocationId": w.addresses[1], "tags": {"Name": "other"}},
        replace=lambda w: {"subnetId": w.subnets[1], "allocationId": w.addresses[2]},
        tamper=_tag_away,
        drifted=("tags",),
    ),
    Case(
        "aws:ec2/routeTable:RouteTable",
        lambda w: {
            "vpcId": w.vpc.id,
            "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": w.internet_gateway.id}],
            "tags": TAGS,
        },
        r"rtb-[0-9a-f]+",
        update=lambda w: {
            "vpcId": w.vpc.id,
            "routes": [{"cidrBlock": "192.0.2.0/24", "gatewayId": w.internet_gateway.id}],
        },
        replace=lambda w: {"vpcId": w.other_vpc.id},
        tamper=lambda w, o: w.client("ec2").delete_route(RouteTableId=o.id, DestinationCidrBlock="0.0.0.0/0"),
        drifted=("routes",),
    ),
    Case(
        "aws:ec2/route:Route",
        lambda w: {
            "routeTableId": w.route_table.id,
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": w.internet_gateway.id,
        },
        r"r-rtb-[0-9a-f]+1080289494",
        update=lambda w: {
            "routeTableId": w.route_table.id,
            "destinationCidrBlock": "0.0.0.0/0",
            "natGatewayId": w.nat_gateway.id,
        },
        replace=lambda w: {
            "routeTableId": w.route_table.id,
            "destinationCidrBlock": "198.51.100.0/24",
            "gatewayId": w.internet_gateway.id,
        },
        tamper=lambda w, o: w.client("ec2").replace_route(
            RouteTableId=w.route_table.id, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=w.nat_gateway.id
        ),
        drifted=("gatewayId", "natGatewayId"),
        without=("instanceId", "instanceOwnerId"),
        imports=("{routeTableId}_{destinationCidrBlock}",),
    ),
    Case(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        lambda w: {"routeTableId": w.route_table.id, "subnetId": w.subnets[2]},
        r"rtbassoc-[0-9a-f]+",
        update=None,
        replace=lambda w: {"routeTableId": w.other_route_table.id, "subnetId": w.subnets[2]},
        tamper=None,
        imports=("{subnetId}/{routeTableId}",),
    ),
    Case(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        lambda w: {
            "vpcId": w.vpc.id,
            "serviceName": "com.amazonaws.eu-central-1.kms",
            "vpcEndpointType": "Interface",
            "subnetIds": w.subnets[:2],
            "securityGroupIds": w.groups[:1],
            "privateDnsEnabled": True,
            "policy": policy("kms:*"),
            "tags": TAGS,
        },
        r"vpce-[0-9a-f]+",
        update=lambda w: {
            "vpcId": w.vpc.id,
            "serviceName": "com.amazonaws.eu-central-1.kms",
            "vpcEndpointType": "Interface",
            "subnetIds": w.subnets[1:3],
            "securityGroupIds": w.groups[1:],
            "privateDnsEnabled": True,
            "policy": policy("kms:Decrypt"),
        },
        replace=lambda w: {
            "vpcId": w.vpc.id,
            "serviceName": "com.amazonaws.eu-central-1.sts",
            "vpcEndpointType": "Interface",
        },
        tamper=lambda w, o: w.client("ec2").modify_vpc_endpoint(VpcEndpointId=o.id, PolicyDocument=policy("*")),
        drifted=("policy",),
        without=("cidrBlocks", "prefixListId"),
    ),
    Case(
        "aws:ec2/networkAcl:NetworkAcl",
        lambda w: {
            "vpcId": w.vpc.id,
            "subnetIds": w.subnets[:1],
            "ingress": [
                _entry(100, "6", 443, 443),
                _entry(110, "-1", 0, 0, action="deny"),
                {**_entry(120, "1", 0, 0), "icmpType": 3, "icmpCode": -1},
            ],
            "egress": [_entry(100, "-1", 0, 0)],
            "tags": TAGS,
        },
        r"acl-[0-9a-f]+",
        update=lambda w: {
            "vpcId": w.vpc.id,
            "subnetIds": w.subnets[1:2],
            "ingress": [_entry(100, "tcp", 5432, 5432), _entry(120, "17", 53, 53)],
            "egress": [],
            "tags": {"Name": "other"},
        },
        replace=lambda w: {"vpcId": w.other_vpc.id},
        tamper=lambda w, o: w.client("ec2").create_network_acl_entry(
            NetworkAclId=o.id,
            RuleNumber=50,
            Protocol="6",
            RuleAction="allow",
            Egress=False,
            CidrBlock="0.0.0.0/0",
            PortRange={"From": 22, "To": 22},
        ),
        drifted=("ingress",),
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda w: {
            "vpcId": w.vpc.id,
            "description": "nodes",
            "ingress": [
                {
                    "protocol": "tcp",
                    "fromPort": 443,
                    "toPort": 443,
                    "cidrBlocks": ["10.9.0.0/16"],
                    "description": "https",
                },
                {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True},
            ],
            "tags": TAGS,
        },
        r"sg-[0-9a-f]+",
        update=lambda w: {
            "vpcId": w.vpc.id,
            "description": "nodes",
            "ingress": [{"protocol": "tcp", "fromPort": 80, "toPort": 80, "securityGroups": w.groups[:1]}],
        },
        replace=lambda w: {"vpcId": w.vpc.id, "description": "other"},
        tamper=lambda w, o: w.client("ec2").authorize_security_group_ingress(
            GroupId=o.id,
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        ),
        drifted=("ingress",),
    ),
    Case(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        lambda w: {"vpcId": w.other_vpc.id, "tags": TAGS},
        r"sg-[0-9a-f]+",
        update=lambda w: {
            "vpcId": w.other_vpc.id,
            "ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}],
        },
        replace=lambda w: {"vpcId": w.vpc.id},
        tamper=lambda w, o: w.client("ec2").authorize_security_group_egress(
            GroupId=o.id, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ),
        drifted=("egress",),
    ),
    Case(
        "aws:ec2/flowLog:FlowLog",
        lambda w: {
            "vpcId": w.vpc.id,
            "trafficType": "ALL",
            "logDestinationType": "cloud-watch-logs",
            "logDestination": w.log_group.state["arn"],
            "iamRoleArn": w.flow_role.state["arn"],
            "maxAggregationInterval": 60,
            "tags": TAGS,
        },
        r"fl-[0-9a-f]+",
        update=lambda w: {
            "vpcId": w.vpc.id,
            "trafficType": "ALL",
            "logDestination": w.log_group.state["arn"],
            "iamRoleArn": w.flow_role.state["arn"],
            "maxAggregationInterval": 60,
            "tags": {"Name": "other"},
        },
        replace=lambda w: {
            "vpcId": w.vpc.id,
            "trafficType": "REJECT",
            "logDestination": w.log_group.state["arn"],
            "iamRoleArn": w.flow_role.state["arn"],
        },
        tamper=_tag_away,
        drifted=("tags",),
    ),
    Case(
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda w: {
            "updateDefaultVersion": True,
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled"},
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "encrypted": "true",
                        "kmsKeyId": w.key.state["arn"],
                        "volumeSize": 20,
                        "volumeType": "gp3",
                        "deleteOnTermination": "true",
                    },
                }
            ],
            "vpcSecurityGroupIds": w.groups,
            "monitoring": {"enabled": True},
            "ebsOptimized": "true",
            "tagSpecifications": [{"resourceType": "instance", "tags": {"Name": "node", "Owner": "platform"}}],
            "tags": TAGS,
        },
        r"lt-[0-9a-f]+",
        update=lambda w: {
            "updateDefaultVersion": True,
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2, "httpEndpoint": "enabled"},
            "vpcSecurityGroupIds": w.groups[:1],
            "tags": TAGS,
        },
        replace=lambda w: {"name": "another"},
        tamper=lambda w, o: w.client("ec2").create_launch_template_version(
            LaunchTemplateId=o.id, LaunchTemplateData={"MetadataOptions": {"HttpTokens": "optional"}}
        ),
        drifted=("metadataOptions", "vpcSecurityGroupIds", "blockDeviceMappings"),
    ),
    *(
        Case(
            f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
            lambda w: {
                "securityGroupId": w.groups[0],
                "ipProtocol": "tcp",
                "fromPort": 5432,
                "toPort": 5432,
                "cidrIpv4": "10.9.0.0/16",
                "description": "database",
                "tags": TAGS,
            },
            r"sgr-[0-9a-f]+",
            update=lambda w: {
                "securityGroupId": w.groups[0],
                "ipProtocol": "tcp",
                "fromPort": 5433,
                "toPort": 5433,
                "cidrIpv4": "10.9.1.0/24",
                "description": "databases",
            },
            replace=lambda w: {
                "securityGroupId": w.groups[1],
                "ipProtocol": "tcp",
                "fromPort": 5432,
                "toPort": 5432,
                "referencedSecurityGroupId": w.groups[1],
                "description": "database",
            },
            tamper=lambda w, o: w.client("ec2").modify_security_group_rules(
                GroupId=w.groups[0],
                SecurityGroupRules=[
                    {
                        "SecurityGroupRuleId": o.id,
                        "SecurityGroupRule": {
                            "IpProtocol": "tcp",
                            "FromPort": 22,
                            "ToPort": 22,
                            "CidrIpv4": "0.0.0.0/0",
                            "Description": "database",
                        },
                    }
                ],
            ),
            drifted=("fromPort", "toPort", "cidrIpv4"),
        )
        for direction in ("Ingress", "Egress")
    ),
)
