"""Processes that belong to a sandbox: recorded when they start, found again and stopped later.

A record is a JSON file in ``Settings.run``. It holds the process id *and* its start time, so that a recycled
process id is never taken for ours. Whoever starts a long-lived process does so through :func:`spawn`; ``down``
then stops every recorded process, also those whose parent was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from sandbox.settings import HOST, Settings


class ProcessError(RuntimeError):
    """A part did not start or did not become ready; the message names the part, the cause and its log file."""


@dataclass(frozen=True, slots=True)
class Record:
    """One process of the sandbox.

    ``order`` decides the order of stopping: higher first (a part stops before what it stands on).
    ``created`` is the start time in seconds since the epoch as the kernel tells it.
    """

    name: str
    pid: int
    created: float
    order: int
    log: str
    ports: tuple[int, ...] = ()

    def process(self) -> psutil.Process | None:
        """The living process, or ``None`` when it is gone, a zombie, or another process with a recycled id."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.created) > 1.0 or process.status() == psutil.STATUS_ZOMBIE:
                return None
        except psutil.NoSuchProcess:
            return None
        return process


def records(settings: Settings) -> list[Record]:
    """Every record of the sandbox, living or dead, in order of stopping."""
    found: list[Record] = []
    for path in settings.run.glob("*.json"):
        try:
            fields = json.loads(path.read_text())
        except FileNotFoundError:
            continue
        found.append(Record(**{**fields, "ports": tuple(fields.get("ports", ()))}))
    return sorted(found, key=lambda record: (-record.order, record.name))


def find(settings: Settings, name: str) -> Record | None:
    """The record of that name whose process lives, else ``None``."""
    path = settings.run / f"{name}.json"
    if not path.exists():
        return None
    fields = json.loads(path.read_text())
    record = Record(**{**fields, "ports": tuple(fields.get("ports", ()))})
    return record if record.process() else None


def spawn(
    settings: Settings,
    name: str,
    argv: Sequence[str],
    *,
    order: int,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    ports: Sequence[int] = (),
    preexec: Callable[[], None] | None = None,
) -> Record:
    """Start a process in a session of its own, its output appended to ``logs/NAME.log``, and record it.

    Args:
        env: the whole environment of the process (default: the caller's).
        ports: loopback ports it will listen on; each is checked to be free first.

    Raises:
        ProcessError: a port is taken (the message says by whom), or the program cannot be executed.
    """
    for port in ports:
        require_free(port, name)
    settings.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = settings.logs / f"{name}.log"
    with log.open("ab") as output:
        os.fchmod(output.fileno(), 0o600)
        try:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=None if env is None else dict(env),
                cwd=cwd,
                preexec_fn=preexec,  # noqa: PLW1509 (callers that pass one are single-threaded or only make system calls)
            )
        except OSError as error:
            raise ProcessError(f"{name}: cannot run {argv[0]}: {error}") from error
    record = Record(
        name=name,
        pid=child.pid,
        created=psutil.Process(child.pid).create_time(),
        order=order,
        log=str(log),
        ports=tuple(ports),
    )
    temporary = settings.run / f".{name}.{os.getpid()}.tmp"
    temporary.write_text(json.dumps(asdict(record)))
    temporary.rename(settings.run / f"{name}.json")
    return record


def wait_ready(record: Record, probe: Callable[[], bool], *, timeout: float, interval: float = 0.03) -> None:
    """Probe until the part answers.

    ``probe`` returns whether the part is ready; an :class:`OSError` counts as «not yet».

    Raises:
        ProcessError: the process ended, or ``timeout`` seconds passed; with the last lines of its log.
    """
    deadline = time.monotonic() + timeout
    while True:
        with contextlib.suppress(OSError):
            if probe():
                return
        process = record.process()
        if process is None:
            raise ProcessError(f"{record.name} ended while starting; the end of {record.log}:\n{tail(record)}")
        if time.monotonic() > deadline:
            raise ProcessError(
                f"{record.name} is not ready after {timeout:.0f} s; the end of {record.log}:\n{tail(record)}"
            )
        time.sleep(interval)


def tail(record: Record, lines: int = 12) -> str:
    """The last lines of the part's log."""
    try:
        return "\n".join(Path(record.log).read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


def stop(settings: Settings, record: Record, *, timeout: float = 15.0, first: signal.Signals = signal.SIGTERM) -> bool:
    """Stop one process and its descendants and drop its record.

    Sends ``first``, waits ``timeout`` seconds, then kills. Returns whether it lived.
    """
    process = record.process()
    if process is not None:
        family = [process, *process.children(recursive=True)]
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(first)
        _await_end([process], timeout)
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        _await_end(family, 5.0)
        psutil.wait_procs(family, timeout=0)  # takes note of those that are the caller's own children
    (settings.run / f"{record.name}.json").unlink(missing_ok=True)
    return process is not None


def _await_end(family: Sequence[psutil.Process], timeout: float) -> None:
    """Wait until all have ended; one that its parent has not yet taken note of (a zombie) has."""
    deadline = time.monotonic() + timeout
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            while member.is_running() and member.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                time.sleep(0.02)


def holder(port: int) -> str:
    """Who listens on a loopback port, in words for an error message."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid is None:
                    break
                process = psutil.Process(connection.pid)
                return f"{process.name()} (pid {connection.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return "a process of another user"
    return "an unknown process"


def is_free(port: int) -> bool:
    """Whether a loopback port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def require_free(port: int, name: str) -> None:
    """Refuse a taken port.

    Raises:
        ProcessError: names the port, who holds it and the setting that moves it.
    """
    if not is_free(port):
        raise ProcessError(
            f"{name}: port {port} on {HOST} is taken by {holder(port)}; "
            "stop that process, or move the sandbox: SANDBOX_PORT_BASE=15500 (it uses 200 ports from there)"
        )
