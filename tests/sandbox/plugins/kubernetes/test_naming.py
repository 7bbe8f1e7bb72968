"""Automatic names and field managers."""

from __future__ import annotations

import re

from sandbox.plugins.kubernetes.naming import automatic, field_manager, is_autonamed, with_name


def test_the_same_seed_gives_the_same_name_and_another_one_another() -> None:
    assert automatic("web", b"1") == automatic("web", b"1") != automatic("web", b"2")
    assert re.fullmatch(r"web-[0-9a-f]{8}", automatic("web", b"1"))


def test_without_a_seed_names_differ() -> None:
    assert automatic("web", b"") != automatic("web", b"")


def test_an_automatic_name_leaves_a_mark_and_keeps_what_was_there() -> None:
    inputs = {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}
    named = with_name(inputs, "web-1")
    assert named["metadata"]["name"] == "web-1"
    assert named["metadata"]["labels"] == {"a": "b"}
    assert named["metadata"]["annotations"]["c"] == "d"
    assert is_autonamed(named)
    assert not is_autonamed(inputs)


def test_a_resource_keeps_its_field_manager() -> None:
    urn = "urn:pulumi:dev::p::kubernetes:core/v1:Namespace::a"
    assert field_manager(urn) == field_manager(urn) != field_manager(urn + "b")
    assert re.fullmatch(r"pulumi-kubernetes-[0-9a-f]{8}", field_manager(urn))
