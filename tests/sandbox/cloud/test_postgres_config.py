"""What reaches ``postgresql.conf`` and ``pg_hba.conf``, and what is told instead of guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cloud import binaries, postgres_config, unprivileged
from sandbox.cloud.binaries import BinariesError, Postgres


@pytest.fixture(scope="module")
def server() -> Postgres:
    return binaries.resolve(18)


def rendered(server: Postgres, parameters: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    notes: list[str] = []
    text = postgres_config.render(server, Path("/data"), 21020, parameters, notes)
    return dict(line.split(" = ", 1) for line in text.splitlines()), notes


def test_an_idle_server_is_small_and_archives(server: Postgres) -> None:
    found, notes = rendered(server, {})
    assert (found["shared_buffers"], found["jit"], found["archive_mode"]) == ("'16MB'", "'off'", "'on'")
    assert found["listen_addresses"] == "'127.0.0.1'"
    assert notes == []


def test_a_parameter_group_has_the_last_word(server: Postgres) -> None:
    found, _ = rendered(server, {"shared_buffers": "16384", "log_line_prefix": "it's \\ %m"})
    assert found["shared_buffers"] == "'16384'"
    assert found["log_line_prefix"] == "'it''s \\\\ %m'"


def test_what_belongs_to_the_service_stays_its_own(server: Postgres) -> None:
    found, _ = rendered(server, {"port": "1", "fsync": "off", "rds.force_ssl": "0", "rds.logical_replication": "1"})
    assert (found["port"], found["wal_level"]) == ("'21020'", "'logical'")
    assert "fsync" not in found
    assert not any(name.startswith("rds.") for name in found)


def test_what_cannot_be_carried_out_is_told(server: Postgres) -> None:
    found, notes = rendered(
        server,
        {"shared_preload_libraries": "pgaudit, pg_stat_statements", "work_mem": "{DBInstanceClassMemory/1024}"},
    )
    assert found["shared_preload_libraries"] == "'pg_stat_statements'"
    assert "work_mem" not in found
    assert [note.split(":")[0] for note in notes] == [
        "shared_preload_libraries",
        "work_mem = {DBInstanceClassMemory/1024}",
    ]


def test_only_scram_lets_anybody_in() -> None:
    for force in (True, False):
        lines = postgres_config.access(force_ssl=force).splitlines()
        assert all(line.endswith("scram-sha-256") for line in lines)
        assert all(line.startswith("hostssl" if force else "host") for line in lines)


@pytest.mark.parametrize("major", binaries.MAJORS)
def test_every_pinned_build_runs_and_knows_its_parameters(major: int) -> None:
    assert binaries.resolve(major).version == binaries.pinned(major)
    settings = binaries.settings(major)
    assert settings["max_connections"].context == "postmaster"
    assert settings["work_mem"].context == "user"
    assert "timezone" in settings
    assert "pg_stat_statements" in binaries.resolve(major).libraries()


def test_a_build_of_another_version_is_no_substitute() -> None:
    directory = binaries.resolve(18).directory
    with pytest.raises(BinariesError, match="not 17"):
        binaries._checked(17, directory)


def test_servers_do_not_run_as_root() -> None:
    import subprocess  # noqa: PLC0415

    done = subprocess.run([*unprivileged.way().prefix, "id", "-u"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() != "0"
