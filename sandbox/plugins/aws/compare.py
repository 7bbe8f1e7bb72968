"""Whether what is there is what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws.documents import canonical_json, canonical_policy
from sandbox.plugins.aws.model import Form
from sandbox.plugins.protocol import UNKNOWN

_SETS: Final = frozenset({Form.SET, Form.POLICY})


def holds(wanted: Any, live: Any, form: Form = Form.PLAIN) -> bool:
    """Whether a live value is what is wanted. Members that are not asked for may have any value.

    An absent value, ``False``, an empty text, list or map are the same, as they are in AWS's answers.
    """
    if wanted is UNKNOWN or live is UNKNOWN:
        return wanted is live
    if is_empty(wanted) and is_empty(live):
        return True
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        if form in {Form.MAP, Form.PAIRS} and wanted.keys() != live.keys():
            return False
        return all(holds(value, live.get(key), form) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list):
        return _hold(wanted, live, form)
    if is_empty(wanted) or is_empty(live):
        return False
    return _same(wanted, live, form)


def _hold(wanted: list[Any], live: list[Any], form: Form) -> bool:
    if len(wanted) == len(live) and all(holds(one, other, form) for one, other in zip(wanted, live, strict=True)):
        return True
    return form in _SETS and match(wanted, live, form) is not None


def match(wanted: list[Any], live: list[Any], form: Form = Form.SET) -> list[int] | None:
    """For sets: which live element is each wanted one; ``None`` when they are not the same set."""
    left = dict(enumerate(live))
    found: list[int] = []
    for one in wanted:
        index = next((index for index, other in left.items() if holds(one, other, form)), None)
        if index is None:
            if any(holds(one, live[index], form) for index in found):
                continue  # said twice
            return None
        found.append(index)
        del left[index]
    return None if left else found


def _same(wanted: Any, live: Any, form: Form) -> bool:
    if isinstance(wanted, Mapping | list) or isinstance(live, Mapping | list):
        return False
    match form:
        case Form.POLICY:
            return canonical_policy(str(wanted)) == canonical_policy(str(live))
        case Form.JSON:
            return canonical_json(str(wanted)) == canonical_json(str(live))
        case Form.DOTLESS:
            return str(wanted).removesuffix(":*").rstrip(".") == str(live).removesuffix(":*").rstrip(".")
        case Form.KEY:
            return str(wanted).rpartition("/")[2] == str(live).rpartition("/")[2]
        case Form.VERSION:
            return f"{live}.".startswith(f"{wanted}.")
        case Form.NOCASE:
            return str(wanted).lower() == str(live).lower()
        case _:
            return bool(wanted == live) or _text(wanted) == _text(live)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def is_empty(value: Any) -> bool:
    """Whether a value says nothing."""
    return value is None or value is False or (isinstance(value, str | list | Mapping) and len(value) == 0)


def settled(wanted: Any, live: Any, form: Form = Form.PLAIN) -> Any:
    """The live value, in the words of the wanted one where both say the same: its order, its white space."""
    if wanted is UNKNOWN:
        return live
    if live is None:
        return wanted if is_empty(wanted) else None
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return {key: settled(wanted.get(key), value, form) if key in wanted else value for key, value in live.items()}
    if isinstance(wanted, list) and isinstance(live, list):
        if len(wanted) == len(live) and all(holds(one, other, form) for one, other in zip(wanted, live, strict=True)):
            return [settled(one, other, form) for one, other in zip(wanted, live, strict=True)]
        found = match(wanted, live, form) if form in _SETS else None
        if found is not None and len(found) == len(wanted):
            return [settled(one, live[index], form) for one, index in zip(wanted, found, strict=True)]
        return wanted if found is not None else live
    return wanted if wanted is not None and holds(wanted, live, form) else live


def restricted(live: Any, pattern: Any, form: Form = Form.PLAIN) -> Any:
    """The live value without nested members that the pattern does not have (but those of the user's own maps)."""
    if isinstance(live, Mapping) and isinstance(pattern, Mapping) and form not in {Form.MAP, Form.PAIRS}:
        return {key: restricted(live[key], pattern[key], form) for key in pattern if key in live}
    if isinstance(live, list) and isinstance(pattern, list) and len(live) == len(pattern):
        return [restricted(one, other, form) for one, other in zip(live, pattern, strict=True)]
    return live
