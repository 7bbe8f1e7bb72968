"""The Pulumi engine with a Python language host: found, installed or built, in this order.

1. ``SANDBOX_ENGINE_BIN``: a directory that the user names.
2. ``PATH``: a ``pulumi`` that is new enough, with a Python language host beside it or on ``PATH``.
3. The cache: what an earlier run installed or built.
4. The official installer, through the Automation API, where its site answers at once.
5. Built from pinned Go modules (``go/engine``), together with a language host of our own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

from sandbox.toolchain import cache, golang
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.progress import duration, say

Origin = Literal["override", "path", "installer", "built"]

OVERRIDE: Final = "SANDBOX_ENGINE_BIN"
MINIMUM: Final = (3, 259, 0)
"""Oldest engine that is used: the one that the tests run on. Older ones hand a policy pack no stack configuration."""
LANGUAGE_HOST: Final = "pulumi-language-python"
SDK: Final = "github.com/pulumi/pulumi/sdk/v3"
INSTALLER: Final = "https://get.pulumi.com/install.sh"
"""What ``PulumiCommand.install`` downloads; asked first whether it is there."""
PROBE_SECONDS: Final = 3.0
INSTALL_SECONDS: Final = 300.0

_INSTALL: Final = """
import sys
from pulumi.automation import PulumiCommand
PulumiCommand.install(root=sys.argv[1])
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """A Pulumi engine.

    Attributes:
        pulumi: the command.
        bin_dir: directory to put first on ``PATH``; the language host and its scripts lie there.
        origin: where it comes from.
        version: such as ``3.259.0``.
    """

    pulumi: Path
    bin_dir: Path
    origin: Origin
    version: str


def _collect(output: Path, locate: Callable[[str], Path]) -> None:
    """Add the SDK's scripts that lie beside a language host."""
    for script in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
        target = output / Path(script).name
        shutil.copyfile(locate(SDK) / script, target)
        target.chmod(0o755)


def module() -> golang.Module:
    """The module that is built."""
    source = golang.HERE / "go/engine"
    version = golang.Module("engine", "", source, ()).pinned(SDK)
    return golang.Module(
        name="engine",
        title="Pulumi engine",
        source=source,
        packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", f"./{LANGUAGE_HOST}"),
        ldflags=f"-X {SDK}/go/common/version.Version={version}",
        core_seconds=450,
        need_bytes=3 * cache.GIB,
        collect=_collect,
    )


def engine(
    *,
    reachable: Callable[[], bool] | None = None,
    install: Callable[[Path], None] | None = None,
    build: Callable[[Path], None] | None = None,
) -> Engine:
    """Find an engine; install or build one where there is none (once, minutes).

    Args:
        reachable, install, build: what to do instead of asking for, running the official installer, and of building;
            both of the latter fill a directory.

    Raises:
        ToolchainError: none can be had, or the override is unusable.
    """
    given = os.environ.get(OVERRIDE)
    if given:
        return _overridden(Path(given).expanduser().absolute())
    return on_path() or cached() or _make(reachable or installer_answers, install or _run_installer, build or _build)


def on_path() -> Engine | None:
    """A suitable engine on ``PATH``, else ``None``. What the cache holds does not count as the user's own."""
    command = shutil.which("pulumi")
    if not command or Path(command).resolve().is_relative_to(cache.root().resolve()):
        return None
    pulumi = Path(command)
    host = pulumi.with_name(LANGUAGE_HOST)
    if not host.exists() and not shutil.which(LANGUAGE_HOST):
        return None
    version = command_version(pulumi)
    return Engine(pulumi, pulumi.parent, "path", version) if suits(version) else None


def cached() -> Engine | None:
    """An engine that an earlier run installed or built, else ``None``."""
    installed = cache.find("pulumi", _installer_key())
    if installed:
        return Engine(installed / "bin/pulumi", installed / "bin", "installer", _sdk_version())
    target = module()
    built = cache.find(target.name, target.key())
    if built:
        return Engine(built / "pulumi", built, "built", target.pinned(SDK).removeprefix("v"))
    return None


def suits(version: str) -> bool:
    """Whether an engine of that version can be used."""
    found = golang.numbers(version)
    return MINIMUM <= found < (MINIMUM[0] + 1,)


def command_version(pulumi: Path) -> str:
    """The version that a ``pulumi`` command answers with, without its ``v``; empty when it does not answer."""
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": os.devnull}
    try:
        done = subprocess.run(
            [str(pulumi), "version"], capture_output=True, text=True, check=False, timeout=20, env=env
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"v?(\d+\.\d+\.\d+\S*)", done.stdout)
    return found[1] if done.returncode == 0 and found else ""


def _overridden(directory: Path) -> Engine:
    for name in ("pulumi", LANGUAGE_HOST):
        if not os.access(directory / name, os.X_OK):
            raise ToolchainError(
                f"{OVERRIDE} is {directory}: it holds no executable {name}; "
                "name a directory with an engine and its Python language host, or unset it"
            )
    version = command_version(directory / "pulumi")
    if not suits(version):
        raise ToolchainError(
            f"{OVERRIDE} is {directory}: its pulumi is of version {version or 'unknown'}, "
            f"at least {'.'.join(map(str, MINIMUM))} is needed"
        )
    return Engine(directory / "pulumi", directory, "override", version)


def _make(reachable: Callable[[], bool], install: Callable[[Path], None], build: Callable[[Path], None]) -> Engine:
    """Install or build an engine into the cache."""
    if reachable():
        try:
            cache.make("pulumi", _installer_key(), install, say=say, need_bytes=cache.GIB)
        except InstallerError as error:
            say(f"Pulumi engine: the official installer did not succeed, building instead: {error}")
    else:
        say("Pulumi engine: none on PATH and the official installer's site does not answer; building it")
    found = cached()
    if found is None:
        target = module()
        cache.make(target.name, target.key(), build, say=say, need_bytes=target.need_bytes)
        found = cached()
    if found is None:
        raise ToolchainError(f"the engine was made but is not in {cache.root()}: was the cache removed meanwhile?")
    return found


class InstallerError(ToolchainError):
    """The official installer did not leave a usable engine."""


def installer_answers() -> bool:
    """Whether the official installer's site answers within seconds."""
    request = urllib.request.Request(INSTALLER, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS):  # noqa: S310 (a constant https address)
            return True
    except (OSError, urllib.error.URLError):
        return False


def _run_installer(directory: Path) -> None:
    """Run the official installer for the SDK's version; nothing outside ``directory`` is written."""
    say(f"Pulumi engine: installing {_sdk_version()} with the official installer (about 30 s)")
    home = directory / "home"
    home.mkdir()
    env = {**os.environ, "HOME": str(home), "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _INSTALL, str(directory)],
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_SECONDS,
            env=env,
        )
    except subprocess.TimeoutExpired as error:
        raise InstallerError(f"it did not end within {duration(INSTALL_SECONDS)}") from error
    shutil.rmtree(home)
    if done.returncode:
        raise InstallerError("\n".join(done.stderr.strip().splitlines()[-5:]))
    if not os.access(directory / "bin" / LANGUAGE_HOST, os.X_OK):
        raise InstallerError(f"it left no {LANGUAGE_HOST}")


def _build(directory: Path) -> None:
    golang.build(module(), directory, say)


def _sdk_version() -> str:
    """The version of the Python SDK, which is also the version that the installer installs."""
    return metadata.version("pulumi")


def _installer_key() -> str:
    return cache.content_key(_sdk_version())
