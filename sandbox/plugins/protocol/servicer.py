"""The engine's provider protocol (``ResourceProvider`` of ``provider.proto``) over a :class:`Provider`."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty

from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.errors import InitializationError, ProviderError
from sandbox.plugins.protocol.provider import (
    Autonaming,
    Checked,
    CheckRequest,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    Provider,
    ReadRequest,
    UpdateRequest,
)
from sandbox.plugins.protocol.values import decode, encode, reveal
from sandbox.plugins.protocol.wire import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

Answer = TypeVar("Answer")

_KINDS: Final = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class ProviderServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Translates the engine's calls. Safe to be called from many threads, as the provider must be."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    # -- the plugin as a whole ----------------------------------------------------------------------------------------

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """What this plugin understands; must agree with the answer of Configure."""
        self._provider.engine = Engine(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=True, supports_autonaming_configuration=True
        )

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Empty:
        """The engine found this plugin running (PULUMI_DEBUG_PROVIDERS) and gives its address."""
        self._provider.engine = Engine(request.address)
        return Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The version of the SDK that the plugin stands in for."""
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The package's name and version; the SDKs exist, so that no schema is needed to make them."""
        schema = {"name": self._provider.name, "version": self._provider.version}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def GetMapping(self, request: Any, context: grpc.ServicerContext) -> Any:
        """No mapping from another ecosystem."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: grpc.ServicerContext) -> Any:
        """No mapping from another ecosystem."""
        return provider_pb2.GetMappingsResponse()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Empty:
        """Waiting operations give up."""
        self._provider.cancel()
        return Empty()

    # -- configuration ------------------------------------------------------------------------------------------------

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Validate the provider's configuration."""
        return self._guard(context, lambda: _checked(self._provider.check_config(_check_request(request))))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare configurations."""
        return self._guard(context, lambda: _diff(self._provider.diff_config(_diff_request(request))))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take the configuration."""

        def configure() -> Any:
            if request.HasField("args"):
                config = reveal(decode(request.args))
            else:
                config = {key.rpartition(":")[2]: value for key, value in request.variables.items()}
            self._provider.configure(config)
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True,
                supportsPreview=True,
                acceptResources=False,
                acceptOutputs=True,
                supports_autonaming_configuration=True,
            )

        return self._guard(context, configure)

    # -- resources ----------------------------------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Validate and complete inputs."""
        return self._guard(context, lambda: _checked(self._provider.check(_check_request(request))))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Say what a change of inputs means."""
        return self._guard(context, lambda: _diff(self._provider.diff(_diff_request(request))))

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Create, or foretell at preview."""

        def create() -> Any:
            made = self._provider.create(
                CreateRequest(
                    **_subject(request),
                    inputs=decode(request.properties),
                    timeout=request.timeout,
                    preview=request.preview,
                )
            )
            return provider_pb2.CreateResponse(id=made.id, properties=encode(made.state))

        return self._guard(context, create)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Read; an answer without an id says that it is gone."""

        def read() -> Any:
            found = self._provider.read(
                ReadRequest(
                    **_subject(request),
                    id=request.id,
                    state=decode(request.properties),
                    inputs=decode(request.inputs),
                    timeout=request.timeout,
                )
            )
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(id=found.id, properties=encode(found.state), inputs=encode(found.inputs))

        return self._guard(context, read)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Update in place, or foretell at preview."""

        def update() -> Any:
            state = self._provider.update(
                UpdateRequest(
                    **_subject(request),
                    id=request.id,
                    old_inputs=decode(request.old_inputs),
                    old_state=decode(request.olds),
                    inputs=decode(request.news),
                    ignore_changes=tuple(request.ignoreChanges),
                    timeout=request.timeout,
                    preview=request.preview,
                )
            )
            return provider_pb2.UpdateResponse(properties=encode(state))

        return self._guard(context, update)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Empty:
        """Delete; what is gone already was deleted."""

        def delete() -> Empty:
            self._provider.delete(
                DeleteRequest(
                    **_subject(request),
                    id=request.id,
                    state=decode(request.properties),
                    old_inputs=decode(request.old_inputs),
                    timeout=request.timeout,
                )
            )
            return Empty()

        return self._guard(context, delete)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Call a function of the package."""

        def invoke() -> Any:
            found = self._provider.invoke(request.tok, decode(request.args), preview=request.preview)
            answer = provider_pb2.InvokeResponse()
            getattr(answer, "return").CopyFrom(encode(found))
            return answer

        return self._guard(context, invoke)

    # -- errors -------------------------------------------------------------------------------------------------------

    def _guard(self, context: grpc.ServicerContext, call: Callable[[], Answer]) -> Answer:
        """Run a call; errors become gRPC statuses whose message the engine shows as it is."""
        try:
            return call()
        except InitializationError as error:
            _abort_partial(context, error)
        except ProviderError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except Exception as error:  # a defect: the traceback is what helps, and the engine must get an answer
            text = "".join(traceback.format_exception(error))
            context.abort(grpc.StatusCode.INTERNAL, f"a defect of the sandbox's {self._provider.name} plugin:\n{text}")


def _abort_partial(context: grpc.ServicerContext, error: InitializationError) -> NoReturn:
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.id, properties=encode(error.state), reasons=list(error.reasons)
    )
    if error.inputs is not None:
        detail.inputs.CopyFrom(encode(error.inputs))
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=str(error))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, str(error))


def _subject(request: Any) -> dict[str, str]:
    """URN, type and name of a request; engines before 3.140 leave the latter two to be read off the URN."""
    _, _, rest = request.urn.partition("urn:pulumi:")
    parts = rest.split("::", 3)
    type_token = parts[2].rpartition("$")[2] if len(parts) > 2 else ""
    name = parts[3] if len(parts) > 3 else ""
    return {"urn": request.urn, "type": request.type or type_token, "name": request.name or name}


def _check_request(request: Any) -> CheckRequest:
    autonaming = None
    if request.HasField("autonaming"):
        options = provider_pb2.CheckRequest.AutonamingOptions
        autonaming = Autonaming(
            proposed=request.autonaming.proposed_name,
            enforced=request.autonaming.mode == options.ENFORCE,
            disabled=request.autonaming.mode == options.DISABLE,
        )
    return CheckRequest(
        **_subject(request),
        inputs=decode(request.news),
        old_inputs=decode(request.olds),
        random_seed=request.randomSeed,
        autonaming=autonaming,
    )


def _checked(checked: Checked) -> Any:
    return provider_pb2.CheckResponse(
        inputs=encode(checked.inputs),
        failures=[
            provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in checked.failures
        ],
    )


def _diff_request(request: Any) -> DiffRequest:
    return DiffRequest(
        **_subject(request),
        id=request.id,
        old_inputs=decode(request.old_inputs),
        old_state=decode(request.olds),
        inputs=decode(request.news),
        ignore_changes=tuple(request.ignoreChanges),
    )


def _diff(diff: Diff) -> Any:
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if diff.changes else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=_top(diff.changes),
        replaces=_top(path for path, change in diff.changes.items() if change.replace),
        deleteBeforeReplace=diff.delete_first,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replace], inputDiff=change.from_inputs)
            for path, change in diff.changes.items()
        },
        hasDetailedDiff=True,
    )


def _top(paths: Iterable[str]) -> list[str]:
    """The properties that paths start with, each once, in order."""
    return list(dict.fromkeys(path.partition(".")[0].partition("[")[0] or path for path in paths))
