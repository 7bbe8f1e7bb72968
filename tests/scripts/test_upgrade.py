"""What speaks for and against an update of the Kubernetes version, as far as no cluster is asked."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from scripts import upgrade


@pytest.mark.parametrize(
    ("deployed", "target", "verdict"),
    [
        ("1.34", "1.34", "pass"),
        ("1.33", "1.34", "pass"),
        ("1.32", "1.34", "fail"),
        ("1.35", "1.34", "fail"),
    ],
)
def test_one_minor_step_and_never_back(deployed: str, target: str, verdict: str) -> None:
    assert upgrade._step(deployed, target).verdict == verdict


def test_a_skip_names_the_version_that_comes_first() -> None:
    assert "1.33" in upgrade._step("1.32", "1.34").fix


@pytest.mark.parametrize(
    ("today", "verdict"),
    [(date(2026, 8, 1), "pass"), (date(2026, 11, 23), "warn"), (date(2027, 1, 1), "warn"), (date(2028, 1, 1), "fail")],
)
def test_the_target_is_judged_on_the_day(today: date, verdict: str) -> None:
    assert upgrade._supported("1.34", today).verdict == verdict


def test_an_environment_that_is_not_there_cannot_be_told() -> None:
    done = CliRunner().invoke(upgrade.main, ["check", "nobody-dev"])
    assert done.exit_code == upgrade.UNTOLD
    assert "Pulumi.nobody-dev.yaml" in done.output


def test_help_says_how_and_what_the_exit_codes_mean() -> None:
    done = CliRunner().invoke(upgrade.main, ["check", "--help"])
    assert "python -m scripts.upgrade check acme-prod --json" in done.output
    assert "Exit codes" in done.output
