"""For each resource type: how it is made, changed in place, changed so that it must be replaced, and tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.sandbox.plugins.aws.plugin import Object
from tests.sandbox.plugins.aws.world import World, key_policy, policy, trust

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One resource type.

    Attributes:
        type: its token.
        inputs: makes it.
        update: inputs that change it in place; ``None``: AWS changes nothing of it in place.
        replace: inputs that need a new object.
        tamper: somebody changes it past the plugin.
        drifted: the properties that then differ.
        without: outputs that this object does not have.
        id: what its id looks like: a pattern.
        imports: ids that import it, with ``{id}`` and its properties filled in.
    """

    type: str
    inputs: Callable[[World], Inputs]
    id: str
    update: Callable[[World], Inputs] | None
    replace: Callable[[World], Inputs] | None
    tamper: Callable[[World, Object], Any] | None
    drifted: Sequence[str] = ()
    without: Sequence[str] = ()
    imports: Sequence[str] = ("{id}",)


def _tag_away(world: World, found: Object) -> None:
    world.client("ec2").create_tags(Resources=[found.id], Tags=[{"Key": "Name", "Value": "somebody else's"}])


TAGS = {"Name": "mine", "Owner": "platform"}


def _instance(world: World, **changes: Any) -> Inputs:
    return {
        "identifier": "case",
        "engine": "postgres",
        "engineVersion": "17",
        "instanceClass": "db.t4g.small",
        "allocatedStorage": 20,
        "maxAllocatedStorage": 100,
        "storageType": "gp3",
        "storageEncrypted": True,
        "kmsKeyId": world.key.state["arn"],
        "dbName": "app",
        "username": "freehold",
        "manageMasterUserPassword": True,
        "masterUserSecretKmsKeyId": world.key.state["arn"],
        "dbSubnetGroupName": world.subnet_group.id,
        "vpcSecurityGroupIds": world.groups[:1],
        "parameterGroupName": world.parameter_groups[0],
        "iamDatabaseAuthenticationEnabled": True,
        "backupRetentionPeriod": 7,
        "backupWindow": "02:00-03:00",
        "maintenanceWindow": "Sun:04:00-Sun:05:00",
        "copyTagsToSnapshot": True,
        "autoMinorVersionUpgrade": True,
        "multiAz": False,
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": world.key.state["arn"],
        "performanceInsightsRetentionPeriod": 7,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "deletionProtection": False,
        "publiclyAccessible": False,
        "applyImmediately": True,
        "skipFinalSnapshot": True,
        "tags": TAGS,
        **changes,
    }


def _node_group(world: World, **changes: Any) -> Inputs:
    return {
        "clusterName": world.cluster.id,
        "nodeGroupName": "general",
        "nodeRoleArn": world.node_role.state["arn"],
        "subnetIds": world.subnets[:2],
        "scalingConfig": {"desiredSize": 1, "minSize": 1, "maxSize": 3},
        "updateConfig": {"maxUnavailable": 1},
        "amiType": "AL2023_ARM_64_STANDARD",
        "capacityType": "ON_DEMAND",
        "instanceTypes": ["t4g.large"],
        "labels": {"pool": "general", "example.com/Owner": "Platform"},
        "taints": [{"key": "dedicated", "value": "data", "effect": "NO_SCHEDULE"}],
        "launchTemplate": {
            "id": world.launch_template.id,
            "version": str(world.launch_template.state["latestVersion"]),
        },
        "tags": TAGS,
        **changes,
    }


CASES: Sequence[Case] = (
    Case(
        "aws:kms/key:Key",
        lambda w: {
            "description": "data",
            "policy": key_policy(),
            "enableKeyRotation": True,
            "rotationPeriodInDays": 180,
            "deletionWindowInDays": 7,
            "tags": TAGS,
        },
        r"[0-9a-f-]{36}",
        update=lambda w: {
            "description": "data of the client",
            "policy": key_policy("kms:Describe*"),
            "enableKeyRotation": False,
            "isEnabled": False,
            "deletionWindowInDays": 7,
            "tags": {"Name": "other"},
        },
        replace=lambda w: {"description": "data", "keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048"},
        tamper=lambda w, o: w.client("kms").disable_key_rotation(KeyId=o.id),
        drifted=("enableKeyRotation",),
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda w: {"name": "alias/data", "targetKeyId": w.key.id},
        r"alias/data",
        update=lambda w: {"name": "alias/data", "targetKeyId": w.other_key.state["arn"]},
        replace=lambda w: {"name": "alias/other", "targetKeyId": w.key.id},
        tamper=lambda w, o: w.client("kms").update_alias(AliasName=o.id, TargetKeyId=w.other_key.id),
        drifted=("targetKeyId",),
    ),
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
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {"name": "/logs", "retentionInDays": 90, "kmsKeyId": w.key.state["arn"], "tags": TAGS},
        r"/logs",
        update=lambda w: {
            "name": "/logs",
            "retentionInDays": 365,
            "kmsKeyId": w.key.state["arn"],
            "tags": {"Name": "other"},
        },
        replace=lambda w: {"name": "/others", "retentionInDays": 90},
        tamper=lambda w, o: w.client("logs").delete_retention_policy(logGroupName=o.id),
        drifted=("retentionInDays",),
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "alarmDescription": "too busy",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "datapointsToAlarm": 2,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
            "dimensions": {"DBInstanceIdentifier": "acme-dev"},
            "alarmActions": [w.topic.state["arn"]],
            "okActions": [w.topic.state["arn"]],
            "treatMissingData": "breaching",
            "tags": TAGS,
        },
        r"case-[0-9a-f]{7}",
        update=lambda w: {
            "comparisonOperator": "GreaterThanOrEqualToThreshold",
            "evaluationPeriods": 2,
            "threshold": 0.5,
            "alarmActions": [w.topic.state["arn"]],
            "metricQueries": [
                {"id": "share", "expression": "used / all", "label": "share", "returnData": True},
                *(
                    {
                        "id": name,
                        "metric": {
                            "metricName": name,
                            "namespace": "Freehold",
                            "period": 300,
                            "stat": "Sum",
                            "dimensions": {"Client": "acme"},
                        },
                    }
                    for name in ("used", "all")
                ),
            ],
        },
        replace=lambda w: {
            "name": "another",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
        },
        tamper=lambda w, o: w.client("cloudwatch").disable_alarm_actions(AlarmNames=[o.id]),
        drifted=("actionsEnabled",),
    ),
    Case(
        "aws:iam/role:Role",
        lambda w: {
            "assumeRolePolicy": trust("ec2.amazonaws.com"),
            "description": "nodes",
            "maxSessionDuration": 7200,
            "path": "/freehold/",
            "permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
            "managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "inlinePolicies": [{"name": "own", "policy": policy("s3:GetObject")}],
            "tags": TAGS,
        },
        r"case-[0-9a-f]{7}",
        update=lambda w: {
            "assumeRolePolicy": trust("eks.amazonaws.com"),
            "description": "cluster",
            "path": "/freehold/",
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
            "inlinePolicies": [{"name": "others", "policy": policy("s3:PutObject")}],
        },
        replace=lambda w: {"assumeRolePolicy": trust("ec2.amazonaws.com"), "path": "/other/"},
        tamper=lambda w, o: w.client("iam").delete_role_permissions_boundary(RoleName=o.id),
        drifted=("permissionsBoundary",),
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.node_role.id, "name": "logs", "policy": policy("logs:PutLogEvents")},
        r"nodes-[0-9a-f]{7}:logs",
        update=lambda w: {"role": w.node_role.id, "name": "logs", "policy": policy("logs:CreateLogStream")},
        replace=lambda w: {"role": w.cluster_role.id, "name": "logs", "policy": policy("logs:PutLogEvents")},
        tamper=lambda w, o: w.client("iam").put_role_policy(
            RoleName=w.node_role.id, PolicyName="logs", PolicyDocument=policy("*")
        ),
        drifted=("policy",),
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {"role": w.node_role.id, "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
        r"nodes-[0-9a-f]{7}-arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
        update=None,
        replace=lambda w: {"role": w.node_role.id, "policyArn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"},
        tamper=None,
        imports=("{role}/{policyArn}",),
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda w: {
            "displayName": "alarms",
            "kmsMasterKeyId": w.key.id,
            "policy": policy("sns:Publish"),
            "tags": TAGS,
        },
        r"arn:aws:sns:eu-central-1:111111111111:case-[0-9a-f]{7}",
        update=lambda w: {"displayName": "Alarms", "kmsMasterKeyId": w.other_key.id, "policy": policy("sns:*")},
        replace=lambda w: {"name": "another"},
        tamper=lambda w, o: w.client("sns").set_topic_attributes(
            TopicArn=o.id, AttributeName="KmsMasterKeyId", AttributeValue=""
        ),
        drifted=("kmsMasterKeyId",),
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda w: {"arn": w.topic.state["arn"], "policy": policy("sns:Publish", w.topic.state["arn"])},
        r"arn:aws:sns:eu-central-1:111111111111:world-[0-9a-f]{7}",
        update=lambda w: {"arn": w.topic.state["arn"], "policy": policy("sns:Subscribe", w.topic.state["arn"])},
        replace=lambda w: {"arn": w.other_topic.state["arn"], "policy": policy("sns:Publish")},
        tamper=lambda w, o: w.client("sns").set_topic_attributes(
            TopicArn=o.id, AttributeName="Policy", AttributeValue=policy("*")
        ),
        drifted=("policy",),
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda w: {
            "topic": w.topic.state["arn"],
            "protocol": "https",
            "endpoint": "https://oncall.example.test/hook",
            "filterPolicy": json.dumps({"severity": ["high"]}),
            "rawMessageDelivery": True,
        },
        r"arn:aws:sns:eu-central-1:111111111111:world-[0-9a-f]{7}:[0-9a-f-]{36}",
        update=lambda w: {
            "topic": w.topic.state["arn"],
            "protocol": "https",
            "endpoint": "https://oncall.example.test/hook",
            "filterPolicy": json.dumps({"severity": ["high", "low"]}),
        },
        replace=lambda w: {
            "topic": w.topic.state["arn"],
            "protocol": "https",
            "endpoint": "https://other.example.test/hook",
        },
        tamper=lambda w, o: w.client("sns").set_subscription_attributes(
            SubscriptionArn=o.id, AttributeName="RawMessageDelivery", AttributeValue="false"
        ),
        drifted=("rawMessageDelivery",),
    ),
    Case(
        "aws:rds/subnetGroup:SubnetGroup",
        lambda w: {"subnetIds": w.subnets[:2], "description": "data", "tags": TAGS},
        r"case-[0-9a-f]{7}",
        update=lambda w: {"subnetIds": w.subnets, "description": "data subnets"},
        replace=lambda w: {"name": "another", "subnetIds": w.subnets[:2]},
        tamper=lambda w, o: w.client("rds").modify_db_subnet_group(DBSubnetGroupName=o.id, SubnetIds=w.subnets),
        drifted=("subnetIds",),
        without=("supportedNetworkTypes",),
    ),
    Case(
        "aws:rds/parameterGroup:ParameterGroup",
        lambda w: {
            "family": "postgres17",
            "parameters": [
                {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"},
                {"name": "log_statement", "value": "ddl"},
            ],
            "tags": TAGS,
        },
        r"case-[0-9a-f]{7}",
        update=lambda w: {"family": "postgres17", "parameters": [{"name": "log_statement", "value": "all"}]},
        replace=lambda w: {"family": "postgres16"},
        tamper=lambda w, o: w.client("rds").modify_db_parameter_group(
            DBParameterGroupName=o.id,
            Parameters=[{"ParameterName": "log_statement", "ParameterValue": "none", "ApplyMethod": "immediate"}],
        ),
        drifted=("parameters",),
    ),
    Case(
        "aws:rds/instance:Instance",
        _instance,
        r"db-[A-Z0-9]+",
        update=lambda w: _instance(
            w,
            allocatedStorage=30,
            backupRetentionPeriod=14,
            deletionProtection=False,
            enabledCloudwatchLogsExports=["postgresql"],
            parameterGroupName=w.parameter_groups[1],
            tags={"Name": "other"},
        ),
        replace=lambda w: _instance(w, storageEncrypted=False),
        tamper=lambda w, o: w.client("rds").modify_db_instance(
            DBInstanceIdentifier=o.state["identifier"], BackupRetentionPeriod=1, ApplyImmediately=True
        ),
        drifted=("backupRetentionPeriod",),
        imports=("{identifier}",),
    ),
    Case(
        "aws:eks/cluster:Cluster",
        lambda w: {
            "name": "case",
            "roleArn": w.cluster_role.state["arn"],
            "vpcConfig": {
                "subnetIds": w.subnets[:2],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": True,
                "publicAccessCidrs": ["192.0.2.0/24"],
            },
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "encryptionConfig": {"provider": {"keyArn": w.key.state["arn"]}, "resources": ["secrets"]},
            "enabledClusterLogTypes": ["api", "audit"],
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"},
            "deletionProtection": False,
            "upgradePolicy": {"supportType": "STANDARD"},
            "tags": TAGS,
        },
        r"case",
        update=lambda w: {
            "name": "case",
            "roleArn": w.cluster_role.state["arn"],
            "vpcConfig": {
                "subnetIds": w.subnets[:2],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
            },
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "encryptionConfig": {"provider": {"keyArn": w.key.state["arn"]}, "resources": ["secrets"]},
            "enabledClusterLogTypes": ["authenticator", "audit", "scheduler"],
            "tags": {"Name": "other"},
        },
        replace=lambda w: {
            "name": "case",
            "roleArn": w.node_role.state["arn"],
            "vpcConfig": {"subnetIds": w.subnets[:2]},
        },
        tamper=lambda w, o: w.client("eks").update_cluster_config(
            name="case", logging={"clusterLogging": [{"types": ["audit"], "enabled": False}]}
        ),
        drifted=("enabledClusterLogTypes",),
        without=("clusterId",),
    ),
    Case(
        "aws:eks/nodeGroup:NodeGroup",
        _node_group,
        r"world-[0-9a-f]{7}:general",
        update=lambda w: _node_group(
            w,
            scalingConfig={"desiredSize": 2, "minSize": 1, "maxSize": 4},
            labels={"pool": "general"},
            taints=[],
            tags={"Name": "other"},
        ),
        replace=lambda w: _node_group(w, instanceTypes=["m7g.large"]),
        tamper=lambda w, o: w.client("eks").update_nodegroup_config(
            clusterName=w.cluster.id, nodegroupName="general", labels={"addOrUpdateLabels": {"pool": "mine"}}
        ),
        drifted=("labels",),
    ),
    Case(
        "aws:eks/accessEntry:AccessEntry",
        lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.pod_role.state["arn"],
            "kubernetesGroups": ["readers"],
            "tags": TAGS,
        },
        r"world-[0-9a-f]{7}:arn:aws:iam::111111111111:role/pods-[0-9a-f]{7}",
        update=lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.pod_role.state["arn"],
            "kubernetesGroups": ["readers", "writers"],
        },
        replace=lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.pod_role.state["arn"],
            "type": "EC2_LINUX",
        },
        tamper=lambda w, o: w.client("eks").update_access_entry(
            clusterName=w.cluster.id, principalArn=w.pod_role.state["arn"], kubernetesGroups=["administrators"]
        ),
        drifted=("kubernetesGroups",),
    ),
    Case(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.entry.state["principalArn"],
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "namespace", "namespaces": ["default", "kube-system"]},
        },
        r"world-[0-9a-f]{7}#arn:aws:iam::111111111111:role/cluster-[0-9a-f]{7}#arn:aws:eks::aws:cluster-access-.*",
        update=None,
        replace=lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.entry.state["principalArn"],
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "cluster"},
        },
        tamper=lambda w, o: w.client("eks").associate_access_policy(
            clusterName=w.cluster.id,
            principalArn=w.entry.state["principalArn"],
            policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            accessScope={"type": "cluster"},
        ),
        drifted=("accessScope",),
    ),
    Case(
        "aws:eks/addon:Addon",
        lambda w: {
            "clusterName": w.cluster.id,
            "addonName": "vpc-cni",
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "OVERWRITE",
            "configurationValues": json.dumps({"enableNetworkPolicy": "true"}),
            "tags": TAGS,
        },
        r"world-[0-9a-f]{7}:vpc-cni",
        update=lambda w: {
            "clusterName": w.cluster.id,
            "addonName": "vpc-cni",
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "PRESERVE",
            "configurationValues": json.dumps({"enableNetworkPolicy": "false"}),
        },
        replace=lambda w: {"clusterName": w.cluster.id, "addonName": "coredns"},
        tamper=lambda w, o: w.client("eks").update_addon(
            clusterName=w.cluster.id, addonName="vpc-cni", configurationValues=json.dumps({"logLevel": "DEBUG"})
        ),
        drifted=("configurationValues",),
    ),
    Case(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        lambda w: {
            "clusterName": w.cluster.id,
            "namespace": "default",
            "serviceAccount": "app",
            "roleArn": w.pod_role.state["arn"],
            "tags": TAGS,
        },
        r"a-[0-9a-z]+",
        update=lambda w: {
            "clusterName": w.cluster.id,
            "namespace": "default",
            "serviceAccount": "app",
            "roleArn": w.other_pod_role.state["arn"],
        },
        replace=lambda w: {
            "clusterName": w.cluster.id,
            "namespace": "other",
            "serviceAccount": "app",
            "roleArn": w.pod_role.state["arn"],
        },
        tamper=lambda w, o: w.client("eks").update_pod_identity_association(
            clusterName=w.cluster.id, associationId=o.id, roleArn=w.other_pod_role.state["arn"]
        ),
        drifted=("roleArn",),
        without=("externalId",),
        imports=("{clusterName},{id}",),
    ),
)
