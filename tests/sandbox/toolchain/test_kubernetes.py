"""The Kubernetes control plane's binary and what goes with it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from sandbox.toolchain import Kubebox, ToolchainError, cache, kubebox, kubernetes


@pytest.fixture(scope="module")
def box() -> Kubebox:
    """The real one; it is built where there is none."""
    return kubebox()


def test_the_binary_answers_with_the_pinned_version(box: Kubebox) -> None:
    if box.origin == "override":
        pytest.skip(f"{kubernetes.OVERRIDE} names a binary of the user's")
    done = subprocess.run([str(box.binary), "version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"v{box.version}" == kubernetes.module().pinned("k8s.io/kubernetes")


def test_kwoks_stages_come_with_it(box: Kubebox) -> None:
    stages = list(yaml.safe_load_all(box.stages.read_text()))
    assert {stage["kind"] for stage in stages} == {"Stage"}
    assert {stage["spec"]["resourceRef"]["kind"] for stage in stages} == {
        "Node",
        "Pod",
        "PersistentVolume",
        "PersistentVolumeClaim",
    }
    assert {"node-initialize", "pod-ready", "pod-complete", "pvc-provision"} <= {
        stage["metadata"]["name"] for stage in stages
    }
    storage_class = yaml.safe_load(box.storage_class.read_text())
    assert storage_class["kind"] == "StorageClass"


def test_a_wrong_configuration_is_refused_in_words(box: Kubebox, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    for content, message in (
        ({"etcdDir": "x", "etcdUrl2": "y"}, 'unknown field "etcdUrl2"'),
        ({"etcdDir": "x"}, "is missing"),
    ):
        config.write_text(json.dumps(content))
        done = subprocess.run([str(box.binary), "all", str(config)], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert str(config) in done.stderr
        assert message in done.stderr


@pytest.fixture
def stages_beside(tmp_path: Path) -> Path:
    """A directory with a binary's companions."""
    for name in (kubernetes.STAGES, kubernetes.STORAGE_CLASS):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.usefixtures("cache_root")
def test_an_override_is_used_with_the_stages_beside_it(stages_beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = stages_beside / "mine"
    binary.write_text("#!/bin/sh\necho v1.99.1\n")
    binary.chmod(0o755)
    monkeypatch.setenv(kubernetes.OVERRIDE, str(binary))
    found = kubebox()
    assert (found.binary, found.stages, found.version, found.origin) == (
        binary,
        stages_beside / kubernetes.STAGES,
        "1.99.1",
        "override",
    )


def test_an_override_without_stages_gets_those_of_the_module(
    cache_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "mine"
    binary.symlink_to("/bin/true")
    monkeypatch.setenv(kubernetes.OVERRIDE, str(binary))
    found = kubebox()
    assert found.stages.is_relative_to(cache_root)
    assert len(list(yaml.safe_load_all(found.stages.read_text()))) >= 8


def test_an_override_that_does_not_exist_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kubernetes.OVERRIDE, str(tmp_path / "none"))
    with pytest.raises(ToolchainError, match=rf"SANDBOX_KUBEBOX is {tmp_path}/none: no executable file"):
        kubebox()


def test_what_was_built_is_found_without_asking_go(
    cache_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = kubernetes.module()
    (cache_root / f"{target.name}-{target.key()}").mkdir(parents=True)
    monkeypatch.delenv(kubernetes.OVERRIDE, raising=False)
    monkeypatch.setenv("PATH", os.devnull)
    found = kubebox()
    assert cache.find(target.name, target.key()) == found.binary.parent
    assert found.origin == "built"
