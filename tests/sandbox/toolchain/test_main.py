"""The toolchain's command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sandbox.toolchain import kubernetes, pulumi_engine
from sandbox.toolchain.__main__ import main
from tests.sandbox.toolchain.test_pulumi_engine import installation


@pytest.fixture
def tools(cache_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both tools, named by the overrides."""
    assert not cache_root.exists()
    directory = installation(tmp_path / "bin")
    for name in (kubernetes.STAGES, kubernetes.STORAGE_CLASS):
        (directory / name).touch()
    monkeypatch.setenv(pulumi_engine.OVERRIDE, str(directory))
    monkeypatch.setenv(kubernetes.OVERRIDE, str(directory / "pulumi"))
    return directory


def test_both_are_listed_with_version_origin_and_seconds(tools: Path) -> None:
    done = CliRunner().invoke(main, [])
    assert done.exit_code == 0
    engine, kubebox = done.output.splitlines()
    assert engine.split()[:3] == ["engine", "3.259.0", "override"]
    assert engine.endswith(f" s  {tools}/pulumi")
    assert kubebox.split()[0] == "kubebox"


def test_json_is_for_scripts(tools: Path) -> None:
    done = CliRunner().invoke(main, ["engine", "--json"])
    found = json.loads(done.output)
    assert found.keys() == {"engine"}
    assert found["engine"]["bin_dir"] == str(tools)
    assert found["engine"]["seconds"] >= 0


def test_what_cannot_be_had_is_one_error_and_code_1(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kubernetes.OVERRIDE, str(tools / "none"))
    done = CliRunner().invoke(main, ["kubebox"])
    assert done.exit_code == 1
    assert done.stderr.startswith("error: SANDBOX_KUBEBOX is ")
    assert done.stdout == ""


def test_a_wrong_word_is_code_2() -> None:
    assert CliRunner().invoke(main, ["everything"]).exit_code == 2


def test_importing_the_toolchain_loads_nothing_heavy() -> None:
    heavy = ("pulumi", "rich", "boto3", "moto", "kubernetes")
    program = f"import sys, sandbox.toolchain; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
