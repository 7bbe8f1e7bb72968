"""Where a resource is whose creation was interrupted: its provider id, from its inputs or by asking AWS.

A killed update leaves *pending creates* in the state: the engine knows what it asked for, not whether it was made.
Three kinds of resource types need three answers:

* the id follows from the inputs (a name): adopt under that id, and the refresh that follows drops what does not exist;
* the id is AWS's choice: find the resource by its ``Name`` tag or by what it connects;
* creating again is harmless (the API call is idempotent): forget the pending operation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.exceptions import WaiterError

from scripts import pending_services

Inputs = Mapping[str, Any]


class Undecided(LookupError):
    """Nobody can say by machine where the resource is; the message says why."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """An AWS session in the account and region of one provider."""

    session: boto3.Session

    def client(self, service: str) -> Any:
        """A client of a service; endpoint and retries come from the environment."""
        return self.session.client(service)  # type: ignore[call-overload]

    def one(self, found: Iterable[str], what: str) -> str | None:
        """The only id, or ``None`` where there is none.

        Raises:
            Undecided: several resources answer the description.
        """
        ids = sorted(set(found))
        if len(ids) > 1:
            raise Undecided(f"{len(ids)} resources answer to {what}: {', '.join(ids)}")
        return ids[0] if ids else None


def session_of(provider: Inputs) -> boto3.Session:
    """A session as the engine's aws provider makes it: its region, and its chain of assumed roles."""
    region = provider.get("region")
    session = boto3.Session(region_name=region, profile_name=provider.get("profile"))
    roles = provider.get("assumeRoles") or []
    for role in json.loads(roles) if isinstance(roles, str) else roles:
        request = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName") or "freehold-mend"}
        if role.get("externalId"):
            request["ExternalId"] = role["externalId"]
        keys = session.client("sts").assume_role(**request)["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=region)
    return session


def name_tag(inputs: Inputs) -> str:
    """The ``Name`` tag that the engine asked for.

    Raises:
        Undecided: there is none.
    """
    name = (inputs.get("tags") or inputs.get("tagsAll") or {}).get("Name")
    if not name:
        raise Undecided("it has no Name tag to find it by")
    return str(name)


def by_name_tag(operation: str, answer: str, key: str) -> Callable[[Lookup, Inputs], str | None]:
    """Find an EC2 resource by its ``Name`` tag, among those that are not on their way out."""

    def find(lookup: Lookup, inputs: Inputs) -> str | None:
        name = name_tag(inputs)
        pages = lookup.client("ec2").get_paginator(operation).paginate(Filters=[{"Name": "tag:Name", "Values": [name]}])
        rows = [row for page in pages for row in page[answer]]
        gone = {"deleted", "deleting", "failed"}
        return lookup.one((row[key] for row in rows if str(row.get("State", "")).lower() not in gone), f"Name={name}")

    return find


def elastic_ip(lookup: Lookup, inputs: Inputs) -> str | None:
    """An Elastic IP address by its ``Name`` tag (its listing has no pages)."""
    name = name_tag(inputs)
    rows = lookup.client("ec2").describe_addresses(Filters=[{"Name": "tag:Name", "Values": [name]}])["Addresses"]
    return lookup.one((row["AllocationId"] for row in rows), f"Name={name}")


def kms_key(lookup: Lookup, inputs: Inputs) -> str | None:
    """A customer managed key by its ``Name`` tag, through the tagging API; keys pending deletion do not count."""
    name = name_tag(inputs)
    pages = (
        lookup.client("resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(ResourceTypeFilters=["kms:key"], TagFilters=[{"Key": "Name", "Values": [name]}])
    )
    ids = [row["ResourceARN"].rpartition("/")[2] for page in pages for row in page["ResourceTagMappingList"]]
    kms = lookup.client("kms")
    enabled = [key for key in ids if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion"]
    return lookup.one(enabled, f"Name={name}")


def route_table_association(lookup: Lookup, inputs: Inputs) -> str | None:
    """The association of a subnet with a route table."""
    filters = [{"Name": "association.subnet-id", "Values": [inputs["subnetId"]]}]
    tables = lookup.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    rows = [row for table in tables for row in table["Associations"] if row.get("SubnetId") == inputs["subnetId"]]
    return lookup.one((row["RouteTableAssociationId"] for row in rows), f"subnet {inputs['subnetId']}")


def route(lookup: Lookup, inputs: Inputs) -> str | None:
    """A route has no id in AWS: whether it is there decides, and a route that is there is removed to be made again."""
    ec2 = lookup.client("ec2")
    for table in ec2.describe_route_tables(RouteTableIds=[inputs["routeTableId"]])["RouteTables"]:
        for row in table["Routes"]:
            if row.get("DestinationCidrBlock") == inputs.get("destinationCidrBlock"):
                ec2.delete_route(
                    RouteTableId=inputs["routeTableId"], DestinationCidrBlock=inputs["destinationCidrBlock"]
                )
    return None


def security_group_rule(egress: bool) -> Callable[[Lookup, Inputs], str | None]:
    """A rule of a security group by what it allows."""

    def find(lookup: Lookup, inputs: Inputs) -> str | None:
        filters = [{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
        rows = lookup.client("ec2").describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        wanted = (
            egress,
            str(inputs["ipProtocol"]),
            inputs.get("cidrIpv4"),
            inputs.get("prefixListId"),
            inputs.get("referencedSecurityGroupId"),
            *(None if inputs["ipProtocol"] == "-1" else inputs.get(port) for port in ("fromPort", "toPort")),
        )
        return lookup.one((row["SecurityGroupRuleId"] for row in rows if _rule(row) == wanted), "the same rule")

    return find


def _rule(row: Mapping[str, Any]) -> tuple[object, ...]:
    """What a rule of a security group allows, in the form that :func:`security_group_rule` compares."""
    every = row["IpProtocol"] == "-1"
    return (
        row["IsEgress"],
        row["IpProtocol"],
        row.get("CidrIpv4"),
        row.get("PrefixListId"),
        (row.get("ReferencedGroupInfo") or {}).get("GroupId"),
        None if every else row.get("FromPort"),
        None if every else row.get("ToPort"),
    )


def flow_log(lookup: Lookup, inputs: Inputs) -> str | None:
    """The flow log of a VPC."""
    rows = lookup.client("ec2").describe_flow_logs(
        Filters=[{"Name": "resource-id", "Values": [str(inputs.get("vpcId"))]}]
    )["FlowLogs"]
    return lookup.one((row["FlowLogId"] for row in rows), f"VPC {inputs.get('vpcId')}")


def iam_policy(lookup: Lookup, inputs: Inputs) -> str | None:
    """A customer managed policy by its name."""
    pages = lookup.client("iam").get_paginator("list_policies").paginate(Scope="Local")
    rows = [row for page in pages for row in page["Policies"]]
    return lookup.one((row["Arn"] for row in rows if row["PolicyName"] == inputs["name"]), inputs["name"])


def token_issuer(lookup: Lookup, inputs: Inputs) -> str | None:
    """An OpenID Connect provider by its issuer's address, which its ARN ends in."""
    issuer = str(inputs["url"]).removeprefix("https://")
    rows = lookup.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return lookup.one((row["Arn"] for row in rows if row["Arn"].endswith(f":oidc-provider/{issuer}")), issuer)


def organization_policy(lookup: Lookup, inputs: Inputs) -> str | None:
    """A policy of the organization by its name, which is unique."""
    kind = inputs.get("type") or "SERVICE_CONTROL_POLICY"
    pages = lookup.client("organizations").get_paginator("list_policies").paginate(Filter=kind)
    rows = [row for page in pages for row in page["Policies"]]
    return lookup.one((row["Id"] for row in rows if row["Name"] == inputs["name"]), inputs["name"])


def launch_template(lookup: Lookup, inputs: Inputs) -> str | None:
    """A launch template by its name."""
    rows = lookup.client("ec2").describe_launch_templates(
        Filters=[{"Name": "launch-template-name", "Values": [inputs["name"]]}]
    )["LaunchTemplates"]
    return lookup.one((row["LaunchTemplateId"] for row in rows), inputs["name"])


def pod_identity_association(lookup: Lookup, inputs: Inputs) -> str | None:
    """The pod identity association of a service account."""
    rows = lookup.client("eks").list_pod_identity_associations(
        clusterName=inputs["clusterName"], namespace=inputs["namespace"], serviceAccount=inputs["serviceAccount"]
    )["associations"]
    return lookup.one((row["associationId"] for row in rows), f"{inputs['namespace']}/{inputs['serviceAccount']}")


NAMED: Final[Mapping[str, Callable[[Inputs], str]]] = {
    "aws:accessanalyzer/analyzer:Analyzer": lambda inputs: str(inputs["analyzerName"]),
    "aws:cloudwatch/logGroup:LogGroup": lambda inputs: str(inputs["name"]),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": lambda inputs: str(inputs["ecrRepositoryPrefix"]),
    "aws:ecr/repository:Repository": lambda inputs: str(inputs["name"]),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": lambda inputs: str(inputs["prefix"]),
    "aws:eks/accessEntry:AccessEntry": lambda inputs: f"{inputs['clusterName']}:{inputs['principalArn']}",
    "aws:eks/addon:Addon": lambda inputs: f"{inputs['clusterName']}:{inputs['addonName']}",
    "aws:eks/cluster:Cluster": lambda inputs: str(inputs["name"]),
    "aws:eks/nodeGroup:NodeGroup": lambda inputs: f"{inputs['clusterName']}:{inputs['nodeGroupName']}",
    "aws:iam/role:Role": lambda inputs: str(inputs["name"]),
    "aws:kms/alias:Alias": lambda inputs: str(inputs["name"]),
    "aws:rds/eventSubscription:EventSubscription": lambda inputs: str(inputs["name"]),
    "aws:rds/instance:Instance": lambda inputs: str(inputs["identifier"]),
    "aws:s3/bucket:Bucket": lambda inputs: str(inputs["bucket"]),
    "aws:rds/parameterGroup:ParameterGroup": lambda inputs: str(inputs["name"]),
    "aws:rds/subnetGroup:SubnetGroup": lambda inputs: str(inputs["name"]),
}
"""Types whose id follows from their inputs."""

FOUND: Final[Mapping[str, Callable[[Lookup, Inputs], str | None]]] = {
    **pending_services.FOUND,
    "aws:ec2/eip:Eip": elastic_ip,
    "aws:ec2/flowLog:FlowLog": flow_log,
    "aws:ec2/internetGateway:InternetGateway": by_name_tag(
        "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": launch_template,
    "aws:ec2/networkAcl:NetworkAcl": by_name_tag("describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "aws:ec2/natGateway:NatGateway": by_name_tag("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "aws:ec2/route:Route": route,
    "aws:ec2/routeTable:RouteTable": by_name_tag("describe_route_tables", "RouteTables", "RouteTableId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": route_table_association,
    "aws:ec2/securityGroup:SecurityGroup": by_name_tag("describe_security_groups", "SecurityGroups", "GroupId"),
    "aws:ec2/subnet:Subnet": by_name_tag("describe_subnets", "Subnets", "SubnetId"),
    "aws:ec2/vpc:Vpc": by_name_tag("describe_vpcs", "Vpcs", "VpcId"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": by_name_tag("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": pod_identity_association,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": token_issuer,
    "aws:iam/policy:Policy": iam_policy,
    "aws:kms/key:Key": kms_key,
    "aws:organizations/policy:Policy": organization_policy,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": security_group_rule(egress=True),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": security_group_rule(egress=False),
}
"""Types whose id AWS chose: how to find it."""

WAITERS: Final[Mapping[str, tuple[str, str, Callable[[Inputs, str], Mapping[str, Any]]]]] = {
    "aws:ec2/natGateway:NatGateway": ("ec2", "nat_gateway_available", lambda _, found: {"NatGatewayIds": [found]}),
    "aws:eks/addon:Addon": (
        "eks",
        "addon_active",
        lambda inputs, _: {"clusterName": inputs["clusterName"], "addonName": inputs["addonName"]},
    ),
    "aws:eks/cluster:Cluster": ("eks", "cluster_active", lambda _, found: {"name": found}),
    "aws:eks/nodeGroup:NodeGroup": (
        "eks",
        "nodegroup_active",
        lambda inputs, _: {"clusterName": inputs["clusterName"], "nodegroupName": inputs["nodeGroupName"]},
    ),
    "aws:rds/instance:Instance": ("rds", "db_instance_available", lambda _, found: {"DBInstanceIdentifier": found}),
}
"""Types that take minutes to make: service, waiter and its parameters from inputs and id."""

HARMLESS: Final = frozenset(
    {
        *pending_services.HARMLESS,
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:organizations/policyAttachment:PolicyAttachment",
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
    }
)
"""Types whose creation is idempotent in the AWS API (put, attach, subscribe, create-by-name)."""


def settled(kind: str, inputs: Inputs, found: str, session: Callable[[], boto3.Session]) -> bool:
    """Wait until AWS has finished what the killed update had asked for; whether the resource is there.

    Raises:
        Undecided: it ended in a state of failure, or did not end in the waiter's time.
    """
    if kind not in WAITERS:
        return True
    service, waiter, parameters = WAITERS[kind]
    try:
        Lookup(session()).client(service).get_waiter(waiter).wait(**parameters(inputs, found))
    except WaiterError as error:
        if "NotFound" in str(error):
            return False
        raise Undecided(f"{found} does not become ready: {error}") from error
    return True


def is_harmless(kind: str) -> bool:
    """Whether making a resource of this type again does no harm where it exists already.

    Kubernetes objects are made by server-side apply; Freehold's own dynamic resources adopt what they find;
    providers and components exist in the state only.
    """
    return kind in HARMLESS or kind.startswith(("kubernetes:", "pulumi-python:", "pulumi:", "freehold:"))


def whereabouts(kind: str, inputs: Inputs, session: Callable[[], boto3.Session]) -> str | None:
    """The id under which to adopt an interrupted creation, or ``None`` where it has to be made (again).

    Args:
        kind: type token, for example ``aws:ec2/vpc:Vpc``.
        inputs: what the engine asked for.
        session: makes an AWS session in the provider's account and region.

    Raises:
        Undecided: the type is not known here, or several resources fit.
    """
    if is_harmless(kind):
        return None
    if kind in NAMED:
        found: str | None = NAMED[kind](inputs)
    elif kind in FOUND:
        found = FOUND[kind](Lookup(session()), inputs)
    else:
        raise Undecided("Freehold has no rule for finding resources of this type")
    return found if found and settled(kind, inputs, found, session) else None
