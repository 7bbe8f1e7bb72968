"""IAM policy documents as data: statements, principals, actions, conditions.

A document travels as JSON text or as a map; single values may stand where lists may (IAM JSON policy reference,
"Grammar of the IAM JSON policy language").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policies.engine.demand import Truth, both, equals, every, holds, some
from policies.engine.values import EACH, Node

_HOLDING_OPERATORS: Final = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "ForAnyValue:StringLike"}
)
_CALLER_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aws:principalaccount": "the caller's account",
        "aws:principalarn": "the caller itself",
        "aws:principalorgid": "the caller's organization",
        "aws:principalorgpaths": "the caller's place in the organization",
        "aws:sourceaccount": "the account a service acts for",
        "aws:sourcearn": "the resource a service acts for",
        "aws:sourceowner": "the account a service acts for",
        "aws:sourceorgid": "the organization a service acts for",
        "aws:sourcevpc": "the network the call comes from",
        "aws:sourcevpce": "the endpoint the call comes through",
        "kms:calleraccount": "the caller's account",
    }
)
"""Condition keys that tie a statement to known callers, and by what (IAM user guide, "Global condition keys")."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy document."""

    node: Node

    @property
    def allows(self) -> Truth:
        """It grants (a statement without an effect is invalid and grants nothing)."""
        return holds(self.node.at("Effect"), equals("Allow"))

    @property
    def principals(self) -> list[Node]:
        """Everyone it speaks of: ``*``, accounts, roles, services."""
        principal = self.node.at("Principal")
        return [below for _, who in principal.entries() for below in who.each()] or principal.each()

    @property
    def for_anyone(self) -> Truth:
        """It grants to anyone at all: principal ``*`` (or an exclusion), and no condition ties it to known callers."""
        excludes = not self.node.at("NotPrincipal").absent
        wild = True if excludes else some(holds(who, equals("*")) for who in self.principals)
        tied = some(_ties(self.node.at("Condition")))
        return both(self.allows, wild, None if tied is None else not tied)

    @property
    def everything(self) -> Truth:
        """It grants every action on every resource."""
        excludes = not self.node.at("NotAction").absent
        action = True if excludes else some(holds(name, equals("*", "*:*")) for name in self.node.at("Action").each())
        resource = some(holds(name, equals("*")) for name in self.node.at("Resource").each())
        return both(self.allows, action, resource)


def _ties(condition: Node) -> Iterator[Truth]:
    """For each condition that can tie a statement to known callers, whether it does."""
    if condition.unknown:
        yield None
    for operator, keys in condition.entries():
        if operator in _HOLDING_OPERATORS:
            for key, values in keys.entries():
                if key.lower() in _CALLER_KEYS:
                    yield every(holds(value, lambda node: node.value != "*") for value in values.each())


def statements(policy: Node) -> Iterable[Statement]:
    """The statements of a document; an unknown document gives one unknown statement, no document none."""
    return [Statement(node) for node in policy.json().every("Statement", EACH)]
