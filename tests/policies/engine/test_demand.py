"""Truth with a third value."""

from __future__ import annotations

import itertools

import pytest

from policies.engine.demand import Truth, both, every, some

TRUTHS: tuple[Truth, ...] = (True, False, None)


def possible(truth: Truth) -> set[bool]:
    """What a truth may turn out to be."""
    return {True, False} if truth is None else {truth}


def outcome(values: set[bool]) -> Truth:
    """The truth of a set of possible outcomes."""
    return values.pop() if len(values) == 1 else None


@pytest.mark.parametrize("truths", itertools.product(TRUTHS, repeat=3))
def test_is_known_exactly_when_no_unknown_can_change_it(truths: tuple[Truth, Truth, Truth]) -> None:
    worlds = list(itertools.product(*map(possible, truths)))
    assert every(truths) is outcome({all(world) for world in worlds})
    assert both(*truths) is outcome({all(world) for world in worlds})
    assert some(truths) is outcome({any(world) for world in worlds})


def test_of_nothing() -> None:
    assert every([]) is True
    assert some([]) is False
