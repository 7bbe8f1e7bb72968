"""What a resource's inputs would have to be to describe the object as it is now.

A refresh compares three things: the inputs as declared, the object as the last update left it, and the object as it
is. What the server filled in or rewrote (defaults, quantities) is the same in the latter two, so only what somebody
changed shows. Which lists are merged by key, and which are one value, is read from the object's managed fields.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sandbox.plugins.kubernetes.kinds import Kind

Shape = Mapping[str, Any]
"""A FieldsV1 tree: ``f:NAME`` a field, ``k:{…}`` an item of a list merged by key, ``v:…`` an item of a set."""

_MISSING: Final = object()
_SERVER_METADATA: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


def live_inputs(
    kind: Kind, inputs: Mapping[str, Any], before: Mapping[str, Any], live: Mapping[str, Any]
) -> dict[str, Any]:
    """Inputs that describe ``live``.

    Args:
        inputs: as declared.
        before: the object as the last create, update or refresh saw it.
        live: the object as it is now, with its managed fields.

    Returns:
        ``inputs`` where nothing has changed; the live value where somebody changed it; without what somebody removed.
        What somebody added beside the declared fields is not the resource's business, as with server-side apply.
    """
    if kind.is_secret:
        keys = frozenset(inputs.get("stringData") or ())
        before, live = _readable(before, keys), _readable(live, keys)
    return _settle_map(inputs, before, live, shape_of(live))


def imported_inputs(live: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs for an object that is taken over: what anybody has set on it, without what the server fills in."""
    shape = shape_of(live)
    kept: dict[str, Any] = {}
    for key, value in live.items():
        if key == "status":
            continue
        if key in {"apiVersion", "kind"}:
            kept[key] = value
        elif key == "metadata":
            metadata = {name: entry for name, entry in value.items() if name not in _SERVER_METADATA}
            named = {name: metadata.pop(name) for name in ("name", "namespace") if name in metadata}
            kept[key] = {**named, **_owned(metadata, shape.get("f:metadata") or {})}
        elif f"f:{key}" in shape:
            kept[key] = _owned(value, shape[f"f:{key}"])
    return kept


def shape_of(live: Mapping[str, Any]) -> Shape:
    """The union of every manager's fields, without those set through the status subresource."""
    tree: dict[str, Any] = {}
    for entry in (live.get("metadata") or {}).get("managedFields") or ():
        if not entry.get("subresource"):
            _graft(tree, entry.get("fieldsV1") or {})
    return tree


def _graft(tree: dict[str, Any], branch: Shape) -> None:
    for key, value in branch.items():
        _graft(tree.setdefault(key, {}), value)


def _settle(declared: Any, before: Any, live: Any, shape: Shape | None) -> Any:
    """The value that a declared property has now.

    ``shape`` is empty where the server treats the value as one, ``None`` where no manager is recorded for it.
    """
    if live == before:
        return declared
    if isinstance(declared, Mapping) and isinstance(live, Mapping) and (shape is None or shape):
        return _settle_map(declared, before, live, shape or {})
    if shape and _is_list(declared) and _is_list(live):
        keys = _merge_keys(shape)
        if keys:
            return _settle_items(declared, before if _is_list(before) else (), live, shape, keys)
        if any(key.startswith("v:") for key in shape):
            kept = [item for item in declared if item in live]
            return kept if before is _MISSING or len(kept) < len(declared) else declared
    return live


def _settle_map(declared: Mapping[str, Any], before: Any, live: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    known = before if isinstance(before, Mapping) else {}
    found = {}
    for key, value in declared.items():
        was, now = known.get(key, _MISSING), live.get(key, _MISSING)
        if now is not _MISSING:
            found[key] = _settle(value, was, now, shape.get(f"f:{key}"))
        elif was is _MISSING:
            found[key] = value  # the server never kept it (an empty map, a write-only field)
    return found


def _settle_items(
    declared: Sequence[Any], before: Sequence[Any], live: Sequence[Any], shape: Shape, keys: Sequence[str]
) -> list[Any]:
    """Items of a list that is merged by key; what others added is left out, what is gone drops out."""
    found = []
    for item in declared:
        was, now = _match(item, before, keys), _match(item, live, keys)
        if now is not _MISSING:
            branch = next((sub for key, sub in shape.items() if _fits(key, now)), None)
            found.append(_settle(item, was, now, branch))
        elif was is _MISSING:
            found.append(item)
    return found


def _merge_keys(shape: Shape) -> tuple[str, ...]:
    for key in shape:
        if key.startswith("k:"):
            return tuple(json.loads(key[2:]))
    return ()


def _fits(key: str, item: Mapping[str, Any]) -> bool:
    return key.startswith("k:") and all(item.get(name) == value for name, value in json.loads(key[2:]).items())


def _match(item: Any, candidates: Iterable[Any], keys: Sequence[str]) -> Any:
    """The candidate with the same key; a part of the key that the item leaves to its default matches anything."""
    wanted = {key: item[key] for key in keys if isinstance(item, Mapping) and key in item}
    for candidate in candidates:
        if isinstance(candidate, Mapping) and wanted and all(candidate.get(k) == v for k, v in wanted.items()):
            return candidate
    return _MISSING


def _owned(value: Any, shape: Shape) -> Any:
    """The part of a live value that appears in the managed fields; a leaf is kept whole."""
    if isinstance(value, Mapping) and any(key.startswith("f:") for key in shape):
        return {key: _owned(entry, shape[f"f:{key}"]) for key, entry in value.items() if f"f:{key}" in shape}
    if _is_list(value) and _merge_keys(shape):
        return [_owned(item, next((sub for key, sub in shape.items() if _fits(key, item)), {})) for item in value]
    return value


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _readable(secret: Mapping[str, Any], keys: frozenset[str]) -> Mapping[str, Any]:
    """A Secret with the ``stringData`` that its ``data`` would have been written from."""
    if not keys:
        return secret
    texts = {}
    for key, value in (secret.get("data") or {}).items():
        if key in keys:
            try:
                texts[key] = base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                texts[key] = value
    metadata = dict(secret.get("metadata") or {})
    metadata["managedFields"] = [*(metadata.get("managedFields") or ()), _string_data_field(keys)]
    return {**secret, "metadata": metadata, "stringData": texts}


def _string_data_field(keys: frozenset[str]) -> dict[str, Any]:
    return {"fieldsV1": {"f:stringData": {f"f:{key}": {} for key in sorted(keys)}}}
