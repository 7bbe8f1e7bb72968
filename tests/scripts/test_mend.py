"""Mending a state: locks of the dead and the living, verdicts on pending operations. The whole is tested end to end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import mend

PROVIDER = "urn:pulumi:acme-dev::freehold::pulumi:providers:aws::aws"


def lock(root: Path, **content: Any) -> Path:
    """A lock file as the engine's file backend writes it."""
    path = root / ".pulumi" / "locks" / "organization" / "freehold" / "acme-dev" / "lock.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"username": "somebody", "timestamp": "2026-11-01T00:00:00Z", **content}))
    return path


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_lock_of_the_dead_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dead: int) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}?metadata=skip")
    path = lock(tmp_path, pid=dead, hostname=socket.gethostname())
    assert f"pid {dead}" in mend.release("acme-dev", dry_run=True)[0]
    assert path.exists()
    mend.release("acme-dev", dry_run=False)
    assert not path.exists()


@pytest.mark.parametrize("hostname", [socket.gethostname(), "another-machine"])
def test_a_lock_of_the_living_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hostname: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    path = lock(tmp_path, pid=os.getpid(), hostname=hostname)
    with pytest.raises(SystemExit) as ended:
        mend.release("acme-dev", dry_run=False)
    assert ended.value.code == 3
    assert path.exists()
    said = capsys.readouterr().err
    assert f"somebody@{hostname} (pid {os.getpid()})" in said
    assert "pulumi cancel" in said


def test_locks_of_other_stacks_and_backends_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dead: int
) -> None:
    path = lock(tmp_path, pid=dead, hostname=socket.gethostname())
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    assert mend.release("globex-dev", dry_run=False) == []
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state")
    assert mend.release("acme-dev", dry_run=False) == []
    assert path.exists()


def pending(kind: str, type_: str, logical: str, /, **inputs: Any) -> dict[str, Any]:
    """A pending operation as an exported state has it."""
    urn = f"urn:pulumi:acme-dev::freehold::{type_}::{logical}"
    return {"type": kind, "resource": {"urn": urn, "type": type_, "inputs": inputs, "provider": f"{PROVIDER}::id"}}


def test_verdicts() -> None:
    found = mend.judge(
        {
            "resources": [],
            "pending_operations": [
                pending("creating", "aws:iam/role:Role", "nodes", name="acme-dev-nodes"),
                pending("creating", "aws:sns/topic:Topic", "alarms", name="acme-dev-alarms"),
                pending("creating", "kubernetes:core/v1:Namespace", "shop"),
                pending("updating", "aws:iam/role:Role", "cluster", name="acme-dev-cluster"),
                pending("creating", "aws:dynamodb/table:Table", "unheard-of", name="t"),
            ],
        }
    )
    assert [(one.action, one.id) for one in found] == [
        ("adopt", "acme-dev-nodes"),
        ("forget", None),
        ("forget", None),
        ("refresh", None),
        ("undecided", None),
    ]
    assert "no rule" in found[-1].reason


def test_a_state_without_pending_operations_needs_nothing() -> None:
    assert mend.judge({"resources": [], "pending_operations": None}) == []
