"""Partner systems: which hosts may be listed, and when personal data may leave."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from stacks.spec import load
from stacks.spec.integrations import host
from tests.stacks.spec.test_rules import refused

LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


def record(**changes: Any) -> dict[str, Any]:
    """A sound integration."""
    return {
        "purpose": "payments",
        "owner": "owner@acme.example",
        "hosts": ["api.payments.example"],
        "data_classes": ["personal"],
        "country": "DE",
        **changes,
    }


@given(st.lists(LABEL, min_size=2, max_size=5), st.booleans())
def test_names_of_organisations_are_taken(labels: list[str], wild: bool) -> None:
    name = f"{'*.' if wild else ''}{'.'.join(labels)}.example"
    assert host(name) == name


@given(st.ip_addresses().map(str))
def test_no_address_is_a_host(address: str) -> None:
    with pytest.raises(PydanticCustomError):
        host(address)


@pytest.mark.parametrize(
    "name",
    ["localhost", "API.example.com", "a..example.com", "-a.example.com", "a_b.example.com", "a.example.com.", "", "*",
     "a.*.example.com", "*.co.uk", "*.amazonaws.com", "*.eu-central-1.amazonaws.com", f"{'a' * 64}.example.com"],
)  # fmt: skip
def test_what_is_no_host_is_refused(name: str) -> None:
    with pytest.raises(PydanticCustomError):
        host(name)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"hosts": ["*.com"]}, "hosts.0"),
        ({"hosts": ["a.example.com", "a.example.com"]}, "hosts"),
        ({"hosts": ["1.2.3.4"]}, "hosts.0"),
        ({"owner": "nobody"}, "owner"),
        ({"protocol": "http"}, "protocol"),
        ({"country": "US"}, "country"),
    ],
)
def test_what_is_wrong_is_named(description: dict[str, Any], changes: dict[str, Any], place: str) -> None:
    description["integrations"] = {"payments": record(**changes)}
    assert refused(description) == {f"integrations.payments.{place}"}


@pytest.mark.parametrize(
    "changes",
    [{}, {"country": "NO"}, {"country": "US", "transfer_basis": "adequacy decision (EU) 2023/1795"},
     {"country": "US", "data_classes": ["metadata"]}],
)  # fmt: skip
def test_what_is_sound_is_taken(description: dict[str, Any], changes: dict[str, Any]) -> None:
    description["integrations"] = {"payments": record(**changes)}
    assert load(description).integrations["payments"].port == 443
