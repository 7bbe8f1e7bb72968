"""An endpoint of its own, for tests that kill things."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import process
from sandbox.cloud import part
from sandbox.settings import Settings
from tests.conftest import Surroundings, free_port_base

ACME = "111111111111"
GLOBEX = "222222222222"


@pytest.fixture(scope="module")
def own_cloud() -> Iterator[Surroundings]:
    """A running endpoint that only the tests of one module use; all its processes are stopped at the end."""
    directory = Path(tempfile.mkdtemp(prefix="freehold-cloud-"))
    settings = Settings(directory=directory / "sandbox", port_base=free_port_base())
    part.start(settings)
    yield Surroundings(settings, {"AWS_SHARED_CREDENTIALS_FILE": str(settings.aws / "credentials")})
    for record in process.records(settings):
        process.stop(settings, record)
    shutil.rmtree(directory)


def aws(cloud: Surroundings, service: Any, region: str = "eu-central-1", account: str | None = None) -> Any:
    """A client whose calls the type checker leaves to the service's model."""
    return cloud.client(service, region, account)


def eventually(found: Callable[[], Any], wanted: Callable[[Any], bool], seconds: float = 60.0) -> Any:
    """Ask until the answer is the wanted one, and return it."""
    deadline = time.monotonic() + seconds
    while not wanted(answer := found()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {seconds:.0f} s")
        time.sleep(0.05)
    return answer


def instance_when(rds: Any, identifier: str, status: str) -> dict[str, Any]:
    """A database instance, once it has that status."""

    def describe() -> dict[str, Any]:
        found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
        return found

    answer: dict[str, Any] = eventually(describe, lambda found: found["DBInstanceStatus"] == status)
    return answer
