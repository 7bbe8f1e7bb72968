"""The pages of the components."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from components import reference


def test_every_page_is_up_to_date() -> None:
    assert CliRunner().invoke(reference.main, ["--check"]).output == ""


def test_every_component_has_a_page_with_arguments_and_what_it_makes() -> None:
    pages = {path.stem: text for path, text in reference.pages().items()}
    names = [component.name for _, component in reference.components()]
    assert len(names) == len(set(names)) == len(pages) - 1
    for needle in (
        "| `data_key` | `pulumi.Input[str]` | required |",
        "- aws: `rds.Instance`",
        "`master_secret_arn`",
        "| `PORT` | `5432` |",
    ):
        assert needle in pages["database"]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Pages in a directory of the test's own."""
    monkeypatch.setattr(reference, "TARGET", tmp_path)
    assert CliRunner().invoke(reference.main, []).exit_code == 0
    assert CliRunner().invoke(reference.main, ["--check"]).exit_code == 0
    return tmp_path


def test_an_old_page_is_told(elsewhere: Path) -> None:
    (elsewhere / "keys.md").write_text("old")
    said = CliRunner().invoke(reference.main, ["--check"])
    assert (said.exit_code, "keys.md" in said.output) == (1, True)


def test_a_page_without_a_component_is_told_and_removed(elsewhere: Path) -> None:
    (elsewhere / "gone.md").write_text("left over")
    assert "gone.md" in CliRunner().invoke(reference.main, ["--check"]).output
    assert CliRunner().invoke(reference.main, []).exit_code == 0
    assert not (elsewhere / "gone.md").exists()
