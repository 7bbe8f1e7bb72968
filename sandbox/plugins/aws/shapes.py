"""Values between Pulumi's names and AWS's, guided by botocore's own model of each operation."""

from __future__ import annotations

import base64
import datetime
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sandbox.plugins.protocol import ProviderError

_ACRONYM: Final = re.compile(r"^[A-Z]+(?=[A-Z][a-z]|$|[0-9])|^[A-Z]")
_NO_MARK: Final = re.compile(r"[^a-z0-9]")


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """AWS's name in Pulumi's way: ``DBName`` gives ``dbName``, ``KmsKeyId`` gives ``kmsKeyId``."""
    return _ACRONYM.sub(lambda match: match.group().lower(), name)


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name without its capitals and marks, for comparing."""
    return _NO_MARK.sub("", name.lower())


def member(shape: Shape, name: str) -> str | None:
    """The member of a structure that a name means, if it has one."""
    if not isinstance(shape, StructureShape):
        return None
    if name in shape.members:
        return name
    wanted = plain(name)
    return next((found for found in shape.members if plain(found) == wanted), None)


def to_api(value: Any, shape: Shape, names: Mapping[str, str], path: str) -> Any:
    """A value as an operation takes it.

    Raises:
        ProviderError: a nested member that the operation does not know, or a value that is not of its type.
    """
    try:
        return _to_api(value, shape, names, path)
    except (ValueError, TypeError) as error:
        raise ProviderError(f"{path}: {value!r} is no {shape.type_name} ({error})") from error


def _to_api(value: Any, shape: Shape, names: Mapping[str, str], path: str) -> Any:
    if value is None:
        return None
    if isinstance(shape, StructureShape):
        found = {}
        for key, item in value.items():
            name = member(shape, names.get(key, key))
            if name is None:
                raise ProviderError(
                    f"{path}.{key} is not known to AWS; known are {', '.join(map(camel, shape.members))}"
                )
            if item is not None:
                found[name] = _to_api(item, shape.members[name], names, f"{path}.{key}")
        return found
    if isinstance(shape, ListShape):
        if isinstance(value, Mapping) and isinstance(shape.member, StructureShape) and "Key" in shape.member.members:
            return [{"Key": key, "Value": str(item)} for key, item in value.items()]
        items = value if isinstance(value, list | tuple) else [value]
        return [_to_api(item, shape.member, names, f"{path}[{index}]") for index, item in enumerate(items)]
    if isinstance(shape, MapShape):
        return {key: _to_api(item, shape.value, names, f"{path}.{key}") for key, item in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    match kind:
        case "boolean" if isinstance(value, str):
            if value.lower() not in {"true", "false"}:
                raise ValueError("it must be true or false")
            return value.lower() == "true"
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case "string" if isinstance(value, bool):
            return "true" if value else "false"
        case "string":
            return str(value)
        case "blob" if isinstance(value, str):
            return base64.b64decode(value)
        case _:
            return value


def from_api(value: Any, names: Mapping[str, str]) -> Any:
    """A value of an answer in Pulumi's names (``names``: Pulumi's to AWS's, where it is not mechanical)."""
    return _from_api(value, {theirs: ours for ours, theirs in names.items()})


def _from_api(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case Mapping():
            return {
                names.get(key, camel(key)): _from_api(item, names) for key, item in value.items() if item is not None
            }
        case list() if value and all(isinstance(one, dict) and one.keys() == {"Key", "Value"} for one in value):
            return {one["Key"]: one["Value"] for one in value}
        case list() | tuple():
            return [_from_api(item, names) for item in value]
        case datetime.datetime():
            return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return value
