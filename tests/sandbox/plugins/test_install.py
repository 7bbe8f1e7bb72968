"""Which plugin the engine will find, and when it is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.plugins import install
from sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A sandbox of its own, and a user without plugins."""
    for name in ("PULUMI_HOME", "PULUMI_IGNORE_AMBIENT_PLUGINS", "SANDBOX_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return Settings(directory=tmp_path / "sandbox", port_base=24900)


def program(settings: Settings, name: str) -> Path:
    """Where the engine looks for a plugin."""
    return settings.pulumi_home / "plugins" / f"resource-{name}-v{install.version(name)}" / f"pulumi-resource-{name}"


def put_official(home: Path, name: str) -> Path:
    """A downloaded official plugin, as far as its looks go."""
    directory = home / "plugins" / f"resource-{name}-v{install.version(name)}"
    directory.mkdir(parents=True)
    (directory / f"pulumi-resource-{name}").write_text("#!/bin/sh\necho official\n")
    (directory / f"pulumi-resource-{name}").chmod(0o755)
    return directory


def put_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str) -> Path:
    """A plugin on PATH that tells a version: the stand-in's own server with another number."""
    directory = tmp_path / "path"
    directory.mkdir()
    found = directory / f"pulumi-resource-{name}"
    code = (
        "from sandbox.plugins.protocol import Provider\n"
        "from sandbox.plugins.protocol.serve import serve\n"
        f"class P(Provider):\n    name = {name!r}\n    version = {told!r}\n"
        "serve(P())\n"
    )
    (directory / "plugin.py").write_text(code)
    found.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{directory}/plugin.py" "$@"\n')
    found.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return found


def test_stand_ins_run_and_tell_their_port(settings: Settings) -> None:
    assert install.install(settings) == {"aws": "offline", "kubernetes": "offline"}
    for name in ("aws", "kubernetes"):
        with subprocess.Popen(
            [program(settings, name), "127.0.0.1:1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/"
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline().strip().isdigit()
            process.stdin.close()  # as a killed engine does
            assert process.wait(10) == 0


def test_again_changes_nothing(settings: Settings) -> None:
    install.install(settings)
    before = {name: program(settings, name).stat().st_ino for name in install.PROVIDERS}
    install.install(settings)
    assert {name: program(settings, name).stat().st_ino for name in install.PROVIDERS} == before


def test_official_plugin_in_the_users_cache_is_linked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = put_official(Path.home() / ".pulumi", "aws")
    assert install.install(settings) == {"aws": "official", "kubernetes": "offline"}
    assert program(settings, "aws").parent.readlink() == directory
    # also from a shell whose PULUMI_HOME is the sandbox's own
    monkeypatch.setenv("PULUMI_HOME", str(settings.pulumi_home))
    assert install.install(settings) == {"aws": "official", "kubernetes": "offline"}
    assert program(settings, "aws").read_text().endswith("echo official\n")


def test_offline_undoes_the_link(settings: Settings) -> None:
    directory = put_official(Path.home() / ".pulumi", "aws")
    install.install(settings)
    assert install.install(settings, "offline") == {"aws": "offline", "kubernetes": "offline"}
    assert "sandbox.plugins.aws" in program(settings, "aws").read_text()
    assert (directory / "pulumi-resource-aws").read_text().endswith("echo official\n")


def test_unfinished_download_is_no_plugin(settings: Settings) -> None:
    directory = put_official(Path.home() / ".pulumi", "aws")
    directory.with_name(f"{directory.name}.partial").touch()
    assert install.install(settings)["aws"] == "offline"


def test_official_that_is_not_there(settings: Settings) -> None:
    put_official(Path.home() / ".pulumi", "aws")
    with pytest.raises(install.InstallError, match=r"for kubernetes\. Install it \(pulumi plugin install resource kub"):
        install.install(settings, "official")


def test_unknown_choice(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PLUGINS", "online")
    with pytest.raises(install.InstallError, match="'online': it must be one of auto, offline, official"):
        install.install(settings)


def test_plugin_on_path_of_the_right_version_is_used(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(tmp_path, monkeypatch, "aws", f"v{install.version('aws')}")
    assert install.install(settings) == {"aws": "official", "kubernetes": "offline"}
    with pytest.raises(install.InstallError, match=r"the engine prefers .*/pulumi-resource-aws, which is on PATH"):
        install.install(settings, "offline")
    monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")
    assert install.install(settings, "offline")["aws"] == "offline"


def test_plugin_on_path_of_another_version_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(tmp_path, monkeypatch, "aws", "6.0.0")
    with pytest.raises(install.InstallError, match=r"is version 6\.0\.0; pulumi-aws 7\..* is installed"):
        install.install(settings)
