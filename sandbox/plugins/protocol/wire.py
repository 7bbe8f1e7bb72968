"""The protocol's messages and services, as the Pulumi SDK ships them.

Importing ``pulumi.runtime.proto`` runs the whole SDK's ``__init__`` first, which a plugin has no use for and which
costs half a second at every start. The generated modules only refer to each other, so they are loaded as a package of
their own from the SDK's directory; the messages are the very same classes (protobuf keeps one per message type).
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )
else:
    _PACKAGE = f"{__name__}_generated"

    def _load(name: str) -> types.ModuleType:
        if _PACKAGE not in sys.modules:
            found = importlib.util.find_spec("pulumi")
            if found is None or not found.submodule_search_locations:
                raise ImportError("the Pulumi SDK is not installed: its generated protocol modules are needed")
            package = types.ModuleType(_PACKAGE)
            package.__path__ = [f"{root}/runtime/proto" for root in found.submodule_search_locations]
            sys.modules[_PACKAGE] = package
        return importlib.import_module(f"{_PACKAGE}.{name}")

    engine_pb2 = _load("engine_pb2")
    engine_pb2_grpc = _load("engine_pb2_grpc")
    plugin_pb2 = _load("plugin_pb2")
    provider_pb2 = _load("provider_pb2")
    provider_pb2_grpc = _load("provider_pb2_grpc")
    status_pb2 = _load("status_pb2")

__all__ = ["engine_pb2", "engine_pb2_grpc", "plugin_pb2", "provider_pb2", "provider_pb2_grpc", "status_pb2"]
