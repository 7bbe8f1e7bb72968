"""What is kept of an object in Pulumi's state, with secrets as secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.manifest import as_properties
from sandbox.plugins.protocol import UNKNOWN, Secret

FIELD_MANAGER: Final = "__fieldManager"
INITIAL_API_VERSION: Final = "__initialApiVersion"
INPUTS: Final = "__inputs"
_SECRET_PAYLOAD: Final = ("data", "stringData")
_UNKNOWN_BEFORE_UPDATE: Final = ("resourceVersion", "generation")
_UNKNOWN_BEFORE_CREATE: Final = ("uid", "creationTimestamp", *_UNKNOWN_BEFORE_UPDATE)
_ALLOCATED: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("", "Service"): ("clusterIP", "clusterIPs", "healthCheckNodePort"),
    ("", "PersistentVolumeClaim"): ("volumeName",),
    ("batch", "Job"): ("selector",),
}
"""Fields of ``spec`` that the server gives at creation and that a dry run gives differently."""


def outputs(kind: Kind, inputs: Mapping[str, Any], live: Mapping[str, Any], manager: str) -> dict[str, Any]:
    """The state of an object: as the server has it, and what pulumi-kubernetes keeps beside it.

    Args:
        inputs: the inputs, secrets marked.
        live: the object.
        manager: the resource's field manager.
    """
    shown = as_properties(live)
    metadata = {key: value for key, value in (shown.get("metadata") or {}).items() if key != "managedFields"}
    state: dict[str, Any] = {**shown, "metadata": metadata}
    if kind.is_secret and inputs.get("stringData") is not None:
        state["stringData"] = inputs["stringData"]
    state = dict(with_marks_of(state, inputs))
    if kind.is_secret:
        for key in _SECRET_PAYLOAD:
            if key in state and not isinstance(state[key], Secret):
                state[key] = Secret(state[key])
    state[INPUTS] = with_secret_payload(kind, inputs)
    state[INITIAL_API_VERSION] = kind.api_version
    state[FIELD_MANAGER] = manager
    return state


def previewed(kind: Kind, inputs: Mapping[str, Any], dry: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """The outputs that a dry run foretells; what only the real thing decides is unknown."""
    shown = as_properties(dry)
    metadata = {key: value for key, value in (shown.get("metadata") or {}).items() if key != "managedFields"}
    metadata |= dict.fromkeys(_UNKNOWN_BEFORE_CREATE if creating else _UNKNOWN_BEFORE_UPDATE, UNKNOWN)
    state: dict[str, Any] = {**shown, "metadata": metadata, "status": UNKNOWN}
    if creating and isinstance(state.get("spec"), Mapping):
        declared = inputs.get("spec") or {}
        spec = dict(state["spec"])
        for key in _ALLOCATED.get((kind.group, kind.kind), ()):
            if key in spec and key not in declared:
                spec[key] = UNKNOWN
        state["spec"] = spec
    if kind.is_secret and inputs.get("stringData") is not None:
        state["stringData"] = inputs["stringData"]
    state = dict(with_marks_of(state, inputs))
    return with_secret_payload(kind, state)


def with_secret_payload(kind: Kind, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with a Secret's payload marked, whatever the program said."""
    marked = dict(inputs)
    if kind.is_secret:
        for key in _SECRET_PAYLOAD:
            if marked.get(key) is not None and not isinstance(marked[key], Secret):
                marked[key] = Secret(marked[key])
    return marked


def with_marks_of(value: Any, inputs: Any) -> Any:
    """Mark as secret what the inputs mark, at the same paths."""
    if isinstance(inputs, Secret):
        return value if isinstance(value, Secret) else Secret(value)
    if isinstance(value, Mapping) and isinstance(inputs, Mapping):
        return {key: with_marks_of(entry, inputs[key]) if key in inputs else entry for key, entry in value.items()}
    if isinstance(value, list) and isinstance(inputs, list):
        return [
            with_marks_of(entry, inputs[index]) if index < len(inputs) else entry for index, entry in enumerate(value)
        ]
    return value
