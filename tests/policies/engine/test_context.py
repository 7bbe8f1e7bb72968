"""Reading stage and boundary from the stack's configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pulumi.runtime
import pytest

from policies.engine import context
from policies.residency.description import read_boundary
from tests.policies.harness import ACCOUNT, ENVIRONMENT, HOME, OUTSIDE, RECOVERY


@pytest.fixture
def config() -> Iterator[None]:
    """An empty Pulumi configuration, emptied again."""
    pulumi.runtime.set_all_config({})
    yield
    pulumi.runtime.set_all_config({})


def test_reads_the_boundary() -> None:
    found = context.read(ENVIRONMENT, preview=True, read_boundary=read_boundary)
    assert found.stage == "prod"
    assert found.within == context.Boundary(ACCOUNT, "eu", HOME, RECOVERY)
    assert found.within.regions == (HOME, RECOVERY)
    assert found.within.admits(RECOVERY)
    assert not found.within.admits(OUTSIDE)


def test_recovery_may_be_missing() -> None:
    found = context.read(
        {**ENVIRONMENT, "residency": {"jurisdiction": "eu", "home": HOME}}, preview=True, read_boundary=read_boundary
    )
    assert found.within.regions == (HOME,)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"account_id": 111111111111}, "account_id is 111111111111"),
        ({"account_id": "12"}, "account_id is '12'"),
        ({"residency": None}, "residency is None"),
        ({"residency": {"jurisdiction": "moon", "home": HOME}}, "residency.jurisdiction is 'moon'"),
        ({"residency": {"jurisdiction": "eu", "home": OUTSIDE}}, f"residency.home is '{OUTSIDE}'"),
        ({"residency": {"jurisdiction": "eu", "home": HOME, "recovery": "eu-west-2"}}, "residency.recovery is"),
        ({"residency": {"jurisdiction": "eu"}}, "residency.home is None"),
    ],
)
def test_an_unsound_boundary_is_none_at_all(change: Mapping[str, object], problem: str) -> None:
    found = context.read({**ENVIRONMENT, **change}, preview=True, read_boundary=read_boundary)
    assert found.boundary is None
    assert any(problem in text for text in found.problems)
    assert found.stage == "prod"
    with pytest.raises(LookupError, match="cannot be read"):
        _ = found.within


def test_reads_what_the_engine_hands_over(config: None) -> None:
    assert context.load(preview=True, read_boundary=read_boundary).problems == (
        "freehold:environment is not set in the stack's configuration",
    )
    pulumi.runtime.set_config("freehold:environment", "{")
    assert "is not JSON" in context.load(preview=True, read_boundary=read_boundary).problems[0]
    pulumi.runtime.set_config("freehold:environment", "[]")
    assert "is a list: it must be a map" in context.load(preview=True, read_boundary=read_boundary).problems[0]
    pulumi.runtime.set_config("freehold:environment", '{"stage": "dev"}')
    assert context.load(preview=True, read_boundary=read_boundary).stage == "dev"


def test_a_pack_without_need_of_a_boundary_reads_none() -> None:
    found = context.read(ENVIRONMENT, preview=False)
    assert (found.stage, found.boundary, found.problems, found.preview) == ("prod", None, (), False)
