"""A provider as the engine speaks to it: over gRPC, in the engine's order."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent import futures
from dataclasses import dataclass
from typing import Any

import grpc

from sandbox.plugins.protocol import Provider, ProviderServicer, decode, encode
from sandbox.plugins.protocol.wire import provider_pb2, provider_pb2_grpc

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """Answer of Check."""

    inputs: dict[str, Any]
    failures: dict[str, str]


@dataclass(frozen=True)
class Object:
    """A resource as the engine remembers it."""

    type: str
    name: str
    id: str
    inputs: dict[str, Any]
    state: dict[str, Any]


class Plugin:
    """The engine's side of the protocol, for one provider."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
        self.stub = stub

    def configure(self, **arguments: Any) -> None:
        """Configure as the Python SDK does: nested arguments as JSON text."""
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
        urn = "urn:pulumi:test::test::pulumi:providers:aws::aws"
        checked = self.stub.CheckConfig(provider_pb2.CheckRequest(urn=urn, news=encode(texts)))
        assert not checked.failures, checked.failures
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(texts), acceptSecrets=True))

    def check(self, type: str, name: str, inputs: Properties, olds: Properties | None = None) -> Checked:
        """Validate and complete inputs."""
        answer = self.stub.Check(
            provider_pb2.CheckRequest(
                **_subject(type, name),
                news=encode(inputs),
                olds=encode(olds or {}),
                randomSeed=hashlib.sha256(name.encode()).digest(),
            )
        )
        return Checked(decode(answer.inputs), {one.property: one.reason for one in answer.failures})

    def preview(self, type: str, name: str, inputs: Properties) -> dict[str, Any]:
        """What a creation foretells."""
        checked = self.checked(type, name, inputs)
        answer = self.stub.Create(
            provider_pb2.CreateRequest(**_subject(type, name), properties=encode(checked), preview=True)
        )
        assert answer.id == ""
        return decode(answer.properties)

    def create(self, type: str, name: str, inputs: Properties) -> Object:
        """Check and create."""
        checked = self.checked(type, name, inputs)
        answer = self.stub.Create(provider_pb2.CreateRequest(**_subject(type, name), properties=encode(checked)))
        assert answer.id
        return Object(type, name, answer.id, checked, decode(answer.properties))

    def checked(self, type: str, name: str, inputs: Properties, olds: Properties | None = None) -> dict[str, Any]:
        """Inputs that must pass their check."""
        checked = self.check(type, name, inputs, olds)
        assert checked.failures == {}
        return checked.inputs

    def read(self, found: Object) -> Object | None:
        """Refresh: ``None`` when it is gone."""
        answer = self.stub.Read(
            provider_pb2.ReadRequest(
                **_subject(found.type, found.name),
                id=found.id,
                properties=encode(found.state),
                inputs=encode(found.inputs),
            )
        )
        if not answer.id:
            return None
        return Object(found.type, found.name, answer.id, decode(answer.inputs), decode(answer.properties))

    def imported(self, type: str, name: str, id: str) -> Object | None:
        """Read with nothing but an id."""
        return self.read(Object(type, name, id, {}, {}))

    def diff(self, found: Object, news: Properties) -> provider_pb2.DiffResponse:
        """What new inputs, checked here, would change."""
        answer: provider_pb2.DiffResponse = self.stub.Diff(
            provider_pb2.DiffRequest(
                **_subject(found.type, found.name),
                id=found.id,
                old_inputs=encode(found.inputs),
                olds=encode(found.state),
                news=encode(self.checked(found.type, found.name, news, found.inputs)),
            )
        )
        return answer

    def update(self, found: Object, news: Properties, *, preview: bool = False) -> Object:
        """Change in place."""
        checked = self.checked(found.type, found.name, news, found.inputs)
        answer = self.stub.Update(
            provider_pb2.UpdateRequest(
                **_subject(found.type, found.name),
                id=found.id,
                old_inputs=encode(found.inputs),
                olds=encode(found.state),
                news=encode(checked),
                preview=preview,
            )
        )
        return Object(found.type, found.name, found.id, checked, decode(answer.properties))

    def delete(self, found: Object) -> None:
        """Delete."""
        self.stub.Delete(
            provider_pb2.DeleteRequest(
                **_subject(found.type, found.name),
                id=found.id,
                properties=encode(found.state),
                old_inputs=encode(found.inputs),
            )
        )


def _subject(type: str, name: str) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:test::test::{type}::{name}", "type": type, "name": name}


@contextlib.contextmanager
def serving(provider: Provider) -> Iterator[Plugin]:
    """A provider behind a gRPC server on loopback."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderServicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
    finally:
        provider.cancel()
        server.stop(1).wait()
