"""Start, stop and show the parts of a sandbox.

Parts start in parallel, each as soon as what it stands on is ready; readiness is probed. Nothing is restarted
silently: a part that was found dead is named when it is started again. One caller at a time changes a sandbox.
"""

from __future__ import annotations

import contextlib
import getpass
import itertools
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from filelock import FileLock, Timeout

from sandbox import environment, process
from sandbox.cloud import part as cloud
from sandbox.process import ProcessError, Record
from sandbox.settings import Settings
from sandbox.vault import part as vault

MARKER: Final = "freehold-sandbox"
"""File that tells a sandbox's directory from any other, so that a purge never removes somebody's data."""
LOCK: Final = "lock"
"""File that is locked while one caller changes the sandbox."""
NOTE: Final = "lock.json"
"""File that says who."""

Say = Callable[[str], None]


class BusyError(RuntimeError):
    """Another caller is changing the sandbox; the message names it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how it starts and stops, and which parts it needs first."""

    name: str
    start: Callable[[Settings], Record]
    stop: Callable[[Settings], None]
    needs: tuple[str, ...] = ()


PARTS: Final = (Part("cloud", cloud.start, cloud.stop), Part("vault", vault.start, vault.stop))


@dataclass(frozen=True, slots=True)
class State:
    """One process of the sandbox as it is now. ``memory`` is its proportional share in MiB, ``uptime`` in seconds."""

    name: str
    state: str
    pid: int
    ports: tuple[int, ...]
    memory: float
    uptime: float
    log: str


def claim(settings: Settings) -> None:
    """Make the sandbox's directory, or refuse one that cannot serve.

    Raises:
        ProcessError: it cannot be written, or it holds something else; names the path, its owner and the setting.
    """
    directory = settings.directory
    try:
        if directory.exists() and not directory.is_dir():
            raise ProcessError(f"{directory} is a file; name a directory: SANDBOX_DIR=/path")
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        marker = directory / MARKER
        if not marker.exists():
            if any(path.name not in {LOCK, NOTE} for path in directory.iterdir()):
                raise ProcessError(
                    f"{directory} is not empty and is no sandbox; name an empty or new directory: SANDBOX_DIR=/path"
                )
            directory.chmod(0o700)
            marker.write_text("This directory belongs to a Freehold sandbox; `make down PURGE=1` removes it.\n")
        probe = directory / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ProcessError(
            f"cannot write to {directory} ({_owner(directory)}): {error.strerror}; "
            "name a directory of your own: SANDBOX_DIR=/path"
        ) from error


def _owner(path: Path) -> str:
    """Owner and mode of the path, or of its nearest existing parent, for an error message."""
    for candidate in (path, *path.parents):
        try:
            found = candidate.stat()
        except OSError:
            continue
        return f"{candidate} belongs to uid {found.st_uid}, mode {stat.filemode(found.st_mode)}"
    return "no such path"


@contextlib.contextmanager
def exclusive(settings: Settings, what: str, say: Say, *, wait: bool = True) -> Iterator[None]:
    """Hold the sandbox for one caller; a second one waits and is told for whom.

    Raises:
        BusyError: ``wait`` is false and another caller holds it.
        ProcessError: the directory cannot serve.
    """
    claim(settings)
    lock = FileLock(settings.directory / LOCK)
    note = settings.directory / NOTE
    try:
        lock.acquire(timeout=0)
    except Timeout:
        holder = _holder(note)
        if not wait:
            raise BusyError(f"{holder} is changing this sandbox ({settings.directory})") from None
        say(f"waiting for {holder}, which is changing this sandbox")
        _outwait(settings, lock)
    try:
        note.write_text(json.dumps({"pid": os.getpid(), "what": what, "user": getpass.getuser(), "since": time.time()}))
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _outwait(settings: Settings, lock: FileLock) -> None:
    """Wait for the lock, also where its holder removes the directory (a purge): then in a new one."""
    while True:
        try:
            lock.acquire()
        except FileNotFoundError:
            claim(settings)
        else:
            claim(settings)
            return


def _holder(note: Path) -> str:
    try:
        found = json.loads(note.read_text())
    except (OSError, ValueError):
        return "another process"
    since = time.strftime("%H:%M:%S", time.localtime(found["since"]))
    return f"«{found['what']}» of {found['user']} (pid {found['pid']}, since {since})"


def up(settings: Settings, say: Say) -> dict[str, float]:
    """Start every part that does not run; seconds each took. The caller holds :func:`exclusive`.

    Raises:
        ProcessError: one error for every part that did not start, in one message.
    """
    environment.prepare(settings)
    known = {record.name for record in process.records(settings)}
    living = {record.name for record in process.records(settings) if record.process()}
    for name in sorted(known - living):
        say(f"{name} is not running any more (it was killed or ended by itself); starting it again on its data")
    seconds: dict[str, float] = {}
    started: dict[str, Future[Record]] = {}

    def run(part: Part) -> Record:
        for need in part.needs:
            started[need].result()
        began = time.monotonic()
        record = part.start(settings)
        seconds[part.name] = round(time.monotonic() - began, 2)
        return record

    with ThreadPoolExecutor(max_workers=len(PARTS)) as pool:
        for part in PARTS:
            started[part.name] = pool.submit(run, part)
    errors = [error for future in started.values() if (error := future.exception()) is not None]
    for error in errors:
        if not isinstance(error, ProcessError):
            raise error
    if errors:
        raise ProcessError("\n".join(dict.fromkeys(map(str, errors))))  # a part repeats what its need failed with
    return seconds


def down(settings: Settings, say: Say) -> int:
    """Stop every process of the sandbox, also orphans whose parent was killed; how many lived."""
    count = 0
    cloud.stop_databases(settings)
    for record in process.records(settings):
        if process.stop(settings, record):
            say(f"stopped {record.name} (pid {record.pid})")
            count += 1
    for orphan in strays(settings):
        say(f"stopped {orphan.name()} (pid {orphan.pid}), left behind by a killed update")
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.kill()
            orphan.wait(timeout=5)
        count += 1
    return count


def strays(settings: Settings) -> list[psutil.Process]:
    """Processes that an update left behind: programs of the engine whose environment names this ``PULUMI_HOME``.

    Whatever else a person started from a shell with the sandbox's variables (an editor, a terminal multiplexer) is not
    meant, nor are the caller's own process and its ancestors.
    """
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for candidate in psutil.process_iter():
        if candidate.pid in ours:
            continue
        try:
            if candidate.environ().get("PULUMI_HOME") != str(settings.pulumi_home):
                continue
            if not _is_engines(candidate.cmdline()):
                continue
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        found.append(candidate)
    return found


def _is_engines(argv: Sequence[str]) -> bool:
    """Whether a command line is the engine, a language host, a plugin or a program that one of these runs."""
    programs = (Path(part).name for part in argv[:2])  # a program, or an interpreter and its script
    modules = (module for flag, module in itertools.pairwise(argv) if flag == "-m")
    return any(program.startswith("pulumi") for program in programs) or any(
        module.partition(".")[0] == "pulumi" or module.startswith("sandbox.plugins.") for module in modules
    )


def purge(settings: Settings) -> None:
    """Remove the sandbox's directory with all its data. The caller holds :func:`exclusive`.

    The directory is moved aside first, so that a caller who waits for the lock begins in a new one.

    Raises:
        ProcessError: the directory is no sandbox, or something in it cannot be removed.
    """
    directory = settings.directory
    if not directory.exists():
        return
    if not (directory / MARKER).exists():
        raise ProcessError(f"{directory} is no sandbox (it has no file {MARKER}); nothing was removed")
    try:
        directory.rename(directory.with_name(f".{directory.name}.purged-{os.getpid()}"))
        for doomed in directory.parent.glob(f".{directory.name}.purged-*"):
            shutil.rmtree(doomed)
    except OSError as error:
        raise ProcessError(
            f"cannot remove {error.filename or directory} ({_owner(Path(error.filename or directory))}): "
            f"{error.strerror}; remove it by hand"
        ) from error


def status(settings: Settings) -> list[State]:
    """Every part and every server behind it, running or not."""
    found = {record.name: _state(record) for record in process.records(settings)}
    for part in PARTS:
        found.setdefault(part.name, State(part.name, "stopped", 0, (), 0.0, 0.0, ""))
    return sorted(found.values(), key=lambda state: state.name)


def _state(record: Record) -> State:
    running = record.process()
    if running is None:
        return State(record.name, "dead", record.pid, record.ports, 0.0, 0.0, record.log)
    memory = 0.0
    for member in [running, *running.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            memory += member.memory_full_info().pss / 2**20
    return State(
        record.name,
        "running",
        record.pid,
        record.ports,
        round(memory, 1),
        round(time.time() - record.created, 1),
        record.log,
    )


def stderr(sentence: str) -> None:
    """Say a sentence to a person."""
    print(sentence, file=sys.stderr)


def as_rows(states: list[State]) -> list[Mapping[str, Any]]:
    """States for machines."""
    return [
        {
            "name": state.name,
            "state": state.state,
            "pid": state.pid,
            "ports": list(state.ports),
            "memory_mib": state.memory,
            "uptime_s": state.uptime,
            "log": state.log,
        }
        for state in states
    ]
