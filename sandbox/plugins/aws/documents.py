"""JSON documents and IAM policies compared by what they say."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

_LISTS: Final = frozenset({"Action", "NotAction", "Resource", "NotResource"})
_PRINCIPALS: Final = frozenset({"Principal", "NotPrincipal"})
_ACCOUNT: Final = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


@lru_cache(maxsize=512)
def canonical_json(text: str) -> str:
    """The document without the freedom of white space and of the order of keys; text that is no JSON stays."""
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    except ValueError:
        return text


@lru_cache(maxsize=512)
def canonical_policy(text: str) -> str:
    """The policy in one form: one-element lists as scalars, lists in order, an account as its number.

    These are the differences that IAM itself makes when it gives a policy back (IAM User Guide, «IAM JSON policy
    elements reference»).
    """
    try:
        document = json.loads(text)
    except ValueError:
        return text
    if not isinstance(document, dict):
        return canonical_json(text)
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    document = {**document, "Statement": [_statement(one) for one in statements]}
    if document.get("Id") in {None, ""}:
        document.pop("Id", None)
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    found = {key: value for key, value in statement.items() if not (key == "Sid" and not value)}
    for key in found.keys() & _LISTS:
        found[key] = _ordered(found[key])
    for key in found.keys() & _PRINCIPALS:
        found[key] = _principal(found[key])
    if isinstance(found.get("Condition"), dict):
        found["Condition"] = {
            operator: {name: _ordered(value) for name, value in tests.items()} if isinstance(tests, dict) else tests
            for operator, tests in found["Condition"].items()
        }
    return found


def _principal(principal: Any) -> Any:
    if not isinstance(principal, dict):
        return {"AWS": "*"} if principal == "*" else principal
    return {kind: _ordered(value, account=kind == "AWS") for kind, value in principal.items()}


def _ordered(value: Any, *, account: bool = False) -> Any:
    values = [_text(one) for one in (value if isinstance(value, list) else [value])]
    if account:
        values = [_ACCOUNT.sub(r"\1", one) for one in values]
    unique = sorted(set(values))
    return unique[0] if len(unique) == 1 else unique


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
