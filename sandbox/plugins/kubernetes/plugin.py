"""The provider protocol's calls, translated to :mod:`sandbox.plugins.kubernetes.resources`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.plugins.kubernetes import config
from sandbox.plugins.kubernetes.changes import Changes
from sandbox.plugins.kubernetes.client import Cluster
from sandbox.plugins.kubernetes.diff import Change
from sandbox.plugins.kubernetes.errors import KubeconfigError, KubernetesError
from sandbox.plugins.kubernetes.lifecycle import Lifecycle
from sandbox.plugins.kubernetes.resources import Autonaming, NotReady, Resources
from sandbox.plugins.kubernetes.waiting import Waiter
from sandbox.plugins.kubernetes.wire import contains_unknown, from_struct, reveal, to_struct

VERSION: Final = "4.34.2"
"""The version of pulumi-kubernetes that this plugin stands in for."""

_CHANGE_KINDS: Final = {
    (Change.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Change.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Change.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Change.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Change.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Change.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class KubernetesPlugin(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, engine: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))
        self._cancelled = threading.Event()
        self._cluster: Cluster | None = None
        self._options = config.options({}, None)
        self._absence = "the provider is not configured"

    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=False, supports_autonaming_configuration=True
        )

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request, context):
        news = from_struct(request.news)
        failures = config.failures({k: v for k, v in reveal(news).items() if not contains_unknown(v)})
        kube = reveal(news).get("kubeconfig")
        if isinstance(kube, str):
            try:
                config.connection(reveal(news))
            except (KubeconfigError, ValueError) as error:
                failures.append(("kubeconfig", str(error)))
        return provider_pb2.CheckResponse(
            inputs=request.news,
            failures=[provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures],
        )

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request, context):
        values = reveal(from_struct(request.args)) if request.HasField("args") else config.decoded(request.variables)
        try:
            found = config.connection(values)
            self._cluster = Cluster(found)
            self._options = config.options(values, found)
        except KubernetesError as error:
            self._absence = str(error)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    def _resources(self, urn: str) -> Resources:
        if self._cluster is None:
            return Resources(self._options, None, self._absence)
        waiter = Waiter(self._cluster, self._cancelled, lambda text: self._log(urn, text, engine_pb2.INFO, True))
        life = Lifecycle(self._cluster, waiter, self._options, lambda text: self._log(urn, text, engine_pb2.WARNING))
        return Resources(self._options, life)

    def _log(self, urn, text, severity, ephemeral=False):
        self._engine.Log(engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=ephemeral))

    def Check(self, request, context):
        auto = Autonaming()
        if request.HasField("autonaming"):
            auto = Autonaming(request.autonaming.proposed_name, request.autonaming.mode == 2)
        inputs, failures = self._resources(request.urn).check(
            request.type, request.name, from_struct(request.olds), from_struct(request.news), request.randomSeed, auto
        )
        return provider_pb2.CheckResponse(
            inputs=to_struct(inputs),
            failures=[provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures],
        )

    def Diff(self, request, context):
        found = self._resources(request.urn).diff(
            request.urn,
            from_struct(request.old_inputs),
            from_struct(request.olds),
            from_struct(request.news),
            list(request.ignoreChanges),
        )
        return self._answer(found)

    def _answer(self, found: Changes):
        detailed = {
            d.text: provider_pb2.PropertyDiff(kind=_CHANGE_KINDS[d.change, d.replace], inputDiff=True)
            for d in found.differences
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if detailed else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=found.replaces,
            deleteBeforeReplace=found.delete_first,
            diffs=sorted({str(d.path[0]) for d in found.differences}),
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def _guard(self, context, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except NotReady as error:
            detail = provider_pb2.ErrorResourceInitFailed(
                id=error.id, properties=to_struct(error.state), reasons=error.reasons, inputs=to_struct(error.inputs)
            )
            status = status_pb2.Status(code=2, message=str(error))
            status.details.add().Pack(detail)
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except KubernetesError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def Create(self, request, context):
        def run():
            id, outputs = self._resources(request.urn).create(
                request.urn, from_struct(request.properties), seconds=request.timeout or None, preview=request.preview
            )
            return provider_pb2.CreateResponse(id=id, properties=to_struct(outputs))

        return self._guard(context, run)

    def Update(self, request, context):
        def run():
            outputs = self._resources(request.urn).update(
                request.urn,
                from_struct(request.olds),
                from_struct(request.news),
                seconds=request.timeout or None,
                preview=request.preview,
            )
            return provider_pb2.UpdateResponse(properties=to_struct(outputs))

        return self._guard(context, run)

    def Read(self, request, context):
        def run():
            found = self._resources(request.urn).read(
                request.type, request.urn, request.id, from_struct(request.properties), from_struct(request.inputs)
            )
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=found.id, properties=to_struct(found.state), inputs=to_struct(found.inputs)
            )

        return self._guard(context, run)

    def Delete(self, request, context):
        def run():
            self._resources(request.urn).delete(
                request.type, request.urn, request.id, from_struct(request.properties), seconds=request.timeout or None
            )
            return Empty()

        return self._guard(context, run)

    def Cancel(self, request, context):
        self._cancelled.set()
        if self._cluster:
            self._cluster.close()
        return Empty()
