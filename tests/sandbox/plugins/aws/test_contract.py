"""Every resource type of the table, through the whole of its life."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from sandbox.plugins.aws import types
from sandbox.plugins.aws.compare import holds, restricted
from sandbox.plugins.aws.model import Form, Resource
from sandbox.plugins.protocol import UNKNOWN
from sandbox.plugins.protocol.wire import provider_pb2
from tests.sandbox.plugins.aws.cases import CASES
from tests.sandbox.plugins.aws.cases.case import Case
from tests.sandbox.plugins.aws.plugin import Object, Plugin
from tests.sandbox.plugins.aws.world import World

NONE = provider_pb2.DiffResponse.DIFF_NONE


def entry(case: Case) -> Resource:
    """The table's entry of a case."""
    found = types.find(case.type)
    assert found is not None
    return found


def read(plugin: Plugin, found: Object) -> Object:
    """Refresh of what must exist."""
    live = plugin.read(found)
    assert live is not None
    return live


def changed(paths: Iterable[str]) -> set[str]:
    """Properties that paths begin with."""
    return {re.split(r"[.\[]", path)[0] for path in paths}


def assert_said(case: Case, said: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """What inputs say is in the state in the very same words, whatever AWS adds."""
    forms = {name: prop.form for name, prop in entry(case).properties.items()}
    assert {name: restricted(state[name], said[name], forms.get(name, Form.MAP)) for name in said} == said


def assert_settled(plugin: Plugin, found: Object) -> None:
    """A refresh finds nothing new, and the same inputs ask for nothing."""
    live = read(plugin, found)
    assert live.state == found.state
    assert live.inputs == found.inputs
    assert dict(plugin.diff(live, found.inputs).detailedDiff) == {}


def test_every_type_has_a_case() -> None:
    assert sorted(case.type for case in CASES) == types.tokens()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type.rpartition(":")[2])
def test_life(case: Case, world: World, plugin: Plugin) -> None:
    resource = entry(case)
    inputs = case.inputs(world)

    foretold = plugin.preview(case.type, "case", inputs)
    assert {name for name in resource.outputs if foretold[name] is not UNKNOWN} == set()
    assert_said(case, inputs, foretold)

    made = plugin.create(case.type, "case", inputs)
    try:
        assert re.fullmatch(case.id, made.id)
        assert set(resource.outputs) - made.state.keys() <= set(case.without)
        assert_said(case, inputs, made.state)
        if resource.tagging:
            assert made.state["tagsAll"]["freehold:client"] == "acme"
        assert_settled(plugin, made)

        for form in case.imports:
            found = plugin.imported(case.type, "case", form.format(**{**made.state, "id": made.id}))
            assert found is not None
            assert found.id == made.id
            ours = {name for name, prop in resource.properties.items() if prop.local or prop.asked}
            for name, prop in resource.properties.items():
                assert name in ours or holds(made.state.get(name), found.state.get(name), prop.form)
            for name in [*resource.outputs, "region", "tagsAll", "tags"]:
                assert found.state.get(name) == made.state.get(name)
            assert changed(plugin.diff(found, inputs).detailedDiff) <= ours

        if case.replace:
            assert plugin.diff(made, case.replace(world)).replaces

        if case.tamper:
            case.tamper(world, made)
            live = read(plugin, made)
            seen = plugin.diff(live, inputs)
            assert set(case.drifted) <= changed(seen.detailedDiff)
            if not seen.replaces:
                mended = plugin.update(live, inputs)
                assert_said(case, inputs, mended.state)
                assert_settled(plugin, mended)

        if case.update:
            live = read(plugin, made)
            news = case.update(world)
            difference = plugin.diff(live, news)
            assert difference.changes != NONE
            assert list(difference.replaces) == []
            foretold = plugin.update(live, news, preview=True).state
            assert_said(case, news, foretold)
            made = plugin.update(live, news)
            assert_said(case, news, made.state)
            assert_settled(plugin, made)
    finally:
        plugin.delete(made)
    if resource.delete is not None and not case.stays:
        assert plugin.read(made) is None
    plugin.delete(made)
