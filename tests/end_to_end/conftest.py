"""Two clients in the run's sandbox, and a sandbox of its own for tests that kill."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import process, supervisor
from sandbox.settings import Settings
from tests.conftest import free_port_base
from tests.end_to_end.driver import Driver


@pytest.fixture(scope="session")
def driver(settings: Settings) -> Driver:
    """The run's sandbox."""
    return Driver(settings)


@pytest.fixture(scope="session")
def acme(driver: Driver) -> Driver:
    """``acme-dev`` is up."""
    driver.must_bring_up("acme-dev")
    return driver


@pytest.fixture(scope="session")
def both(acme: Driver) -> Driver:
    """``globex-dev`` is up beside it."""
    acme.must_bring_up("globex-dev")
    return acme


@pytest.fixture(scope="module")
def doomed() -> Iterator[Driver]:
    """A sandbox whose parts the tests of a module kill."""
    directory = Path(tempfile.mkdtemp(prefix="freehold-doomed-"))
    settings = Settings(directory=directory / "sandbox", port_base=free_port_base())
    yield Driver(settings)
    for record in process.records(settings):
        process.stop(settings, record)
    for stray in supervisor.strays(settings):
        stray.kill()
    shutil.rmtree(directory, ignore_errors=True)
