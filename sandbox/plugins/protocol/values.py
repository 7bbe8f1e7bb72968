"""Property values: from the engine's encoding to plain Python and back.

In Python a property is ``None``, a ``bool``, ``int``, ``float``, ``str``, ``list`` or ``dict``; :data:`UNKNOWN`
where preview does not know it yet; :class:`Secret` around a value that must stay secret. Source of the signatures and
sentinels: ``sdk/go/common/resource/plugin/rpc.go`` and ``sdk/go/common/resource/sig`` of pulumi.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import struct_pb2

Properties = Mapping[str, Any]
"""Properties of a resource by their names in Pulumi (camelCase)."""


class _Unknown:
    """Type of :data:`UNKNOWN`. Has no truth value, so that no one decides on what is not known."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: test «value is UNKNOWN» first")

    def __copy__(self) -> _Unknown:
        return self

    def __deepcopy__(self, memo: object) -> _Unknown:
        return self


UNKNOWN: Final = _Unknown()
"""A value that only ``up`` will know. There is one instance: compare with ``is``."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine encrypts in its state and hides in its output."""

    value: Any = field(repr=False)


_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a published signature)
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


def decode(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Properties as the engine sends them, in plain Python.

    Raises:
        ValueError: a value of a kind that no resource here takes (an asset or an archive).
    """
    return {key: _decode(value) for key, value in properties.fields.items()}


def _decode(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_object(decode(value.struct_value))
        case _:
            return None


def _decode_object(fields: dict[str, Any]) -> Any:
    match fields.get(_SIGNATURE):
        case None:
            return fields
        case signature if signature == _SECRET:
            return Secret(fields.get("value"))
        case signature if signature == _OUTPUT:
            value = fields.get("value", UNKNOWN)
            return Secret(value) if fields.get("secret") else value
        case signature if signature == _RESOURCE:
            return fields.get("id", fields.get("urn"))
        case signature:
            raise ValueError(f"a property value with signature {signature}: assets and archives are not served")


def encode(properties: Properties) -> struct_pb2.Struct:
    """Plain Python properties as the engine reads them.

    Raises:
        TypeError: a value that has no encoding (a date, for instance); the message names its path.
    """
    found = struct_pb2.Struct()
    for key, value in properties.items():
        _encode(value, found.fields[key], key)
    return found


def _encode(value: Any, into: struct_pb2.Value, path: str) -> None:
    match value:
        case None:
            into.null_value = struct_pb2.NULL_VALUE
        case _Unknown():
            into.string_value = _UNKNOWN_STRING
        case bool():
            into.bool_value = value
        case int() | float():
            into.number_value = value
        case str():
            into.string_value = value
        case Secret():
            into.struct_value.fields[_SIGNATURE].string_value = _SECRET
            _encode(value.value, into.struct_value.fields["value"], path)
        case Mapping():
            into.struct_value.SetInParent()
            for key, item in value.items():
                _encode(item, into.struct_value.fields[key], f"{path}.{key}")
        case Sequence():
            into.list_value.SetInParent()
            for index, item in enumerate(value):
                _encode(item, into.list_value.values.add(), f"{path}[{index}]")
        case _:
            raise TypeError(f"{path}: a {type(value).__name__} is no property value")


def reveal(value: Any) -> Any:
    """The value without its secret marks, at any depth. Unknowns stay."""
    match value:
        case Secret():
            return reveal(value.value)
        case Mapping():
            return {key: reveal(item) for key, item in value.items()}
        case list() | tuple():
            return [reveal(item) for item in value]
        case _:
            return value


def contains_unknown(value: Any) -> bool:
    """Whether the value is, or holds at any depth, something that is not known yet."""
    match value:
        case _Unknown():
            return True
        case Secret():
            return contains_unknown(value.value)
        case Mapping():
            return any(contains_unknown(item) for item in value.values())
        case list() | tuple():
            return any(contains_unknown(item) for item in value)
        case _:
            return False


def contains_secret(value: Any) -> bool:
    """Whether the value is, or holds at any depth, a secret."""
    match value:
        case Secret():
            return True
        case Mapping():
            return any(contains_secret(item) for item in value.values())
        case list() | tuple():
            return any(contains_secret(item) for item in value)
        case _:
            return False
