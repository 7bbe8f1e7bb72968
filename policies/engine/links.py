"""Which resource of a stack a property points at, also before there are ids."""

from __future__ import annotations

from policies.engine.demand import Truth
from policies.engine.resource import Resource


def linked(resource: Resource, field: str, target: Resource, *, by: tuple[str, ...] = ("id",)) -> Truth:
    """Whether a property of one resource names another.

    Known values are compared. Before ids exist the engine's record of what went into the property answers.

    Args:
        by: properties of the target of which the field may hold one.
    """
    value = resource.at(field)
    if value.absent:
        return False
    names = [target.at(name) for name in by]
    if value.present and any(name.present and name.value == value.value for name in names):
        return True
    sources = resource.depends.get(field, frozenset())
    if target.urn in sources:
        return True
    if value.unknown:
        return False if sources else None
    return False
