"""Put the provider plugins where the engine looks for them: the official ones where they are, else the stand-ins.

``SANDBOX_PLUGINS`` decides: ``auto`` (the default) takes an official plugin of the SDK's version if there is one,
``offline`` always the stand-ins, ``official`` never.

The engine looks on ``PATH`` first, whatever version it finds there, and then in ``PULUMI_HOME/plugins`` (pulumi's
``sdk/go/common/workspace/plugins.go``). So a plugin on ``PATH`` that is not the wanted one cannot be left unsaid.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata, resources
from pathlib import Path
from typing import Final, Literal

from sandbox.settings import Settings

PROVIDERS: Final[Mapping[str, str]] = {"aws": "pulumi-aws", "kubernetes": "pulumi-kubernetes"}
"""Plugins that the program needs, and the Python package whose version each must have."""

MODES: Final = ("auto", "offline", "official")
Origin = Literal["official", "offline"]

MARKER: Final = "freehold-stand-in"
"""File that tells a stand-in's directory from an official plugin's."""

_ANSWER_SECONDS: Final = 60.0
"""Longest wait for a plugin on ``PATH`` to tell its version; the official aws plugin is a program of 700 MB."""


class InstallError(RuntimeError):
    """A plugin cannot be had in the way that was asked for; the message says what to do."""


def mode() -> str:
    """The choice of ``SANDBOX_PLUGINS``.

    Raises:
        InstallError: it is none of the three.
    """
    found = os.environ.get("SANDBOX_PLUGINS") or "auto"
    if found not in MODES:
        raise InstallError(f"SANDBOX_PLUGINS is {found!r}: it must be one of {', '.join(MODES)}")
    return found


def version(name: str) -> str:
    """Version of the plugin that the installed SDK wants."""
    found = resources.files(PROVIDERS[name].replace("-", "_")).joinpath("pulumi-plugin.json")
    return str(json.loads(found.read_text()).get("version") or metadata.version(PROVIDERS[name]))


def install(settings: Settings, chosen: str | None = None) -> dict[str, Origin]:
    """Bring the plugin directory of the sandbox's ``PULUMI_HOME`` in step; says which kind each plugin is.

    Args:
        chosen: one of :data:`MODES`; the default is ``SANDBOX_PLUGINS``.

    Raises:
        InstallError: the choice is none, official plugins are asked for that are not there, or one on ``PATH`` would
            be used against the choice.
    """
    wanted = mode() if chosen is None else chosen
    origins: dict[str, Origin] = {}
    missing = []
    for name in PROVIDERS:
        target = settings.pulumi_home / "plugins" / f"resource-{name}-v{version(name)}"
        ambient = _ambient(name, wanted)
        cached = None if wanted == "offline" or ambient else _cached(name, settings.pulumi_home)
        if ambient:
            origins[name] = "official"
        elif cached is not None:
            _link(target, cached)
            origins[name] = "official"
        elif wanted == "official":
            missing.append(name)
        else:
            _stand_in(target, name)
            origins[name] = "offline"
    if missing:
        commands = "; ".join(f"pulumi plugin install resource {name} {version(name)}" for name in missing)
        raise InstallError(
            f"SANDBOX_PLUGINS=official, and there is no official plugin of the SDK's version for {', '.join(missing)}. "
            f"Install it ({commands}), or unset SANDBOX_PLUGINS to use the stand-ins"
        )
    return origins


# -- where official plugins are ---------------------------------------------------------------------------------------


def _ambient(name: str, wanted: str) -> bool:
    """Whether the engine will take a plugin off ``PATH``, and may."""
    if os.environ.get("PULUMI_IGNORE_AMBIENT_PLUGINS"):
        return False
    program = shutil.which(f"pulumi-resource-{name}")
    if program is None:
        return False
    remedy = "take it off PATH, or set PULUMI_IGNORE_AMBIENT_PLUGINS=true"
    if wanted == "offline":
        raise InstallError(f"SANDBOX_PLUGINS=offline, but the engine prefers {program}, which is on PATH: {remedy}")
    found = _told_version(program)
    if found != version(name):
        raise InstallError(
            f"{program}, which is on PATH, is version {found}; pulumi-{name} {version(name)} is installed, and the "
            f"engine takes a plugin on PATH whatever its version: {remedy}, or install the SDK's version"
        )
    return True


def _told_version(program: str) -> str:
    """The version that a plugin tells, asked as the engine asks it."""
    import grpc  # noqa: PLC0415 (only where a plugin is on PATH)
    from google.protobuf.empty_pb2 import Empty  # noqa: PLC0415

    from sandbox.plugins.protocol.wire import provider_pb2_grpc  # noqa: PLC0415

    with subprocess.Popen(
        [program, "127.0.0.1:1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            if not port.isdecimal():
                raise InstallError(f"{program}, which is on PATH, is no provider plugin: it printed {port!r}, no port")
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                found = stub.GetPluginInfo(Empty(), timeout=_ANSWER_SECONDS, wait_for_ready=True)
            return str(found.version).removeprefix("v")
        except grpc.RpcError as error:
            raise InstallError(f"{program}, which is on PATH, does not tell its version: {error}") from error
        finally:
            process.kill()


def _cached(name: str, home: Path) -> Path | None:
    """The official plugin's directory in the user's plugin cache, which is read only."""
    for cache in (os.environ.get("PULUMI_HOME"), str(Path.home() / ".pulumi")):
        if not cache or Path(cache).resolve() == home.resolve():
            continue
        candidate = Path(cache).resolve() / "plugins" / f"resource-{name}-v{version(name)}"
        partial = candidate.with_name(f"{candidate.name}.partial")  # the engine's sign of an unfinished download
        if (candidate / f"pulumi-resource-{name}").is_file() and not (candidate / MARKER).exists():
            if partial.exists():
                continue
            return candidate
    return None


# -- the sandbox's own plugin directory -------------------------------------------------------------------------------


def _link(target: Path, directory: Path) -> None:
    """Make ``target`` a link to the official plugin's directory."""
    if target.is_symlink() and target.readlink() == directory:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear(target)
    target.symlink_to(directory)


def _stand_in(target: Path, name: str) -> None:
    """Make ``target`` a directory whose program runs the stand-in in this Python environment.

    ``-P`` keeps the directory of the user's program out of the plugin's imports.
    """
    program = target / f"pulumi-resource-{name}"
    script = f'#!/bin/sh\nexec "{sys.executable}" -P -m sandbox.plugins.{name} "$@"\n'
    if not target.is_symlink() and program.is_file() and program.read_text() == script:
        return
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    (scratch / MARKER).touch()
    (scratch / program.name).write_text(script)
    (scratch / program.name).chmod(0o755)
    _clear(target)
    scratch.rename(target)


def _clear(target: Path) -> None:
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)
