"""What an environment's resources read back: the attributes in which the bare emulator differs from AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME


@pytest.fixture(scope="module")
def session(cloud: Surroundings) -> Any:
    return cloud.session(account=ACME)


@pytest.fixture(scope="module")
def connect(cloud: Surroundings, session: Any) -> Any:
    return lambda service: session.client(service, endpoint_url=cloud.settings.cloud_url)


@pytest.fixture(scope="module")
def kms(connect: Any) -> Any:
    return connect("kms")


@pytest.fixture(scope="module")
def ec2(connect: Any) -> Any:
    return connect("ec2")


@pytest.fixture
def network(ec2: Any) -> dict[str, str]:
    """A network with one subnet."""
    vpc = ec2.create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.70.1.0/24")["Subnet"]["SubnetId"]
    return {"vpc": vpc, "subnet": subnet}


def default_group(ec2: Any, vpc: str) -> dict[str, Any]:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    found: dict[str, Any] = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]
    return found


def test_key_rotation_keeps_its_period(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    found = kms.get_key_rotation_status(KeyId=key)
    assert (found["KeyRotationEnabled"], found["RotationPeriodInDays"]) == (True, 180)
    with pytest.raises(ClientError, match="between 90 and 2560"):
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=3000)


def test_a_key_policy_is_read_back_as_given(kms: Any) -> None:
    condition = {"StringEquals": {"kms:ViaService": "rds.eu-central-1.amazonaws.com"}}
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
    assert json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]) == policy
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy="not json")


def test_a_key_that_is_off_does_not_work(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    with pytest.raises(ClientError, match="DisabledException"):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    with pytest.raises(ClientError, match="KMSInvalidState"):
        kms.decrypt(CiphertextBlob=sealed)


def test_keys_that_aws_manages_are_there_when_looked_at(kms: Any) -> None:
    found = kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]
    assert found["KeyManager"] == "AWS"
    assert kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["KeyId"] == found["KeyId"]


def test_a_nat_gateway_tells_its_kind_and_primary_address(ec2: Any, network: dict[str, str]) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=network["subnet"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    found = ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"][0]
    assert found["ConnectivityType"] == "public"
    (primary,) = found["NatGatewayAddresses"]
    assert (primary["IsPrimary"], primary["AllocationId"]) == (True, address)
    assert primary["PrivateIp"].startswith("10.70.1.")
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_subnet(SubnetId=network["subnet"])
    ec2.delete_nat_gateway(NatGatewayId=made)
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=network["subnet"])


def test_an_interface_endpoint_has_its_names_groups_and_subnets(ec2: Any, network: dict[str, str]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}]}
    made = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.eu-central-1.kms",
        VpcEndpointType="Interface",
        SubnetIds=[network["subnet"]],
        PrivateDnsEnabled=True,
        PolicyDocument=json.dumps(policy),
    )["VpcEndpoint"]
    assert json.loads(made["PolicyDocument"]) == policy
    assert made["Groups"] == [{"GroupId": default_group(ec2, network["vpc"])["GroupId"], "GroupName": "default"}]
    assert made["DnsEntries"][0]["DnsName"].endswith(".kms.eu-central-1.vpce.amazonaws.com")
    assert made["DnsEntries"][1]["DnsName"] == "kms.eu-central-1.amazonaws.com"
    assert made["IpAddressType"] == "ipv4"
    second = ec2.create_subnet(VpcId=network["vpc"], CidrBlock="10.70.2.0/24")["Subnet"]["SubnetId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], AddSubnetIds=[second])
    (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"]
    assert found["SubnetIds"] == [network["subnet"], second]
    assert len(found["NetworkInterfaceIds"]) == 2
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_subnet(SubnetId=second)


def test_a_gateway_endpoint_has_no_private_names(ec2: Any, network: dict[str, str]) -> None:
    table = ec2.create_route_table(VpcId=network["vpc"])["RouteTable"]["RouteTableId"]
    made = ec2.create_vpc_endpoint(
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.eu-central-1.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[table],
    )["VpcEndpoint"]
    assert (made["PrivateDnsEnabled"], made["DnsEntries"], made["RouteTableIds"]) == (False, [], [table])


def test_the_default_group_lets_its_members_in_until_it_is_closed(ec2: Any, network: dict[str, str]) -> None:
    group = default_group(ec2, network["vpc"])
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    closed = default_group(ec2, network["vpc"])
    assert (closed["IpPermissions"], closed["IpPermissionsEgress"]) == ([], [])


def test_a_rule_keeps_its_description_whatever_its_source(ec2: Any, network: dict[str, str]) -> None:
    group = default_group(ec2, network["vpc"])["GroupId"]
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=network["vpc"])["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    source = {"UserIdGroupPairs": [{"GroupId": group, "Description": "nodes"}]}
    made = ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[{**permission, **source}])
    assert made["SecurityGroupRules"][0]["Description"] == "nodes"
    found = ec2.describe_security_group_rules(
        SecurityGroupRuleIds=[made["SecurityGroupRules"][0]["SecurityGroupRuleId"]]
    )
    assert found["SecurityGroupRules"][0]["Description"] == "nodes"


def test_a_launch_template_launches_only_what_it_was_told(ec2: Any) -> None:
    tags = [{"Key": "client", "Value": "acme"}]
    data: dict[str, Any] = {
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeType": "gp3"}}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}],
    }
    made = ec2.create_launch_template(
        LaunchTemplateName="hardened",
        LaunchTemplateData=data,
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tags}],
    )["LaunchTemplate"]
    assert made["Tags"] == tags
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"])[
        "LaunchTemplateVersions"
    ]
    assert version["LaunchTemplateData"] == data


def test_policies_of_aws_can_be_attached(connect: Any) -> None:
    iam = connect("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}}]}
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.create_role(
        RoleName="cluster",
        AssumeRolePolicyDocument=json.dumps(trust),
        PermissionsBoundary=boundary,
        MaxSessionDuration=7200,
    )
    found = iam.get_role(RoleName="cluster")["Role"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert found["MaxSessionDuration"] == 7200
    wanted = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    iam.attach_role_policy(RoleName="cluster", PolicyArn=wanted)
    attached = iam.list_attached_role_policies(RoleName="cluster")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [wanted]
    with pytest.raises(ClientError, match="does not exist"):
        iam.attach_role_policy(RoleName="cluster", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")


def test_an_alarm_begins_without_data_and_keeps_its_state(connect: Any) -> None:
    cloudwatch = connect("cloudwatch")
    wanted: dict[str, Any] = {
        "AlarmName": "storage",
        "Namespace": "AWS/RDS",
        "MetricName": "FreeStorageSpace",
        "Statistic": "Minimum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "LessThanThreshold",
    }
    tags = [{"Key": "client", "Value": "acme"}]
    cloudwatch.put_metric_alarm(**wanted, Threshold=1, Tags=tags)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["storage"])["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    cloudwatch.set_alarm_state(AlarmName="storage", StateValue="ALARM", StateReason="test")
    cloudwatch.put_metric_alarm(**wanted, Threshold=2)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["storage"])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["Threshold"]) == ("ALARM", 2)
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == tags
