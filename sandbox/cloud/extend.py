"""How an emulated service is extended: its backend class and its response class are replaced by subclasses."""

from __future__ import annotations

import importlib
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import BaseResponse


def use(
    service: str,
    backends: BackendDict[Any],
    *,
    backend: type[BaseBackend] | None = None,
    response: type[BaseResponse] | None = None,
) -> None:
    """Serve ``service`` (the name of moto's package) from subclasses, before its first backend is made.

    Raises:
        RuntimeError: a backend of the service exists already, which would stay of the old class.
    """
    if len(backends):
        raise RuntimeError(f"{service}: a backend was made before its extension was installed")
    urls = importlib.import_module(f"moto.{service}.urls")
    if backend is not None:
        backend._url_module = property(lambda _self: urls)  # type: ignore[method-assign,assignment]
        backends.backend = backend
    if response is not None:
        for path, handler in urls.url_paths.items():
            owner = getattr(handler, "__self__", None)
            if isinstance(owner, type) and issubclass(response, owner):
                urls.url_paths[path] = getattr(response, handler.__name__)
