"""A real server behind RDS, and what the provider is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import PROVISION_ROLE, Surroundings
from tests.sandbox.cloud.conftest import ACME, aws, instance_when

INSTANCE = "roles"


@pytest.fixture(scope="session")
def instance(cloud: Surroundings) -> Iterator[dict[str, Any]]:
    """An instance whose first database RDS made."""
    rds = aws(cloud, "rds", account=ACME)
    rds.create_db_instance(
        DBInstanceIdentifier=INSTANCE,
        Engine="postgres",
        EngineVersion="18",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        MasterUsername="freehold",
        ManageMasterUserPassword=True,
        DBName="shop",
    )
    yield instance_when(rds, INSTANCE, "available")
    rds.delete_db_instance(DBInstanceIdentifier=INSTANCE, SkipFinalSnapshot=True)


@pytest.fixture
def operator(cloud: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's environment."""
    for name, value in cloud.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGSSLROOTCERT", str(cloud.settings.cloud / "rds-ca.pem"))


@pytest.fixture
def wanted(instance: dict[str, Any], operator: None) -> dict[str, Any]:
    """Properties of a database."""
    return {
        "name": "shop",
        "extensions": ["pgcrypto"],
        "retain": True,
        "astray": [],
        "host": instance["Endpoint"]["Address"],
        "port": instance["Endpoint"]["Port"],
        "secret_arn": instance["MasterUserSecret"]["SecretArn"],
        "region": "eu-central-1",
        "role_arn": f"arn:aws:iam::{ACME}:role/{PROVISION_ROLE}",
    }


def master(cloud: Surroundings, instance: dict[str, Any], database: str = "postgres") -> psycopg.Connection[Any]:
    """A connection of the master user."""
    secrets = aws(cloud, "secretsmanager", account=ACME)
    secret = secrets.get_secret_value(SecretId=instance["MasterUserSecret"]["SecretArn"])
    found = json.loads(secret["SecretString"])
    return psycopg.connect(
        host=instance["Endpoint"]["Address"],
        port=instance["Endpoint"]["Port"],
        user=found["username"],
        password=found["password"],
        dbname=database,
        sslmode="verify-full",
        sslrootcert=str(cloud.settings.cloud / "rds-ca.pem"),
        autocommit=True,
    )
