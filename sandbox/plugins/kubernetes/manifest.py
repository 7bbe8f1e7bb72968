"""From a resource's inputs to what is sent to the server."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from typing import Any

from sandbox.plugins.kubernetes.kinds import Kind


def manifest(kind: Kind, inputs: Mapping[str, Any], namespace: str | None) -> dict[str, Any]:
    """The object to apply.

    ``stringData`` of a Secret is written as ``data``: the server merges the former into the latter without owning it,
    so that a key removed from it would stay. Values of ``None`` are left out.
    """
    body: dict[str, Any] = _without_none(copy.deepcopy(dict(inputs)))
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


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_none(entry) for entry in value]
    return value
