"""What resources stand in: made by the plugin itself, once, when the first one asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any

from tests.sandbox.plugins.aws.plugin import Object, Plugin

ACCOUNT = "555555555555"
ELSEWHERE = ("eu-west-1", "eu-west-3")
"""Regions other than the plugin's, for what a region has but one of."""


def trust(service: str) -> str:
    """A trust policy for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(action: str, resource: str = "*") -> str:
    """A policy that allows one action."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
    )


def key_policy(action: str = "kms:*") -> str:
    """A key policy for the account."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": action,
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class World:
    """Resources for others to refer to.

    Attributes:
        plugin: makes them.
        client: a boto3 client of a service (in a region, if not the plugin's), past the plugin: for what happens out of
            band.
    """

    def __init__(self, plugin: Plugin, client: Callable[..., Any]) -> None:
        self.plugin = plugin
        self.client = client

    def make(self, type: str, logical: str, /, **inputs: Any) -> Object:
        """Create a resource."""
        return self.plugin.create(type, logical, inputs)

    @cached_property
    def vpc(self) -> Object:
        return self.make("aws:ec2/vpc:Vpc", "world", cidrBlock="10.9.0.0/16", enableDnsHostnames=True)

    @cached_property
    def other_vpc(self) -> Object:
        return self.make("aws:ec2/vpc:Vpc", "other", cidrBlock="10.8.0.0/16")

    @cached_property
    def subnets(self) -> list[str]:
        return [
            self.make(
                "aws:ec2/subnet:Subnet",
                f"world-{zone}",
                vpcId=self.vpc.id,
                cidrBlock=f"10.9.{index}.0/24",
                availabilityZone=f"eu-central-1{zone}",
            ).id
            for index, zone in enumerate("abc")
        ]

    @cached_property
    def route_table(self) -> Object:
        return self.make("aws:ec2/routeTable:RouteTable", "world", vpcId=self.vpc.id)

    @cached_property
    def other_route_table(self) -> Object:
        return self.make("aws:ec2/routeTable:RouteTable", "other", vpcId=self.vpc.id)

    @cached_property
    def internet_gateway(self) -> Object:
        return self.make("aws:ec2/internetGateway:InternetGateway", "world", vpcId=self.vpc.id)

    @cached_property
    def nat_gateway(self) -> Object:
        return self.make(
            "aws:ec2/natGateway:NatGateway", "world", subnetId=self.subnets[0], allocationId=self.addresses[0]
        )

    @cached_property
    def addresses(self) -> list[str]:
        return [self.make("aws:ec2/eip:Eip", f"world-{index}", domain="vpc").id for index in range(3)]

    @cached_property
    def groups(self) -> list[str]:
        return [
            self.make(
                "aws:ec2/securityGroup:SecurityGroup", f"world-{index}", vpcId=self.vpc.id, description="world"
            ).id
            for index in range(2)
        ]

    @cached_property
    def key(self) -> Object:
        return self.make("aws:kms/key:Key", "world", description="world", policy=key_policy())

    @cached_property
    def other_key(self) -> Object:
        return self.make("aws:kms/key:Key", "other", description="other", policy=key_policy())

    @cached_property
    def topic(self) -> Object:
        return self.make("aws:sns/topic:Topic", "world")

    @cached_property
    def other_topic(self) -> Object:
        return self.make("aws:sns/topic:Topic", "other")

    @property
    def plugin_account(self) -> str:
        """The account that the plugin acts in."""
        return ACCOUNT

    @cached_property
    def bucket(self) -> Object:
        return self.make("aws:s3/bucket:Bucket", "world")

    @cached_property
    def other_bucket(self) -> Object:
        return self.make("aws:s3/bucket:Bucket", "other")

    @cached_property
    def locked_bucket(self) -> Object:
        return self.make("aws:s3/bucket:Bucket", "locked", objectLockEnabled=True)

    @cached_property
    def log_bucket(self) -> str:
        """A bucket that S3 may write access logs to."""
        found = self.make("aws:s3/bucket:Bucket", "logs")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{found.state['arn']}/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.make("aws:s3/bucketPolicy:BucketPolicy", "logs", bucket=found.id, policy=document)
        return found.id

    @cached_property
    def audit_buckets(self) -> list[str]:
        """Buckets that CloudTrail and AWS Config may write to."""
        return [self._audit_bucket(name) for name in ("audit", "other-audit")]

    def _audit_bucket(self, name: str) -> str:
        found = self.make("aws:s3/bucket:Bucket", name)
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]},
            "Action": ["s3:GetBucketAcl", "s3:ListBucket", "s3:PutObject"],
            "Resource": [found.state["arn"], f"{found.state['arn']}/*"],
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.make("aws:s3/bucketPolicy:BucketPolicy", name, bucket=found.id, policy=document)
        return found.id

    @cached_property
    def audit_key(self) -> Object:
        """A key that CloudTrail and AWS Config may use."""
        account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
        services = {"Effect": "Allow", "Principal": {"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]}}
        statements = [{**one, "Action": "kms:*", "Resource": "*"} for one in (account, services)]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        return self.make("aws:kms/key:Key", "audit", description="audit", policy=document)

    @cached_property
    def trail_role(self) -> Object:
        return self.make("aws:iam/role:Role", "trail", assumeRolePolicy=trust("cloudtrail.amazonaws.com"))

    @cached_property
    def recorder_roles(self) -> list[str]:
        return [
            self.make("aws:iam/role:Role", f"recorder-{index}", assumeRolePolicy=trust("config.amazonaws.com")).state[
                "arn"
            ]
            for index in range(2)
        ]

    @cached_property
    def detector(self) -> Object:
        """The detector of another region, since a region has but one."""
        return self.make("aws:guardduty/detector:Detector", "world", region=ELSEWHERE[0])

    @cached_property
    def hub(self) -> Object:
        """The hub of another region."""
        return self.make("aws:securityhub/account:Account", "world", enableDefaultStandards=False, region=ELSEWHERE[0])

    @cached_property
    def recorders(self) -> list[str]:
        """The recorders of two other regions; the second has its delivery channel."""
        names = []
        for region in ELSEWHERE:
            made = self.make(
                "aws:cfg/recorder:Recorder", f"world-{region}", roleArn=self.recorder_roles[0], region=region
            )
            names.append(made.id)
        self.make(
            "aws:cfg/deliveryChannel:DeliveryChannel",
            "world",
            s3BucketName=self.audit_buckets[0],
            region=ELSEWHERE[1],
        )
        return names

    @cached_property
    def log_group(self) -> Object:
        return self.make("aws:cloudwatch/logGroup:LogGroup", "world", name="/world")

    @cached_property
    def flow_role(self) -> Object:
        return self.make("aws:iam/role:Role", "flows", assumeRolePolicy=trust("vpc-flow-logs.amazonaws.com"))

    @cached_property
    def cluster_role(self) -> Object:
        return self.make("aws:iam/role:Role", "cluster", assumeRolePolicy=trust("eks.amazonaws.com"))

    @cached_property
    def node_role(self) -> Object:
        return self.make("aws:iam/role:Role", "nodes", assumeRolePolicy=trust("ec2.amazonaws.com"))

    @cached_property
    def pod_role(self) -> Object:
        return self.make("aws:iam/role:Role", "pods", assumeRolePolicy=trust("pods.eks.amazonaws.com"))

    @cached_property
    def other_pod_role(self) -> Object:
        return self.make("aws:iam/role:Role", "other-pods", assumeRolePolicy=trust("pods.eks.amazonaws.com"))

    @cached_property
    def cluster(self) -> Object:
        return self.make(
            "aws:eks/cluster:Cluster",
            "world",
            roleArn=self.cluster_role.state["arn"],
            vpcConfig={"subnetIds": self.subnets[:2]},
            accessConfig={"authenticationMode": "API"},
        )

    @cached_property
    def launch_template(self) -> Object:
        return self.make("aws:ec2/launchTemplate:LaunchTemplate", "world", updateDefaultVersion=True)

    @cached_property
    def repository(self) -> Object:
        return self.make("aws:ecr/repository:Repository", "world")

    @cached_property
    def other_repository(self) -> Object:
        return self.make("aws:ecr/repository:Repository", "other")

    @cached_property
    def pull_secrets(self) -> list[str]:
        """ARNs of secrets with credentials of upstream registries."""
        client, value = self.client("secretsmanager"), json.dumps({"username": "reader", "accessToken": "none"})
        names = [f"ecr-pullthroughcache/{name}" for name in ("one", "two")]
        return [client.create_secret(Name=name, SecretString=value)["ARN"] for name in names]

    @cached_property
    def subnet_group(self) -> Object:
        return self.make("aws:rds/subnetGroup:SubnetGroup", "world", subnetIds=self.subnets[:2])

    @cached_property
    def parameter_groups(self) -> list[str]:
        return [
            self.make("aws:rds/parameterGroup:ParameterGroup", f"world-{index}", family="postgres17").id
            for index in range(2)
        ]

    @cached_property
    def entry(self) -> Object:
        return self.make(
            "aws:eks/accessEntry:AccessEntry",
            "world",
            clusterName=self.cluster.id,
            principalArn=self.cluster_role.state["arn"],
        )

    @cached_property
    def root(self) -> str:
        """The root of the account's organization."""
        client = self.client("organizations")
        client.create_organization(FeatureSet="ALL")
        found: str = client.list_roots()["Roots"][0]["Id"]
        client.enable_policy_type(RootId=found, PolicyType="SERVICE_CONTROL_POLICY")
        return found

    @cached_property
    def unit(self) -> str:
        """An organizational unit below the root."""
        made = self.client("organizations").create_organizational_unit(ParentId=self.root, Name="clients")
        found: str = made["OrganizationalUnit"]["Id"]
        return found

    @cached_property
    def scp(self) -> Object:
        assert self.root
        return self.make("aws:organizations/policy:Policy", "world", name="world", content=policy("*"))
