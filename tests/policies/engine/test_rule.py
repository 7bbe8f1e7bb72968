"""What makes a rule record."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from policies.engine.demand import is_true, setting
from policies.engine.rule import MANDATORY, Level, Rule, Severity, advisory, mandatory_in

RULE = Rule(
    id="a-rule",
    title="title",
    types=("aws:*",),
    asks="asks",
    why="why",
    fix="fix",
    absent="absent",
    judge=setting("x", test=is_true, allowed="true"),
)


@pytest.mark.parametrize("field", ["title", "types", "asks", "why", "fix", "absent"])
def test_is_complete(field: str) -> None:
    empty: dict[str, Any] = {field: ""}
    with pytest.raises(ValueError, match=f"rule a-rule: {field} must not be empty"):
        dataclasses.replace(RULE, **empty)


def test_has_one_judge() -> None:
    with pytest.raises(ValueError, match="exactly one of judge and judge_stack"):
        dataclasses.replace(RULE, judge=None)
    with pytest.raises(ValueError, match="exactly one of judge and judge_stack"):
        dataclasses.replace(RULE, judge_stack=lambda _stack, _context: [])


@pytest.mark.parametrize("name", ["rule", "A-rule", "a_rule", "a-"])
def test_has_a_plain_id(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case words joined by hyphens"):
        dataclasses.replace(RULE, id=name)


def test_advisory_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Severity(Level.ADVISORY)
    assert advisory("trial").at("prod") is Level.ADVISORY


def test_severity_follows_the_stage_and_is_strict_where_the_stage_is_not_known() -> None:
    severity = mandatory_in("prod", reason="cost")
    assert severity.at("prod") is Level.MANDATORY
    assert severity.at("dev") is Level.ADVISORY
    assert severity.at(None) is Level.MANDATORY
    assert MANDATORY.at("dev") is Level.MANDATORY
    assert str(severity) == "advisory, mandatory in prod (cost)"
