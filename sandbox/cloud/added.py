"""Services that moto does not have: found by host name like all others, carried out by a table of operations.

``service_store.responses`` makes the table's responses from botocore's model of the service.
"""

from __future__ import annotations

import re
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

from moto import backend_index
from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.cloud import service_store
from sandbox.cloud.service_store import Operations


def add(service: str, host: str, backend: type[BaseBackend], operations: Operations) -> BackendDict[Any]:
    """Serve a service of botocore's; its backends by account and region.

    Args:
        service: botocore's name of the service, which is the package's in moto's manner.
        host: first part of its hosts' names, which signatures name too.
        backend: keeps its resources; made with region and account.
        operations: what it can do.

    Raises:
        RuntimeError: moto has the service.
    """
    if any(name == service for name, _ in backend_index.backend_url_patterns):
        raise RuntimeError(f"moto has {service}: extend it instead")
    backends: BackendDict[Any] = BackendDict(backend, service)
    response = service_store.responses(service, backends, operations, invalid="ValidationException")
    pattern = rf"https?://{re.escape(host)}\.(.+)\.amazonaws\.com"
    urls = SimpleNamespace(url_bases=[pattern], url_paths={"{0}/(?P<path>.+)$": response.dispatch})
    backend._url_module = property(lambda _self: urls)  # type: ignore[method-assign,assignment]
    package = ModuleType(f"moto.{service}")
    setattr(package, f"{service}_backends", backends)
    sys.modules[package.__name__] = package
    backend_index.backend_url_patterns.append((service, re.compile(pattern)))
    return backends
