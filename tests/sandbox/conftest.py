"""An empty sandbox of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import process
from sandbox.settings import Settings
from tests.conftest import free_port_base


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a sandbox that does not exist yet; whatever a test starts in it is stopped."""
    found = Settings(tmp_path / "sandbox", free_port_base())
    yield found
    for record in process.records(found):
        process.stop(found, record)
