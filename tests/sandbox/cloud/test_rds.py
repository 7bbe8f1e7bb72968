"""RDS instances are real servers: what the API says is what psycopg finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from sandbox import process
from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME, aws, instance_when

MAIN = "main"


@pytest.fixture(scope="module")
def rds(cloud: Surroundings) -> Any:
    return aws(cloud, "rds", account=ACME)


@pytest.fixture(scope="module")
def main(cloud: Surroundings, rds: Any) -> Iterator[dict[str, Any]]:
    """A database as the components ask for it."""
    ec2, kms = aws(cloud, "ec2", account=ACME), aws(cloud, "kms", account=ACME)
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.50.{number}.0/24", AvailabilityZone=f"eu-central-1{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    key = kms.create_key()["KeyMetadata"]["Arn"]
    rds.create_db_subnet_group(
        DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=[one["SubnetId"] for one in subnets]
    )
    rds.create_db_parameter_group(DBParameterGroupName="main", DBParameterGroupFamily="postgres17", Description="main")
    set_parameters(rds, {"log_statement": "ddl", "shared_preload_libraries": "pg_stat_statements,pgaudit"})
    made = rds.create_db_instance(
        DBInstanceIdentifier=MAIN,
        Engine="postgres",
        EngineVersion="17.4",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        ManageMasterUserPassword=True,
        MasterUserSecretKmsKeyId=key,
        DBName="app",
        DBSubnetGroupName="data",
        DBParameterGroupName="main",
        StorageEncrypted=True,
        KmsKeyId=key,
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        Tags=[{"Key": "client", "Value": "acme"}],
    )["DBInstance"]
    assert made["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in made
    found = instance_when(rds, MAIN, "available")
    assert found["KmsKeyId"] == found["MasterUserSecret"]["KmsKeyId"] == key
    yield found
    rds.modify_db_instance(DBInstanceIdentifier=MAIN, DeletionProtection=False, ApplyImmediately=True)
    instance_when(rds, MAIN, "available")
    rds.delete_db_instance(DBInstanceIdentifier=MAIN, SkipFinalSnapshot=True)


def set_parameters(rds: Any, values: dict[str, str], group: str = "main") -> None:
    static = {"shared_preload_libraries", "max_connections"}
    rds.modify_db_parameter_group(
        DBParameterGroupName=group,
        Parameters=[
            {
                "ParameterName": name,
                "ParameterValue": value,
                "ApplyMethod": "pending-reboot" if name in static else "immediate",
            }
            for name, value in values.items()
        ],
    )


def password_of(cloud: Surroundings, instance: dict[str, Any]) -> str:
    secrets = aws(cloud, "secretsmanager", account=ACME)
    secret = json.loads(secrets.get_secret_value(SecretId=instance["MasterUserSecret"]["SecretArn"])["SecretString"])
    assert secret["username"] == "dbadmin"
    return str(secret["password"])


def connect(cloud: Surroundings, instance: dict[str, Any], password: str | None = None, **more: Any) -> Any:
    options: dict[str, Any] = {
        "sslmode": "verify-full",
        "sslrootcert": str(cloud.settings.cloud / "rds-ca.pem"),
        "dbname": instance.get("DBName", "postgres"),
        **more,
    }
    return psycopg.connect(
        host=instance["Endpoint"]["Address"],
        port=instance["Endpoint"]["Port"],
        user=instance["MasterUsername"],
        password=password or password_of(cloud, instance),
        autocommit=True,
        **options,
    )


def ask(connection: Any, question: str) -> Any:
    return connection.execute(question).fetchone()[0]


def test_it_is_a_real_server_over_verified_tls(cloud: Surroundings, main: dict[str, Any]) -> None:
    with connect(cloud, main) as connection:
        assert ask(connection, "SELECT current_setting('server_version_num')::int / 10000") == 17
        assert ask(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") is True
        connection.execute("CREATE TABLE kept (value text)")
        connection.execute("CREATE EXTENSION pgcrypto")
    assert main["EngineVersion"] == "17.4"
    assert main["DbiResourceId"].startswith("db-")


def test_without_tls_there_is_no_way_in(cloud: Surroundings, main: dict[str, Any]) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(cloud, main, sslmode="disable", sslrootcert="")


def test_a_wrong_password_is_refused(cloud: Surroundings, main: dict[str, Any]) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(cloud, main, "wrong-password")


def test_the_master_user_is_no_superuser(cloud: Surroundings, main: dict[str, Any]) -> None:
    with connect(cloud, main) as connection:
        rights = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'dbadmin'"
        assert connection.execute(rights).fetchone() == (False, True, True)
        assert ask(connection, "SELECT pg_has_role('dbadmin', 'rds_superuser', 'MEMBER')") is True
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER SYSTEM SET log_statement = 'none'")


def test_wal_is_archived_from_the_start(cloud: Surroundings, main: dict[str, Any]) -> None:
    with connect(cloud, main) as connection:
        assert ask(connection, "SHOW archive_mode") == "on"
        assert ask(connection, "SHOW wal_level") == "replica"


def test_parameters_reach_the_server_and_are_read_back(cloud: Surroundings, rds: Any, main: dict[str, Any]) -> None:
    told = rds.describe_db_parameters(DBParameterGroupName="main", Source="user")["Parameters"]
    assert {one["ParameterName"]: one["ParameterValue"] for one in told} == {
        "log_statement": "ddl",
        "shared_preload_libraries": "pg_stat_statements,pgaudit",
    }
    with connect(cloud, main) as connection:
        assert ask(connection, "SHOW log_statement") == "ddl"
        assert ask(connection, "SHOW shared_preload_libraries") == "pg_stat_statements"


def test_a_dynamic_parameter_takes_effect_at_once(cloud: Surroundings, rds: Any, main: dict[str, Any]) -> None:
    set_parameters(rds, {"work_mem": "8192"})
    found = instance_when(rds, MAIN, "available")
    assert found["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"
    with connect(cloud, main) as connection:
        assert ask(connection, "SHOW work_mem") == "8MB"
    rds.reset_db_parameter_group(
        DBParameterGroupName="main", Parameters=[{"ParameterName": "work_mem", "ApplyMethod": "immediate"}]
    )
    instance_when(rds, MAIN, "available")
    with connect(cloud, main) as connection:
        assert ask(connection, "SHOW work_mem") == "4MB"


def test_a_static_parameter_waits_for_a_reboot(cloud: Surroundings, rds: Any, main: dict[str, Any]) -> None:
    set_parameters(rds, {"max_connections": "60"})
    found = instance_when(rds, MAIN, "available")
    assert found["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
    with connect(cloud, main) as connection:
        assert ask(connection, "SHOW max_connections") == "50"
    rds.reboot_db_instance(DBInstanceIdentifier=MAIN)
    found = instance_when(rds, MAIN, "available")
    assert found["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"
    with connect(cloud, main) as connection:
        assert ask(connection, "SHOW max_connections") == "60"


def test_tls_is_optional_where_the_group_says_so(cloud: Surroundings, rds: Any, main: dict[str, Any]) -> None:
    set_parameters(rds, {"rds.force_ssl": "0"})
    instance_when(rds, MAIN, "available")
    connect(cloud, main, sslmode="disable", sslrootcert="").close()
    set_parameters(rds, {"rds.force_ssl": "1"})
    instance_when(rds, MAIN, "available")
    with pytest.raises(psycopg.OperationalError):
        connect(cloud, main, sslmode="disable", sslrootcert="")


@pytest.mark.usefixtures("main")
@pytest.mark.parametrize(
    ("name", "value", "method", "code"),
    [
        ("no_such_parameter", "1", "immediate", "InvalidParameterValue"),
        ("max_connections", "60", "immediate", "InvalidParameterCombination"),
        ("max_connections", "many", "pending-reboot", "InvalidParameterValue"),
        ("work_mem", "1", "immediate", "InvalidParameterValue"),
        ("archive_command", "false", "immediate", "InvalidParameterValue"),
    ],
)
def test_impossible_parameters_are_refused(rds: Any, name: str, value: str, method: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        rds.modify_db_parameter_group(
            DBParameterGroupName="main",
            Parameters=[{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}],
        )
    assert refused.value.response["Error"]["Code"] == code


def test_the_managed_password_is_rotated(cloud: Surroundings, rds: Any, main: dict[str, Any]) -> None:
    before = password_of(cloud, main)
    rds.modify_db_instance(DBInstanceIdentifier=MAIN, RotateMasterUserPassword=True, ApplyImmediately=True)
    instance_when(rds, MAIN, "available")
    after = password_of(cloud, main)
    assert after != before
    connect(cloud, main, after).close()
    with pytest.raises(psycopg.OperationalError):
        connect(cloud, main, before)


def test_changes_wait_for_the_window_unless_told_otherwise(rds: Any, main: dict[str, Any]) -> None:
    rds.modify_db_instance(DBInstanceIdentifier=MAIN, DBInstanceClass="db.m8g.large", MultiAZ=True)
    found = instance_when(rds, MAIN, "available")
    assert found["PendingModifiedValues"] == {"DBInstanceClass": "db.m8g.large", "MultiAZ": True}
    assert found["DBInstanceClass"] == "db.t4g.medium"
    rds.modify_db_instance(DBInstanceIdentifier=MAIN, AllocatedStorage=30, ApplyImmediately=True)
    assert instance_when(rds, MAIN, "available")["AllocatedStorage"] == 30
    rds.reboot_db_instance(DBInstanceIdentifier=MAIN)
    found = instance_when(rds, MAIN, "available")
    assert (found["DBInstanceClass"], found["MultiAZ"], found["PendingModifiedValues"]) == ("db.m8g.large", True, {})


def test_a_stopped_server_is_down_and_comes_back_with_its_data(
    cloud: Surroundings, rds: Any, main: dict[str, Any]
) -> None:
    rds.stop_db_instance(DBInstanceIdentifier=MAIN)
    instance_when(rds, MAIN, "stopped")
    with pytest.raises(psycopg.OperationalError):
        connect(cloud, main)
    with pytest.raises(ClientError, match="InvalidDBInstanceState"):
        rds.reboot_db_instance(DBInstanceIdentifier=MAIN)
    rds.start_db_instance(DBInstanceIdentifier=MAIN)
    instance_when(rds, MAIN, "available")
    with connect(cloud, main) as connection:
        assert ask(connection, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == 1


def test_a_protected_instance_is_not_deleted(rds: Any, main: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="Cannot delete protected DB Instance"):
        rds.delete_db_instance(DBInstanceIdentifier=MAIN, SkipFinalSnapshot=True)


def test_what_is_in_use_is_not_deleted(rds: Any, main: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidDBParameterGroupState"):
        rds.delete_db_parameter_group(DBParameterGroupName="main")
    with pytest.raises(ClientError, match="InvalidDBSubnetGroupState"):
        rds.delete_db_subnet_group(DBSubnetGroupName="data")


@pytest.mark.parametrize("major", ["16", "18"])
def test_other_versions_run_too_and_leave_a_snapshot_of_real_data(cloud: Surroundings, rds: Any, major: str) -> None:
    identifier = f"other-{major}"
    rds.create_db_instance(
        DBInstanceIdentifier=identifier,
        Engine="postgres",
        EngineVersion=major,
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        MasterUserPassword="a-long-password",
    )
    found = instance_when(rds, identifier, "available")
    assert found["EngineVersion"].startswith(f"{major}.")
    with connect(cloud, found, "a-long-password") as connection:
        assert ask(connection, "SELECT current_setting('server_version_num')::int / 10000") == int(major)
    name = f"rds-{identifier}-{found['DbiResourceId'][3:9].lower()}"
    assert process.find(cloud.settings, name) is not None
    with pytest.raises(ClientError, match="FinalDBSnapshotIdentifier is required"):
        rds.delete_db_instance(DBInstanceIdentifier=identifier)
    rds.delete_db_instance(DBInstanceIdentifier=identifier, FinalDBSnapshotIdentifier=f"last-{major}")
    with pytest.raises(ClientError, match="DBInstanceNotFound"):
        rds.describe_db_instances(DBInstanceIdentifier=identifier)
    rds.get_waiter("db_snapshot_available").wait(
        DBSnapshotIdentifier=f"last-{major}", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    assert process.find(cloud.settings, name) is None
    data = next((cloud.settings.cloud / "rds-snapshots").glob(f"*-last-{major}/data"))
    assert (data / "PG_VERSION").read_text().strip() == major
    rds.delete_db_snapshot(DBSnapshotIdentifier=f"last-{major}")
    assert not data.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Engine": "mysql"}, "postgres instances only"),
        ({"EngineVersion": "15.3"}, "Cannot find version 15.3 for postgres"),
        ({"EngineVersion": "17.99"}, "Cannot find version 17.99 for postgres"),
        ({"MasterUsername": "rdsadmin"}, "reserved word"),
        ({"MasterUserPassword": "short"}, "8 to 128"),
        ({"DBParameterGroupName": "nobody"}, "DBParameterGroupNotFound"),
        ({"BackupRetentionPeriod": 40}, "between 0 and 35"),
        ({"DBSubnetGroupName": "nobody"}, "DBSubnetGroupNotFound"),
        ({"StorageEncrypted": True, "KmsKeyId": "11111111-2222-3333-4444-555555555555"}, "KMSKeyNotAccessible"),
    ],
)
def test_impossible_instances_are_refused(rds: Any, change: dict[str, Any], message: str) -> None:
    wanted: dict[str, Any] = {
        "DBInstanceIdentifier": "impossible",
        "Engine": "postgres",
        "EngineVersion": "17.4",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": 20,
        "MasterUsername": "dbadmin",
        "MasterUserPassword": "a-long-password",
    }
    with pytest.raises(ClientError, match=message):
        rds.create_db_instance(**{**wanted, **change})
    assert "impossible" not in {one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]}


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("create_db_snapshot", {"DBInstanceIdentifier": MAIN, "DBSnapshotIdentifier": "empty"}),
        (
            "restore_db_instance_to_point_in_time",
            {"SourceDBInstanceIdentifier": MAIN, "TargetDBInstanceIdentifier": "past", "UseLatestRestorableTime": True},
        ),
    ],
)
def test_what_would_move_no_data_is_refused(
    rds: Any, main: dict[str, Any], call: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="would move no data"):
        getattr(rds, call)(**arguments)


def test_engine_versions_are_those_that_run(rds: Any) -> None:
    versions = rds.describe_db_engine_versions(Engine="postgres")["DBEngineVersions"]
    assert {one["DBParameterGroupFamily"] for one in versions} == {"postgres16", "postgres17", "postgres18"}
    exact = rds.describe_db_engine_versions(Engine="postgres", EngineVersion="17.4")["DBEngineVersions"]
    assert [one["EngineVersion"] for one in exact] == ["17.4"]
