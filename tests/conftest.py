"""The sandbox that the tests share: one a test run, in a directory and on ports of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox import process, supervisor
from sandbox.settings import PORT_COUNT, Settings

PROVISION_ROLE = "freehold-provision"


@dataclass(frozen=True)
class Surroundings:
    """A running sandbox and the environment variables that lead to it."""

    settings: Settings
    env: Mapping[str, str] = field(default_factory=dict)

    def session(self, region: str = "eu-central-1", account: str | None = None) -> boto3.Session:
        """A boto3 session as the operator, or inside a client's account by the provisioning role."""
        config = Path(self.env["AWS_SHARED_CREDENTIALS_FILE"]).read_text()
        keys = dict(line.split(" = ", 1) for line in config.splitlines() if " = " in line)
        session = boto3.Session(keys["aws_access_key_id"], keys["aws_secret_access_key"], region_name=region)
        if account is None:
            return session
        sts = session.client("sts", endpoint_url=self.settings.cloud_url)
        role = f"arn:aws:iam::{account}:role/{PROVISION_ROLE}"
        found = sts.assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
        return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], region_name=region)

    def client(self, service: Any, region: str = "eu-central-1", account: str | None = None) -> Any:
        """A boto3 client against the sandbox's AWS endpoint."""
        return self.session(region, account).client(service, endpoint_url=self.settings.cloud_url)


def free_port_base() -> int:
    """First of ``PORT_COUNT`` loopback ports of which none is in use, outside the ephemeral range."""
    for _ in range(200):
        base = 15000 + secrets.randbelow(16000 // PORT_COUNT) * PORT_COUNT
        if all(process.is_free(port) for port in range(base, base + PORT_COUNT)):
            return base
    raise RuntimeError(f"no {PORT_COUNT} free loopback ports in a row between 15000 and 31000")


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings of the run's sandbox; everything it started is stopped and removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="freehold-tests-"))
    found = Settings(directory=directory / "sandbox", port_base=free_port_base())
    os.environ["SANDBOX_DIR"] = str(found.directory)
    os.environ["SANDBOX_PORT_BASE"] = str(found.port_base)
    supervisor.claim(found)
    yield found
    for record in process.records(found):
        process.stop(found, record)
    for stray in supervisor.strays(found):
        stray.kill()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def cloud(settings: Settings) -> Surroundings:
    """The running AWS endpoint."""
    from sandbox.cloud import part  # noqa: PLC0415 (the emulator is heavy: only where a test wants it)

    part.start(settings)
    env = {
        "AWS_ENDPOINT_URL": settings.cloud_url,
        "AWS_CONFIG_FILE": str(settings.aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(settings.aws / "credentials"),
        "AWS_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return Surroundings(settings, env)


@pytest.fixture(scope="session")
def vault(settings: Settings) -> Surroundings:
    """The running Vault-API server and the operator's token; the root token is ``sandbox.vault.part.client``'s."""
    from sandbox.vault import part  # noqa: PLC0415

    part.start(settings)
    env = {
        "VAULT_ADDR": settings.vault_url,
        "VAULT_CACERT": str(settings.vault / "ca.pem"),
        "VAULT_TOKEN": (settings.vault / "operator-token").read_text().strip(),
    }
    return Surroundings(settings, env)


@pytest.fixture(scope="session")
def sandbox(cloud: Surroundings, vault: Surroundings) -> Surroundings:
    """AWS endpoint and Vault server together."""
    return Surroundings(cloud.settings, {**cloud.env, **vault.env})
