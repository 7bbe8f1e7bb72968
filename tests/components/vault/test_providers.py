"""The life cycle of every kind of thing on the Vault server, against the real one."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import hvac
import pytest
from pulumi.dynamic import CreateResult, ReadResult

from components.vault.connection import VaultError
from components.vault.kinds import (
    AuthMethodProvider,
    KubernetesConfigProvider,
    KubernetesRoleProvider,
    MountProvider,
    NamespaceProvider,
    PolicyProvider,
)
from components.vault.provider import VaultProvider
from sandbox.vault import part
from tests.conftest import Surroundings


@pytest.fixture(autouse=True)
def operator(vault: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the engine's processes see: the operator's environment, not the root token."""
    monkeypatch.setenv("VAULT_ADDR", vault.env["VAULT_ADDR"])
    monkeypatch.setenv("VAULT_CACERT", vault.env["VAULT_CACERT"])
    monkeypatch.setenv("VAULT_TOKEN", (vault.settings.vault / "operator-token").read_text().strip())
    monkeypatch.delenv("VAULT_NAMESPACE", raising=False)


@pytest.fixture
def root(vault: Surroundings) -> hvac.Client:
    """With the root token."""
    return part.client(vault.settings)


@pytest.fixture
def namespace(root: hvac.Client) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    NamespaceProvider().create({"namespace": "", "path": name})
    yield name
    root.delete(f"sys/namespaces/{name}")


def told(provider: VaultProvider, result: ReadResult) -> dict[str, Any]:
    """Identity and managed properties, as they were read."""
    return chosen(provider, outs(result))


def chosen(provider: VaultProvider, properties: dict[str, Any]) -> dict[str, Any]:
    """Identity and managed properties among all; nothing and empty text are one."""
    found = {name: properties.get(name) for name in (*provider.identity, *provider.managed)}
    return {name: "" if value is None else value for name, value in found.items()}


def outs(result: CreateResult | ReadResult) -> dict[str, Any]:
    """The properties that the engine records."""
    assert result.outs is not None
    return result.outs


@dataclass(frozen=True)
class Case:
    """One kind: its properties, a change of them, and how somebody changes it by hand."""

    provider: VaultProvider
    properties: dict[str, Any]
    change: dict[str, Any]
    path: str
    by_hand: dict[str, Any]
    drifted: dict[str, Any]
    needs: tuple[str, ...] = ()

    def ready(self, namespace: str, authority: str) -> dict[str, Any]:
        """The properties in a namespace, whose other things this one stands on are made first."""
        for name in self.needs:
            need = CASES[name]
            need.provider.create(need.ready(namespace, authority))
        found = {"address": "", "namespace": namespace, **copy.deepcopy(self.properties)}
        return {**found, "ca": authority} if "ca" in found else found


ROLE = {
    "service_accounts": ["app"],
    "namespaces": ["shop"],
    "namespace_selector": "",
    "audience": "vault",
    "policies": ["shop-read"],
    "ttl_seconds": 900,
    "max_ttl_seconds": 3600,
}
CASES = {
    "mount": Case(
        MountProvider(),
        {"path": "secrets", "description": "of acme", "max_versions": 10, "cas_required": True},
        {"description": "of globex", "max_versions": 5, "cas_required": False},
        "secrets/config",
        {"max_versions": 3, "cas_required": False},
        {"max_versions": 3, "cas_required": False},
    ),
    "policy": Case(
        PolicyProvider(),
        {"path": "shop-read", "rules": 'path "secrets/data/shop/*" { capabilities = ["read"] }'},
        {"rules": 'path "secrets/data/shop/*" { capabilities = ["read", "list"] }'},
        "sys/policies/acl/shop-read",
        {"policy": 'path "*" { capabilities = ["sudo"] }'},
        {"rules": 'path "*" { capabilities = ["sudo"] }'},
    ),
    "method": Case(
        AuthMethodProvider(),
        {"path": "kubernetes", "description": "pods of acme"},
        {"description": "pods of globex"},
        "sys/auth/kubernetes/tune",
        {"description": "by hand"},
        {"description": "by hand"},
    ),
    "config": Case(
        KubernetesConfigProvider(),
        {"path": "kubernetes", "host": "https://127.0.0.1:6443", "ca": "", "reviewer": "caller"},
        {"host": "https://127.0.0.1:6444"},
        "auth/kubernetes/config",
        {"kubernetes_host": "https://127.0.0.1:7"},
        {"host": "https://127.0.0.1:7"},
        needs=("method",),
    ),
    "role": Case(
        KubernetesRoleProvider(),
        {"path": "kubernetes/role/shop", **ROLE},
        {"ttl_seconds": 300, "policies": ["more", "shop-read"]},
        "auth/kubernetes/role/shop",
        {"bound_service_account_namespaces": ["*"]},
        {"namespaces": ["*"]},
        needs=("method",),
    ),
}


@pytest.fixture
def authority(vault: Surroundings) -> str:
    """A certificate as the server gives it back: without the newline at its end."""
    return (vault.settings.vault / "ca.pem").read_text().strip()


@pytest.mark.parametrize("name", CASES)
class TestEveryKind:
    """What holds for all that live in a namespace."""

    @pytest.fixture
    def case(self, name: str) -> Case:
        """The case of that name."""
        return CASES[name]

    def test_it_is_made_read_changed_and_removed(self, case: Case, namespace: str, authority: str) -> None:
        wanted = case.ready(namespace, authority)
        made = case.provider.create(wanted)
        assert made.id == f"{namespace}:{wanted['path']}"
        read = case.provider.read(made.id, outs(made))
        assert (read.id, outs(read)) == (made.id, outs(made))
        assert not case.provider.diff(made.id, outs(read), wanted).changes
        changed = {**wanted, **copy.deepcopy(case.change)}
        difference = case.provider.diff(made.id, outs(read), changed)
        assert (difference.changes, difference.replaces) == (True, [])
        case.provider.update(made.id, outs(read), changed)
        assert told(case.provider, case.provider.read(made.id, outs(made))) == chosen(case.provider, changed)
        case.provider.delete(made.id, changed)
        if case is not CASES["config"]:  # it ends with its method
            assert case.provider.read(made.id, changed).id == ""

    def test_creating_what_exists_adopts_it_and_brings_it_in_step(
        self, case: Case, namespace: str, authority: str
    ) -> None:
        """So an update that was killed after the server's answer converges when it is run again."""
        wanted = case.ready(namespace, authority)
        before = {name: value for name, value in copy.deepcopy(case.change).items() if name != "description"}
        first = case.provider.create({**wanted, **before})
        second = case.provider.create(wanted)
        assert second.id == first.id
        assert told(case.provider, case.provider.read(second.id, outs(second))) == chosen(case.provider, wanted)

    def test_a_change_by_hand_is_seen_and_mended(
        self, case: Case, namespace: str, authority: str, root: hvac.Client
    ) -> None:
        wanted = case.ready(namespace, authority)
        made = case.provider.create(wanted)
        root.adapter.namespace = namespace
        body = dict(case.by_hand)
        if case is CASES["config"]:
            body["kubernetes_ca_cert"] = authority
        if case is CASES["role"]:
            body["bound_service_account_names"] = ["app"]
        root.write_data(case.path, data=body)
        read = case.provider.read(made.id, outs(made))
        assert {name: outs(read)[name] for name in case.drifted} == case.drifted
        assert case.provider.diff(made.id, outs(read), wanted).changes
        case.provider.update(made.id, outs(read), wanted)
        assert told(case.provider, case.provider.read(made.id, outs(made))) == chosen(case.provider, wanted)

    def test_what_is_gone_is_read_as_gone_deleted_in_peace_and_made_again(
        self, case: Case, namespace: str, authority: str
    ) -> None:
        wanted = case.ready(namespace, authority)
        made = case.provider.create(wanted)
        case.provider.delete(made.id, outs(made))
        case.provider.delete(made.id, outs(made))
        case.provider.update(made.id, outs(made), wanted)
        assert told(case.provider, case.provider.read(made.id, outs(made))) == chosen(case.provider, wanted)

    def test_it_is_imported_by_its_id_alone(self, case: Case, namespace: str, authority: str) -> None:
        wanted = case.ready(namespace, authority)
        made = case.provider.create(wanted)
        assert told(case.provider, case.provider.read(made.id, {})) == chosen(case.provider, wanted)

    def test_another_place_is_another_thing(self, case: Case, namespace: str, authority: str) -> None:
        wanted = {"namespace": namespace, **case.properties}
        moved = case.provider.diff("", wanted, {**wanted, "path": "elsewhere"})
        assert moved.replaces == ["path"]
        assert case.provider.diff("", wanted, {**wanted, "namespace": "other"}).replaces == ["namespace"]

    def test_a_namespace_that_is_gone_leaves_nothing_to_remove(
        self, case: Case, namespace: str, authority: str, root: hvac.Client
    ) -> None:
        wanted = case.ready(namespace, authority)
        made = case.provider.create(wanted)
        NamespaceProvider().delete("", {"namespace": "", "path": namespace})
        assert case.provider.read(made.id, outs(made)).id == ""
        case.provider.delete(made.id, outs(made))


@pytest.mark.parametrize("name", ["mount", "method"])
def test_what_is_described_as_somebody_elses_is_not_adopted(name: str, namespace: str, authority: str) -> None:
    case = CASES[name]
    wanted = case.ready(namespace, authority)
    case.provider.create(wanted)
    with pytest.raises(
        VaultError, match=r"exists already.* described as .of (acme|globex)|exists already.* described as .pods of acme"
    ):
        case.provider.create({**wanted, "description": "of globex"})
    assert told(case.provider, case.provider.read(f"{namespace}:{wanted['path']}", wanted)) == chosen(
        case.provider, wanted
    )


class TestNamespace:
    """The namespace itself."""

    def test_it_is_made_adopted_read_and_removed_with_all_it_holds(self, root: hvac.Client) -> None:
        provider, wanted = (
            NamespaceProvider(),
            {"address": "", "namespace": "", "path": f"trial-{uuid.uuid4().hex[:8]}"},
        )
        assert provider.read(f":{wanted['path']}", {}).id == ""
        made = provider.create(wanted)
        assert provider.create(wanted).id == made.id == f":{wanted['path']}"
        MountProvider().create({**CASES["mount"].properties, "namespace": wanted["path"]})
        assert told(provider, provider.read(made.id, {})) == chosen(provider, wanted)
        provider.delete(made.id, outs(made))
        assert provider.read(made.id, outs(made)).id == ""
        provider.delete(made.id, outs(made))
        provider.create(wanted)
        mount = MountProvider().read(f"{wanted['path']}:secrets", CASES["mount"].properties)
        assert mount.id == ""
        provider.delete(made.id, outs(made))


class TestRefusals:
    """Failures in clear words."""

    @pytest.mark.parametrize("missing", ["VAULT_ADDR", "VAULT_TOKEN"])
    def test_a_missing_variable_is_named(self, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
        monkeypatch.delenv(missing)
        with pytest.raises(VaultError, match=f"^{missing} must be set in the environment"):
            PolicyProvider().read(":x", {})

    def test_both_missing_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("VAULT_ADDR")
        monkeypatch.delenv("VAULT_TOKEN")
        with pytest.raises(VaultError, match=r"^VAULT_ADDR and VAULT_TOKEN must be set"):
            PolicyProvider().read(":x", {})

    @pytest.mark.parametrize("kind", [PolicyProvider, NamespaceProvider, MountProvider, AuthMethodProvider])
    @pytest.mark.parametrize("kind_of_call", ["read", "delete", "create"])
    def test_a_server_that_does_not_answer_is_named(
        self, vault: Surroundings, monkeypatch: pytest.MonkeyPatch, kind: type[VaultProvider], kind_of_call: str
    ) -> None:
        address = f"https://127.0.0.1:{vault.settings.port_base + 19}"
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setattr("components.vault.connection.ATTEMPTS", 0)
        properties = {"namespace": "", "path": "x", "rules": "", **CASES["mount"].properties}
        provider = kind()
        calls: dict[str, Callable[[], Any]] = {
            "read": lambda: provider.read(":x", properties),
            "delete": lambda: provider.delete(":x", properties),
            "create": lambda: provider.create(properties),
        }
        with pytest.raises(VaultError) as refused:
            calls[kind_of_call]()
        assert f"Vault at {address} did not answer" in str(refused.value)

    def test_a_token_without_the_right_is_told_where(
        self, namespace: str, root: hvac.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: Any = root.auth.token.create(policies=["default"])
        monkeypatch.setenv("VAULT_TOKEN", made["auth"]["client_token"])
        with pytest.raises(VaultError) as refused:
            PolicyProvider().create({"namespace": namespace, "path": "x", "rules": ""})
        assert "refuses sys/policies/acl/x to this token" in str(refused.value)
        assert made["auth"]["client_token"] not in str(refused.value)

    def test_another_engine_at_the_path_is_left_alone(self, namespace: str, root: hvac.Client) -> None:
        root.adapter.namespace = namespace
        root.sys.enable_secrets_engine("transit", path="secrets")
        with pytest.raises(VaultError, match=r"at secrets .* \(transit\)"):
            MountProvider().create({"namespace": namespace, **CASES["mount"].properties})

    def test_another_method_at_the_path_is_left_alone(self, namespace: str, root: hvac.Client) -> None:
        root.adapter.namespace = namespace
        root.sys.enable_auth_method("userpass", path="kubernetes")
        with pytest.raises(VaultError, match=r"at auth/kubernetes .* \(userpass\)"):
            AuthMethodProvider().create({"namespace": namespace, **CASES["method"].properties})

    def test_rules_that_are_none_are_refused_with_what_the_server_said(self, namespace: str) -> None:
        with pytest.raises(VaultError, match=r"sys/policies/acl/x: .*failed to parse policy"):
            PolicyProvider().create({"namespace": namespace, "path": "x", "rules": "path {"})
