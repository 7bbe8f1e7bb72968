"""The engine comes from the override, ``PATH``, the cache, the installer, a build: in this order."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.toolchain import cache, pulumi_engine
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.pulumi_engine import LANGUAGE_HOST, MINIMUM, Engine

SUITABLE = ".".join(map(str, MINIMUM))


def executable(path: Path, output: str = "") -> Path:
    """A command that prints something."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {output}\n")
    path.chmod(0o755)
    return path


def installation(directory: Path, version: str = f"v{SUITABLE}", *, host: bool = True) -> Path:
    """A directory with an engine that answers with a version."""
    executable(directory / "pulumi", version)
    if host:
        executable(directory / LANGUAGE_HOST)
    return directory


class Steps:
    """Stands for the installer's site, the installer and the compiler, and records what is asked of them."""

    def __init__(self, *, reachable: bool = False, installer: str = "works") -> None:
        self.taken: list[str] = []
        self._reachable = reachable
        self._installer = installer

    def reachable(self) -> bool:
        self.taken.append("probe")
        return self._reachable

    def install(self, directory: Path) -> None:
        self.taken.append("install")
        if self._installer != "works":
            raise pulumi_engine.InstallerError(self._installer)
        installation(directory / "bin")

    def build(self, directory: Path) -> None:
        self.taken.append("build")
        installation(directory)

    def resolve(self) -> Engine:
        """Find an engine with these steps."""
        return pulumi_engine.engine(reachable=self.reachable, install=self.install, build=self.build)


@pytest.fixture(autouse=True)
def bare_machine(cache_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No engine on ``PATH``, an empty cache, no override."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv(pulumi_engine.OVERRIDE, raising=False)
    return cache_root


def on_path(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Put a directory first on ``PATH``."""
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


def test_a_suitable_engine_on_path_is_used_and_nothing_else_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(monkeypatch, installation(tmp_path / "bin", "v3.300.1"))
    steps = Steps(reachable=True)
    found = steps.resolve()
    assert found == Engine(tmp_path / "bin/pulumi", tmp_path / "bin", "path", "3.300.1")
    assert steps.taken == []


@pytest.mark.parametrize("version", ["v3.258.9", "v2.0.0", "v4.0.0", "no version at all"])
def test_an_engine_of_an_unsuitable_version_is_passed_over(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(monkeypatch, installation(tmp_path / "bin", version))
    assert Steps().resolve().origin == "built"


def test_an_engine_without_language_host_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(monkeypatch, installation(tmp_path / "bin", host=False))
    assert Steps().resolve().origin == "built"


def test_a_language_host_elsewhere_on_path_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation(tmp_path / "bin", host=False)
    executable(tmp_path / "elsewhere" / LANGUAGE_HOST)
    on_path(monkeypatch, Path(f"{tmp_path / 'bin'}:{tmp_path / 'elsewhere'}"))
    assert Steps().resolve().origin == "path"


def test_the_installer_is_used_where_its_site_answers(bare_machine: Path) -> None:
    steps = Steps(reachable=True)
    found = steps.resolve()
    assert found.origin == "installer"
    assert found.pulumi == found.bin_dir / "pulumi"
    assert found.pulumi.is_relative_to(bare_machine)
    assert steps.taken == ["probe", "install"]


def test_an_installer_that_fails_is_told_and_the_engine_is_built(capfd: pytest.CaptureFixture[str]) -> None:
    steps = Steps(reachable=True, installer="the download ended early")
    assert steps.resolve().origin == "built"
    assert steps.taken == ["probe", "install", "build"]
    assert "did not succeed, building instead: the download ended early" in capfd.readouterr().err


def test_without_the_site_the_engine_is_built_and_neither_is_asked_again() -> None:
    first = Steps()
    built = first.resolve()
    assert (built.origin, built.version) == ("built", SUITABLE)
    assert first.taken == ["probe", "build"]
    second = Steps(reachable=True)
    assert second.resolve() == built
    assert second.taken == []


def test_the_cached_engine_on_path_is_not_taken_for_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    built = Steps().resolve()
    on_path(monkeypatch, built.bin_dir)
    assert Steps().resolve() == built


def test_the_override_wins_over_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(monkeypatch, installation(tmp_path / "bin"))
    monkeypatch.setenv(pulumi_engine.OVERRIDE, str(installation(tmp_path / "mine", "v3.259.1")))
    assert Steps().resolve() == Engine(tmp_path / "mine/pulumi", tmp_path / "mine", "override", "3.259.1")


def test_an_override_that_cannot_be_used_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "mine"
    monkeypatch.setenv(pulumi_engine.OVERRIDE, str(directory))
    with pytest.raises(ToolchainError, match=rf"SANDBOX_ENGINE_BIN is {directory}: it holds no executable pulumi;"):
        Steps().resolve()
    installation(directory, "v3.10.0")
    with pytest.raises(ToolchainError, match=r"its pulumi is of version 3\.10\.0, at least 3\.259\.0 is needed"):
        Steps().resolve()


def test_a_site_that_does_not_answer_is_given_up_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_engine, "INSTALLER", "https://127.0.0.1:9/install.sh")
    assert not pulumi_engine.installer_answers()


def test_an_installer_without_network_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    steps = Steps(reachable=True)
    found = pulumi_engine.engine(reachable=steps.reachable, build=steps.build)
    assert found.origin == "built"
    assert sorted(path.name for path in cache.root().iterdir() if path.is_dir()) == [found.bin_dir.name]
