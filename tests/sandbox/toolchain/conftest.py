"""A cache of its own for each test, and a tiny Go module to build into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.toolchain.golang import Module


@pytest.fixture
def cache_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directory of the toolchain's entries, empty."""
    monkeypatch.setenv("FREEHOLD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "toolchain"


@pytest.fixture
def tiny_module(tmp_path: Path) -> Module:
    """A Go module without requirements whose program prints what the linker was told."""
    source = tmp_path / "tiny"
    source.mkdir()
    (source / "go.mod").write_text("module tiny\n\ngo 1.21\n")
    (source / "main.go").write_text('package main\n\nvar word = "unset"\n\nfunc main() { print(word) }\n')
    return Module(name="tiny", title="tiny program", source=source, packages=(".",), ldflags="-X main.word=linked")


@pytest.fixture(scope="session")
def go_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled packages that several tests share through ``GOCACHE``."""
    return tmp_path_factory.mktemp("gocache")
