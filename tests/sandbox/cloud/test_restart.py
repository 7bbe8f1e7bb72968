"""A killed endpoint comes back as it was; killed servers come back with their data."""

from __future__ import annotations

import json
import signal
import socket
from typing import Any

import psycopg
import pytest

from sandbox import process
from sandbox.cloud import part
from sandbox.process import ProcessError
from sandbox.settings import HOST, Settings
from tests.conftest import Surroundings, free_port_base
from tests.sandbox.cloud.conftest import ACME, GLOBEX, aws, eventually, instance_when

PASSWORD = "a-long-password"


Clients = dict[str, Any]


def clients_of(cloud: Surroundings, account: str, region: str) -> Clients:
    """Clients of one session, which outlives the endpoint's restarts."""
    session = cloud.session(region, account)
    services: Any = ("ec2", "kms", "iam", "sns", "logs", "cloudwatch")
    return {name: session.client(name, endpoint_url=cloud.settings.cloud_url) for name in services}


def build(clients: Clients, region: str) -> None:
    """Something of every service that an environment uses."""
    ec2, kms, iam = clients["ec2"], clients["kms"], clients["iam"]
    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.60.0.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{region}.kms",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
    )
    ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={"InstanceType": "m8g.large"})
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/freehold", TargetKeyId=key)
    iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    topic = clients["sns"].create_topic(Name="oncall")["TopicArn"]
    clients["sns"].subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    clients["logs"].create_log_group(logGroupName="/flow")
    clients["cloudwatch"].put_metric_alarm(
        AlarmName="cpu",
        Namespace="AWS/RDS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )


def seen(clients: Clients) -> dict[str, Any]:
    """Everything of it as the API tells it, dates included."""
    ec2, kms = clients["ec2"], clients["kms"]
    found: dict[str, Any] = {
        name: getattr(ec2, f"describe_{name}")()
        for name in (
            "vpcs",
            "subnets",
            "addresses",
            "nat_gateways",
            "security_groups",
            "security_group_rules",
            "network_acls",
            "route_tables",
            "vpc_endpoints",
            "network_interfaces",
            "managed_prefix_lists",
        )
    }
    found["templates"] = ec2.describe_launch_template_versions(LaunchTemplateName="nodes")
    found["keys"] = [kms.describe_key(KeyId=one["KeyId"]) for one in kms.list_keys()["Keys"]]
    found["aliases"] = kms.list_aliases()
    found["roles"] = clients["iam"].list_roles()
    found["subscriptions"] = clients["sns"].list_subscriptions()
    found["logs"] = clients["logs"].describe_log_groups()
    found["alarms"] = clients["cloudwatch"].describe_alarms()
    return {name: without_metadata(answer) for name, answer in found.items()}


def without_metadata(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {
            name: without_metadata(value)
            for name, value in answer.items()
            if name not in {"ResponseMetadata", "RoleLastUsed"}
        }
    return [without_metadata(one) for one in answer] if isinstance(answer, list) else answer


def kill(settings: Settings, name: str) -> None:
    record = process.find(settings, name)
    assert record is not None
    living = record.process()
    assert living is not None
    living.send_signal(signal.SIGKILL)
    eventually(record.process, lambda found: found is None)


def connect(cloud: Surroundings, port: int) -> Any:
    return psycopg.connect(
        host=HOST,
        port=port,
        user="dbadmin",
        password=PASSWORD,
        dbname="postgres",
        sslmode="verify-full",
        sslrootcert=str(cloud.settings.cloud / "rds-ca.pem"),
        autocommit=True,
    )


@pytest.fixture(scope="module")
def database(own_cloud: Surroundings) -> dict[str, Any]:
    rds = aws(own_cloud, "rds", account=ACME)
    rds.create_db_instance(
        DBInstanceIdentifier="main",
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        MasterUserPassword=PASSWORD,
    )
    found = instance_when(rds, "main", "available")
    with connect(own_cloud, found["Endpoint"]["Port"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    return found


def test_everything_is_the_same_after_a_kill(own_cloud: Surroundings, database: dict[str, Any]) -> None:
    acme, globex = clients_of(own_cloud, ACME, "eu-central-1"), clients_of(own_cloud, GLOBEX, "us-east-1")
    kms = acme["kms"]
    build(acme, "eu-central-1")
    build(globex, "us-east-1")
    sealed = kms.encrypt(KeyId="alias/freehold", Plaintext=b"secret")["CiphertextBlob"]
    signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    public = kms.get_public_key(KeyId=signing)["PublicKey"]
    before = seen(acme), seen(globex)

    kill(own_cloud.settings, part.NAME)
    connect(own_cloud, database["Endpoint"]["Port"]).close()  # the data plane lives on
    part.start(own_cloud.settings)

    assert part.health(own_cloud.settings)["replay_failed"] == 0
    assert (seen(acme), seen(globex)) == before
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"secret"  # also: the session from before still works
    assert kms.get_public_key(KeyId=signing)["PublicKey"] == public
    rds = aws(own_cloud, "rds", account=ACME)
    after = instance_when(rds, "main", "available")
    changing = {"LatestRestorableTime"}
    assert {name: after[name] for name in after.keys() - changing} == {
        name: database[name] for name in database.keys() - changing
    }


def test_new_ids_are_new_after_a_restart(own_cloud: Surroundings) -> None:
    ec2 = aws(own_cloud, "ec2", account=ACME)
    before = {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]}
    kill(own_cloud.settings, part.NAME)
    part.start(own_cloud.settings)
    assert ec2.create_vpc(CidrBlock="10.61.0.0/16")["Vpc"]["VpcId"] not in before


def test_a_killed_database_is_seen_and_started_on_its_data(own_cloud: Surroundings, database: dict[str, Any]) -> None:
    rds = aws(own_cloud, "rds", account=ACME)
    kill(own_cloud.settings, f"rds-main-{database['DbiResourceId'][3:9].lower()}")
    assert rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "failed"
    part.start(own_cloud.settings)
    assert rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available"
    with connect(own_cloud, database["Endpoint"]["Port"]) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (42,)


def test_a_port_taken_meanwhile_is_named(own_cloud: Surroundings, database: dict[str, Any]) -> None:
    rds, port = aws(own_cloud, "rds", account=ACME), database["Endpoint"]["Port"]
    rds.stop_db_instance(DBInstanceIdentifier="main")
    instance_when(rds, "main", "stopped")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind((HOST, port))
        stranger.listen()
        rds.start_db_instance(DBInstanceIdentifier="main")
        found = instance_when(rds, "main", "failed")
    assert f"port {port} on {HOST} is taken" in found["StatusInfos"][0]["Message"]
    part.start(own_cloud.settings)
    instance_when(rds, "main", "available")


def test_a_deletion_cut_short_is_finished(own_cloud: Surroundings, database: dict[str, Any]) -> None:
    rds = aws(own_cloud, "rds", account=ACME)
    rds.delete_db_instance(DBInstanceIdentifier="main", FinalDBSnapshotIdentifier="last")
    kill(own_cloud.settings, part.NAME)
    part.start(own_cloud.settings)
    found = rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"][0]
    assert found["Status"] == "available"
    assert not (own_cloud.settings.cloud / "rds" / database["DbiResourceId"]).exists()
    assert [record.name for record in process.records(own_cloud.settings)] == [part.NAME]


def test_a_taken_port_is_named_with_its_holder_and_the_way_out(own_cloud: Surroundings) -> None:
    other = Settings(directory=own_cloud.settings.directory / "other", port_base=free_port_base())
    with socket.socket() as stranger:
        stranger.bind((HOST, other.cloud_port))
        stranger.listen()
        with pytest.raises(ProcessError, match=rf"port {other.cloud_port} .* taken by .*SANDBOX_PORT_BASE"):
            part.start(other)


def test_starting_twice_is_starting_once(own_cloud: Surroundings) -> None:
    assert part.start(own_cloud.settings) == part.start(own_cloud.settings)


def test_stopping_leaves_nothing(own_cloud: Surroundings) -> None:
    part.stop(own_cloud.settings)
    assert process.find(own_cloud.settings, part.NAME) is None
    with pytest.raises(OSError, match=r"."):
        part.health(own_cloud.settings)
    part.start(own_cloud.settings)
