"""Differences between inputs: their paths, their kind, and what they replace."""

from __future__ import annotations

import pytest

from sandbox.plugins.kubernetes.diff import Change, Difference, compare, lookup, mark_replacing, without_ignored


def _texts(differences: list[Difference]) -> dict[str, str]:
    return {found.text: found.change.value for found in differences}


def test_equal_inputs_have_no_difference() -> None:
    inputs = {"metadata": {"labels": {"a": "b"}}, "spec": {"ports": [{"port": 80}], "empty": {}}}
    assert compare(inputs, {**inputs, "absent": None}) == []


def test_differences_are_named_at_the_deepest_level() -> None:
    old = {"spec": {"replicas": 1, "paused": True, "containers": [{"image": "a"}]}, "metadata": {"labels": {}}}
    new = {
        "spec": {"replicas": 2, "containers": [{"image": "b"}, {"image": "c"}]},
        "metadata": {"labels": {"app.kubernetes.io/name": "x"}},
    }
    assert _texts(compare(old, new)) == {
        "spec.replicas": "update",
        "spec.paused": "delete",
        "spec.containers[0].image": "update",
        "spec.containers[1]": "add",
        'metadata.labels["app.kubernetes.io/name"]': "add",
    }


@pytest.mark.parametrize(("old", "new"), [(True, 1), ("1", 1), ({}, []), ([], {}), ({"a": 1}, "a")])
def test_another_type_is_another_value(old: object, new: object) -> None:
    assert _texts(compare({"x": old}, {"x": new})) == {"x": "update"}


def test_whole_numbers_are_equal_however_written() -> None:
    assert compare({"x": 1}, {"x": 1.0}) == []


@pytest.mark.parametrize(
    ("path", "replaced"),
    [
        (("spec", "selector", "matchLabels", "a"), True),
        (("spec",), True),
        (("spec", "selectors"), False),
        (("spec", "replicas"), False),
    ],
)
def test_a_field_replaces_by_itself_by_its_parts_and_by_its_parents(path: tuple[str, ...], replaced: bool) -> None:
    [found] = mark_replacing([Difference(path, Change.UPDATE)], {"spec.selector"})
    assert found.replace is replaced


def test_list_indices_do_not_hide_a_replacing_field() -> None:
    [found] = mark_replacing([Difference(("spec", "parts", 3, "name"), Change.UPDATE)], {"spec.parts.name"})
    assert found.replace


def test_ignored_paths_cover_what_lies_below() -> None:
    differences = compare(
        {"metadata": {"annotations": {"a.b/c": "1"}}, "spec": {"list": [{"x": 1}, {"x": 2}], "other": 1}},
        {"metadata": {"annotations": {"a.b/c": "2"}}, "spec": {"list": [{"x": 3}, {"x": 4}], "other": 2}},
    )
    left = without_ignored(differences, ['metadata.annotations["a.b/c"]', "spec.list[*].x"])
    assert [found.text for found in left] == ["spec.other"]


def test_lookup_follows_a_path_and_knows_nothing_beyond_it() -> None:
    value = {"spec": {"ports": [{"port": 80}]}}
    assert lookup(value, ("spec", "ports", 0, "port")) == 80
    assert lookup(value, ("spec", "ports", 1, "port")) is None
    assert lookup(value, ("spec", "ports", "name")) is None
