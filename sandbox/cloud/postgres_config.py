"""Configuration files of a database server: what RDS sets, what its parameter group sets, who may connect how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.cloud.binaries import Postgres
from sandbox.settings import HOST

ADMIN: Final = "rdsadmin"
"""The superuser, which belongs to the service; on RDS it has the same name."""

OWN: Final = frozenset(
    {
        "archive_command",
        "archive_library",
        "archive_mode",
        "config_file",
        "data_directory",
        "external_pid_file",
        "fsync",
        "full_page_writes",
        "hba_file",
        "ident_file",
        "listen_addresses",
        "port",
        "primary_conninfo",
        "primary_slot_name",
        "ssl",
        "ssl_ca_file",
        "ssl_cert_file",
        "ssl_crl_file",
        "ssl_key_file",
        "unix_socket_directories",
        "wal_level",
    }
)
"""Parameters that belong to the service: RDS does not let a parameter group modify them either."""

RDS_STATIC: Final = frozenset({"rds.logical_replication", "rds.pg_stat_ramdisk_size"})
"""Parameters of RDS itself that take effect at start only."""

RDS_DYNAMIC: Final = frozenset(
    {
        "rds.accepted_password_auth_method",
        "rds.adaptive_autovacuum",
        "rds.allowed_extensions",
        "rds.force_admin_logging_level",
        "rds.force_autovacuum_logging_level",
        "rds.force_ssl",
        "rds.log_retention_period",
        "rds.restrict_password_commands",
    }
)
"""Parameters of RDS itself that take effect at once. ``rds.force_ssl`` is carried out; the others are kept only."""

EXTENSION_PREFIXES: Final = ("auto_explain.", "pg_stat_statements.", "pgaudit.", "pg_cron.", "pg_hint_plan.")

_ARCHIVE: Final = 'test -f "{archive}/%f" || {{ cp "%p" "{archive}/.%f" && mv "{archive}/.%f" "{archive}/%f"; }}'
"""Copies a finished WAL file, whole or not at all; one that is there already counts as done."""


def render(
    server: Postgres,
    directory: Path,
    port: int,
    parameters: Mapping[str, str],
    notes: list[str],
    *,
    standby: Mapping[str, str] | None = None,
) -> str:
    """Text of ``postgresql.conf``; ``standby`` is how a read replica finds its source.

    Small buffers, few connections and no just-in-time compilation keep an idle server small; a parameter group that
    sets them has the last word. WAL is archived from the start, so that snapshots and restores have what they need.
    What cannot be carried out here is left out and told in ``notes``.
    """
    archive = directory / "archive"
    logical = parameters.get("rds.logical_replication") == "1"
    values = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "ssl": "on",
        "ssl_cert_file": str(directory / "tls" / "server.crt"),
        "ssl_key_file": str(directory / "tls" / "server.key"),
        "ssl_min_protocol_version": "TLSv1.2",
        "password_encryption": "scram-sha-256",
        "shared_buffers": "16MB",
        "max_connections": "50",
        "jit": "off",
        "max_wal_size": "128MB",
        "min_wal_size": "32MB",
        "wal_level": "logical" if logical else "replica",
        "archive_mode": "on",
        "archive_command": _ARCHIVE.format(archive=archive),
        "archive_timeout": "300",
        "log_line_prefix": "%t:%r:%u@%d:[%p]:",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    for name, value in sorted(parameters.items()):
        if name.startswith("rds.") or name in OWN:
            continue
        if "{" in value:
            notes.append(f"{name} = {value}: a formula over the instance class's memory; the sandbox's default stays")
        elif name == "shared_preload_libraries":
            values[name] = _preloadable(server, value, notes)
        else:
            values[name] = value
    values |= standby or {}
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in values.items())


def access(*, force_ssl: bool) -> str:
    """Text of ``pg_hba.conf``: passwords by SCRAM only, TLS only where the parameter group forces it."""
    kind = "hostssl" if force_ssl else "host"
    return (
        f"hostssl all {ADMIN} {HOST}/32 scram-sha-256\n"
        f"{kind} all all {HOST}/32 scram-sha-256\n"
        f"{kind} replication all {HOST}/32 scram-sha-256\n"
    )


def _preloadable(server: Postgres, value: str, notes: list[str]) -> str:
    wanted = [name.strip() for name in value.split(",") if name.strip()]
    present = server.libraries()
    for name in wanted:
        if name not in present:
            notes.append(f"shared_preload_libraries: {name} is not part of PostgreSQL {server.version} here; left out")
    return ",".join(name for name in wanted if name in present)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
