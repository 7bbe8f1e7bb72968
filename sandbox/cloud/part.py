"""The AWS endpoint as a part of the sandbox: start, probe, stop."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
from typing import Any

from filelock import FileLock

from sandbox import process
from sandbox.process import ProcessError, Record
from sandbox.settings import HOST, REPOSITORY, Settings

NAME = "cloud"
ORDER = 10
DYING_SECONDS = 5.0
READY_SECONDS = 60.0
"""Longest wait for the endpoint: importing the emulator and replaying the journal."""


def start(settings: Settings) -> Record:
    """Start the endpoint, or find it running; returns when every service answers and its state is back.

    Servers behind it (databases) that were killed are started again on their data, also where the endpoint lives.

    Raises:
        ProcessError: the port is taken, or the endpoint did not become ready; with the end of its log.
    """
    try:
        settings.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(settings.run / f"{NAME}.lock"):
            record = process.find(settings, NAME)
            if record is None or not _reconciles(settings, record):
                _await_port(settings)
                record = process.spawn(
                    settings,
                    NAME,
                    [sys.executable, "-m", "sandbox.cloud"],
                    order=ORDER,
                    env=_environment(settings),
                    cwd=REPOSITORY,
                    ports=[settings.cloud_port],
                )
            process.wait_ready(record, lambda: _settled(settings), timeout=READY_SECONDS)
            return record
    except OSError as error:
        raise ProcessError(f"{NAME}: {error}; SANDBOX_DIR={settings.directory} must be writable") from error


def stop(settings: Settings) -> None:
    """Stop the endpoint; the servers behind it have records of their own."""
    record = process.find(settings, NAME)
    if record is not None:
        process.stop(settings, record)


def stop_databases(settings: Settings) -> None:
    """Stop every database server the fast way: sessions are cut, nothing is lost, the next start needs no recovery.

    A plain SIGTERM would let PostgreSQL wait for its clients to leave.
    """
    for record in process.records(settings):
        if record.name.startswith("rds-"):
            process.stop(settings, record, timeout=30.0, first=signal.SIGINT)


def health(settings: Settings) -> dict[str, Any]:
    """What the endpoint says of itself.

    Raises:
        OSError: it does not answer.
    """
    return _request(settings, "GET", "/_sandbox/health")


def _reconciles(settings: Settings, record: Record) -> bool:
    """Let a running endpoint look after its servers; ``False`` when it turns out to be dying.

    Raises:
        ProcessError: it lives and does not answer.
    """
    deadline = time.monotonic() + DYING_SECONDS
    while record.process() is not None:
        try:
            _request(settings, "POST", "/_sandbox/reconcile")
        except OSError as error:
            if time.monotonic() > deadline:
                raise ProcessError(f"{NAME} runs (pid {record.pid}) but does not answer: {error}") from error
            time.sleep(0.05)
        else:
            return True
    return False


def _settled(settings: Settings) -> bool:
    """Whether the endpoint serves and every server behind it is started, or known to have failed."""
    found = health(settings)
    return bool(found["status"] == "ok" and found["converging"] == 0)


def _request(settings: Settings, method: str, path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, settings.cloud_port, timeout=15)
    try:
        connection.request(method, path)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found
    except (http.client.HTTPException, ValueError) as error:
        raise ConnectionError(f"no health from port {settings.cloud_port}: {error}") from error
    finally:
        connection.close()


def _await_port(settings: Settings) -> None:
    """Let the kernel finish a killed predecessor: its listener may outlive its process by some milliseconds."""
    deadline = time.monotonic() + DYING_SECONDS
    known = any(record.name == NAME for record in process.records(settings))
    while known and not process.is_free(settings.cloud_port) and time.monotonic() < deadline:
        time.sleep(0.02)


def _environment(settings: Settings) -> dict[str, str]:
    """The caller's environment without anything that could point the emulator at a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return {
        **kept,
        "SANDBOX_DIR": str(settings.directory),
        "SANDBOX_PORT_BASE": str(settings.port_base),
        "MALLOC_ARENA_MAX": "2",  # a thread a request must not mean an arena a thread
        "PYTHONHASHSEED": "0",  # the order of sets is the same at every start: replayed requests draw alike
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
