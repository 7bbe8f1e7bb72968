"""Reading properties through the SDK's proxies."""

from __future__ import annotations

import pytest
from pulumi_policy import proxy

from policies.engine.values import EACH, Node, State

PROPS = {
    "known": "text",
    "empty": "",
    "none": None,
    "unknown": proxy.UNKNOWN_STRING_VALUE,
    "list": [1.0, proxy.UNKNOWN_NUMBER_VALUE, 3.5],
    "map": {"inner": True, "later": proxy.UNKNOWN_OBJECT_VALUE},
    "maps": [{"a": 1.0}, {"a": proxy.UNKNOWN_NUMBER_VALUE}, {}],
    "json": '[{"roleArn": "x"}]',
    "number": "1.50",
}


@pytest.fixture
def props() -> Node:
    return Node.of(proxy.unknown_checking_proxy(PROPS))


@pytest.mark.parametrize(
    ("steps", "state", "path"),
    [
        (("known",), State.PRESENT, "known"),
        (("empty",), State.PRESENT, "empty"),
        (("none",), State.ABSENT, "none"),
        (("missing",), State.ABSENT, "missing"),
        (("missing", "deeper", 3), State.ABSENT, "missing.deeper[3]"),
        (("unknown",), State.UNKNOWN, "unknown"),
        (("unknown", "deeper", 0), State.UNKNOWN, "unknown.deeper[0]"),
        (("list", 0), State.PRESENT, "list[0]"),
        (("list", 1), State.UNKNOWN, "list[1]"),
        (("list", 9), State.ABSENT, "list[9]"),
        (("list", "key"), State.ABSENT, "list.key"),
        (("known", 0), State.ABSENT, "known[0]"),
        (("known", "key"), State.ABSENT, "known.key"),
        (("map", "inner"), State.PRESENT, "map.inner"),
        (("map", "later", "x"), State.UNKNOWN, "map.later.x"),
    ],
)
def test_any_path_has_a_state_and_never_raises(
    props: Node, steps: tuple[str | int, ...], state: State, path: str
) -> None:
    node = props.at(*steps)
    assert (node.state, node.path) == (state, path)


def test_a_list_gives_every_element_also_after_an_unknown_one(props: Node) -> None:
    assert [node.state for node in props.at("list").each()] == [State.PRESENT, State.UNKNOWN, State.PRESENT]


def test_an_unknown_list_gives_one_unknown_element(props: Node) -> None:
    assert [(node.state, node.path) for node in props.at("unknown").each()] == [(State.UNKNOWN, "unknown[*]")]


def test_a_path_fans_out_over_lists(props: Node) -> None:
    found = props.every("maps", EACH, "a")
    assert [node.state for node in found] == [State.PRESENT, State.UNKNOWN, State.ABSENT]
    assert found[2].path == "maps[2].a"
    assert props.every("missing", EACH, "a") == []


def test_leaves_are_all_scalars_and_unknowns(props: Node) -> None:
    found = {node.path: node.state for node in props.leaves()}
    assert found["maps[1].a"] is State.UNKNOWN
    assert found["map.inner"] is State.PRESENT
    assert "none" not in found
    assert len(found) == 12


def test_json_text_is_read_as_a_document(props: Node) -> None:
    assert props.at("json").json().at(0, "roleArn").value == "x"
    assert props.at("json").json().at(0, "roleArn").path == "json[0].roleArn"
    assert props.at("known").json().absent
    assert props.at("unknown").json().unknown
    assert props.at("maps").json().at(0, "a").number == 1


def test_scalars() -> None:
    assert Node.of("1.50").number == 1.5
    assert Node.of(value=True).number is None
    assert Node.of("x").number is None
    assert Node.of("true").true
    assert not Node.of("false").true
    assert Node.of("false").false
    assert not Node.of(0.0).false
    assert Node.of(1.0).text is None


def test_values_are_shown_short_and_without_raising(props: Node) -> None:
    assert props.at("list").shown() == '[1, "(unknown)", 3.5]'
    assert props.at("missing").shown() == "(unset)"
    assert props.at("unknown").shown() == "(unknown)"
    assert len(Node.of("x" * 500).shown()) == 100
