"""The client's place on the Vault server: what the component asks for, carried out on the real server.

The engine is stood in for; every Vault resource that the component registers is made by its own provider with the
operator's token, in a namespace and, as on a server without namespaces, below a prefix.
"""

from __future__ import annotations

import asyncio
import base64
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dill  # type: ignore[import-untyped]
import hvac
import hvac.exceptions
import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func

from components.vault.connection import VaultError
from components.vault.provider import VaultProvider
from components.vault_secrets import AUDIENCE, MAX_TTL_SECONDS, TTL_SECONDS, VaultSecrets, VaultSecretsArgs
from sandbox.vault import part
from stacks.spec.cluster import NamespaceSpec
from stacks.spec.vault import VaultSpec
from tests.conftest import Surroundings

APPLICATIONS = {"shop": NamespaceSpec(), "secrets-write": NamespaceSpec(service_account="writer")}
"""The second is named as unluckily as can be."""


@dataclass
class Carried(Mocks):
    """Makes Vault resources by the provider that the engine would be handed; remembers them in order."""

    made: list[tuple[VaultProvider, str, dict[str, Any]]] = field(default_factory=list)
    protected: dict[str, bool] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Make one resource."""
        inputs = dict(args.inputs)
        serialised = inputs.pop("__provider", None)
        if serialised is None:
            return f"{args.name}-id", inputs
        with self.lock:
            provider = dill.loads(base64.b64decode(serialised))  # noqa: S301 (made in this process)
            result = provider.create(inputs)
            self.made.append((provider, result.id, inputs))
        return result.id, result.outs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """The component looks nothing up."""
        raise AssertionError(f"unexpected look-up {args.token}")

    def remove(self) -> None:
        """Remove everything, last first, as the engine does."""
        for provider, id_, inputs in reversed(self.made):
            provider.delete(id_, inputs)


def carry_out(place: VaultSpec, authority: str, *, protect: bool = False) -> Carried:
    """Run the component."""
    carried = Carried()

    def remember(args: pulumi.ResourceTransformationArgs) -> None:
        carried.protected[args.type_.rpartition(":")[2]] = bool(args.opts.protect)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(remember)
        VaultSecrets(
            "vault",
            VaultSecretsArgs("trial-dev", place, "https://127.0.0.1:6443", authority, APPLICATIONS, protect=protect),
        )

    async def run() -> None:
        await run_pulumi_func(program)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_mocks(carried, project="freehold", stack="trial-dev")
    try:
        loop.run_until_complete(run())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return carried


@pytest.fixture(autouse=True)
def operator(vault: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's environment, not the root token."""
    monkeypatch.setenv("VAULT_ADDR", vault.settings.vault_url)
    monkeypatch.setenv("VAULT_CACERT", str(vault.settings.vault / "ca.pem"))
    monkeypatch.setenv("VAULT_TOKEN", (vault.settings.vault / "operator-token").read_text().strip())


@pytest.fixture
def authority(vault: Surroundings) -> str:
    """Some certificate."""
    return (vault.settings.vault / "ca.pem").read_text().strip()


@dataclass(frozen=True)
class Client:
    """One client's place, and a root client in it."""

    carried: Carried
    root: hvac.Client
    lead: str
    title: str

    def holding(self, policy: str) -> hvac.Client:
        """A client with one policy."""
        made: Any = self.root.auth.token.create(policies=[policy], no_parent=True)
        token, namespace = made["auth"]["client_token"], self.root.adapter.namespace
        return hvac.Client(self.root.url, token, verify=self.root.session.verify, namespace=namespace)


@pytest.fixture(params=["namespace", "prefix"])
def client(
    request: pytest.FixtureRequest, operator: None, vault: Surroundings, authority: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """A client in a namespace of its own, and one below a prefix."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    spec = VaultSpec(namespace=name) if request.param == "namespace" else VaultSpec(prefix=name)
    carried = carry_out(spec, authority)
    root = part.client(vault.settings)
    root.adapter.namespace = spec.namespace or ""
    yield Client(carried, root, f"{name}/" if spec.prefix else "", f"{name}-" if spec.prefix else "")
    carried.remove()


def write(client: hvac.Client, mount: str, path: str, version: int = 0) -> Any:
    """Write a secret over its version ``version``."""
    return client.secrets.kv.v2.create_or_update_secret(path, {"key": "value"}, cas=version, mount_point=mount)


def read(client: hvac.Client, mount: str, path: str) -> Any:
    """Read a secret's newest version."""
    return client.secrets.kv.v2.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True)


def test_an_application_reads_its_own_secrets_and_nothing_else(client: Client) -> None:
    mount = f"{client.lead}secrets"
    for path in ("shop/api", "secrets-write/api", "shopping/api"):
        write(client.root, mount, path)
    shop = client.holding(f"{client.title}shop-read")
    assert read(shop, mount, "shop/api")["data"]["data"] == {"key": "value"}
    for path in ("secrets-write/api", "shopping/api"):
        with pytest.raises(hvac.exceptions.Forbidden):
            read(shop, mount, path)
    with pytest.raises(hvac.exceptions.Forbidden):
        write(shop, mount, "shop/api", 1)


def test_who_fills_secrets_in_reads_none(client: Client) -> None:
    mount = f"{client.lead}secrets"
    writer = client.holding(f"{client.title}secrets-write")
    write(writer, mount, "shop/api")
    listed: Any = writer.secrets.kv.v2.list_secrets("shop", mount_point=mount)
    assert listed["data"]["keys"] == ["api"]
    metadata: Any = writer.secrets.kv.v2.read_secret_metadata("shop/api", mount_point=mount)
    write(writer, mount, "shop/api", metadata["data"]["current_version"])
    with pytest.raises(hvac.exceptions.Forbidden):
        read(writer, mount, "shop/api")
    with pytest.raises(hvac.exceptions.InvalidRequest, match="check-and-set"):
        write(writer, mount, "shop/api")  # what somebody else wrote meanwhile is not overwritten unseen


def test_a_role_admits_one_service_account_for_a_short_time(client: Client) -> None:
    answer: Any = client.root.read(f"auth/{client.lead}kubernetes/role/secrets-write")
    role = answer["data"]
    assert role["bound_service_account_names"] == ["writer"]
    assert role["bound_service_account_namespaces"] == ["secrets-write"]
    assert role["audience"] == AUDIENCE
    assert role["token_policies"] == [f"{client.title}secrets-write-read"]
    assert (role["token_ttl"], role["token_max_ttl"]) == (TTL_SECONDS, MAX_TTL_SECONDS)
    config: Any = client.root.read(f"auth/{client.lead}kubernetes/config")
    assert config["data"]["disable_local_ca_jwt"]
    assert not config["data"]["token_reviewer_jwt_set"]


def test_everything_is_unchanged_when_it_is_read_back(client: Client) -> None:
    for provider, id_, inputs in client.carried.made:
        found = provider.read(id_, inputs)
        assert found.id == id_
        assert not provider.diff(id_, dict(found.outs or {}), inputs).changes, id_


def test_removal_leaves_nothing(client: Client) -> None:
    client.carried.remove()
    for provider, id_, inputs in client.carried.made:
        assert provider.read(id_, inputs).id == ""


def test_the_clients_data_is_protected_where_the_description_says_so(authority: str) -> None:
    carried = carry_out(VaultSpec(namespace=f"trial-{uuid.uuid4().hex[:8]}"), authority, protect=True)
    try:
        assert {kind for kind, protected in carried.protected.items() if protected} == {"Namespace", "KvMount"}
    finally:
        carried.remove()


def test_the_token_is_not_sent_to_a_server_that_the_description_does_not_name(
    vault: Surroundings, authority: str
) -> None:
    elsewhere = VaultSpec(namespace="trial-elsewhere", address="https://vault.example.com:8200")
    with pytest.raises(
        Exception, match=r"this environment's Vault is https://vault\.example\.com:8200, but VAULT_ADDR"
    ):
        carry_out(elsewhere, authority)
    here = VaultSpec(namespace=f"trial-{uuid.uuid4().hex[:8]}", address=vault.settings.vault_url)
    carry_out(here, authority).remove()


def test_a_second_client_cannot_take_over_the_firsts_place(client: Client, authority: str) -> None:
    """As when two descriptions name the same namespace."""
    provider, _, inputs = next(row for row in client.carried.made if "max_versions" in row[2])
    with pytest.raises(VaultError, match="belongs to something else"):
        provider.create({**inputs, "description": "Secrets of another-dev"})
