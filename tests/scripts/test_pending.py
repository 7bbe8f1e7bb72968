"""Where an interrupted creation went, asked of the AWS endpoint."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from scripts.pending import FOUND, HARMLESS, NAMED, Undecided, is_harmless, session_of, whereabouts
from tests.conftest import Surroundings

ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/freehold-provision"


@pytest.fixture
def session(cloud: Surroundings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], boto3.Session]:
    """What the mending script uses: a session by the provider's inputs, in the operator's environment."""
    for name, value in cloud.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    provider = {"region": "eu-central-1", "assumeRoles": json.dumps([{"roleArn": ROLE, "sessionName": "mend"}])}
    return lambda: session_of(provider)


@pytest.fixture
def ec2(cloud: Surroundings) -> Any:
    """EC2 in the client's account."""
    return cloud.client("ec2", account=ACCOUNT)


@pytest.fixture
def name() -> str:
    """A name that no other resource has."""
    return f"trial-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def vpc(ec2: Any, name: str) -> str:
    found: str = ec2.create_vpc(CidrBlock="10.77.0.0/16", TagSpecifications=tagged("vpc", name))["Vpc"]["VpcId"]
    return found


def tagged(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def inputs(name: str, **more: Any) -> dict[str, Any]:
    return {"tags": {"Name": name, "freehold:component": "network"}, **more}


def test_the_session_is_in_the_providers_account_and_region(session: Callable[[], boto3.Session]) -> None:
    found = session()
    assert found.client("sts").get_caller_identity()["Account"] == ACCOUNT
    assert found.region_name == "eu-central-1"


def make_vpc(ec2: Any, vpc: str, name: str) -> str:
    made: str = ec2.create_vpc(CidrBlock="10.78.0.0/16", TagSpecifications=tagged("vpc", f"{name}-own"))["Vpc"]["VpcId"]
    return made


def make_subnet(ec2: Any, vpc: str, name: str) -> str:
    tags = tagged("subnet", f"{name}-own")
    made: str = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24", TagSpecifications=tags)["Subnet"]["SubnetId"]
    return made


def make_internet_gateway(ec2: Any, vpc: str, name: str) -> str:
    tags = tagged("internet-gateway", f"{name}-own")
    made: str = ec2.create_internet_gateway(TagSpecifications=tags)["InternetGateway"]["InternetGatewayId"]
    return made


def make_route_table(ec2: Any, vpc: str, name: str) -> str:
    tags = tagged("route-table", f"{name}-own")
    made: str = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags)["RouteTable"]["RouteTableId"]
    return made


def make_group(ec2: Any, vpc: str, name: str) -> str:
    tags = tagged("security-group", f"{name}-own")
    made: str = ec2.create_security_group(GroupName=name, Description="trial", VpcId=vpc, TagSpecifications=tags)[
        "GroupId"
    ]
    return made


def make_endpoint(ec2: Any, vpc: str, name: str) -> str:
    tags = tagged("vpc-endpoint", f"{name}-own")
    made: str = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-central-1.s3", TagSpecifications=tags)[
        "VpcEndpoint"
    ]["VpcEndpointId"]
    return made


def make_address(ec2: Any, vpc: str, name: str) -> str:
    made: str = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip", f"{name}-own"))[
        "AllocationId"
    ]
    return made


def make_nat(ec2: Any, vpc: str, name: str) -> str:
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.2.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    tags = tagged("natgateway", f"{name}-own")
    made: str = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=tags)["NatGateway"][
        "NatGatewayId"
    ]
    return made


BY_TAG: dict[str, Callable[[Any, str, str], str]] = {
    "aws:ec2/vpc:Vpc": make_vpc,
    "aws:ec2/subnet:Subnet": make_subnet,
    "aws:ec2/internetGateway:InternetGateway": make_internet_gateway,
    "aws:ec2/routeTable:RouteTable": make_route_table,
    "aws:ec2/securityGroup:SecurityGroup": make_group,
    "aws:ec2/vpcEndpoint:VpcEndpoint": make_endpoint,
    "aws:ec2/eip:Eip": make_address,
    "aws:ec2/natGateway:NatGateway": make_nat,
}


@pytest.mark.parametrize("kind", BY_TAG)
def test_it_is_found_by_its_name_tag_once_it_exists(
    ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str, kind: str
) -> None:
    wanted = inputs(f"{name}-own")
    assert whereabouts(kind, wanted, session) is None
    made = BY_TAG[kind](ec2, vpc, name)
    assert whereabouts(kind, wanted, session) == made


@pytest.mark.parametrize("kind", BY_TAG)
def test_without_a_name_it_is_left_to_a_person(session: Callable[[], boto3.Session], kind: str) -> None:
    with pytest.raises(Undecided, match="no Name tag"):
        whereabouts(kind, {}, session)


def test_two_of_the_same_name_are_left_to_a_person(
    ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str
) -> None:
    ids = sorted(make_subnet_at(ec2, vpc, name, number) for number in (3, 4))
    with pytest.raises(Undecided) as undecided:
        whereabouts("aws:ec2/subnet:Subnet", inputs(name), session)
    assert str(undecided.value) == f"2 resources answer to Name={name}: {ids[0]}, {ids[1]}"


def make_subnet_at(ec2: Any, vpc: str, name: str, number: int) -> str:
    made: str = ec2.create_subnet(
        VpcId=vpc, CidrBlock=f"10.77.{number}.0/24", TagSpecifications=tagged("subnet", name)
    )["Subnet"]["SubnetId"]
    return made


def test_another_clients_resource_of_the_same_name_is_not_seen(
    cloud: Surroundings, session: Callable[[], boto3.Session], name: str
) -> None:
    other = cloud.client("ec2", account="222222222222")
    other.create_vpc(CidrBlock="10.79.0.0/16", TagSpecifications=tagged("vpc", name))
    assert whereabouts("aws:ec2/vpc:Vpc", inputs(name), session) is None


def test_a_deleted_nat_gateway_does_not_count(
    ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str
) -> None:
    made = make_nat(ec2, vpc, name)
    ec2.delete_nat_gateway(NatGatewayId=made)
    assert whereabouts("aws:ec2/natGateway:NatGateway", inputs(f"{name}-own"), session) is None


def test_a_key_is_found_until_it_is_pending_deletion(
    cloud: Surroundings, session: Callable[[], boto3.Session], name: str
) -> None:
    kms = cloud.client("kms", account=ACCOUNT)
    assert whereabouts("aws:kms/key:Key", inputs(name), session) is None
    key = kms.create_key(Tags=[{"TagKey": "Name", "TagValue": name}])["KeyMetadata"]["KeyId"]
    assert whereabouts("aws:kms/key:Key", inputs(name), session) == key
    kms.schedule_key_deletion(KeyId=key)
    assert whereabouts("aws:kms/key:Key", inputs(name), session) is None


def test_an_association_is_found_by_its_subnet(
    ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str
) -> None:
    kind = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    subnet, table = make_subnet(ec2, vpc, name), make_route_table(ec2, vpc, name)
    assert whereabouts(kind, {"subnetId": subnet, "routeTableId": table}, session) is None
    made = ec2.associate_route_table(SubnetId=subnet, RouteTableId=table)["AssociationId"]
    assert whereabouts(kind, {"subnetId": subnet, "routeTableId": table}, session) == made


def test_an_interrupted_route_is_removed_and_no_other(
    ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str
) -> None:
    table, gateway = make_route_table(ec2, vpc, name), make_internet_gateway(ec2, vpc, name)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    for block in ("0.0.0.0/0", "192.0.2.0/24"):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=block, GatewayId=gateway)
    wanted = {"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}
    assert whereabouts("aws:ec2/route:Route", wanted, session) is None
    (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert [row["DestinationCidrBlock"] for row in found["Routes"]] == ["10.77.0.0/16", "192.0.2.0/24"]


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
def test_a_rule_is_found_by_what_it_allows(
    ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str, direction: str
) -> None:
    kind = f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
    group = make_group(ec2, vpc, name)
    wanted = {"securityGroupId": group, "ipProtocol": "tcp", "cidrIpv4": "10.77.0.0/16", "fromPort": 443, "toPort": 443}
    assert whereabouts(kind, wanted, session) is None
    authorise = getattr(ec2, f"authorize_security_group_{direction.lower()}")
    ids = {}
    for port in (443, 5432):
        ranges = [{"CidrIp": "10.77.0.0/16"}]
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
        made = authorise(GroupId=group, IpPermissions=[permission])
        ids[port] = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    assert whereabouts(kind, wanted, session) == ids[443]
    assert whereabouts(kind, {**wanted, "fromPort": 5432, "toPort": 5432}, session) == ids[5432]
    assert whereabouts(kind, {**wanted, "cidrIpv4": "10.77.0.0/17"}, session) is None


def test_a_rule_from_another_group_is_told_from_a_rule_from_addresses(
    ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str
) -> None:
    kind = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    group = make_group(ec2, vpc, name)
    permission = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": group}]}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"][0]
    wanted = {"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
    assert whereabouts(kind, {**wanted, "referencedSecurityGroupId": group}, session) == made["SecurityGroupRuleId"]
    assert whereabouts(kind, {**wanted, "cidrIpv4": "10.77.0.0/16"}, session) is None


def test_a_launch_template_is_found_by_its_name(ec2: Any, session: Callable[[], boto3.Session], name: str) -> None:
    kind = "aws:ec2/launchTemplate:LaunchTemplate"
    assert whereabouts(kind, {"name": name}, session) is None
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "m7i.large"})
    assert whereabouts(kind, {"name": name}, session) == made["LaunchTemplate"]["LaunchTemplateId"]


@pytest.fixture
def log_group(cloud: Surroundings, name: str) -> Iterator[str]:
    logs = cloud.client("logs", account=ACCOUNT)
    logs.create_log_group(logGroupName=name)
    yield logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["arn"]
    logs.delete_log_group(logGroupName=name)


def test_a_flow_log_is_found_by_its_vpc(  # noqa: PLR0917 (fixtures)
    cloud: Surroundings, ec2: Any, session: Callable[[], boto3.Session], vpc: str, name: str, log_group: str
) -> None:
    assert whereabouts("aws:ec2/flowLog:FlowLog", {"vpcId": vpc}, session) is None
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    iam = cloud.client("iam", account=ACCOUNT)
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    made = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogDestination=log_group.removesuffix(":*"),
        DeliverLogsPermissionArn=role,
    )
    assert whereabouts("aws:ec2/flowLog:FlowLog", {"vpcId": vpc}, session) == made["FlowLogIds"][0]


def no_session() -> boto3.Session:
    raise AssertionError("AWS was asked")


def test_an_id_that_follows_from_the_inputs_needs_no_question() -> None:
    assert whereabouts("aws:iam/role:Role", {"name": "acme-dev-nodes"}, no_session) == "acme-dev-nodes"
    assert whereabouts("aws:kms/alias:Alias", {"name": "alias/acme-dev-data"}, no_session) == "alias/acme-dev-data"


def test_what_takes_minutes_and_was_never_begun_is_made_again(session: Callable[[], boto3.Session]) -> None:
    for kind, inputs in (
        ("aws:eks/cluster:Cluster", {"name": "never-begun"}),
        ("aws:rds/instance:Instance", {"identifier": "never-begun"}),
    ):
        assert whereabouts(kind, inputs, session) is None


@pytest.mark.parametrize(
    "kind",
    [
        "aws:iam/rolePolicy:RolePolicy",
        "kubernetes:core/v1:Namespace",
        "pulumi-python:vault:Policy",
        "pulumi:providers:aws",
        "freehold:components:Network",
    ],
)
def test_what_may_be_made_again_is_forgotten(kind: str) -> None:
    assert whereabouts(kind, {}, no_session) is None


def test_a_type_without_a_rule_is_left_to_a_person() -> None:
    with pytest.raises(Undecided, match="no rule for finding"):
        whereabouts("aws:sqs/queue:Queue", {"name": "q"}, no_session)


def test_no_type_has_two_answers() -> None:
    assert not NAMED.keys() & FOUND.keys()
    assert not HARMLESS & (NAMED.keys() | FOUND.keys())
    assert not [kind for kind in (*NAMED, *FOUND) if is_harmless(kind)]
