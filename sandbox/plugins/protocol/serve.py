"""A provider as the process that the engine starts: ``pulumi-resource-NAME ENGINE_ADDRESS``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Final

import grpc

from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.provider import Provider
from sandbox.plugins.protocol.servicer import ProviderServicer
from sandbox.plugins.protocol.wire import provider_pb2_grpc

_THREADS: Final = 32
"""Calls served at once. The engine makes four a processor by default; most of them wait for the API."""
_MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""Largest message, as in the engine's and the SDK's own channels (``rpcutil``)."""
_GRACE: Final = 2.0
"""Seconds that calls in flight get to end after a signal; the engine kills after five."""


def serve(provider: Provider) -> None:
    """Serve the provider until the engine goes, and leave.

    Prints the port on stdout, as the engine expects, and logs to the engine whose address is the last argument.
    Ends on SIGINT (how the engine stops plugins), on SIGTERM, and when its standard input, which the engine holds
    open, reaches its end: so a killed engine leaves no plugin behind.
    """
    ended = threading.Event()

    def end(*_: object) -> None:
        provider.cancel()
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    address = next((argument for argument in reversed(sys.argv[1:]) if not argument.startswith("-")), None)
    provider.engine = Engine(address)
    server = grpc.server(
        futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="call"),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderServicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    if address is not None:  # started by hand, to be attached to: the terminal's input is no sign of life
        threading.Thread(target=_watch, args=(end,), daemon=True, name="watch").start()
    ended.wait()
    server.stop(_GRACE).wait(_GRACE)
    sys.stdout.flush()
    os._exit(0)  # calls that ignored the cancellation hold non-daemon threads


def _watch(end: Callable[[], None]) -> None:
    """Call ``end`` once standard input is at its end, which is when its writer, the engine, is gone."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    end()
