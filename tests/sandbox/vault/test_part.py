"""The Vault server: data outlives a kill, tokens do what they are for, the audit log keeps secrets to itself."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import stat
import uuid
from collections.abc import Iterator

import hvac
import hvac.exceptions
import psutil
import pytest

from sandbox import process
from sandbox.process import ProcessError
from sandbox.settings import HOST, Settings
from sandbox.vault import part
from tests.conftest import Surroundings


@pytest.fixture
def root(vault: Surroundings) -> hvac.Client:
    """With the root token."""
    return part.client(vault.settings)


@pytest.fixture
def namespace(root: hvac.Client) -> Iterator[str]:
    """A client's namespace with a KV engine at ``secrets`` and one secret in it."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    operator = as_operator(root, "")
    operator.write_data(f"sys/namespaces/{name}", data={})
    operator.adapter.namespace = name
    operator.sys.enable_secrets_engine(backend_type="kv", path="secrets", options={"version": "2"})
    yield name
    root.delete(f"sys/namespaces/{name}")


def as_operator(root: hvac.Client, namespace: str) -> hvac.Client:
    """The operator, in a namespace."""
    settings = Settings.load()
    token = (settings.vault / "operator-token").read_text().strip()
    return hvac.Client(url=settings.vault_url, token=token, verify=str(settings.vault / "ca.pem"), namespace=namespace)


def within(root: hvac.Client, namespace: str) -> hvac.Client:
    """Root, in a namespace."""
    root.adapter.namespace = namespace
    return root


def test_a_second_start_finds_the_first(vault: Surroundings) -> None:
    assert part.start(vault.settings) == part.start(vault.settings)


@pytest.mark.parametrize("name", ["root-token", "operator-token", "recovery-key", "seal-key", "config.hcl"])
def test_what_is_secret_is_its_owners_only(vault: Surroundings, name: str) -> None:
    assert stat.S_IMODE((vault.settings.vault / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(vault.settings.vault.stat().st_mode) == 0o700


def test_neither_logs_nor_records_hold_a_token(vault: Surroundings) -> None:
    settings = vault.settings
    tokens = [(settings.vault / name).read_text().strip() for name in ("root-token", "operator-token", "recovery-key")]
    files = [path for folder in (settings.logs, settings.run) for path in folder.iterdir() if path.is_file()]
    assert any(path.name == "vault.log" for path in files)
    assert not [path for path in files if any(token in path.read_text(errors="replace") for token in tokens)]
    record = process.find(settings, part.NAME)
    assert record is not None
    running = record.process()
    assert running is not None
    assert not [token for token in tokens if token in str([running.cmdline(), running.environ()])]


def test_it_answers_on_loopback_with_tls_only(vault: Surroundings) -> None:
    record = process.find(vault.settings, part.NAME)
    assert record is not None
    running = record.process()
    assert running is not None
    listening = {row.laddr for row in running.net_connections() if row.status == psutil.CONN_LISTEN}
    assert {address.ip for address in listening} == {HOST}
    with socket.create_connection((HOST, vault.settings.vault_port)) as plain:
        plain.sendall(b"GET /v1/sys/health HTTP/1.0\r\n\r\n")
        assert b"HTTP request to an HTTPS server" in plain.recv(4096)


class TestOperator:
    """The token that provisioning works with."""

    def test_it_provisions(self, root: hvac.Client, namespace: str) -> None:
        operator = as_operator(root, namespace)
        rules = 'path "secrets/data/shop/*" { capabilities = ["read"] }'
        operator.write_data("sys/policies/acl/shop-read", data={"policy": rules})
        operator.sys.enable_auth_method("kubernetes", path="kubernetes")
        authority = (Settings.load().vault / "ca.pem").read_text()
        config = {
            "kubernetes_host": "https://127.0.0.1:1",
            "kubernetes_ca_cert": authority,
            "disable_local_ca_jwt": True,
        }
        operator.write_data("auth/kubernetes/config", data=config)
        role = {"bound_service_account_names": ["app"], "bound_service_account_namespaces": ["shop"]}
        operator.write_data("auth/kubernetes/role/shop", data=role)
        found = operator.read("auth/kubernetes/role/shop")
        assert isinstance(found, dict)
        assert found["data"]["bound_service_account_names"] == ["app"]

    def test_it_reads_no_secret_and_writes_none(self, root: hvac.Client, namespace: str) -> None:
        within(root, namespace).secrets.kv.v2.create_or_update_secret(
            "shop/db", {"password": "p"}, mount_point="secrets"
        )
        operator = as_operator(root, namespace)
        kv = operator.secrets.kv.v2
        with pytest.raises(hvac.exceptions.Forbidden):
            kv.read_secret_version("shop/db", mount_point="secrets", raise_on_deleted_version=True)
        with pytest.raises(hvac.exceptions.Forbidden):
            kv.create_or_update_secret("shop/db", {"password": "other"}, mount_point="secrets")
        with pytest.raises(hvac.exceptions.Forbidden):
            kv.delete_metadata_and_all_versions("shop/db", mount_point="secrets")
        within(root, "")

    def test_it_cannot_give_itself_more(self, root: hvac.Client) -> None:
        operator = as_operator(root, "")
        everything = 'path "*" { capabilities = ["read", "sudo"] }'
        with pytest.raises(hvac.exceptions.Forbidden):
            operator.write_data(f"sys/policies/acl/{part.OPERATOR_POLICY}", data={"policy": everything})
        with pytest.raises(hvac.exceptions.Forbidden):
            operator.auth.token.create(policies=["root"])
        with pytest.raises(hvac.exceptions.Forbidden):
            operator.read("sys/audit")

    def test_it_is_kept_over_starts_and_replaced_where_it_has_ended(
        self, vault: Surroundings, root: hvac.Client
    ) -> None:
        path = vault.settings.vault / "operator-token"
        first = path.read_text()
        part.start(vault.settings)
        assert path.read_text() == first
        root.auth.token.revoke(first)
        part.start(vault.settings)
        second = path.read_text()
        assert second != first
        found = root.auth.token.lookup(second)["data"]
        assert found["policies"] == ["default", part.OPERATOR_POLICY]
        assert found["orphan"]
        assert found["period"] == 768 * 3600


def test_every_request_is_audited_and_no_secret_in_clear(
    vault: Surroundings, root: hvac.Client, namespace: str
) -> None:
    secret = secrets.token_hex(16)
    inside = within(root, namespace)
    inside.secrets.kv.v2.create_or_update_secret("shop/db", {"password": secret}, mount_point="secrets")
    read = inside.secrets.kv.v2.read_secret_version("shop/db", mount_point="secrets", raise_on_deleted_version=True)
    assert read["data"]["data"]["password"] == secret
    within(root, "")
    text = part.audit_log(vault.settings).read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    seen = {
        (row["request"]["operation"], row["request"].get("namespace", {}).get("path"))
        for row in rows
        if row["request"]["path"] == "secrets/data/shop/db"
    }
    assert {("create", f"{namespace}/"), ("read", f"{namespace}/")} <= seen
    tokens = [(vault.settings.vault / name).read_text().strip() for name in ("root-token", "operator-token")]
    assert not [value for value in (secret, *tokens) if value in text]


class TestKilled:
    """A server of the test's own."""

    def test_a_killed_server_comes_back_unsealed_on_its_data(self, own: Settings) -> None:
        record = part.start(own)
        root = part.client(own)
        root.sys.enable_secrets_engine("kv", path="kept", options={"version": "1"})
        root.secrets.kv.v1.create_or_update_secret("here", {"value": "still"}, mount_point="kept")
        tokens = {name: (own.vault / name).read_bytes() for name in ("root-token", "operator-token", "seal-key")}
        os.kill(record.pid, signal.SIGKILL)
        psutil.wait_procs([found] if (found := record.process()) else [], timeout=10)
        again = part.start(own)
        assert again.pid != record.pid
        status = root.seal_status
        assert isinstance(status, dict)
        assert (status["sealed"], status["type"]) == (False, "static")
        assert root.secrets.kv.v1.read_secret("here", mount_point="kept")["data"] == {"value": "still"}
        assert {name: (own.vault / name).read_bytes() for name in tokens} == tokens
        part.stop(own)
        assert process.find(own, part.NAME) is None
        assert process.is_free(own.vault_port)

    def test_a_taken_port_is_told_with_its_holder_and_the_setting(self, own: Settings) -> None:
        with socket.create_server((HOST, own.vault_port)), pytest.raises(ProcessError) as refused:
            part.start(own)
        assert f"vault: port {own.vault_port}" in str(refused.value)
        assert f"pid {os.getpid()}" in str(refused.value)
        assert "SANDBOX_PORT_BASE=" in str(refused.value)

    def test_a_server_that_cannot_start_is_told_with_its_last_words(self, own: Settings) -> None:
        own.vault.mkdir(parents=True)
        (own.vault / "seal-key").write_bytes(b"too short")
        with pytest.raises(ProcessError) as refused:
            part.start(own)
        assert "vault ended while starting" in str(refused.value)
        assert "seal" in str(refused.value).lower()
        assert str(own.logs / "vault.log") in str(refused.value)
