"""From the configured value to a description, or to every problem at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stacks.spec.client import ClientSpec
from stacks.spec.model import Section
from stacks.spec.problems import KIND, Problem, SpecError, shown
from stacks.spec.rules import RULES, Parts

ROOT: Final = "freehold:environment"

_KINDS: Final[Mapping[str, str]] = {
    "string_type": "it must be text",
    "int_type": "it must be a whole number",
    "bool_type": "it must be true or false",
    "list_type": "it must be a list",
    "dict_type": "it must be a map",
    "model_type": "it must be a map",
    "model_attributes_type": "it must be a map",
}


def load(data: object) -> ClientSpec:
    """Validate the value of ``freehold:environment``.

    Raises:
        SpecError: with every problem, those inside sections and those between them.
    """
    if not isinstance(data, Mapping):
        raise SpecError([Problem(ROOT, shown(data), "it must be a map", "see stacks/Pulumi.acme-dev.yaml")])
    problems: list[Problem] = []
    spec: ClientSpec | None = None
    try:
        spec = ClientSpec.model_validate(data)
    except ValidationError as error:
        problems += [_problem(detail, data) for detail in error.errors(include_url=False)]
    for rule in RULES:
        problems += [
            Problem(f"{ROOT}.{found.path}", found.value, found.limit, found.fix) for found in rule(_parts(data))
        ]
    if spec is None or problems:
        raise SpecError(problems)
    return spec


def _parts(data: Mapping[str, Any]) -> Parts:
    """The sections that are valid by themselves."""
    sections: dict[str, Section] = {}
    for name, field in ClientSpec.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            try:
                sections[name] = kind.model_validate(data.get(name))
            except ValidationError:
                continue  # reported already: the whole was validated first
    return Parts(data, sections)


def _problem(detail: ErrorDetails, data: Mapping[str, Any]) -> Problem:
    """One of pydantic's errors in plain words."""
    places = [place for place in detail["loc"] if place != "[key]"]
    path = ".".join([ROOT, *map(str, places)])
    kind, context, value = detail["type"], detail.get("ctx", {}), shown(detail["input"])
    if kind == KIND:
        composed = isinstance(detail["input"], Mapping | BaseModel)
        return Problem(path, "" if composed else value, str(context["limit"]), str(context["fix"]))
    if kind == "missing":
        return Problem(path, "", "it is required and missing", _meaning(places))
    if kind == "extra_forbidden":
        return Problem(path, value, "there is no such key", _did_you_mean(places))
    if kind == "literal_error":
        return Problem(path, value, f"it must be {context['expected']}", _meaning(places))
    return Problem(path, value, _KINDS.get(kind, detail["msg"][0].lower() + detail["msg"][1:]), _meaning(places))


def _section(places: list[int | str]) -> type[BaseModel] | None:
    """The model that the place lies in, as far as it can be followed."""
    model: type[BaseModel] | None = ClientSpec
    for place in places:
        field = model.model_fields.get(str(place)) if model else None
        kind = field.annotation if field else None
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return model


def _meaning(places: list[int | str]) -> str:
    """What the key asks for: the docstring of its field."""
    model = _section(places[:-1])
    field = model.model_fields.get(str(places[-1])) if model and places else None
    if field is None or not field.description:
        return "see docs/spec.md"
    return " ".join(field.description.split()).rstrip(".")


def _did_you_mean(places: list[int | str]) -> str:
    """The nearest known key, or all of them."""
    model = _section(places[:-1])
    known = list(model.model_fields) if model else []
    close = difflib.get_close_matches(str(places[-1]), known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"remove it; the keys here are: {', '.join(known)}" if known else "remove it; see docs/spec.md"
