"""Paths and ports of a sandbox, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.settings import DEFAULT_PORT_BASE, PORT_COUNT, REPOSITORY, Settings, SettingsError


def test_the_defaults_lie_beside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_DIR", raising=False)
    monkeypatch.delenv("SANDBOX_PORT_BASE", raising=False)
    assert Settings.load() == Settings(REPOSITORY / ".sandbox", DEFAULT_PORT_BASE)


def test_two_variables_move_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("SANDBOX_PORT_BASE", "20000")
    found = Settings.load()
    paths = [found.run, found.logs, found.cloud, found.vault, found.pulumi_home, found.state, found.aws, found.kube]
    assert all(path.parent == tmp_path / "other" for path in paths)
    assert len(set(paths)) == len(paths)
    assert found.cloud_url == "http://127.0.0.1:20000"
    assert found.vault_url == "https://127.0.0.1:20001"


def test_a_relative_directory_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANDBOX_DIR", "here")
    assert Settings.load().directory == tmp_path / "here"


@pytest.mark.parametrize("text", ["", "x", "-1", "1023", "65336", "14500.0", "1e4", " 14500"])
def test_a_port_base_that_cannot_serve_is_refused_with_variable_value_and_limit(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SANDBOX_PORT_BASE", text)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert f"SANDBOX_PORT_BASE is {text!r}" in str(refused.value)
    assert "1024 to 65335" in str(refused.value)


@given(st.integers(1024, 65535 - PORT_COUNT))
def test_no_port_has_two_uses_and_all_are_within_the_range(base: int) -> None:
    found = Settings(Path("/nowhere"), base)
    single = [found.cloud_port, found.vault_port, found.vault_cluster_port, *found.database_ports]
    ports = [*single, *found.cluster_ports, *(port + 1 for port in found.cluster_ports)]
    assert len(set(ports)) == len(ports)
    assert base <= min(ports)
    assert max(ports) < base + PORT_COUNT
    assert max(ports) <= 65535
