"""Read replicas are real standbys: what is written at the source is read at the replica, and only read."""

from __future__ import annotations

import signal
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError
from psycopg import sql

from sandbox import process
from sandbox.cloud import part
from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME, aws, eventually, instance_when

PASSWORD = "correct-horse-battery"
ABROAD = "eu-west-1"


def made(rds: Any, name: str, **changes: Any) -> dict[str, Any]:
    """An instance that may have replicas: RDS manages no password of one that has."""
    rds.create_db_instance(
        **{
            "DBInstanceIdentifier": name,
            "Engine": "postgres",
            "EngineVersion": "18",
            "DBInstanceClass": "db.t4g.medium",
            "AllocatedStorage": 20,
            "MasterUsername": "dbadmin",
            "MasterUserPassword": PASSWORD,
            "DBName": "app",
            "BackupRetentionPeriod": 7,
            **changes,
        }
    )
    return instance_when(rds, name, "available")


def connect(cloud: Surroundings, instance: dict[str, Any], password: str = PASSWORD) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=instance["Endpoint"]["Address"],
        port=instance["Endpoint"]["Port"],
        user="dbadmin",
        password=password,
        dbname="app",
        sslmode="verify-full",
        sslrootcert=str(cloud.settings.cloud / "rds-ca.pem"),
        autocommit=True,
    )


def rows(cloud: Surroundings, instance: dict[str, Any], table: str) -> Any:
    with connect(cloud, instance) as connection:
        found = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()
        if found is None or found[0] is None:
            return None
        return connection.execute(sql.SQL("SELECT id FROM {} ORDER BY id").format(sql.Identifier(table))).fetchall()


@pytest.fixture(scope="module")
def rds(own_cloud: Surroundings) -> Any:
    return aws(own_cloud, "rds", account=ACME)


@pytest.fixture(scope="module")
def abroad(own_cloud: Surroundings) -> Any:
    return aws(own_cloud, "rds", ABROAD, ACME)


@pytest.fixture(scope="module")
def key(own_cloud: Surroundings) -> dict[str, str]:
    return {
        region: aws(own_cloud, "kms", region, ACME).create_key()["KeyMetadata"]["Arn"]
        for region in ("eu-central-1", ABROAD)
    }


@pytest.fixture(scope="module")
def source(rds: Any, key: dict[str, str]) -> dict[str, Any]:
    return made(rds, "source", StorageEncrypted=True, KmsKeyId=key["eu-central-1"])


@pytest.fixture(scope="module")
def replica(rds: Any, source: dict[str, Any]) -> dict[str, Any]:
    begun = rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="source")
    assert begun["DBInstance"]["DBInstanceStatus"] == "creating"
    return instance_when(rds, "reader", "available")


def test_what_is_written_at_the_source_is_read_at_the_replica(
    own_cloud: Surroundings, rds: Any, source: dict[str, Any], replica: dict[str, Any]
) -> None:
    with connect(own_cloud, source) as connection:
        connection.execute("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2)")
    eventually(lambda: rows(own_cloud, replica, "orders"), lambda found: found == [(1,), (2,)])
    with connect(own_cloud, replica) as reader:
        assert reader.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("INSERT INTO orders VALUES (3)")
    told = eventually(
        lambda: rds.describe_db_instances(DBInstanceIdentifier="reader")["DBInstances"][0],
        lambda found: found["StatusInfos"][0]["Status"] == "replicating",
    )
    assert told["StatusInfos"][0]["Normal"] is True
    assert told["ReadReplicaSourceDBInstanceIdentifier"] == "source"
    assert told["KmsKeyId"] == source["KmsKeyId"]
    (now,) = rds.describe_db_instances(DBInstanceIdentifier="source")["DBInstances"]
    assert now["ReadReplicaDBInstanceIdentifiers"] == ["reader"]


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (lambda rds: rds.stop_db_instance(DBInstanceIdentifier="source"), "InvalidDBInstanceState"),
        (lambda rds: rds.promote_read_replica(DBInstanceIdentifier="source"), "InvalidDBInstanceState"),
        (
            lambda rds: rds.modify_db_instance(DBInstanceIdentifier="reader", MasterUserPassword="another-one"),
            "InvalidParameterCombination",
        ),
        (
            lambda rds: rds.delete_db_instance(DBInstanceIdentifier="reader", FinalDBSnapshotIdentifier="last"),
            "InvalidParameterCombination",
        ),
        (
            lambda rds: rds.create_db_instance_read_replica(
                DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="source"
            ),
            "DBInstanceAlreadyExists",
        ),
        (
            lambda rds: rds.create_db_instance_read_replica(
                DBInstanceIdentifier="other", SourceDBInstanceIdentifier="nobody"
            ),
            "DBInstanceNotFound",
        ),
    ],
)
def test_what_rds_refuses_of_replicas(rds: Any, request_: Any, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        request_(rds)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"MasterUserPassword": None, "ManageMasterUserPassword": True}, "InvalidParameterValue"),
        ({"BackupRetentionPeriod": 0}, "InvalidDBInstanceState"),
    ],
)
def test_sources_that_have_no_replicas(rds: Any, changes: dict[str, Any], code: str) -> None:
    wanted = {name: value for name, value in changes.items() if value is not None}
    if "ManageMasterUserPassword" in wanted:
        rds.create_db_instance(
            DBInstanceIdentifier="alone",
            Engine="postgres",
            DBInstanceClass="db.t4g.medium",
            AllocatedStorage=20,
            MasterUsername="dbadmin",
            ManageMasterUserPassword=True,
            BackupRetentionPeriod=7,
        )
        instance_when(rds, "alone", "available")
    else:
        made(rds, "alone", **wanted)
    with pytest.raises(ClientError) as caught:
        rds.create_db_instance_read_replica(DBInstanceIdentifier="other", SourceDBInstanceIdentifier="alone")
    assert caught.value.response["Error"]["Code"] == code
    rds.delete_db_instance(DBInstanceIdentifier="alone", SkipFinalSnapshot=True)
    eventually(
        lambda: [one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]],
        lambda names: "alone" not in names,
    )


def test_a_replica_abroad_has_its_own_key_and_becomes_an_instance_of_its_own(
    own_cloud: Surroundings, rds: Any, abroad: Any, source: dict[str, Any], key: dict[str, str]
) -> None:
    wanted = {"DBInstanceIdentifier": "refuge", "SourceDBInstanceIdentifier": source["DBInstanceArn"]}
    with pytest.raises(ClientError, match="KmsKeyId"):
        abroad.create_db_instance_read_replica(**wanted)
    abroad.create_db_instance_read_replica(**wanted, KmsKeyId=key[ABROAD])
    refuge = instance_when(abroad, "refuge", "available")
    assert refuge["KmsKeyId"] == key[ABROAD]
    assert refuge["ReadReplicaSourceDBInstanceIdentifier"] == source["DBInstanceArn"]
    with connect(own_cloud, source) as connection:
        connection.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)")
    eventually(lambda: rows(own_cloud, refuge, "kept"), lambda found: found == [(7,)])
    abroad.promote_read_replica(DBInstanceIdentifier="refuge", BackupRetentionPeriod=5)
    instance_when(abroad, "refuge", "available")
    with connect(own_cloud, refuge) as connection:
        connection.execute("INSERT INTO kept VALUES (8)")
    assert rows(own_cloud, source, "kept") == [(7,)]
    (told,) = abroad.describe_db_instances(DBInstanceIdentifier="refuge")["DBInstances"]
    assert "ReadReplicaSourceDBInstanceIdentifier" not in told
    assert told["BackupRetentionPeriod"] == 5
    (now,) = rds.describe_db_instances(DBInstanceIdentifier="source")["DBInstances"]
    assert refuge["DBInstanceArn"] not in now.get("ReadReplicaDBInstanceIdentifiers", [])


def test_replication_goes_on_after_the_endpoint_and_the_servers_were_killed(
    own_cloud: Surroundings, rds: Any, source: dict[str, Any], replica: dict[str, Any]
) -> None:
    for record in process.records(own_cloud.settings):
        if (found := record.process()) is not None:
            found.send_signal(signal.SIGKILL)
            eventually(record.process, lambda living: living is None)
    part.start(own_cloud.settings)
    instance_when(rds, "source", "available")
    instance_when(rds, "reader", "available")
    with connect(own_cloud, source) as connection:
        connection.execute("CREATE TABLE after (id int); INSERT INTO after VALUES (9)")
    eventually(lambda: rows(own_cloud, replica, "after"), lambda found: found == [(9,)])


def test_a_deleted_source_leaves_its_replica_promoted(
    own_cloud: Surroundings, rds: Any, replica: dict[str, Any]
) -> None:
    rds.delete_db_instance(DBInstanceIdentifier="source", SkipFinalSnapshot=True)
    instance_when(rds, "reader", "available")

    def writable() -> bool:
        with connect(own_cloud, replica) as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)

    eventually(writable, bool)
    rds.delete_db_instance(DBInstanceIdentifier="reader", SkipFinalSnapshot=True)
