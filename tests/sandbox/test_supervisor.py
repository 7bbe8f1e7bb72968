"""A sandbox as a whole: claimed, held by one caller at a time, started, found dead, stopped, removed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hvac
import psutil
import pytest

from sandbox import process, supervisor
from sandbox.process import ProcessError
from sandbox.settings import HOST, REPOSITORY, Settings
from sandbox.vault import part as vault_part
from tests.conftest import free_port_base

HOLDER = """
import sys
from pathlib import Path
from sandbox import supervisor
from sandbox.settings import Settings
with supervisor.exclusive(Settings(Path(sys.argv[1]), 20000), "a long update", print):
    print("held", flush=True)
    sys.stdin.read()
"""


def start(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    """``python -m sandbox`` in the background."""
    place = {"SANDBOX_DIR": str(settings.directory), "SANDBOX_PORT_BASE": str(settings.port_base)}
    argv = [sys.executable, "-m", "sandbox", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, cwd=REPOSITORY, env={**os.environ, **place}, stdout=pipe, stderr=pipe, text=True)


def run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m sandbox``, until it ends."""
    command = start(settings, *arguments)
    out, err = command.communicate()
    return subprocess.CompletedProcess(command.args, command.returncode, out, err)


@contextlib.contextmanager
def held(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the sandbox until its standard input is closed."""
    argv = [sys.executable, "-c", HOLDER, str(settings.directory)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=REPOSITORY, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Started by its front door."""
    found = Settings(tmp_path_factory.mktemp("running") / "sandbox", free_port_base())
    done = run(found, "up", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"cloud", "vault"}
    yield found
    run(found, "down", "--purge")


class TestDirectory:
    """What a sandbox's directory may be."""

    def test_an_empty_one_is_claimed_for_its_owner_only(self, own: Settings) -> None:
        supervisor.claim(own)
        supervisor.claim(own)
        assert (own.directory / supervisor.MARKER).exists()
        assert own.directory.stat().st_mode & 0o777 == 0o700
        assert [path.name for path in own.directory.iterdir()] == [supervisor.MARKER]

    def test_one_with_somebodys_files_is_refused_and_left_alone(self, own: Settings) -> None:
        own.directory.mkdir()
        (own.directory / "thesis.tex").write_text("years of work")
        with pytest.raises(ProcessError, match=r"is not empty and is no sandbox; .* SANDBOX_DIR=/path"):
            supervisor.claim(own)
        with pytest.raises(ProcessError, match="nothing was removed"):
            supervisor.purge(own)
        done = run(own, "down", "--purge")
        assert done.returncode == 1
        assert str(own.directory) in done.stderr
        assert (own.directory / "thesis.tex").read_text() == "years of work"

    def test_one_that_cannot_be_written_is_refused_with_its_owner_and_the_setting(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        inside = Settings(tmp_path / "file" / "sandbox", 20000)
        with pytest.raises(ProcessError) as refused:
            supervisor.claim(inside)
        text = str(refused.value)
        assert f"cannot write to {inside.directory}" in text
        assert f"{tmp_path / 'file'} belongs to uid {os.getuid()}" in text
        assert "SANDBOX_DIR=/path" in text
        assert run(inside, "up").stderr.startswith("Error: cannot write to")

    def test_nothing_to_stop_is_no_failure(self, own: Settings) -> None:
        done = run(own, "down", "--purge")
        assert (done.returncode, done.stdout) == (0, f"there is no sandbox at {own.directory}\n")
        assert not own.directory.exists()


class TestOneCallerAtATime:
    """The lock and its note."""

    def test_a_second_caller_is_told_for_whom_and_fails_at_once_where_it_asks_to(self, own: Settings) -> None:
        with held(own) as holder:
            done = run(own, "up", "--no-wait")
            assert done.returncode == 3
            assert "«a long update»" in done.stderr
            assert f"(pid {holder.pid}, since " in done.stderr
            holder.communicate()
        assert process.records(own) == []

    def test_a_second_caller_waits_for_the_first(self, own: Settings) -> None:
        with held(own) as holder, start(own, "down") as second:
            assert second.stderr is not None
            assert "waiting for «a long update»" in second.stderr.readline()
            assert second.poll() is None
            holder.communicate()
            assert second.wait() == 0

    def test_who_waited_for_a_purge_begins_anew(self, own: Settings) -> None:
        with supervisor.exclusive(own, "a purge", print), start(own, "down") as second:
            assert second.stderr is not None
            assert "waiting for «a purge»" in second.stderr.readline()
            (own.directory / "data").touch()
            supervisor.purge(own)
            assert list(own.directory.parent.iterdir()) == []
            assert second.wait() == 0
        assert not (own.directory / "data").exists()
        assert (own.directory / supervisor.MARKER).exists()

    def test_a_killed_caller_holds_nothing(self, own: Settings) -> None:
        with held(own) as holder:
            holder.kill()
            holder.wait()
        with supervisor.exclusive(own, "the next", supervisor.stderr, wait=False):
            note = json.loads((own.directory / "lock.json").read_text())
        assert note["what"] == "the next"
        assert not (own.directory / "lock.json").exists()


class TestLeftBehind:
    """What a killed update leaves running."""

    @pytest.fixture
    def program(self, tmp_path: Path) -> Path:
        """A program as the engine starts them."""
        path = tmp_path / "pulumi-resource-trial"
        path.write_text("import signal\nprint('ready', flush=True)\nsignal.pause()\n")
        return path

    @staticmethod
    @contextlib.contextmanager
    def left(argv: list[str], home: Path) -> Iterator[psutil.Process]:
        env = {**os.environ, "PULUMI_HOME": str(home)}
        with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            yield psutil.Process(child.pid)
            child.kill()

    def test_down_ends_the_plugins_of_this_sandbox_only(self, own: Settings, program: Path, tmp_path: Path) -> None:
        supervisor.claim(own)
        plugin = [sys.executable, str(program)]
        with self.left(plugin, own.pulumi_home) as ours, self.left(plugin, tmp_path / "other") as others:
            assert supervisor.strays(own) == [ours]
            spoken: list[str] = []
            assert supervisor.down(own, spoken.append) == 1
            assert f"(pid {ours.pid}), left behind by a killed update" in spoken[0]
            assert not ours.is_running() or ours.status() == psutil.STATUS_ZOMBIE
            assert others.status() != psutil.STATUS_ZOMBIE

    def test_a_persons_programs_with_the_sandboxs_variables_are_left_alone(self, own: Settings) -> None:
        """An editor or a terminal multiplexer that was started from a shell after ``eval "$(make -s env)"``."""
        editor = ["/bin/sh", "-c", "echo ready; exec sleep 600"]
        with self.left(editor, own.pulumi_home):
            assert supervisor.strays(own) == []

    @pytest.mark.parametrize("module", ["pulumi.dynamic", "pulumi.policy", "sandbox.plugins.aws"])
    def test_programs_that_are_modules_are_found(self, own: Settings, module: str) -> None:
        waiting = "import signal; print('ready', flush=True); signal.pause()"
        with self.left([sys.executable, "-u", "-c", waiting, "-m", module], own.pulumi_home) as ours:
            assert supervisor.strays(own) == [ours]


def test_every_part_that_cannot_start_is_named_in_one_message(own: Settings) -> None:
    with socket.create_server((HOST, own.cloud_port)), socket.create_server((HOST, own.vault_port)):
        done = run(own, "up")
    assert done.returncode == 1
    for name, port in (("cloud", own.cloud_port), ("vault", own.vault_port)):
        assert f"{name}: port {port} on 127.0.0.1 is taken by" in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr
    assert "SANDBOX_PORT_BASE=" in done.stderr
    assert "Traceback" not in done.stderr
    assert process.records(own) == []


class TestRunning:
    """A sandbox from its start to its end."""

    def test_a_second_start_finds_everything_running(self, up: Settings) -> None:
        before = process.records(up)
        done = run(up, "up")
        assert done.returncode == 0
        assert done.stderr == ""
        assert process.records(up) == before

    def test_status_tells_parts_ports_and_memory(self, up: Settings) -> None:
        done = run(up, "status", "--json")
        assert done.returncode == 0
        rows = {row["name"]: row for row in json.loads(done.stdout)}
        assert set(rows) == {"cloud", "vault"}
        assert all(row["state"] == "running" and row["memory_mib"] > 1 for row in rows.values())
        assert rows["cloud"]["ports"] == [up.cloud_port]
        assert Path(rows["vault"]["log"]).exists()

    def test_a_killed_part_is_shown_named_and_started_again_on_its_data(self, up: Settings) -> None:
        root = vault_part.client(up)
        root.sys.create_or_update_policy("kept", 'path "kept/*" { capabilities = ["read"] }')
        record = process.find(up, "vault")
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)
        psutil.wait_procs([found] if (found := record.process()) else [], timeout=10)
        status = run(up, "status", "--json")
        assert status.returncode == 1
        assert {row["name"]: row["state"] for row in json.loads(status.stdout)}["vault"] == "dead"
        done = run(up, "up")
        assert done.returncode == 0
        assert "vault is not running any more" in done.stderr
        assert "cloud" not in done.stderr
        again = process.find(up, "vault")
        assert again is not None
        assert again.pid != record.pid
        kept = root.read("sys/policies/acl/kept")
        assert isinstance(kept, dict)
        assert "kept/*" in kept["data"]["policy"]

    def test_its_variables_lead_a_shell_to_it_and_hold_no_secret(self, up: Settings) -> None:
        lines = run(up, "env")
        assert lines.returncode == 0
        script = f"{lines.stdout}\nexec env -0"
        env = {
            "PATH": os.environ["PATH"],
            "AWS_PROFILE": "elsewhere",
            "PULUMI_ACCESS_TOKEN": "x",
            "VAULT_NAMESPACE": "y",
        }
        printed = subprocess.run(["/bin/sh", "-c", script], env=env, capture_output=True, text=True, check=True).stdout
        found = dict(entry.split("=", 1) for entry in printed.split("\0") if entry)
        assert found["AWS_ENDPOINT_URL"] == up.cloud_url
        assert found["PULUMI_HOME"] == str(up.pulumi_home)
        assert not {"AWS_PROFILE", "PULUMI_ACCESS_TOKEN", "VAULT_NAMESPACE"} & set(found)
        token = (up.vault / "operator-token").read_text().strip()
        assert found["VAULT_TOKEN"] == token
        operator = hvac.Client(found["VAULT_ADDR"], found["VAULT_TOKEN"], verify=found["VAULT_CACERT"])
        assert operator.auth.token.lookup_self()["data"]["policies"] == ["default", "freehold-provision"]
        keys = (up.aws / "credentials").read_text().split()
        secret = keys[keys.index("aws_secret_access_key") + 2]
        root = (up.vault / "root-token").read_text().strip()
        shown = lines.stdout + run(up, "env", "--json").stdout
        assert not [value for value in (token, root, secret) if value in shown]
        assert root not in found.values()

    def test_logs_are_listed_and_shown(self, up: Settings) -> None:
        assert run(up, "logs").stdout.startswith("logs: cloud, vault")
        missing = run(up, "logs", "nothing")
        assert missing.returncode == 2
        assert "there is no log of 'nothing'" in missing.stderr

    def test_down_leaves_no_process_and_no_lock_and_purge_removes_all(self, up: Settings) -> None:
        before = process.records(up)
        assert len(before) == 2
        done = run(up, "down")
        assert done.returncode == 0
        assert "stopped 2 processes" in done.stdout
        assert not [record.name for record in before if record.process()]
        assert process.records(up) == []
        assert all(process.is_free(port) for port in (up.cloud_port, up.vault_port))
        assert not (up.directory / "lock.json").exists()
        with supervisor.exclusive(up, "the next", supervisor.stderr, wait=False):
            pass
        assert run(up, "status").returncode == 1
        assert f"removed {up.directory}" in run(up, "down", "--purge").stdout
        assert not up.directory.exists()
