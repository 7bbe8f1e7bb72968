"""Following a place in a description, such as ``cluster.node_groups.general.min``, through the models."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from stacks.spec.client import ClientSpec


def section_at(places: Sequence[int | str]) -> type[BaseModel] | None:
    """The model of the section at a place; ``None`` where no section is."""
    kind: Any = ClientSpec
    for place in places:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(place))
            kind = _given(field.annotation) if field else None
        else:  # a map of sections by name, or a list of them: its last type argument is the section's
            kind = (get_args(kind) or (None,))[-1]
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _given(kind: Any) -> Any:
    """What an optional section is where it is given."""
    given = [one for one in get_args(kind) if one is not NoneType]
    return given[0] if NoneType in get_args(kind) and len(given) == 1 else kind


def field_at(places: Sequence[int | str]) -> FieldInfo | None:
    """The field at a place; ``None`` where there is no such key."""
    section = section_at(places[:-1]) if places else None
    return section.model_fields.get(str(places[-1])) if section else None
