"""Read replicas as PostgreSQL has them: a base backup of the source, followed by its stream of WAL over TLS.

A replica has a replication slot on its source, as on RDS, so that the source keeps the WAL that it has not had yet.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from sandbox.cloud import unprivileged
from sandbox.cloud.binaries import Postgres
from sandbox.cloud.postgres_config import ADMIN
from sandbox.process import ProcessError
from sandbox.settings import HOST

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 60.0
"""Longest wait for a source that is itself starting, and for a promotion."""

_SIGNAL: Final = "standby.signal"

Connect = Callable[[int, str], Any]
"""Connects the service's superuser: port and password."""


@dataclass(frozen=True, slots=True)
class Source:
    """The server that a replica follows: its directory and port."""

    directory: Path
    port: int

    @property
    def password(self) -> str:
        """Password of its superuser, which its replicas share."""
        return (self.directory / "admin-password").read_text().strip()


def slot_of(identity: str) -> str:
    """Name of a replica's slot."""
    return "rds_" + identity.lower().replace("-", "_")


def is_standby(directory: Path) -> bool:
    """Whether a server's data is a replica's that was not promoted."""
    return (directory / "data" / _SIGNAL).exists()


def settings_of(directory: Path, identity: str, source: Source) -> dict[str, str]:
    """Configuration by which a replica finds its source."""
    parts = {
        "host": HOST,
        "port": str(source.port),
        "user": ADMIN,
        "passfile": str(directory / "source.pgpass"),
        "sslmode": "verify-full",
        "sslrootcert": str(directory / "source-ca.pem"),
        "application_name": identity,
    }
    text = " ".join(f"{name}='{value}'" for name, value in parts.items())
    return {"primary_conninfo": text, "primary_slot_name": slot_of(identity), "hot_standby": "on"}


def clone(
    server: Postgres,
    directory: Path,
    identity: str,
    source: Source,
    *,
    authority: Path,
    connect: Connect,
    environment: Mapping[str, str],
    root: Path,
) -> None:
    """Copy a running source into ``data``, whole or not at all.

    Raises:
        ProcessError: the source does not answer, or the copy failed.
    """
    half = directory / "data.half"
    _reserve(identity, source, connect)
    (directory / "admin-password").unlink(missing_ok=True)
    for path, text in (
        (directory / "admin-password", source.password + "\n"),
        (directory / "source.pgpass", f"{HOST}:*:*:{ADMIN}:{source.password}\n"),
    ):
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)
    shutil.copyfile(authority, directory / "source-ca.pem")
    shutil.rmtree(half, ignore_errors=True)
    privileges = unprivileged.way()
    privileges.own(directory, root)
    conninfo = settings_of(directory, identity, source)["primary_conninfo"]
    argv = [*privileges.prefix, server.program("pg_basebackup"), "-D", str(half), "-d", conninfo, "--no-sync"]
    argv += ["--checkpoint=fast", "--wal-method=stream", f"--slot={slot_of(identity)}"]
    done = subprocess.run(argv, capture_output=True, text=True, env=dict(environment), cwd=directory, check=False)
    if done.returncode:
        raise ProcessError(f"a copy of the source could not be made: {done.stderr.strip()}")
    (half / _SIGNAL).touch()
    privileges.own(directory, root)
    half.rename(directory / "data")


def promote(port: int, password: str, connect: Connect) -> None:
    """Make a running replica a server of its own.

    Raises:
        ProcessError: it does not come out of recovery.
    """
    with connect(port, password) as admin:
        if admin.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
            done = admin.execute("SELECT pg_promote(true, %s)", (int(PATIENCE_SECONDS),)).fetchone()[0]
            if not done:
                raise ProcessError(f"the replica was not promoted within {PATIENCE_SECONDS:.0f} s")


def release(identity: str, source: Source, connect: Connect) -> None:
    """Drop a replica's slot on its source; a source that is gone or down has nothing to keep WAL for."""
    try:
        with connect(source.port, source.password) as admin:
            admin.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
                (slot_of(identity),),
            )
    except (psycopg.Error, OSError) as error:
        log.warning("the slot %s stays: %s", slot_of(identity), str(error).strip())


def streaming(port: int, password: str, connect: Connect) -> bool:
    """Whether a replica receives its source's WAL at this moment."""
    try:
        with connect(port, password) as admin:
            found = admin.execute("SELECT status = 'streaming' FROM pg_stat_wal_receiver").fetchone()
    except psycopg.Error:
        return False
    return bool(found and found[0])


def _reserve(identity: str, source: Source, connect: Connect) -> None:
    """Make the slot, once the source answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with connect(source.port, source.password) as admin:
                admin.execute(
                    "SELECT pg_create_physical_replication_slot(%(name)s, true) "
                    "WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %(name)s)",
                    {"name": slot_of(identity)},
                )
        except (psycopg.OperationalError, OSError) as error:
            if time.monotonic() > deadline:
                raise ProcessError(f"the source does not answer: {str(error).strip()}") from error
            time.sleep(0.2)
        else:
            return
