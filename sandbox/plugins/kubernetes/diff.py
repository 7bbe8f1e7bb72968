"""What differs between two sets of inputs, as paths that the engine shows, and which of it needs a new object."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
_PLAIN = re.compile(r"[A-Za-z_$][\w$]*")
_MISSING = object()


class Change(enum.Enum):
    """How a property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that differs, and whether only a new object can carry the new value."""

    path: Path
    change: Change
    replace: bool = False

    @property
    def text(self) -> str:
        """The path as the engine writes property paths: ``spec.ports[0].port``, ``metadata.labels["a.b/c"]``."""
        parts: list[str] = []
        for step in self.path:
            if isinstance(step, int):
                parts.append(f"[{step}]")
            elif _PLAIN.fullmatch(step):
                parts.append(f".{step}" if parts else step)
            else:
                escaped = step.replace("\\", "\\\\").replace('"', '\\"')
                parts.append(f'["{escaped}"]')
        return "".join(parts)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Every property that differs, at the deepest level; ``None`` counts as absent."""
    return list(_compare((), old, new))


def _compare(path: Path, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _entry((*path, key), old.get(key, _MISSING), new.get(key, _MISSING))
    elif _is_list(old) and _is_list(new):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _MISSING
            after = new[index] if index < len(new) else _MISSING
            yield from _entry((*path, index), before, after)
    elif not _same(old, new):
        yield Difference(path, Change.UPDATE)


def _entry(path: Path, old: Any, new: Any) -> Iterator[Difference]:
    missing_before, missing_after = old is _MISSING or old is None, new is _MISSING or new is None
    if missing_before and missing_after:
        return
    if missing_before:
        yield Difference(path, Change.ADD)
    elif missing_after:
        yield Difference(path, Change.DELETE)
    else:
        yield from _compare(path, old, new)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _same(old: Any, new: Any) -> bool:
    """Equal values; ``1`` and ``1.0`` are the same number, ``1`` and ``True`` are not the same thing."""
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


def mark_replacing(differences: Sequence[Difference], fields: Collection[str]) -> list[Difference]:
    """Mark the differences that touch one of ``fields`` (dotted paths; list indices do not count)."""
    wanted = [tuple(field.split(".")) for field in fields]

    def touches(path: Path) -> bool:
        names = tuple(step for step in path if isinstance(step, str))
        return any(names[: len(field)] == field or field[: len(names)] == names for field in wanted)

    return [
        Difference(difference.path, difference.change, difference.replace or touches(difference.path))
        for difference in differences
    ]


def without_ignored(differences: Sequence[Difference], ignored: Collection[str]) -> list[Difference]:
    """Drop what ``ignoreChanges`` covers (property paths; ``*`` stands for one step)."""
    patterns = [_steps(path) for path in ignored]

    def covered(path: Path) -> bool:
        return any(
            len(pattern) <= len(path)
            and all(step in {"*", str(found)} for step, found in zip(pattern, path, strict=False))
            for pattern in patterns
        )

    return [difference for difference in differences if not covered(difference.path)]


def _steps(path: str) -> list[str]:
    r"""Split a property path: ``a.b["c.d"][0]`` gives ``a``, ``b``, ``c.d``, ``0``."""
    found = re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.\[\]]+)', path)
    return [re.sub(r"\\(.)", r"\1", quoted) or index or name for quoted, index, name in found]


def lookup(value: Any, path: Path) -> Any:
    """The value at a path, ``None`` where there is none."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if _is_list(value) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
