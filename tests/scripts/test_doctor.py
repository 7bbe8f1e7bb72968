"""The doctor says what is missing and what mends it, also where nothing is installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import doctor

SCRIPT = Path(doctor.__file__)


def run(*arguments: str, python: str = sys.executable, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script with an environment of its own."""
    return subprocess.run([python, str(SCRIPT), *arguments], capture_output=True, text=True, check=False, env=env)


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """The findings of ``--json`` by name."""
    return {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """A shell with the system's commands and nothing else."""
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "FREEHOLD_CACHE": str(tmp_path / "cache")}
    return {**variables, "SANDBOX_DIR": str(tmp_path / "sandbox"), **more}


def test_a_machine_without_engine_is_told_what_is_missing(tmp_path: Path) -> None:
    done = run("--json", **environment(tmp_path))
    assert done.returncode == 1, done.stderr
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    found = findings(done)
    assert found["python"]["state"] == "ok"
    assert found["git"]["version"]
    assert found["kubectl"]["origin"] == str(Path(sys.executable).parent / "kubectl")
    assert found["engine"]["state"] == found["kubebox"]["state"] == "missing", "the sandbox's checks are part of it"
    assert "make toolchain" in found["engine"]["mend"]
    for finding in answer["findings"]:
        assert bool(finding["mend"]) == (finding["state"] == "missing"), finding


def test_a_python_without_any_package_can_run_it(tmp_path: Path) -> None:
    done = run("--json", python=sys.base_prefix + "/bin/python3", **environment(tmp_path, PYTHONNOUSERSITE="1"))
    assert done.returncode == 1, done.stderr
    assert findings(done)["plugin aws"]["state"] == "missing"


def test_the_table_names_each_mend_and_counts(tmp_path: Path) -> None:
    done = run(**environment(tmp_path))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    missing = [line for line in lines if line.startswith("missing")]
    assert sum("mend it: " in line for line in lines) == len(missing) > 0
    assert lines[-1].startswith(f"{len(missing)} of ")


def test_a_wrong_option_is_usage(tmp_path: Path) -> None:
    done = run("--yaml", **environment(tmp_path))
    assert done.returncode == 2
    assert "--yaml" in done.stderr


def test_an_endpoint_counts_when_something_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    assert doctor.endpoint("VAULT_ADDR", "it is needed").state == doctor.NOTE
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"https://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("VAULT_ADDR", address)
        assert doctor.endpoint("VAULT_ADDR", "").state == doctor.OK
    gone = doctor.endpoint("VAULT_ADDR", "")
    assert (gone.state, gone.origin) == (doctor.MISSING, address)
    assert "VAULT_ADDR" in gone.mend


@pytest.mark.parametrize("value", ["nonsense", "http://127.0.0.1:port", "http://[::1"])
def test_an_address_that_is_none_is_a_finding(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", value)
    assert doctor.endpoint("AWS_ENDPOINT_URL", "").state == doctor.MISSING


def test_the_value_of_a_variable_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket?secret=hush")
    assert "hush" not in str(doctor.variable("PULUMI_BACKEND_URL", ""))


@pytest.mark.parametrize(("answer", "state"), [("v3.259.0", "ok"), ("v3.258.1", "missing"), ("?", "missing")])
def test_the_engine_must_be_new_enough(
    answer: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f"#!/bin/sh\necho '{answer}'\n")
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert doctor.engine().state == state


def test_a_plugin_is_found_in_the_plugin_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = doctor.plugin("aws")
    assert (found.state, found.mend) == ("missing", f"pulumi plugin install resource aws {found.version}")
    (tmp_path / "plugins" / f"resource-aws-v{found.version}").mkdir(parents=True)
    assert doctor.plugin("aws").state == "ok"


def test_an_environment_out_of_step_with_the_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT.with_name("setup.py"), tmp_path / "scripts")
    for name in ("requirements-uv.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    found = doctor.dependencies()
    assert (found.state, found.mend) == ("missing", "make setup")
    assert "not in step" in found.detail


def test_an_added_finding_replaces_only_what_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "general", lambda: [doctor.Finding("engine", doctor.MISSING), doctor.Finding("git", doctor.OK, "2")]
    )
    added = [doctor.Finding("engine", doctor.OK, "3"), doctor.Finding("git", doctor.MISSING), doctor.Finding("x", "ok")]
    monkeypatch.setattr(doctor, "provided", lambda: added)
    assert [(finding.name, finding.state) for finding in doctor.examine()] == [
        ("engine", "ok"),
        ("git", "ok"),
        ("x", "ok"),
    ]
