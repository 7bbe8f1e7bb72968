"""The form of the rules' cases: for each rule a compliant, violating, unset, unknown and unrelated resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.policies.harness import Res, Verdict

PASSES, FAILS, UNDECIDED = Verdict.PASSES, Verdict.FAILS, Verdict.UNDECIDED


@dataclass(frozen=True)
class Cases:
    """The cases of one rule.

    Args:
        good: passes.
        bad: fails; the message names ``at``.
        unset: the property left out, with its verdict.
        unknown: the property not known yet, with its verdict.
        other: the offending properties on resources that the rule does not judge: passes.
        more: further cases.
        environments: for a case by name, what the stack's configuration says (default: a sound environment).
    """

    rule: str
    good: Sequence[Res]
    bad: Sequence[Res]
    at: str
    unset: tuple[Sequence[Res], Verdict]
    unknown: tuple[Sequence[Res], Verdict]
    other: Sequence[Res]
    more: Sequence[tuple[Sequence[Res], Verdict]] = ()
    environments: Mapping[str, object] = field(default_factory=dict)


def one(
    rule: str,
    type_: str,
    *,
    good: Mapping[str, Any],
    bad: Mapping[str, Any],
    at: str,
    unset: Verdict,
    unknown: Mapping[str, Any],
    unknown_is: Verdict = UNDECIDED,
    unset_props: Mapping[str, Any] | None = None,
    other: str = "random:index/randomId:RandomId",
    more: Sequence[tuple[Mapping[str, Any] | Res, Verdict]] = (),
) -> Cases:
    """Cases of a rule about one resource; ``unset_props`` are what is set although the property is not."""
    return Cases(
        rule=rule,
        good=[Res(type_, good)],
        bad=[Res(type_, bad)],
        at=at,
        unset=([Res(type_, unset_props or {})], unset),
        unknown=([Res(type_, unknown)], unknown_is),
        other=[Res(other, bad)],
        more=[([found if isinstance(found, Res) else Res(type_, found)], result) for found, result in more],
    )
