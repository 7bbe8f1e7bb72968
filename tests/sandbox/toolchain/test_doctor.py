"""What the sandbox adds to the doctor."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from sandbox import process
from sandbox.settings import HOST, Settings
from sandbox.toolchain import doctor, kubernetes, pulumi_engine
from tests.conftest import free_port_base


@pytest.fixture
def own(cache_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A sandbox of the test's own, an empty cache, no override, no engine on ``PATH``."""
    assert not cache_root.exists()
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path / "sandbox"))
    monkeypatch.setenv("SANDBOX_PORT_BASE", str(free_port_base()))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in (pulumi_engine.OVERRIDE, kubernetes.OVERRIDE):
        monkeypatch.delenv(name, raising=False)
    return Settings.load()


def findings() -> dict[str, doctor.Finding]:
    """The findings by name; each that is not all right says why, and what is missing says what mends it."""
    found = {finding["name"]: finding for finding in doctor.checks()}
    for finding in found.values():
        assert finding["state"] in ("ok", "note", "missing")
        if finding["state"] != "ok":
            assert finding["detail"]
        assert bool(finding.get("mend")) == (finding["state"] == "missing")
    return found


def test_what_is_not_built_is_missing_with_its_cost(own: Settings) -> None:
    found = findings()
    assert {name for name, finding in found.items() if finding["state"] == "missing"} >= {
        "engine",
        "language host",
        "kubebox",
    }
    assert found["engine"]["mend"].startswith("make toolchain (Pulumi engine: about ")
    assert "GiB of disk" in found["kubebox"]["mend"]
    for name in ("openbao", "cache", "sandbox directory", "ports"):
        assert found[name]["state"] == "ok"
    assert found["postgresql"]["state"] in ("ok", "note"), "fetched at need, or an installed one"
    assert found["openbao"]["version"] == "2.7.2"
    assert found["parts"]["state"] == "note"
    assert not own.directory.exists(), "looking changes nothing"


def test_a_port_that_somebody_holds_is_told_with_the_holder(own: Settings) -> None:
    with socket.socket() as holder:
        holder.bind((HOST, own.vault_port))
        holder.listen()
        ports = findings()["ports"]
    assert ports["state"] == "missing"
    assert f"{own.vault_port} is held by " in ports["detail"]
    assert "(pid " in ports["detail"]
    assert "SANDBOX_PORT_BASE" in ports["mend"]


def test_parts_that_run_and_parts_that_ended_are_told_apart(own: Settings) -> None:
    listen = f"import socket, time; s = socket.create_server(('{HOST}', {own.cloud_port})); time.sleep(600)"
    running = process.spawn(own, "cloud", [sys.executable, "-c", listen], order=10, ports=[own.cloud_port])
    ended = process.spawn(own, "vault", [sys.executable, "-c", ""], order=10)
    try:
        process.wait_ready(running, lambda: not process.is_free(own.cloud_port), timeout=20)
        with pytest.raises(process.ProcessError):
            process.wait_ready(ended, lambda: False, timeout=20)
        found = findings()
    finally:
        for record in (running, ended):
            process.stop(own, record)
    assert found["part cloud"]["state"] == "ok"
    assert f"process {running.pid}, port {own.cloud_port}" in found["part cloud"]["detail"]
    assert found["part vault"]["state"] == "note"
    assert found["part vault"]["origin"] == ended.log
    assert found["ports"]["state"] == "ok", "the sandbox's own ports are no conflict"


def test_directories_that_cannot_be_written_are_named(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own.directory
    monkeypatch.setenv("SANDBOX_DIR", "/proc/sandbox")
    monkeypatch.setenv("FREEHOLD_CACHE", "/proc/cache")
    found = findings()
    for name, variable in (("sandbox directory", "SANDBOX_DIR"), ("cache", "FREEHOLD_CACHE")):
        assert found[name]["state"] == "missing"
        assert "cannot be written: /proc" in found[name]["detail"]
        assert f"set {variable}" in found[name]["mend"]


def test_unusable_settings_are_findings_and_no_tracebacks(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own.directory
    monkeypatch.setenv("SANDBOX_PORT_BASE", "80")
    monkeypatch.setenv(pulumi_engine.OVERRIDE, "/nowhere")
    monkeypatch.setenv(kubernetes.OVERRIDE, "/nowhere/kubebox")
    found = findings()
    assert "SANDBOX_PORT_BASE is '80'" in found["ports"]["detail"]
    assert "SANDBOX_ENGINE_BIN is /nowhere" in found["engine"]["detail"]
    assert "SANDBOX_KUBEBOX is /nowhere/kubebox" in found["kubebox"]["detail"]
