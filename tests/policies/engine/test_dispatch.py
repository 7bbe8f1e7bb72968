"""Dispatch: few policies, levels by stage, undecided notes, broken rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pulumi_policy import EnforcementLevel

from policies.engine.context import Context
from policies.engine.demand import is_true, setting
from policies.engine.dispatch import Dispatch, RuleError, policies
from policies.engine.resource import Resource
from policies.engine.rule import MANDATORY, Finding, Rule, Severity, advisory, mandatory_in
from tests.policies.harness import ENVIRONMENT, UNKNOWN, Res, context, is_note, judge


def rule(name: str, types: tuple[str, ...] = ("aws:*",), severity: Severity = MANDATORY) -> Rule:
    """A rule that wants ``x`` to be true."""
    return Rule(
        id=name,
        title="x is true",
        types=types,
        asks="asks",
        why="why",
        fix="set x",
        absent="absent",
        judge=setting("x", test=is_true, allowed="true"),
        severity=severity,
    )


BAD = Res("aws:sqs/queue:Queue", {"x": False})
LATER = Res("aws:sqs/queue:Queue", {"x": UNKNOWN}, name="later")


def test_any_number_of_rules_makes_few_policies() -> None:
    rules = [rule(f"rule-{number}") for number in range(50)]
    rules += [rule(f"note-{number}", severity=advisory("trial")) for number in range(50)]
    found = policies("trial", "A trial.", Dispatch(rules, context()))
    assert [(policy.name, policy.enforcement_level) for policy in found] == [
        ("trial-mandatory", EnforcementLevel.MANDATORY),
        ("trial-advisory", EnforcementLevel.ADVISORY),
        ("trial-stack-advisory", EnforcementLevel.ADVISORY),
    ]


def test_only_rules_of_the_type_judge() -> None:
    rules = [rule("one-type", ("aws:sqs/queue:Queue",)), rule("no-type", ("aws:sns/*",)), rule("every-type")]
    assert [report.message.split(":")[0] for report in judge(rules, [BAD])] == ["one-type", "every-type"]


def test_the_stage_decides_the_level() -> None:
    rules = [rule("prod-only", severity=mandatory_in("prod", reason="cost"))]
    for stage, level in (("prod", EnforcementLevel.MANDATORY), ("dev", EnforcementLevel.ADVISORY)):
        found = judge(rules, [BAD], context(environment={**ENVIRONMENT, "stage": stage}))
        assert [report.level for report in found] == [level]


def test_undecided_is_told_once_a_rule_and_never_blocks_a_preview() -> None:
    found = judge([rule("a-rule"), rule("b-rule")], [LATER, Res("aws:sqs/queue:Queue", {"x": UNKNOWN}, name="too")])
    assert [report.level for report in found] == [EnforcementLevel.ADVISORY] * 2
    assert all(is_note(report) for report in found)
    assert found[0].message.splitlines() == [
        "a-rule is undecided: these values are known only during up, where the rule is judged",
        "  later: x",
        "  too: x",
    ]


def test_undecided_places_are_listed_up_to_a_limit() -> None:
    resources = [Res("aws:sqs/queue:Queue", {"x": UNKNOWN}, name=f"q{number}") for number in range(9)]
    assert judge([rule("a-rule")], resources)[0].message.splitlines()[-1] == "  and 4 more"


def test_an_unknown_value_does_not_hide_a_violation_elsewhere() -> None:
    found = judge([rule("a-rule")], [LATER, BAD])
    assert [(report.level, is_note(report)) for report in found] == [
        (EnforcementLevel.MANDATORY, False),
        (EnforcementLevel.ADVISORY, True),
    ]


def test_what_is_still_unknown_in_up_is_a_violation() -> None:
    found = judge([rule("a-rule")], [LATER], context(preview=False))
    assert [report.level for report in found] == [EnforcementLevel.MANDATORY]
    assert "the rule cannot be decided" in found[0].message


def test_rules_that_need_a_boundary_rest_without_one() -> None:
    def needs(_resource: Resource, within: Context) -> Iterator[Finding]:
        yield from ()
        assert within.within

    needy = Rule(
        id="needs-boundary",
        title="t",
        types=("aws:*",),
        asks="a",
        why="w",
        fix="f",
        absent="a",
        judge=needs,
        needs_boundary=True,
    )
    assert judge([needy], [BAD], context(environment=None)) == []


def test_a_broken_rule_ends_the_operation_and_is_named() -> None:
    def broken(_resource: Resource, _context: Context) -> Iterator[Finding]:
        yield from ()
        raise ZeroDivisionError

    bad = Rule(id="a-broken-rule", title="t", types=("*",), asks="a", why="w", fix="f", absent="a", judge=broken)
    with pytest.raises(RuleError, match=r"rule a-broken-rule failed on it \(aws:sqs/queue:Queue\): ZeroDivisionError"):
        judge([bad], [BAD])


def test_ids_are_unique() -> None:
    with pytest.raises(ValueError, match="rule ids must be unique: a-rule"):
        Dispatch([rule("a-rule"), rule("a-rule")], context())
