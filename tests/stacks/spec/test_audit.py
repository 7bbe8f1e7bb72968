"""How long production keeps its audit history."""

from __future__ import annotations

import pytest

from stacks.spec.audit_rules import kept
from stacks.spec.rules import Described


@pytest.mark.parametrize("field", ["retention_days", "evidence_retention_days"])
@pytest.mark.parametrize(("stage", "days", "refused"), [("prod", 364, True), ("prod", 365, False), ("dev", 1, False)])
def test_production_keeps_its_audit_history_for_a_year(field: str, stage: str, days: int, refused: bool) -> None:
    described = Described({"stage": stage, "audit": {field: days}}, frozenset())
    assert [problem.path for problem in kept(described)] == ([f"audit.{field}"] if refused else [])


def test_what_is_left_out_of_the_section_has_its_default() -> None:
    assert Described({}, frozenset()).at("audit", "retention_days") == 365
    assert list(kept(Described({"stage": "prod"}, frozenset()))) == []
