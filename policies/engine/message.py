"""What a violation and an undecided rule say to people."""

from __future__ import annotations

from collections.abc import Iterable

from policies.engine.resource import Resource
from policies.engine.rule import Rule, Violation


def violation(rule: Rule, found: Violation, resource: Resource | None) -> str:
    """Resource, property, value, what is allowed, the fix and the standards, one line each."""
    node = found.node
    lines = [f"{rule.id}: {rule.title}"]
    if resource is not None:
        lines.append(f"  resource: {resource}")
    if node.path:
        lines.append(f"  property: {node.path} = {node.shown()}")
    lines.append(f"  allowed:  {found.allowed}")
    if found.detail:
        lines.append(f"  detail:   {found.detail}")
    lines.append(f"  fix:      {rule.fix}")
    if rule.standards:
        lines.append(f"  standard: {'; '.join(map(str, rule.standards))}")
    return "\n".join(lines)


def undecided(rule: Rule, places: Iterable[str], limit: int = 5) -> str:
    """A rule that could not be judged yet, and on which properties that hangs."""
    found = sorted(set(places))
    more = [f"  and {len(found) - limit} more"] if len(found) > limit else []
    lines = [f"{rule.id} is undecided: these values are known only during up, where the rule is judged"]
    return "\n".join([*lines, *(f"  {place}" for place in found[:limit]), *more])
