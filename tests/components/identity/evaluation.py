"""Decides a request by policy documents, as AWS does: a deny wins, an allow is needed, a ceiling must allow as well.

Only what the kit's documents use is understood; anything else is an error, never a guess. (IAM User Guide, *Policy
evaluation logic* and *IAM JSON policy elements: Condition operators*. No library on PyPI evaluates documents with
conditions offline and is maintained: PMapper does, and stopped in 2022; Parliament, Policy Sentry and Cloudsplaining
read documents without deciding requests.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Request:
    """One request: ``context`` holds condition keys and their values."""

    action: str
    resource: str
    context: Context


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def like(text: str, pattern: str) -> bool:
    """Whether text fits a pattern of ``*`` and ``?``."""
    return _pattern(pattern).fullmatch(text) is not None


def _arn_like(text: str, pattern: str) -> bool:
    """ARNs are compared part by part, so that ``*`` does not reach across colons before the resource."""
    parts, patterns = text.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(like, parts, patterns))


OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (lambda found, wanted: found == wanted, False),
    "StringNotEquals": (lambda found, wanted: found == wanted, True),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (_arn_like, False),
    "ArnLike": (_arn_like, False),
    "ArnNotLike": (_arn_like, True),
    "Bool": (lambda found, wanted: found.lower() == wanted.lower(), False),
}
"""Comparison, and whether the operator is its negation (which holds where the key is missing)."""


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _holds(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    found = {name.lower(): value for name, value in context.items()}.get(key.lower())
    if operator == "Null":
        return (found is None) == (wanted[0] == "true")
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    compare, negated = OPERATORS[name.removesuffix("IfExists")]

    def test(value: str) -> bool:
        return any(compare(value, one) for one in wanted) != negated

    if quantifier:
        values = _listed(found) if found is not None else []
        return {"ForAnyValue": any, "ForAllValues": all}[quantifier](map(test, values))
    if found is None:
        return optional or negated
    (value,) = _listed(found)
    return test(value)


def _speaks_of(statement: Mapping[str, Any], request: Request) -> bool:
    excluded = "NotAction" in statement
    actions = _listed(statement["NotAction" if excluded else "Action"])
    if any(like(request.action.lower(), action.lower()) for action in actions) == excluded:
        return False
    if not any(like(request.resource, pattern) for pattern in _listed(statement["Resource"])):
        return False
    return all(
        _holds(operator, key, _listed(wanted), request.context)
        for operator, tests in statement.get("Condition", {}).items()
        for key, wanted in tests.items()
    )


def allowed(request: Request, *layers: Sequence[str]) -> bool:
    """Whether every layer allows a request and none denies it.

    Args:
        layers: documents by layer: the identity's own, its boundary, the organization's.
    """
    for documents in layers:
        effects = {
            statement["Effect"]
            for document in documents
            for statement in json.loads(document)["Statement"]
            if _speaks_of(statement, request)
        }
        if effects != {"Allow"}:
            return False
    return True
