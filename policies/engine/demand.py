"""Building blocks of judgements: demands on one property, and truth with a third value for what is not known yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from policies.engine.context import Context
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Judge, Undecided, Violation
from policies.engine.values import Node, Step

Test = Callable[[Node], bool]


def is_true(node: Node) -> bool:
    """The property is true."""
    return node.true


def is_false(node: Node) -> bool:
    """The property is false."""
    return node.false


def is_set(node: Node) -> bool:
    """The property is set, and not to an empty text."""
    return node.value != ""


def equals(*allowed: object) -> Test:
    """The property is one of these."""
    return lambda node: node.value in allowed


def at_least(least: float) -> Test:
    """The property is a number not under ``least``."""
    return lambda node: node.number is not None and node.number >= least


def expect(
    node: Node,
    test: Test,
    allowed: str,
    *,
    absent_passes: bool = False,
    resource: Resource | None = None,
    detail: str = "",
) -> Iterator[Finding]:
    """Demand that a property passes a test: a violation if not, undecided while it is unknown.

    Args:
        allowed: what may stand there, for the message.
        absent_passes: whether leaving it unset is as good as passing (the provider's default is compliant).
        resource: whose property it is, for judges of the whole stack.
    """
    if node.unknown:
        yield Undecided(node, resource)
    elif node.absent:
        if not absent_passes:
            yield Violation(node, allowed, resource, detail)
    elif not test(node):
        yield Violation(node, allowed, resource, detail)


def setting(*steps: Step, test: Test, allowed: str, absent_passes: bool = False) -> Judge:
    """A judge of one property (see :func:`expect`)."""

    def judge(resource: Resource, _: Context) -> Iterable[Finding]:
        return expect(resource.at(*steps), test, allowed, absent_passes=absent_passes)

    return judge


Truth = bool | None
"""True, false, or ``None``: not known yet."""


def holds(node: Node, test: Test, *, absent: bool = False) -> Truth:
    """Whether a property passes a test; ``absent`` is the answer for an unset one."""
    if node.unknown:
        return None
    return absent if node.absent else test(node)


def both(*truths: Truth) -> Truth:
    """True if all are, false if one is, else not known."""
    return every(truths)


def every(truths: Iterable[Truth]) -> Truth:
    """True if all are (or there are none), false if one is, else not known."""
    found = list(truths)
    if False in found:
        return False
    return None if None in found else True


def some(truths: Iterable[Truth]) -> Truth:
    """True if one is, false if none is, else not known."""
    found = list(truths)
    if True in found:
        return True
    return None if None in found else False


def forbid(
    truth: Truth, node: Node, allowed: str, *, resource: Resource | None = None, detail: str = ""
) -> Iterator[Finding]:
    """A violation at ``node`` if ``truth``, undecided if it is not known."""
    if truth is None:
        yield Undecided(node, resource)
    elif truth:
        yield Violation(node, allowed, resource, detail)


def require(
    truth: Truth, node: Node, allowed: str, *, resource: Resource | None = None, detail: str = ""
) -> Iterator[Finding]:
    """A violation at ``node`` unless ``truth``, undecided if it is not known."""
    return forbid(None if truth is None else not truth, node, allowed, resource=resource, detail=detail)
