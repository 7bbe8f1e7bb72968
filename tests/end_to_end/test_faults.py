"""What happens when things are killed, taken or wrong: the next `make up` converges, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from sandbox import process, supervisor
from sandbox.settings import HOST, REPOSITORY, Settings
from tests.conftest import free_port_base
from tests.end_to_end.driver import PACKS, Driver

NAME = "acme-dev"


def engine_of(driver: Driver) -> psutil.Process | None:
    """The running `pulumi up` of the sandbox."""
    for candidate in psutil.process_iter():
        try:
            ours = candidate.environ().get("PULUMI_HOME") == str(driver.settings.pulumi_home)
            if ours and candidate.name() == "pulumi" and candidate.cmdline()[1:2] == ["up"]:
                return candidate
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return None


def made(driver: Driver) -> int:
    """How many resources the account has so far, by what is slowest to appear: keys, subnets, clusters."""
    aws = ("aws", "--profile", NAME, "--output", "json")
    keys = json.loads(driver.must(*aws, "kms", "list-keys"))["Keys"]
    clusters = json.loads(driver.must(*aws, "eks", "list-clusters"))["clusters"]
    return len(keys) + 10 * len(clusters)


@pytest.fixture(scope="module")
def killed(doomed: Driver) -> Driver:
    """A first update, killed without warning while the cluster is being made."""
    running = doomed.start(NAME)
    while engine_of(doomed) is None:
        assert running.poll() is None, running.communicate()[1][-4000:]
        time.sleep(0.2)
    while made(doomed) < 10:
        assert running.poll() is None, running.communicate()[1][-4000:]
        time.sleep(0.2)
    engine = engine_of(doomed)
    assert engine is not None
    engine.kill()
    assert running.wait(timeout=120) == 1
    running.communicate()
    return doomed


def test_a_killed_update_converges_without_duplicates(killed: Driver) -> None:
    killed.must_bring_up(NAME)
    killed.pulumi(NAME, "preview", "--expect-no-changes", *PACKS)
    aws = ("aws", "--profile", NAME, "--output", "json")
    vpcs = json.loads(killed.must(*aws, "ec2", "describe-vpcs"))["Vpcs"]
    assert len([vpc for vpc in vpcs if not vpc["IsDefault"]]) == 1
    names = [
        tag["TagValue"]
        for key in json.loads(killed.must(*aws, "kms", "list-keys"))["Keys"]
        for tag in json.loads(killed.must(*aws, "kms", "list-resource-tags", "--key-id", key["KeyId"]))["Tags"]
        if tag["TagKey"] == "Name"
    ]
    assert sorted(names) == [
        f"{NAME}-{purpose}" for purpose in ("archive", "cluster", "data", "logs", "notifications", "registry")
    ]


def test_killed_parts_come_back_with_their_data(killed: Driver) -> None:
    killed.must_bring_up(NAME)
    killed.sql(NAME, "create table if not exists kept (n int); insert into kept values (7)")
    assert killed.kubectl(NAME, "-n", "shop", "create", "configmap", "kept", "--from-literal=n=7").returncode == 0
    root = (killed.settings.vault / "root-token").read_text().strip()
    own = {"BAO_NAMESPACE": NAME, "BAO_TOKEN": root, "VAULT_TOKEN": root}
    killed.must("bao", "kv", "put", "-cas=0", "-mount=secrets", "shop/kept", "n=7", **own)
    before = {record.name: record for record in process.records(killed.settings)}
    assert len(before) >= 4
    for record in before.values():
        os.kill(record.pid, signal.SIGKILL)
    for record in before.values():
        while record.process() is not None:
            time.sleep(0.02)
    down = killed.sandbox("status")
    assert down.returncode == 1
    done = killed.bring_up(NAME)
    assert done.returncode == 0, done.stderr[-6000:]
    assert all(f"{name} is not running any more" in " ".join(done.stderr.split()) for name in ("cloud", "vault"))
    assert killed.sql(NAME, "select n from kept") == "7"
    assert '"n":"7"' in killed.kubectl(NAME, "-n", "shop", "get", "configmap", "kept", "-o", "json").stdout.replace(
        " ", ""
    )
    assert killed.must("bao", "kv", "get", "-mount=secrets", "-field=n", "shop/kept", **own) == "7"
    killed.pulumi(NAME, "preview", "--expect-no-changes", *PACKS)
    assert killed.sandbox("status").returncode == 0


def test_a_second_caller_waits_and_is_told_for_whom(killed: Driver) -> None:
    with supervisor.exclusive(killed.settings, "a long rehearsal", print):
        refused = killed.bring_up(NAME, "--no-wait")
        assert refused.returncode == 3
        assert "a long rehearsal" in " ".join(refused.stderr.split())
        waiting = killed.start(NAME)
        assert waiting.stderr is not None
        assert "a long rehearsal" in " ".join((waiting.stderr.readline() + waiting.stderr.readline()).split())
        assert waiting.poll() is None
    waiting.communicate()
    assert waiting.returncode == 0


def test_down_leaves_no_process_and_no_lock(killed: Driver) -> None:
    assert killed.sandbox("down").returncode == 0
    assert process.records(killed.settings) == []
    assert supervisor.strays(killed.settings) == []
    ports = range(killed.settings.port_base, killed.settings.port_base + 200)
    assert all(process.is_free(port) for port in ports)
    assert not (killed.settings.directory / "lock.json").exists()
    assert killed.sandbox("down", "--purge").returncode == 0
    assert not killed.settings.directory.exists()


def test_a_taken_port_is_named_with_its_holder_and_the_setting(tmp_path: Path) -> None:
    settings = Settings(directory=tmp_path / "sandbox", port_base=free_port_base())
    with socket.socket() as holder:
        holder.bind((HOST, settings.cloud_port))
        holder.listen()
        done = Driver(settings).sandbox("up")
    assert done.returncode == 1
    for part in (str(settings.cloud_port), f"pid {os.getpid()}", "SANDBOX_PORT_BASE"):
        assert part in done.stderr
    Driver(settings).sandbox("down", "--purge")


def test_a_path_that_cannot_be_written_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(directory=tmp_path / "file" / "sandbox", port_base=free_port_base())
    done = Driver(settings).sandbox("up")
    assert done.returncode == 1
    assert str(settings.directory) in done.stderr
    assert "SANDBOX_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_is_told_so(tmp_path: Path) -> None:
    script = (REPOSITORY / "scripts" / "setup.py").read_text()
    old = "import sys; sys.version_info = (3, 9, 18, 'final', 0)\n"
    code = old + f"__file__ = {str(REPOSITORY / 'scripts' / 'setup.py')!r}\n" + script
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Python 3.9; Freehold needs 3.11 or newer" in done.stderr
    assert "make PYTHON=" in done.stderr


def test_eight_mistakes_are_eight_errors_and_nothing_is_made(acme: Driver) -> None:
    """The mistakes go in through a configuration file of their own; the account afterwards is as before."""
    good = yaml.safe_load((REPOSITORY / "stacks" / "Pulumi.acme-dev.yaml").read_text())
    bad = good["config"]["freehold:environment"]
    bad["client"] = "Acme!"
    bad["account_id"] = 111111111111
    bad["residency"]["home"] = "eu-west-2"
    bad["network"]["cidr"] = "8.8.0.0/16"
    bad["network"]["zones"] = ["a", "a"]
    bad["cluster"]["version"] = "1.12"
    bad["backups"]["rpo_minutes"] = 1
    bad["monitorin"] = {}
    path = acme.settings.directory / "bad.yaml"
    path.write_text(yaml.safe_dump(good))
    argv = ("pulumi", "preview", "--stack", NAME, "--non-interactive", "--config-file", str(path))
    done = acme.run(*argv)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    for place in (
        "client",
        "account_id",
        "residency",
        "network.cidr",
        "network.zones",
        "cluster.version",
        "backups.rpo_minutes",
        "monitorin",
    ):
        assert f"error: freehold:environment.{place}" in said, place
    listed = said.partition("Diagnostics:")[2].splitlines()
    assert len([line for line in listed if "error: freehold:environment." in line]) == 8
    assert "Traceback" not in said
    acme.pulumi(NAME, "preview", "--expect-no-changes")
