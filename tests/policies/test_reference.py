"""The generated rule reference."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from policies import reference
from policies.hardening import catalogue as hardening
from policies.residency import catalogue as residency

RULES = (*residency.RULES, *hardening.RULES)


def test_is_up_to_date() -> None:
    assert CliRunner().invoke(reference.main, ["--check"]).output == ""


def test_has_a_section_and_a_row_for_every_rule() -> None:
    text = reference.render()
    for rule in RULES:
        assert f"\n### {rule.id}\n" in text
        assert f"| [`{rule.id}`](#{rule.id}) |" in text
        assert rule.why in text


def test_check_fails_on_an_old_reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reference, "TARGET", tmp_path / "policies.md")
    assert CliRunner().invoke(reference.main, ["--check"]).exit_code == 1
    assert CliRunner().invoke(reference.main, []).exit_code == 0
    assert CliRunner().invoke(reference.main, ["--check"]).exit_code == 0
    reference.TARGET.write_text(reference.render().replace("rds-encrypted", "rds-plain"))
    assert CliRunner().invoke(reference.main, ["--check"]).exit_code == 1
