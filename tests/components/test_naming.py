"""Names: derived in one place, cut without meeting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from components.naming import Scope

SCOPE = Scope("acme-prod", "111111111111", "eu-central-1")
parts = st.lists(st.from_regex(r"[a-z]([a-z0-9-]{0,60}[a-z0-9])?", fullmatch=True), min_size=1, max_size=3)


@given(parts, st.integers(24, 100))
def test_a_name_keeps_its_limit_and_its_client(given_parts: list[str], limit: int) -> None:
    name = SCOPE.named(*given_parts, limit=limit)
    assert len(name) <= limit
    assert name.startswith("acme-prod-")
    assert not name.endswith("-")


@given(parts, parts, st.integers(24, 64))
def test_names_that_begin_alike_stay_different(one: list[str], other: list[str], limit: int) -> None:
    same = SCOPE.named(*one) == SCOPE.named(*other)
    assert (SCOPE.named(*one, limit=limit) == SCOPE.named(*other, limit=limit)) == same


def test_a_short_name_is_left_alone() -> None:
    assert SCOPE.named("app", "shop", limit=64) == "acme-prod-app-shop"


def test_an_arn_of_a_global_service_has_no_region() -> None:
    assert SCOPE.arn("logs", "log-group:*") == "arn:aws:logs:eu-central-1:111111111111:log-group:*"
    assert SCOPE.root == "arn:aws:iam::111111111111:root"
