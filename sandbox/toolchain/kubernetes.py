"""The Kubernetes control plane in one binary, built from pinned Go modules."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.toolchain import cache, golang
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.progress import say

OVERRIDE: Final = "SANDBOX_KUBEBOX"
STAGES: Final = "kwok-stages.yaml"
STORAGE_CLASS: Final = "kwok-storage-class.yaml"
KWOK: Final = "sigs.k8s.io/kwok"
STAGE_DIRECTORIES: Final = ("node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast")
"""Where kwok's module keeps its default stages for nodes, pods and volumes, below ``kustomize/stage``."""


@dataclass(frozen=True, slots=True)
class Kubebox:
    """``kubebox`` and what goes with it.

    Attributes:
        binary: ``kubebox all CONFIG.json`` runs a control plane.
        stages: kwok's default stages for nodes, pods and volumes, for its ``--config``.
        storage_class: manifest of the storage class that these stages provision; apply it to a new cluster.
        version: of Kubernetes, such as ``1.37.2``.
        origin: ``override`` or ``built``.
    """

    binary: Path
    stages: Path
    storage_class: Path
    version: str
    origin: str


def _ldflags() -> str:
    source = golang.HERE / "go/kubebox"
    pins = golang.Module("kubebox", "", source, ())
    version, kwok = pins.pinned("k8s.io/kubernetes"), pins.pinned(KWOK)
    major, minor, _ = version.removeprefix("v").split(".")
    stamp = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "freehold",
        "buildDate": "1970-01-01T00:00:00Z",
    }
    flags = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in stamp.items()]
    flags += [f"-X k8s.io/client-go/pkg/version.gitVersion={version}", f"-X {KWOK}/pkg/consts.Version={kwok}"]
    return " ".join(flags)


def write_stages(directory: Path, locate: Callable[[str], Path]) -> None:
    """Write kwok's default stages and storage class, read from its module, into a directory.

    Raises:
        ToolchainError: the module does not hold them where this version expects them.
    """
    stages: list[str] = []
    for name in STAGE_DIRECTORIES:
        source = locate(KWOK) / "kustomize/stage" / name
        found = [path.read_text() for path in sorted(source.glob("*.yaml"))]
        kept = [text for text in found if "\nkind: Stage\n" in f"\n{text}"]
        if not kept:
            raise ToolchainError(f"{source} holds no stages: {KWOK} has moved them; mend {__name__}.STAGE_DIRECTORIES")
        stages += kept
        if name == "volume/fast":
            shutil.copyfile(source / "storage-class.yaml", directory / STORAGE_CLASS)
    (directory / STAGES).write_text("\n---\n".join(text.strip() for text in stages) + "\n")


def module() -> golang.Module:
    """The module that is built."""
    return golang.Module(
        name="kubebox",
        title="Kubernetes control plane",
        source=golang.HERE / "go/kubebox",
        packages=(".",),
        ldflags=_ldflags(),
        core_seconds=900,
        need_bytes=6 * cache.GIB,
        collect=write_stages,
    )


def kubebox() -> Kubebox:
    """Find the control plane's binary; build it where there is none (once for each version, minutes).

    ``SANDBOX_KUBEBOX`` names a binary to use instead.

    Raises:
        ToolchainError: it cannot be built, or the override does not exist.
    """
    given = os.environ.get(OVERRIDE)
    if given:
        return _overridden(Path(given).expanduser().absolute())
    target = module()
    version = target.pinned("k8s.io/kubernetes").removeprefix("v")
    path = cache.find(target.name, target.key())
    if path is None:
        path = cache.make(
            target.name,
            target.key(),
            lambda directory: _build(target, directory),
            say=say,
            need_bytes=target.need_bytes,
        )
    return Kubebox(path / "kubebox", path / STAGES, path / STORAGE_CLASS, version, "built")


def _build(target: golang.Module, directory: Path) -> None:
    golang.build(target, directory, say)


def _overridden(binary: Path) -> Kubebox:
    """The binary that the user names; the stages are made where they are not beside it."""
    if not os.access(binary, os.X_OK) or binary.is_dir():
        raise ToolchainError(f"{OVERRIDE} is {binary}: no executable file; name a kubebox binary or unset it")
    done = subprocess.run([str(binary), "version"], capture_output=True, text=True, check=False)
    version = done.stdout.strip().removeprefix("v") if done.returncode == 0 else ""
    target = module()
    directory = binary.parent
    if not all((directory / name).is_file() for name in (STAGES, STORAGE_CLASS)):
        directory = cache.make("kwok-stages", cache.content_key(target.pinned(KWOK)), _only_stages, say=say)
    pinned = target.pinned("k8s.io/kubernetes").removeprefix("v")
    return Kubebox(binary, directory / STAGES, directory / STORAGE_CLASS, version or pinned, "override")


def _only_stages(directory: Path) -> None:
    target = module()
    write_stages(directory, lambda path: golang.module_directory(target, path, say))
