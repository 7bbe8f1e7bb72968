"""Resource policies as AWS evaluates them: principals, actions, resources, conditions.

Source: IAM User Guide, *Policy evaluation logic* and *IAM JSON policy elements: Condition operators*. A condition
operator that is not known here is refused when the policy is written, never ignored.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Final


class Decision(Enum):
    """What a policy says of a request; an explicit denial outweighs every permission."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"


class MalformedPolicy(ValueError):
    """A document that AWS would not store."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that is to be judged.

    Attributes:
        action, resource: ``s3:GetObject``, an ARN.
        account, arn: the principal; of a role session the session's ARN.
        service: the service principal (``cloudtrail.amazonaws.com``) where AWS itself asks.
        context: condition keys in small letters.
    """

    action: str
    resource: str
    account: str = ""
    arn: str = ""
    service: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def principals(self) -> frozenset[str]:
        """Every way to name the principal in a policy."""
        if self.service:
            return frozenset({self.service})
        found = {self.arn, self.account, f"arn:aws:iam::{self.account}:root"}
        session = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.+", self.arn)
        if session:
            found.add(f"arn:aws:iam::{session[1]}:role/{session[2]}")
        return frozenset(found)


def decide(text: str | bytes, asking: Asking) -> Decision:
    """What a policy says of a request."""
    found = Decision.SILENT
    for statement in statements(text):
        if not _applies(statement, asking):
            continue
        if statement["Effect"] == "Deny":
            return Decision.DENIED
        found = Decision.ALLOWED
    return found


def check(text: str | bytes) -> None:
    """Refuse a document that AWS would not store, or that cannot be judged here.

    Raises:
        MalformedPolicy: says why.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MalformedPolicy("This policy contains invalid Json") from error
    if not isinstance(document, dict) or not _list(document.get("Statement")):
        raise MalformedPolicy("Missing required field Statement")
    for statement in statements(text):
        if statement.get("Effect") not in {"Allow", "Deny"}:
            raise MalformedPolicy(f"Invalid effect: {statement.get('Effect')}")
        for names in (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")):
            if sum(name in statement for name in names) != 1:
                raise MalformedPolicy(f"Missing required field {names[0]}")
        for operator in statement.get("Condition") or {}:
            if _operator(operator)[1] is None:
                raise MalformedPolicy(f"Invalid Condition type : {operator}")


@lru_cache(maxsize=256)
def statements(text: str | bytes) -> tuple[dict[str, Any], ...]:
    """The statements of a document."""
    return tuple(_list(json.loads(text).get("Statement")))


# -- parts ------------------------------------------------------------------------------------------------------------


def _applies(statement: Mapping[str, Any], asking: Asking) -> bool:
    return (
        _names_principal(statement, asking)
        and _names(statement, "Action", asking.action, fold=True)
        and _names(statement, "Resource", asking.resource)
        and all(
            _holds(operator, key, values, asking.context)
            for operator, tests in (statement.get("Condition") or {}).items()
            for key, values in tests.items()
        )
    )


def _names_principal(statement: Mapping[str, Any], asking: Asking) -> bool:
    if "NotPrincipal" in statement:
        return not _is_among(statement["NotPrincipal"], asking)
    return "Principal" not in statement or _is_among(statement["Principal"], asking)


def _is_among(principal: Any, asking: Asking) -> bool:
    if principal == "*":
        return True
    kind = "Service" if asking.service else "AWS"
    named = _list(principal.get(kind))
    return (kind == "AWS" and "*" in named) or not asking.principals.isdisjoint(named)


def _names(statement: Mapping[str, Any], element: str, value: str, *, fold: bool = False) -> bool:
    negated = f"Not{element}" in statement
    patterns = _list(statement.get(f"Not{element}" if negated else element))
    return negated != any(_like(value, str(pattern), fold=fold) for pattern in patterns)


def _holds(operator: str, key: str, values: Any, context: Mapping[str, str]) -> bool:
    """Whether one condition holds. A missing key fails a test, passes a negated one and one that ends in IfExists; it
    is no value at all, so that ``ForAnyValue`` fails and ``ForAllValues`` passes."""
    name, test, negated, if_exists, every = _operator(operator)
    some = operator.startswith("ForAnyValue:")
    if test is None:
        raise MalformedPolicy(f"Invalid Condition type : {operator}")
    actual = context.get(key.lower())
    wanted = [_text(value) for value in _list(values)]
    if name == "null":
        return (actual is None) == (wanted[0].lower() == "true")
    if actual is None:
        return (negated and not some) or if_exists or every
    return negated != any(test(actual, value) for value in wanted)


def _operator(text: str) -> tuple[str, Callable[[str, str], bool] | None, bool, bool, bool]:
    """An operator taken apart: its name, its test, whether it is negated, passes missing keys, speaks of all values."""
    quantifier, _, rest = text.rpartition(":")
    if_exists = rest.endswith("IfExists")
    name = rest.removesuffix("IfExists").lower()
    negated = "not" in name
    plain = name.replace("not", "")
    known = quantifier in {"", "ForAnyValue", "ForAllValues"}
    return plain, _TESTS.get(plain) if known else None, negated, if_exists, quantifier == "ForAllValues"


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda actual, wanted: compare(float(actual), float(wanted))


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda actual, wanted: compare(_seconds(actual), _seconds(wanted))


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return datetime.datetime.fromisoformat(text).timestamp()


def _within(actual: str, network: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(network, strict=False)


def _arn_like(actual: str, pattern: str) -> bool:
    """ARNs are compared part by part: a ``*`` does not reach over a colon, but in the last part."""
    ours, theirs = actual.split(":", 5), pattern.split(":", 5)
    return len(ours) == len(theirs) and all(_like(one, other) for one, other in zip(ours, theirs, strict=True))


def _like(value: str, pattern: str, *, fold: bool = False) -> bool:
    return _pattern(pattern, fold).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _pattern(text: str, fold: bool) -> re.Pattern[str]:
    body = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in text)
    return re.compile(body, re.DOTALL | (re.IGNORECASE if fold else 0))


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "stringequals": lambda actual, wanted: actual == wanted,
    "stringequalsignorecase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "stringlike": _like,
    "bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "null": lambda _actual, _wanted: True,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "ipaddress": _within,
    "numericequals": _number(lambda one, other: one == other),
    "numericlessthan": _number(lambda one, other: one < other),
    "numericlessthanequals": _number(lambda one, other: one <= other),
    "numericgreaterthan": _number(lambda one, other: one > other),
    "numericgreaterthanequals": _number(lambda one, other: one >= other),
    "dateequals": _date(lambda one, other: one == other),
    "datelessthan": _date(lambda one, other: one < other),
    "datelessthanequals": _date(lambda one, other: one <= other),
    "dategreaterthan": _date(lambda one, other: one > other),
    "dategreaterthanequals": _date(lambda one, other: one >= other),
}


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
