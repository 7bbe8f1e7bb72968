"""The engine, as a plugin calls it back: its log."""

from __future__ import annotations

import contextlib
import threading

import grpc

from sandbox.plugins.protocol.wire import engine_pb2, engine_pb2_grpc


class Engine:
    """Logs to the engine that started the plugin; connects at the first message.

    Args:
        address: ``host:port`` of the engine; ``None``: messages go nowhere (a provider used without an engine).
    """

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: engine_pb2_grpc.EngineStub | None = None

    def debug(self, message: str, urn: str = "") -> None:
        """For ``pulumi --debug``."""
        self._log(engine_pb2.DEBUG, message, urn)

    def info(self, message: str, urn: str = "") -> None:
        """Shown beneath the resource, and kept."""
        self._log(engine_pb2.INFO, message, urn)

    def status(self, message: str, urn: str = "") -> None:
        """Shown beside the resource while it is worked on, and then forgotten."""
        self._log(engine_pb2.INFO, message, urn, ephemeral=True)

    def warning(self, message: str, urn: str = "") -> None:
        """Shown beneath the resource as a warning."""
        self._log(engine_pb2.WARNING, message, urn)

    def error(self, message: str, urn: str = "") -> None:
        """Shown beneath the resource as an error; makes the operation count as failed."""
        self._log(engine_pb2.ERROR, message, urn)

    def _log(
        self, severity: engine_pb2.LogSeverity.ValueType, message: str, urn: str, *, ephemeral: bool = False
    ) -> None:
        if self._address is None:
            return
        with self._lock:
            if self._stub is None:
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError):  # the engine is going: nobody reads its log any more
            self._stub.Log(request, timeout=5)
