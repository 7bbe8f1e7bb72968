"""The cache never shows half an entry, builds once at a time, and says what stands in its way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.toolchain import cache
from sandbox.toolchain.errors import ToolchainError

BUILDER = """
import pathlib, sys, time
from sandbox.toolchain import cache

go_on, runs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

def build(directory):
    (directory / "first").write_text("half")
    with runs.open("a") as file:
        file.write("run\\n")
    while not go_on.exists():
        time.sleep(0.01)
    (directory / "second").write_text("whole")

def say(text):
    print(text, flush=True)

print(cache.make("thing", "1", build, say=say), flush=True)
"""


@contextmanager
def builder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that makes the entry ``thing``, and goes on only once ``go-on`` exists."""
    argv = [sys.executable, "-c", BUILDER, str(tmp_path / "go-on"), str(tmp_path / "runs")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Until a file is there."""
    while not path.exists():
        assert process.poll() is None, "the builder ended early"
        time.sleep(0.01)


def quiet(_line: str) -> None:
    """Say nothing."""


def test_an_entry_is_made_once_and_found_again(cache_root: Path) -> None:
    runs: list[Path] = []

    def build(directory: Path) -> None:
        runs.append(directory)
        (directory / "file").write_text("content")

    path = cache.make("thing", "1", build, say=quiet)
    assert cache.make("thing", "1", build, say=quiet) == path == cache.find("thing", "1")
    assert len(runs) == 1
    assert (path / "file").read_text() == "content"
    assert path.parent == cache_root


def test_a_build_that_fails_leaves_nothing_and_can_be_repeated(cache_root: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "first").write_text("half")
        raise ToolchainError("the compiler refuses")

    with pytest.raises(ToolchainError, match="the compiler refuses"):
        cache.make("thing", "1", fail, say=quiet)
    assert cache.find("thing", "1") is None
    assert not list(cache_root.glob(".thing-*"))
    assert cache.make("thing", "1", lambda directory: (directory / "file").touch(), say=quiet).is_dir()


def test_a_killed_build_is_never_taken_for_whole_and_the_next_one_completes(cache_root: Path, tmp_path: Path) -> None:
    with builder(tmp_path) as process:
        wait_for(tmp_path / "runs", process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert cache.find("thing", "1") is None
    assert len(list(cache_root.glob(".thing-*"))) == 1, "the killed builder could not clean up"
    (tmp_path / "go-on").touch()
    with builder(tmp_path) as process:
        output, _ = process.communicate()
        assert process.returncode == 0
    path = cache.find("thing", "1")
    assert path is not None
    assert str(path) == output.strip()
    assert sorted(file.name for file in path.iterdir()) == ["first", "second"]
    assert not list(cache_root.glob(".thing-*"))


def test_whoever_comes_second_waits_says_for_whom_and_takes_the_result(cache_root: Path, tmp_path: Path) -> None:
    with builder(tmp_path) as first, builder(tmp_path) as second:
        wait_for(tmp_path / "runs", first)
        waiting = {process.pid: process for process in (first, second)}
        holder = next(pid for pid in waiting if f'"pid": {pid},' in (cache_root / "thing.builder").read_text())
        waiter = waiting[next(pid for pid in waiting if pid != holder)]
        assert waiter.stdout is not None
        assert waiter.stdout.readline().startswith(f"thing: waiting for process {holder}, which has been making it")
        (tmp_path / "go-on").touch()
        assert {process.communicate()[0].splitlines()[-1] for process in (first, second)} == {
            str(cache_root / "thing-1")
        }
    assert (tmp_path / "runs").read_text() == "run\n"


def test_the_key_follows_every_pin_and_source(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("require k8s.io/kubernetes v1.37.2\n")
    before = cache.content_key("flags", directory=tmp_path)
    assert cache.content_key("flags", directory=tmp_path) == before
    assert cache.content_key("other flags", directory=tmp_path) != before
    (tmp_path / "go.mod").write_text("require k8s.io/kubernetes v1.37.3\n")
    assert cache.content_key("flags", directory=tmp_path) != before
    (tmp_path / "go.mod").rename(tmp_path / "renamed")
    (tmp_path / "go.mod").write_text("require k8s.io/kubernetes v1.37.2\n")
    assert cache.content_key("flags", directory=tmp_path) != before


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FREEHOLD_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a/toolchain"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/freehold/toolchain"),
        ({"HOME": "/c"}, "/c/.cache/freehold/toolchain"),
    ],
)
def test_the_place_follows_the_environment(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FREEHOLD_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache.root() == Path(expected)


def test_a_cache_that_cannot_be_written_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("FREEHOLD_CACHE", str(blocked / "cache"))
    with pytest.raises(ToolchainError) as caught:
        cache.make("thing", "1", lambda _directory: None, say=quiet)
    assert str(blocked) in str(caught.value)
    assert "Not a directory" in str(caught.value)
    assert "set FREEHOLD_CACHE" in str(caught.value)


@pytest.mark.usefixtures("cache_root")
def test_too_little_space_is_told_before_the_work_starts() -> None:
    def build(_directory: Path) -> None:
        pytest.fail("it was tried")

    with pytest.raises(ToolchainError, match=r"GiB free, making it takes 1048576\.0 GiB"):
        cache.make("thing", "1", build, say=quiet, need_bytes=1 << 50)


@pytest.mark.usefixtures("cache_root")
def test_a_full_disk_and_other_system_errors_are_told_apart() -> None:
    def fill(_directory: Path) -> None:
        with Path("/dev/full").open("w") as full:
            full.write("x")

    def lose(directory: Path) -> None:
        os.stat(directory / "not-there")  # noqa: PTH116 (an error of the system, as a build may raise it)

    with pytest.raises(ToolchainError, match="no space left in the cache"):
        cache.make("thing", "1", fill, say=quiet)
    with pytest.raises(ToolchainError, match=r"thing cannot be made: .*not-there"):
        cache.make("thing", "1", lose, say=quiet)
