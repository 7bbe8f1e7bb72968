"""From a resource's inputs to what is sent to the server, and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.kubernetes.kinds import Kind

_SDKS: Final = "x_kubernetes_"
_SERVERS: Final = "x-kubernetes-"
"""The SDKs allow no dash in a name: ``x-kubernetes-list-type`` of a CustomResourceDefinition is written with ``_``."""


def manifest(kind: Kind, inputs: Mapping[str, Any], namespace: str | None) -> dict[str, Any]:
    """The object to apply.

    ``stringData`` of a Secret is written as ``data``: the server merges the former into the latter without owning it,
    so that a key removed from it would stay. Values of ``None`` are left out.
    """
    body: dict[str, Any] = _renamed(inputs, _SDKS, _SERVERS)
    body["apiVersion"] = kind.api_version
    metadata = body.setdefault("metadata", {})
    if namespace is None:
        metadata.pop("namespace", None)
    else:
        metadata["namespace"] = namespace
    if kind.is_secret and "stringData" in body:
        texts = body.pop("stringData")
        encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
        body["data"] = {**(body.get("data") or {}), **encoded}
    return body


def as_properties(live: Mapping[str, Any]) -> dict[str, Any]:
    """A live object as the SDKs spell it (``x_kubernetes_…``)."""
    found: dict[str, Any] = _renamed(live, _SERVERS, _SDKS)
    return found


def _renamed(value: Any, old: str, new: str) -> Any:
    """Rename the keys that start with ``old``, and leave out ``None``."""
    if isinstance(value, Mapping):
        return {
            new + key.removeprefix(old).replace(old[-1], new[-1]) if key.startswith(old) else key: _renamed(
                entry, old, new
            )
            for key, entry in value.items()
            if entry is not None
        }
    if isinstance(value, list):
        return [_renamed(entry, old, new) for entry in value]
    return value
