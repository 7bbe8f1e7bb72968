"""Processes of a sandbox: recorded, found again, never mistaken for others, stopped with their descendants."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from sandbox import process
from sandbox.process import ProcessError, Record
from sandbox.settings import HOST, Settings

FOREVER = [sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"]
FAMILY = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); signal.pause()",
]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True)\nwhile 1: signal.pause()",
]


def said(record: Record) -> str:
    """What a process wrote, once it wrote a line."""
    process.wait_ready(record, lambda: Path(record.log).read_text().endswith("\n"), timeout=30)
    return Path(record.log).read_text().strip()


def test_a_process_is_recorded_and_found_again(own: Settings) -> None:
    record = process.spawn(own, "one", FOREVER, order=10, ports=[own.port_base])
    assert process.find(own, "one") == record
    assert process.records(own) == [record]
    assert record.ports == (own.port_base,)
    assert said(record) == "ready"
    assert Path(record.log).stat().st_mode & 0o777 == 0o600


def test_stopping_ends_it_and_drops_the_record(own: Settings) -> None:
    record = process.spawn(own, "one", FOREVER, order=10)
    assert process.stop(own, record) is True
    assert not psutil.pid_exists(record.pid)
    assert process.records(own) == []
    assert process.stop(own, record) is False


def test_descendants_are_stopped_too(own: Settings) -> None:
    record = process.spawn(own, "family", FAMILY, order=10)
    child = psutil.Process(int(said(record)))
    process.stop(own, record)
    with contextlib.suppress(psutil.NoSuchProcess):
        assert child.status() == psutil.STATUS_ZOMBIE, "it runs; a zombie only waits for its parent to take note"


def test_one_that_will_not_listen_is_killed(own: Settings) -> None:
    record = process.spawn(own, "stubborn", STUBBORN, order=10)
    said(record)
    assert process.stop(own, record, timeout=0.1) is True
    assert not psutil.pid_exists(record.pid)


def test_a_recycled_process_id_is_not_ours(own: Settings) -> None:
    """The record tells another start time than the process that has the id now."""
    record = process.spawn(own, "one", FOREVER, order=10)
    forged = replace(record, name="old", created=record.created - 3600)
    (own.run / "old.json").write_text(json.dumps(asdict(forged)))
    assert process.find(own, "old") is None
    assert process.stop(own, forged) is False
    assert record.process() is not None


def test_a_killed_process_is_gone_also_while_nobody_reaped_it(own: Settings) -> None:
    record = process.spawn(own, "one", FOREVER, order=10)
    os.kill(record.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(record.pid)] if psutil.pid_exists(record.pid) else [], timeout=10)
    assert process.find(own, "one") is None


def test_what_stands_on_others_is_stopped_first(own: Settings) -> None:
    for name, order in (("base", 10), ("upper", 20), ("also-upper", 20)):
        process.spawn(own, name, FOREVER, order=order)
    assert [record.name for record in process.records(own)] == ["also-upper", "upper", "base"]


def test_a_taken_port_is_refused_with_port_holder_and_setting(own: Settings) -> None:
    with socket.create_server((HOST, own.port_base)), pytest.raises(ProcessError) as refused:
        process.spawn(own, "one", FOREVER, order=10, ports=[own.port_base])
    text = str(refused.value)
    assert f"port {own.port_base} on 127.0.0.1 is taken by" in text
    assert f"(pid {os.getpid()})" in text
    assert "SANDBOX_PORT_BASE=" in text
    assert process.records(own) == []


def test_a_missing_program_is_named(own: Settings) -> None:
    with pytest.raises(ProcessError, match="one: cannot run /no/such/program"):
        process.spawn(own, "one", ["/no/such/program"], order=10)
    assert process.records(own) == []


def test_one_that_ends_while_starting_is_told_with_its_last_words(own: Settings) -> None:
    record = process.spawn(own, "brief", ["/bin/sh", "-c", "echo 'no such key'; exit 3"], order=10)
    with pytest.raises(ProcessError) as refused:
        process.wait_ready(record, lambda: False, timeout=30)
    assert "brief ended while starting" in str(refused.value)
    assert "no such key" in str(refused.value)
    assert record.log in str(refused.value)


def test_one_that_never_answers_is_told_so(own: Settings) -> None:
    record = process.spawn(own, "silent", FOREVER, order=10)

    def probe() -> bool:
        raise ConnectionRefusedError

    with pytest.raises(ProcessError, match="silent is not ready after 0 s"):
        process.wait_ready(record, probe, timeout=0.05)


def test_it_outlives_whoever_started_it(own: Settings) -> None:
    """A part belongs to the sandbox, not to the command that started it."""
    program = (
        "import sys; from pathlib import Path; from sandbox import process; from sandbox.settings import Settings\n"
        "process.spawn(Settings(Path(sys.argv[1]), int(sys.argv[2])), 'one', ['sleep', '600'], order=10)"
    )
    subprocess.run([sys.executable, "-c", program, str(own.directory), str(own.port_base)], check=True)
    record = process.find(own, "one")
    assert record is not None
    assert process.stop(own, record) is True
