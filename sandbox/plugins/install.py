"""Put the provider plugins where the engine looks for them: the official ones where they are, else the stand-ins.

``SANDBOX_PLUGINS`` decides: ``auto`` (the default) takes an official plugin of the SDK's version if there is one,
``offline`` always the stand-ins, ``official`` never.
"""

from __future__ import annotations

import json
import os
import shutil
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


class InstallError(RuntimeError):
    """A plugin cannot be had in the way that was asked for; the message says what to do."""


def mode() -> str:
    """The choice of ``SANDBOX_PLUGINS``.

    Raises:
        InstallError: it is none of the three.
    """
    found = os.environ.get("SANDBOX_PLUGINS", "auto")
    if found not in MODES:
        raise InstallError(f"SANDBOX_PLUGINS is {found!r}: it must be one of {', '.join(MODES)}")
    return found


def version(name: str) -> str:
    """Version of the plugin that the installed SDK wants."""
    found = resources.files(PROVIDERS[name].replace("-", "_")).joinpath("pulumi-plugin.json")
    return str(json.loads(found.read_text()).get("version") or metadata.version(PROVIDERS[name]))


def official(name: str) -> Path | None:
    """The official plugin's directory: in the user's plugin cache (read only), or that of the program on PATH.

    A program on PATH counts if a file beside it, or its directory's name, tells the right version: the engine itself
    would take it unasked, whatever its version.
    """
    program = f"pulumi-resource-{name}"
    homes = [os.environ.get("PULUMI_HOME"), str(Path.home() / ".pulumi")]
    for home in filter(None, homes):
        candidate = Path(home) / "plugins" / f"resource-{name}-v{version(name)}"
        if (candidate / program).is_file() and not (candidate / MARKER).exists():
            return candidate
    found = shutil.which(program)
    if found and version(name) in str(Path(found).resolve()):
        return Path(found).resolve().parent
    return None


MARKER: Final = "freehold-stand-in"
"""File that tells a stand-in's directory from an official plugin's."""


def install(settings: Settings) -> dict[str, Origin]:
    """Bring the plugin directory of the sandbox's ``PULUMI_HOME`` in step; which kind each plugin is.

    Raises:
        InstallError: ``SANDBOX_PLUGINS`` is wrong, or asks for official plugins that are not there.
    """
    wanted = mode()
    found = {name: None if wanted == "offline" else official(name) for name in PROVIDERS}
    missing = [name for name, directory in found.items() if directory is None]
    if wanted == "official" and missing:
        commands = "; ".join(f"pulumi plugin install resource {name} {version(name)}" for name in missing)
        raise InstallError(
            f"SANDBOX_PLUGINS=official, and there is no official plugin of the SDK's version for {', '.join(missing)}. "
            f"Install it ({commands}), or unset SANDBOX_PLUGINS to use the stand-ins"
        )
    for name, directory in found.items():
        target = settings.pulumi_home / "plugins" / f"resource-{name}-v{version(name)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if directory is not None:
            _link(target, directory)
        else:
            _stand_in(target, name)
    return {name: "offline" if directory is None else "official" for name, directory in found.items()}


def _link(target: Path, directory: Path) -> None:
    """Make ``target`` a link to the official plugin's directory."""
    if target.is_symlink() and target.readlink() == directory:
        return
    _clear(target)
    target.symlink_to(directory)


def _stand_in(target: Path, name: str) -> None:
    """Make ``target`` a directory whose program runs the stand-in in this Python environment."""
    program = target / f"pulumi-resource-{name}"
    script = f'#!/bin/sh\nexec "{sys.executable}" -m sandbox.plugins.{name} "$@"\n'
    if not target.is_symlink() and program.is_file() and program.read_text() == script:
        return
    _clear(target)
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    scratch.mkdir(parents=True)
    (scratch / MARKER).write_text("")
    (scratch / program.name).write_text(script)
    (scratch / program.name).chmod(0o755)
    scratch.rename(target)


def _clear(target: Path) -> None:
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)
