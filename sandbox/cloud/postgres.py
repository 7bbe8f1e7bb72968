"""One PostgreSQL server: its directory, its process, its roles, brought to the state that is asked for.

:func:`converge` may be called again at any time, also after a kill in its middle: it does what is missing. The server
is a recorded process of its own, so it outlives the endpoint and is found again by it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from psycopg import sql

from sandbox import process, tls
from sandbox.cloud import binaries, postgres_config, postgres_standby, unprivileged
from sandbox.cloud.binaries import Postgres
from sandbox.cloud.postgres_config import ADMIN
from sandbox.process import ProcessError, Record
from sandbox.settings import HOST, Settings

log = logging.getLogger(__name__)

ORDER: Final = 20
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
LEFTOVER_SECONDS: Final = 10.0


class ConfigurationError(RuntimeError):
    """The server refuses its configuration; the message is the server's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The state a server shall be in.

    ``boot`` counts the restarts that were asked for; a server that runs since a smaller count is restarted.
    ``parameters`` are those in force, the static ones as of the last boot. ``source`` is the identity of the
    server that a read replica follows, ``source_port`` its port; a replica without one is promoted.
    """

    identity: str
    name: str
    port: int
    major: int
    username: str
    password: str
    database: str | None
    running: bool
    boot: int
    force_ssl: bool
    parameters: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    source_port: int = 0


def ensure_authority(settings: Settings) -> Path:
    """The certificate ``cloud/rds-ca.pem`` that clients verify every database server with."""
    return tls.ensure_authority(settings.cloud, "rds-ca", "Freehold sandbox RDS authority")


def directory_of(settings: Settings, identity: str) -> Path:
    """Directory of one server: data, archived WAL, TLS material, and what was done to it."""
    return settings.cloud / "rds" / identity


def read_state(directory: Path) -> dict[str, Any]:
    """What was done to a server: port, process name, boot count, digests of what was applied."""
    path = directory / "instance.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def write_state(directory: Path, state: Mapping[str, Any]) -> None:
    """Keep what was done, whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = directory / ".instance.json"
    temporary.write_text(json.dumps(state))
    temporary.rename(directory / "instance.json")


def converge(settings: Settings, wanted: Wanted) -> list[str]:
    """Bring one server to the wanted state.

    Returns:
        notes for the log: what of the configuration could not be carried out here.

    Raises:
        ProcessError: the server did not start, or did not become ready.
        ConfigurationError: it refuses its configuration.
        BinariesError, PrivilegeError: it cannot run on this machine.
    """
    directory = directory_of(settings, wanted.identity)
    record = process.find(settings, wanted.name)
    if not wanted.running:
        _stop(settings, wanted.name)
        return []
    server = binaries.resolve(wanted.major)
    state = {**read_state(directory), "name": wanted.name, "port": wanted.port}
    write_state(directory, state)
    _initialise(settings, server, directory, wanted)
    notes: list[str] = []
    changed = _configure(server, directory, wanted, notes)
    if record is not None and state.get("boot", 0) != wanted.boot:
        _stop(settings, wanted.name)
        record = None
    if record is None:
        record = _start(settings, server, directory, wanted)
        _await(settings, record, wanted)
    elif changed and (living := record.process()) is not None:
        living.send_signal(signal.SIGHUP)
    if wanted.source is None and postgres_standby.is_standby(directory):
        postgres_standby.promote(wanted.port, _admin_password(directory), _admin(settings))
        _release(settings, wanted.identity, state)
    if wanted.source is None:
        _apply_roles(settings, directory, wanted, state)
    state["source"] = [wanted.source, wanted.source_port] if wanted.source else None
    write_state(directory, {**state, "boot": wanted.boot})
    return notes


def destroy(settings: Settings, identity: str) -> None:
    """Stop a server and remove it; where its state names a place to keep it, its data is moved there as a snapshot."""
    directory = directory_of(settings, identity)
    state = read_state(directory)
    if "name" in state:
        _stop(settings, state["name"])
    _await_leftovers(directory / "data")
    if state.get("keep_as") and (directory / "data").exists():
        place = Path(state["keep_as"])
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (directory / "data").rename(place)
    _release(settings, identity, state)
    if directory.exists():
        shutil.rmtree(directory)


def replicating(settings: Settings, wanted: Wanted) -> bool:
    """Whether a read replica receives its source's changes at this moment."""
    password = directory_of(settings, wanted.identity) / "admin-password"
    return password.exists() and postgres_standby.streaming(wanted.port, password.read_text().strip(), _admin(settings))


def _admin(settings: Settings) -> postgres_standby.Connect:
    return lambda port, password: connect(settings, port, ADMIN, password)


def _admin_password(directory: Path) -> str:
    return (directory / "admin-password").read_text().strip()


def _release(settings: Settings, identity: str, state: Mapping[str, Any]) -> None:
    """Give up a former replica's place at its source, where there still is one."""
    if found := state.get("source"):
        source = postgres_standby.Source(directory_of(settings, found[0]), found[1])
        if (source.directory / "admin-password").exists():
            postgres_standby.release(identity, source, _admin(settings))


def connect(settings: Settings, port: int, user: str, password: str, database: str = "postgres") -> Any:
    """A connection over TLS, verified against the sandbox's authority, in autocommit mode."""
    return psycopg.connect(
        host=HOST,
        port=port,
        user=user,
        password=password,
        dbname=database,
        sslmode="verify-full",
        sslrootcert=str(settings.cloud / "rds-ca.pem"),
        connect_timeout=10,
        autocommit=True,
    )


def _stop(settings: Settings, name: str) -> None:
    """Stop a server the fast way (sessions are cut, nothing is lost) and drop its record, also that of a dead one."""
    for record in process.records(settings):
        if record.name == name:
            process.stop(settings, record, timeout=STOP_SECONDS, first=signal.SIGINT)


def _initialise(settings: Settings, server: Postgres, directory: Path, wanted: Wanted) -> None:
    """Make the data directory, of a read replica as a copy; half-made ones of a kill are thrown away."""
    authority = ensure_authority(settings)
    tls.ensure_server(authority, directory / "tls")
    (directory / "archive").mkdir(exist_ok=True, mode=0o700)
    data, half = directory / "data", directory / "data.half"
    if data.exists():
        return
    if wanted.source:
        postgres_standby.clone(
            server,
            directory,
            wanted.identity,
            postgres_standby.Source(directory_of(settings, wanted.source), wanted.source_port),
            authority=settings.cloud / "rds-ca.pem",
            connect=_admin(settings),
            environment=_environment(),
            root=settings.directory,
        )
        return
    shutil.rmtree(half, ignore_errors=True)
    password = directory / "admin-password"
    if not password.exists():
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
    privileges = unprivileged.way()
    privileges.own(directory, settings.directory)
    locale = ["--locale=C.UTF-8"] if sys.platform == "linux" else ["--locale=C"]
    if server.major >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv = [*privileges.prefix, server.program("initdb"), "-D", str(half), "-U", ADMIN, f"--pwfile={password}"]
    argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", "--wal-segsize=4", "--no-sync", *locale]
    done = subprocess.run(argv, capture_output=True, text=True, env=_environment(), cwd=directory, check=False)
    if done.returncode:
        hint = f" ({privileges.hint(server.directory)})" if privileges.uid is not None else ""
        raise ProcessError(f"initdb of PostgreSQL {server.version} failed: {done.stderr.strip()}{hint}")
    half.rename(data)


def _configure(server: Postgres, directory: Path, wanted: Wanted, notes: list[str]) -> bool:
    """Write the configuration; whether it changed.

    Raises:
        ConfigurationError: the server refuses it; the files stay as they were.
    """
    standby: dict[str, str] = {}
    if wanted.source:
        source = postgres_standby.Source(directory.parent / wanted.source, wanted.source_port)
        standby = postgres_standby.settings_of(directory, wanted.identity, source)
    texts = {
        "postgresql.conf": postgres_config.render(
            server, directory, wanted.port, wanted.parameters, notes, standby=standby
        ),
        "pg_hba.conf": postgres_config.access(force_ssl=wanted.force_ssl),
    }
    data = directory / "data"
    before = {name: (data / name).read_text() for name in texts}
    if before == texts:
        return False
    for name, text in texts.items():
        (data / name).write_text(text)
    privileges = unprivileged.way()
    argv = [*privileges.prefix, server.program("postgres"), "-D", str(data), "-C", "max_connections"]
    done = subprocess.run(argv, capture_output=True, text=True, env=_environment(), cwd=directory, check=False)
    if done.returncode:
        for name, text in before.items():
            (data / name).write_text(text)
        raise ConfigurationError(done.stderr.strip())
    return True


def _start(settings: Settings, server: Postgres, directory: Path, wanted: Wanted) -> Record:
    data = directory / "data"
    _await_leftovers(data)
    # Nobody works in the directory any more; where no init process reaps, the lock's owner may live on as a zombie.
    (data / "postmaster.pid").unlink(missing_ok=True)
    privileges = unprivileged.way()
    privileges.own(directory, settings.directory)
    argv = [*privileges.prefix, server.program("postgres"), "-D", str(data)]
    return process.spawn(
        settings, wanted.name, argv, order=ORDER, env=_environment(), cwd=directory, ports=[wanted.port]
    )


def _await(settings: Settings, record: Record, wanted: Wanted) -> None:
    password = _admin_password(directory_of(settings, wanted.identity))

    def answers() -> bool:
        try:
            connect(settings, wanted.port, ADMIN, password).close()
        except psycopg.OperationalError:
            return False
        return True

    process.wait_ready(record, answers, timeout=START_SECONDS)


def _await_leftovers(data: Path) -> None:
    """Wait for the workers of a killed server: they end when they notice, and hold its shared memory until then.

    Raises:
        ProcessError: they do not end.
    """
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while workers := [found for found in psutil.process_iter(["cwd"]) if found.info["cwd"] == str(data)]:
        if time.monotonic() > deadline:
            raise ProcessError(f"processes {[worker.pid for worker in workers]} of a killed server still use {data}")
        time.sleep(0.05)


def _apply_roles(settings: Settings, directory: Path, wanted: Wanted, state: dict[str, Any]) -> None:
    """Roles as RDS has them, the master user and its password, the first database.

    A password is set when the one asked for changed, not at every start: its owner may have changed it by SQL.
    """
    digest = hashlib.sha256(f"{wanted.username}\0{wanted.password}".encode()).hexdigest()
    if state.get("password") == digest:
        return
    with connect(settings, wanted.port, ADMIN, _admin_password(directory)) as admin:
        known = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
        if "rds_superuser" not in known:
            _make_service_roles(admin, known)
        master = sql.Identifier(wanted.username)
        if wanted.username not in known:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB").format(master))
            admin.execute(sql.SQL("GRANT rds_superuser TO {} WITH ADMIN OPTION").format(master))
            admin.execute(sql.SQL("ALTER DATABASE postgres OWNER TO {}").format(master))
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(master, sql.Literal(wanted.password)))
        databases = {row[0] for row in admin.execute("SELECT datname FROM pg_database")}
        if wanted.database and wanted.database not in databases and "database" not in state:
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(wanted.database), master))
    state["password"] = digest
    state["database"] = wanted.database


def _make_service_roles(admin: Any, known: set[str]) -> None:
    """``rds_superuser`` and its companions: what PostgreSQL lets a non-superuser have."""
    for name in ("rds_superuser", "rds_iam", "rds_replication", "rds_password"):
        if name not in known:
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
    granted = [
        "pg_monitor",
        "pg_signal_backend",
        "pg_checkpoint",
        "pg_use_reserved_connections",
        "pg_create_subscription",
        "pg_maintain",
    ]
    for name in ["rds_replication", "rds_password", *(name for name in granted if name in known)]:
        admin.execute(sql.SQL("GRANT {} TO rds_superuser WITH ADMIN OPTION").format(sql.Identifier(name)))


def _environment() -> dict[str, str]:
    """A server needs nothing of our environment."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}
