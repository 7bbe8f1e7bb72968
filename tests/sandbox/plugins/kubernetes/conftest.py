"""A real control plane, and the plugin as the engine runs it: a process of its own, spoken to over gRPC."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from sandbox.cluster import nodes
from sandbox.cluster.api import Client
from sandbox.cluster.controlplane import ControlPlane
from sandbox.cluster.nodes import Node
from sandbox.plugins.kubernetes import kinds, kubeconfig
from sandbox.plugins.kubernetes.client import Cluster
from sandbox.plugins.kubernetes.errors import UnknownKindError
from sandbox.settings import REPOSITORY, Settings
from sandbox.toolchain import kubebox

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


class RecordingEngine(engine_pb2_grpc.EngineServicer):
    """Takes what the plugin logs."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> Empty:
        """One message."""
        with self._changed:
            self.lines.append(request.message)
            self._changed.notify_all()
        return Empty()

    def wait_for(self, text: str) -> None:
        """Wait until a message with that text has come."""
        with self._changed:
            seen = self._changed.wait_for(lambda: any(text in line for line in self.lines), timeout=20)
        assert seen, f"{text!r} is not in {self.lines}"


class InitFailed(Exception):
    """The plugin wrote an object that is not ready."""

    def __init__(self, detail: provider_pb2.ErrorResourceInitFailed) -> None:
        super().__init__("; ".join(detail.reasons))
        self.id = detail.id
        self.state = to_dict(detail.properties)
        self.inputs = to_dict(detail.inputs)
        self.reasons = list(detail.reasons)


class Refused(Exception):
    """The plugin answered with an error."""


def to_struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """A property map on the wire."""
    return json_format.ParseDict(dict(value), struct_pb2.Struct())


def to_dict(value: struct_pb2.Struct) -> dict[str, Any]:
    """A property map off the wire, with whole numbers as such."""

    def whole(found: Any) -> Any:
        if isinstance(found, dict):
            return {key: whole(entry) for key, entry in found.items()}
        if isinstance(found, list):
            return [whole(entry) for entry in found]
        return int(found) if isinstance(found, float) and found.is_integer() else found

    result: dict[str, Any] = whole(json_format.MessageToDict(value))
    return result


def reveal(value: Any) -> Any:
    """A value without the marks of its secrets."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return reveal(value["value"])
        return {key: reveal(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [reveal(entry) for entry in value]
    return value


@dataclass
class Diff:
    """The plugin's answer to a Diff: changed paths and what they ask for."""

    changes: dict[str, str]
    replaces: list[str]
    delete_before_replace: bool


def read_diff(answer: provider_pb2.DiffResponse) -> Diff:
    """An answer off the wire."""
    kinds_of_change = provider_pb2.PropertyDiff.Kind
    changes = {path: kinds_of_change.Name(entry.kind) for path, entry in answer.detailedDiff.items()}
    assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME) is bool(changes)
    return Diff(changes, sorted(answer.replaces), answer.deleteBeforeReplace)


@dataclass
class Resource:
    """One resource as the engine would keep it: its URN, its inputs and its state."""

    plugin: Plugin
    urn: str
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    unready: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the object."""
        return str(reveal(self.state or self.inputs)["metadata"]["name"])

    @property
    def manager(self) -> str:
        """The resource's field manager."""
        return str(self.state["__fieldManager"])

    def check(self, inputs: Mapping[str, Any], seed: bytes = b"seed") -> dict[str, Any]:
        """Check new inputs against the old ones."""
        answer = self.plugin.call(
            "Check",
            provider_pb2.CheckRequest(
                urn=self.urn, olds=to_struct(self.inputs), news=to_struct(inputs), randomSeed=seed, **self._names()
            ),
        )
        failures = [f"{failure.property}: {failure.reason}" for failure in answer.failures]
        if failures:
            raise Refused("; ".join(failures))
        return to_dict(answer.inputs)

    def preview(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What a creation would make."""
        request = provider_pb2.CreateRequest(
            urn=self.urn, properties=to_struct(self.check(inputs)), preview=True, **self._names()
        )
        return to_dict(self.plugin.call("Create", request).properties)

    def create(self, inputs: Mapping[str, Any], timeout: float = 30) -> Resource:
        """Check and create."""
        checked = self.check(inputs)
        request = provider_pb2.CreateRequest(
            urn=self.urn, properties=to_struct(checked), timeout=timeout, **self._names()
        )
        answer = self.plugin.call("Create", request)
        self.id, self.inputs, self.state = answer.id, checked, to_dict(answer.properties)
        return self

    def diff(self, inputs: Mapping[str, Any], ignore: tuple[str, ...] = ()) -> Diff:
        """Check new inputs and compare them."""
        request = provider_pb2.DiffRequest(
            id=self.id,
            urn=self.urn,
            olds=to_struct(self.state),
            news=to_struct(self.check(inputs)),
            old_inputs=to_struct(self.inputs),
            ignoreChanges=ignore,
            **self._names(),
        )
        return read_diff(self.plugin.call("Diff", request))

    def update(self, inputs: Mapping[str, Any], timeout: float = 30, preview: bool = False) -> Resource:
        """Check and update."""
        checked = self.check(inputs)
        request = provider_pb2.UpdateRequest(
            id=self.id,
            urn=self.urn,
            olds=to_struct(self.state),
            news=to_struct(checked),
            old_inputs=to_struct(self.inputs),
            timeout=timeout,
            preview=preview,
            **self._names(),
        )
        answer = self.plugin.call("Update", request)
        if not preview:
            self.inputs, self.state = checked, to_dict(answer.properties)
        return self

    def refresh(self) -> bool:
        """Read into the state as the engine does, ready or not; returns whether the object is still there."""
        request = provider_pb2.ReadRequest(
            id=self.id,
            urn=self.urn,
            properties=to_struct(self.state),
            inputs=to_struct(self.inputs),
            **self._names(),
        )
        try:
            answer = self.plugin.call("Read", request)
        except InitFailed as unready:
            self.id, self.inputs, self.state = unready.id, unready.inputs, unready.state
            self.unready = unready.reasons
            return True
        self.unready = []
        if not answer.id:
            return False
        self.id, self.inputs, self.state = answer.id, to_dict(answer.inputs), to_dict(answer.properties)
        return True

    def load(self, id: str) -> bool:
        """Import an object."""
        self.id = id
        return self.refresh()

    def delete(self, timeout: float = 60) -> None:
        """Delete."""
        request = provider_pb2.DeleteRequest(
            id=self.id,
            urn=self.urn,
            properties=to_struct(self.state),
            old_inputs=to_struct(self.inputs),
            timeout=timeout,
            **self._names(),
        )
        self.plugin.call("Delete", request)

    def _names(self) -> dict[str, Any]:
        token, _, name = self.urn.rpartition("::")
        return {"name": name, "type": token.rpartition("::")[2].rpartition("$")[2]}


class Plugin:
    """A running plugin process."""

    def __init__(self) -> None:
        self.engine = RecordingEngine()
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        engine_pb2_grpc.add_EngineServicer_to_server(self.engine, self._server)
        address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.plugins.kubernetes", address],
            stdin=subprocess.PIPE,  # the plugin ends when this does
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={key: value for key, value in os.environ.items() if key != "KUBECONFIG"},
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=address), timeout=20)

    def call(self, method: str, request: Any) -> Any:
        """One call of the provider protocol; errors come back as :class:`Refused` or :class:`InitFailed`."""
        try:
            return getattr(self.stub, method)(request, timeout=120)
        except grpc.RpcError as error:
            self._raise(error)

    @staticmethod
    def _raise(error: Any) -> None:
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status = status_pb2.Status.FromString(value)
                for detail in status.details:
                    failed = provider_pb2.ErrorResourceInitFailed()
                    if detail.Unpack(failed):
                        raise InitFailed(failed) from error
        raise Refused(error.details()) from error

    def check_config(self, **config: Any) -> dict[str, Any]:
        """CheckConfig; its failures raise :class:`Refused`."""
        urn = "urn:pulumi:dev::test::pulumi:providers:kubernetes::k"
        answer = self.call("CheckConfig", provider_pb2.CheckRequest(urn=urn, news=to_struct(config)))
        if answer.failures:
            raise Refused("; ".join(f"{failure.property}: {failure.reason}" for failure in answer.failures))
        return to_dict(answer.inputs)

    def configure(self, **config: Any) -> Plugin:
        """Configure as the engine does: every value a string, or JSON."""
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
        self.call(
            "Configure",
            provider_pb2.ConfigureRequest(
                variables={f"kubernetes:config:{key}": text for key, text in texts.items()},
                args=to_struct(texts),
                acceptSecrets=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
            ),
        )
        return self

    def diff_config(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Diff:
        """What a change of the configuration means."""
        urn = "urn:pulumi:dev::test::pulumi:providers:kubernetes::k"
        request = provider_pb2.DiffRequest(
            id="1", urn=urn, olds=to_struct(old), old_inputs=to_struct(old), news=to_struct(new)
        )
        return read_diff(self.call("DiffConfig", request))

    def cancel(self) -> None:
        """As when the user presses Ctrl-C."""
        self.call("Cancel", Empty())

    def resource(self, token: str, name: str = "it") -> Resource:
        """A resource that has not been created."""
        return Resource(self, f"urn:pulumi:dev::test::kubernetes:{token}::{name}")

    def stop(self) -> None:
        """End the process."""
        self.channel.close()
        self.process.terminate()
        self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._server.stop(None)


def manifest(token: str, name: str | None = None, namespace: str | None = None, **rest: Any) -> dict[str, Any]:
    """Inputs of an object of a type token (``apps/v1:Deployment``)."""
    api_version, _, kind = token.rpartition(":")
    metadata = {"name": name, "namespace": namespace, **rest.pop("metadata", {})}
    named = {key: value for key, value in metadata.items() if value is not None}
    return {"apiVersion": api_version.removeprefix("core/"), "kind": kind, "metadata": named, **rest}


@dataclass(frozen=True)
class Kubernetes:
    """The control plane, as its administrator sees it (not through the plugin)."""

    config: Path
    client: Cluster
    admin: Client

    def get(self, token: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """The live object."""
        inputs = manifest(token, name)
        return self.client.get(self.client.ref(kinds.of(inputs), namespace, name))

    def edit(self, inputs: Mapping[str, Any], manager: str = "somebody") -> None:
        """Change an object behind the plugin's back, taking the fields over."""
        metadata = inputs["metadata"]
        ref = self.client.ref(kinds.of(inputs), metadata.get("namespace"), metadata["name"])
        self.client.apply(ref, inputs, manager=manager, force=True)

    def remove(self, token: str, name: str, namespace: str | None = None) -> None:
        """Delete an object behind the plugin's back."""
        ref = self.client.ref(kinds.of(manifest(token, name)), namespace, name)
        self.client.delete(ref, propagation="Background")

    def post(self, path: str, inputs: Mapping[str, Any]) -> None:
        """Create an object as older clients do, without server-side apply."""
        assert self.admin.create(path, dict(inputs))

    def wait_served(self, token: str) -> None:
        """Wait until a custom kind is served."""
        deadline = time.monotonic() + 20
        while True:
            try:
                self.client.endpoint(kinds.of(manifest(token)))
                return
            except UnknownKindError:
                if time.monotonic() > deadline:
                    raise

    def service_account_token(self, namespace: str, name: str = "default") -> str:
        """A token that the API server accepts."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": []}}
        answer = json.loads(self.admin._send("POST", path, request))
        return str(answer["status"]["token"])

    def admin_token(self, namespace: str) -> str:
        """A token of a service account that may do everything."""
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
        subject = {"kind": "ServiceAccount", "name": "powerful", "namespace": namespace}
        self.edit(manifest("v1:ServiceAccount", "powerful", namespace))
        token = "rbac.authorization.k8s.io/v1:ClusterRoleBinding"
        self.edit(manifest(token, f"powerful-{namespace}", roleRef=role, subjects=[subject]))
        return self.service_account_token(namespace, "powerful")

    def with_user(self, user: Mapping[str, Any]) -> str:
        """The kubeconfig with another user entry."""
        document = json.loads(self.config.read_text())
        document["users"][0]["user"] = dict(user)
        return json.dumps(document)

    def as_service_account(self, namespace: str) -> str:
        """A kubeconfig of a service account that may do nothing."""
        return self.with_user({"token": self.service_account_token(namespace)})


@pytest.fixture(scope="session")
def kubernetes(settings: Settings) -> Iterator[Kubernetes]:
    """One control plane with one node for the session."""
    plane = ControlPlane(settings, "plugin-tests")
    issuer = "https://oidc.eks.eu-central-1.amazonaws.com/id/PLUGINTESTS"
    plane.start(kubebox(), issuer=issuer, service_cidr="10.96.0.0/16", webhook=f"{settings.cloud_url}/no-such-review")
    worker = Node(
        name="worker",
        group="tests",
        address="10.0.0.1",
        zone="eu-central-1a",
        provider_id="aws:///eu-central-1a/i-0",
        instance_type="m7g.large",
        architecture="arm64",
        cpus=16,
        memory=65536,
        pods=110,
        version="1.33",
    )
    nodes.reconcile(plane.client, [worker])
    nodes.wait_ready(plane.client, [worker], lambda: False)
    config = plane.directory / "pki/admin.kubeconfig"
    client = Cluster(kubeconfig.load(str(config)))
    yield Kubernetes(config, client, plane.client)
    client.close()
    plane.stop()


@pytest.fixture(scope="session")
def plugin(kubernetes: Kubernetes) -> Iterator[Plugin]:
    """One plugin process for the session, configured for the control plane."""
    running = Plugin().configure(kubeconfig=kubernetes.config.read_text(), enableServerSideApply=True)
    yield running
    running.stop()


@pytest.fixture
def fresh_plugin() -> Iterator[Plugin]:
    """A plugin process of the test's own, not yet configured."""
    running = Plugin()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def namespace(kubernetes: Kubernetes) -> Iterator[str]:
    """A namespace of the test module's own."""
    name = f"t-{secrets.token_hex(4)}"
    kubernetes.edit(manifest("v1:Namespace", name))
    yield name
    kubernetes.remove("v1:Namespace", name)


@pytest.fixture(scope="session")
def failures() -> types.SimpleNamespace:
    """How calls fail: ``InitFailed`` and ``Refused``."""
    return types.SimpleNamespace(InitFailed=InitFailed, Refused=Refused)


@pytest.fixture(scope="session")
def unknown() -> str:
    """The mark of an unknown value."""
    return UNKNOWN


@pytest.fixture(scope="session")
def secret() -> Callable[[Any], dict[str, Any]]:
    """Marks a value as secret."""
    return lambda value: {SIGNATURE: SECRET, "value": value}


@pytest.fixture(scope="session")
def secret_of() -> Callable[[Any], Any]:
    """The value of what must be marked as secret."""

    def value(found: Any) -> Any:
        assert isinstance(found, dict)
        assert found.get(SIGNATURE) == SECRET, "not marked as secret"
        return found["value"]

    return value


@pytest.fixture(scope="session")
def declare() -> Callable[..., dict[str, Any]]:
    """The maker of inputs, for test modules."""
    return manifest
