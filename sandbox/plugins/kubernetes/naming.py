"""Names and namespaces that a resource leaves open."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.protocol import Autonaming

AUTONAMED: Final = "pulumi.com/autonamed"
_DIGITS: Final = 8


def automatic(logical_name: str, seed: bytes) -> str:
    """A name for an object that was given none: the logical name and eight hexadecimal digits.

    Args:
        seed: the engine's random seed, from which preview and update make the same name; empty for a random one.
    """
    digits = hashlib.sha256(seed).hexdigest()[:_DIGITS] if seed else secrets.token_hex(_DIGITS // 2)
    return f"{logical_name}-{digits}"


def choose(
    logical_name: str, olds: Mapping[str, Any], seed: bytes, autonaming: Autonaming | None
) -> tuple[str | None, str]:
    """A name for an object that is given none: the automatic one it had, the stack's wish, or a new one.

    Returns:
        The name, or ``None`` and why it has to be given.
    """
    if is_autonamed(olds):
        return str(olds["metadata"]["name"]), ""
    if autonaming is not None and autonaming.disabled:
        return None, "a name is needed: automatic names are switched off (pulumi:autonaming)"
    if autonaming is not None and autonaming.proposed:
        return autonaming.proposed, ""
    return automatic(logical_name, seed), ""


def field_manager(urn: str) -> str:
    """The field manager of a resource: the same in every run, also in one after a creation that was cut off."""
    return f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:_DIGITS]}"


def is_autonamed(inputs: Mapping[str, Any]) -> bool:
    """Whether the name was made here."""
    metadata = inputs.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return isinstance(annotations, Mapping) and annotations.get(AUTONAMED) == "true"


def with_name(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The inputs with an automatic name and the mark that says so."""
    metadata = dict(inputs.get("metadata") or {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), AUTONAMED: "true"}
    metadata["name"] = name
    return {**inputs, "metadata": metadata}


def with_namespace(inputs: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """The inputs with a namespace."""
    return {**inputs, "metadata": {**(inputs.get("metadata") or {}), "namespace": namespace}}
