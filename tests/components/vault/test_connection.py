"""Who is spoken to, with which token, and with how much patience; and what somebody widened by hand."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hvac
import pytest

from components.vault.connection import VaultError, connect
from components.vault.kinds import (
    AuthMethodProvider,
    KubernetesConfigProvider,
    KubernetesRoleProvider,
    NamespaceProvider,
    PolicyProvider,
)
from sandbox import tls
from sandbox.vault import part
from tests.conftest import Surroundings

ROLE = {
    "path": "kubernetes/role/shop",
    "service_accounts": ["app"],
    "namespaces": ["shop"],
    "audience": "vault",
    "policies": ["shop-read"],
    "ttl_seconds": 900,
    "max_ttl_seconds": 3600,
}


@pytest.fixture(autouse=True)
def operator(vault: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's environment."""
    for name, value in vault.env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace with an auth method in it."""
    properties = {"namespace": "", "path": f"trial-{uuid.uuid4().hex[:8]}"}
    made = NamespaceProvider().create(properties)
    AuthMethodProvider().create({"namespace": properties["path"], "path": "kubernetes", "description": "pods"})
    yield properties["path"]
    NamespaceProvider().delete(made.id, properties)


def test_an_operation_outlasts_a_restart_of_the_server(vault: Surroundings) -> None:
    """Begun while the server is down, it succeeds once the server is back."""
    part.stop(vault.settings)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(PolicyProvider().read, ":freehold-provision", {})
        part.start(vault.settings)
        assert waiting.result().id == ":freehold-provision"


def test_an_authority_that_is_no_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    monkeypatch.setenv("VAULT_CACERT", str(missing))
    with pytest.raises(VaultError, match=f"VAULT_CACERT is {missing}: there is no such file"):
        connect("")


def test_a_server_of_another_authority_gets_no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAULT_CACERT", str(tls.ensure_authority(tmp_path, "ca", "somebody else")))
    monkeypatch.setattr("components.vault.connection.ATTEMPTS", 0)
    with pytest.raises(VaultError, match=r"is not trusted .* VAULT_CACERT must name its authority"):
        PolicyProvider().read(":x", {})


def test_a_server_without_tls_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:8200")
    with pytest.raises(VaultError, match="https:// only"):
        connect("")


def test_the_descriptions_server_and_the_operators_must_be_one(vault: Surroundings) -> None:
    assert connect("", f"{vault.settings.vault_url}/").url == vault.settings.vault_url
    with pytest.raises(VaultError, match=r"is https://elsewhere\.example, but VAULT_ADDR is https://127"):
        PolicyProvider().create({"namespace": "", "path": "x", "rules": "", "address": "https://elsewhere.example"})


def test_naming_the_server_that_it_is_on_anyway_replaces_nothing(vault: Surroundings) -> None:
    old = {"namespace": "", "path": "x", "rules": ""}
    assert not PolicyProvider().diff("", old, {**old, "address": ""}).changes
    named = PolicyProvider().diff("", old, {**old, "address": vault.settings.vault_url})
    assert (named.changes, named.replaces) == (True, [])


def test_a_reviewers_token_that_somebody_stored_is_drift(namespace: str, vault: Surroundings) -> None:
    provider = KubernetesConfigProvider()
    authority = (vault.settings.vault / "ca.pem").read_text().strip()
    place = {"address": "", "namespace": namespace}
    wanted = {**place, "path": "kubernetes", "host": "https://127.0.0.1:6443", "ca": authority}
    made = provider.create(wanted)
    root = within(vault, namespace)
    body = {"kubernetes_host": wanted["host"], "kubernetes_ca_cert": authority, "token_reviewer_jwt": "a.b.c"}
    root.write_data("auth/kubernetes/config", data=body)
    read: dict[str, Any] = dict(provider.read(made.id, wanted).outs or {})
    assert read["stored_reviewer"]
    assert "a.b.c" not in str(read)
    assert provider.diff(made.id, read, wanted).changes
    provider.update(made.id, read, wanted)
    assert provider.read(made.id, wanted).outs == wanted


def test_a_selector_that_lets_more_namespaces_in_is_drift(namespace: str, vault: Surroundings) -> None:
    provider = KubernetesRoleProvider()
    wanted = {"address": "", "namespace": namespace, **ROLE}
    made = provider.create(wanted)
    root = within(vault, namespace)
    body = {"bound_service_account_namespace_selector": '{"matchLabels": {}}', "bound_service_account_names": ["app"]}
    root.write_data("auth/kubernetes/role/shop", data=body)
    read: dict[str, Any] = dict(provider.read(made.id, wanted).outs or {})
    assert provider.diff(made.id, read, wanted).changes
    provider.update(made.id, read, wanted)
    assert provider.read(made.id, wanted).outs == wanted


def within(vault: Surroundings, namespace: str) -> hvac.Client:
    """Root, in a namespace."""
    root = part.client(vault.settings)
    root.adapter.namespace = namespace
    return root
