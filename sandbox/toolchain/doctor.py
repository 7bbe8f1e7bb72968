"""What the sandbox adds to the doctor: the parts that it runs, where they come from, its disk, ports and processes.

Registered as the entry point ``freehold.doctor``; see ``scripts/doctor.py`` for the fields of a finding. Nothing is
installed, built or started by looking.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final, TypedDict

from sandbox import process
from sandbox.cloud import binaries
from sandbox.settings import HOST, PORT_COUNT, Settings, SettingsError
from sandbox.toolchain import cache, golang, kubernetes, pulumi_engine
from sandbox.toolchain.errors import ToolchainError

SANDBOX_BYTES: Final = 2 * cache.GIB
"""Free space that a sandbox with two clients fills in a day of work, rounded up."""


class Finding(TypedDict, total=False):
    """The fields of the doctor's ``Finding``."""

    name: str
    state: str
    version: str
    origin: str
    detail: str
    mend: str


def checks() -> list[Finding]:
    """Everything that the sandbox needs on this machine."""
    engine = _engine()
    return [
        _go(),
        engine,
        _language_host(engine),
        *(_plugin(name) for name in ("aws", "kubernetes")),
        _kubebox(),
        _postgresql(),
        _openbao(),
        *_disks(),
        *_sandbox(),
    ]


def _go() -> Finding:
    """Go is wanted only where something has to be built."""
    minimum = max(golang_module.minimum_go() for golang_module in (pulumi_engine.module(), kubernetes.module()))
    found = golang.on_path(minimum)
    if found:
        return {"name": "go", "state": "ok", "version": found.version.removeprefix("go"), "origin": str(found.binary)}
    detail = (
        f"no Go ≥ {'.'.join(map(str, minimum))} on PATH; where one is needed, Go {golang.RELEASE} is installed by pip"
    )
    return {"name": "go", "state": "note", "detail": detail}


def _engine() -> Finding:
    try:
        override = os.environ.get(pulumi_engine.OVERRIDE)
        found = pulumi_engine.engine() if override else pulumi_engine.on_path() or pulumi_engine.cached()
    except ToolchainError as error:
        mend = f"unset {pulumi_engine.OVERRIDE}"
        return {"name": "engine", "state": "missing", "detail": str(error), "mend": mend}
    if found is None:
        return {
            "name": "engine",
            "state": "missing",
            "detail": f"none on PATH nor in the cache {cache.root()}",
            "mend": f"make toolchain ({golang.describe(pulumi_engine.module())})",
        }
    return {
        "name": "engine",
        "state": "ok",
        "version": found.version,
        "origin": str(found.pulumi),
        "detail": found.origin,
    }


def _language_host(engine: Finding) -> Finding:
    name = "language host"
    if engine["state"] != "ok":
        return {"name": name, "state": "missing", "detail": "comes with the engine", "mend": "make toolchain"}
    beside = Path(engine["origin"]).with_name(pulumi_engine.LANGUAGE_HOST)
    path = str(beside) if beside.exists() else shutil.which(pulumi_engine.LANGUAGE_HOST) or ""
    return {"name": name, "state": "ok", "version": engine["version"], "origin": path, "detail": engine["detail"]}


def _plugin(provider: str) -> Finding:
    """The stand-in for a provider plugin; the doctor itself looks for the official one."""
    name = f"plugin {provider}"
    version = metadata.version(f"pulumi-{provider}")
    spec = importlib.util.find_spec(f"sandbox.plugins.{provider}")
    if spec is None or os.environ.get("SANDBOX_PLUGINS") == "official":
        return {
            "name": name,
            "state": "missing",
            "version": version,
            "detail": "the official plugin is not installed, and no stand-in is used",
            "mend": f"pulumi plugin install resource {provider} {version}, or unset SANDBOX_PLUGINS",
        }
    origin = next(iter(spec.submodule_search_locations or ()), spec.origin or "")
    return {"name": name, "state": "ok", "version": version, "origin": origin, "detail": "offline stand-in"}


def _kubebox() -> Finding:
    target = kubernetes.module()
    try:
        found = kubernetes.kubebox() if os.environ.get(kubernetes.OVERRIDE) else None
    except ToolchainError as error:
        return {"name": "kubebox", "state": "missing", "detail": str(error), "mend": f"unset {kubernetes.OVERRIDE}"}
    path = found.binary if found else cache.find(target.name, target.key())
    if path is None:
        mend = f"make toolchain ({golang.describe(target)})"
        return {"name": "kubebox", "state": "missing", "detail": f"not in the cache {cache.root()}", "mend": mend}
    version = target.pinned("k8s.io/kubernetes").removeprefix("v")
    origin = found.origin if found else "built"
    return {"name": "kubebox", "state": "ok", "version": version, "origin": str(path), "detail": origin}


def _postgresql() -> Finding:
    """The newest server that databases run on; it is fetched when the first one is made."""
    major = max(binaries.MAJORS)
    found = binaries.present(major)
    if found:
        origin = str(found.program("postgres"))
        return {"name": "postgresql", "state": "ok", "version": found.version, "origin": origin}
    detail = f"PostgreSQL {major} is fetched by the first make up (12 MB); before it: python -m sandbox.cloud.binaries"
    return {"name": "postgresql", "state": "note", "detail": detail}


def _openbao() -> Finding:
    binary = shutil.which("bao", path=str(Path(sys.executable).parent)) or shutil.which("bao")
    if not binary:
        return {"name": "openbao", "state": "missing", "detail": "no bao in the environment", "mend": "make setup"}
    done = subprocess.run([binary, "version"], capture_output=True, text=True, check=False)
    if done.returncode:
        detail = f"{binary} version: {done.stderr.strip()}"
        return {"name": "openbao", "state": "missing", "detail": detail, "mend": "make setup"}
    return {
        "name": "openbao",
        "state": "ok",
        "version": done.stdout.split()[1].removeprefix("v"),
        "origin": binary,
    }


def _disks() -> Iterator[Finding]:
    """Whether the cache and the sandbox's directory can be written and have room."""
    targets = (pulumi_engine.module(), kubernetes.module())
    unbuilt = [target for target in targets if cache.find(target.name, target.key()) is None]
    need = max((target.need_bytes for target in unbuilt), default=0)
    yield _disk("cache", cache.root(), need, "FREEHOLD_CACHE")
    try:
        yield _disk("sandbox directory", Settings.load().directory, SANDBOX_BYTES, "SANDBOX_DIR")
    except SettingsError:
        return  # told by _sandbox


def _disk(name: str, directory: Path, need: int, variable: str) -> Finding:
    existing = next(parent for parent in (directory, *directory.parents) if parent.exists())
    mend = f"set {variable} to a directory that you can write, with {need / cache.GIB:.0f} GiB free"
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
        free = shutil.disk_usage(existing).free
    except OSError as error:
        detail = f"cannot be written: {existing}: {error.strerror}"
        return {"name": name, "state": "missing", "origin": str(directory), "detail": detail, "mend": mend}
    detail = f"{free / cache.GIB:.0f} GiB free"
    if free < need:
        detail += f", {need / cache.GIB:.0f} GiB are needed"
        return {"name": name, "state": "missing", "origin": str(directory), "detail": detail, "mend": mend}
    return {"name": name, "state": "ok", "origin": str(directory), "detail": detail}


def _sandbox() -> Iterator[Finding]:
    """Ports and running parts of the sandbox that the environment describes."""
    try:
        settings = Settings.load()
    except SettingsError as error:
        yield {"name": "ports", "state": "missing", "detail": str(error), "mend": "unset SANDBOX_PORT_BASE"}
        return
    records = process.records(settings)
    ours = {port for record in records if record.process() for port in record.ports}
    ports = range(settings.port_base, settings.port_base + PORT_COUNT)
    taken = [port for port in ports if port not in ours and not process.is_free(port)]
    span = f"{HOST}:{ports[0]}-{ports[-1]}"
    if taken:
        yield {
            "name": "ports",
            "state": "missing",
            "origin": span,
            "detail": "; ".join(f"{port} is held by {process.holder(port)}" for port in taken[:5]),
            "mend": "stop that process, or move the sandbox: SANDBOX_PORT_BASE=15500",
        }
    else:
        detail = f"{len(ours)} in use by the sandbox, the others free" if ours else "free"
        yield {"name": "ports", "state": "ok", "origin": span, "detail": detail}
    for record in reversed(records):
        name = f"part {record.name}"
        if record.process():
            listening = f", port {', '.join(map(str, record.ports))}" if record.ports else ""
            yield {"name": name, "state": "ok", "detail": f"runs, process {record.pid}{listening}"}
        else:
            yield {"name": name, "state": "note", "origin": record.log, "detail": "has ended; make up starts it again"}
    if not records:
        yield {"name": "parts", "state": "note", "detail": "the sandbox is not running; make up starts it"}
