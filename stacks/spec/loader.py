"""From the configured value to a description, or to every problem at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stacks.spec.audit_rules import RULES as AUDIT_RULES
from stacks.spec.client import ClientSpec
from stacks.spec.network_rules import RULES as NETWORK_RULES
from stacks.spec.places import field_at, section_at
from stacks.spec.problems import KIND, Problem, SpecError, shown
from stacks.spec.registry_rules import RULES as REGISTRY_RULES
from stacks.spec.rules import RULES, Described
from stacks.spec.workload_rules import RULES as WORKLOAD_RULES

ROOT: Final = "freehold:environment"

_KINDS: Final[Mapping[str, str]] = {
    "string_type": "it must be text",
    "int_type": "it must be a whole number",
    "bool_type": "it must be true or false",
    "list_type": "it must be a list",
    "dict_type": "it must be a map",
    "model_type": "it must be a map",
    "model_attributes_type": "it must be a map",
    "greater_than_equal": "it must be at least {ge}",
    "less_than_equal": "it must be at most {le}",
    "too_short": "it needs at least {min_length} of them",
    "too_long": "it takes at most {max_length} of them",
    "string_pattern_mismatch": "it must match {pattern}",
    "literal_error": "it must be {expected}",
}


def load(data: object) -> ClientSpec:
    """Validate the value of ``freehold:environment``.

    Raises:
        SpecError: with every problem, those inside sections and those between them.
    """
    if not isinstance(data, Mapping):
        raise SpecError([Problem(ROOT, shown(data), "it must be a map", "see stacks/Pulumi.acme-dev.yaml")])
    spec: ClientSpec | None = None
    errors: list[ErrorDetails] = []
    try:
        spec = ClientSpec.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    problems = [_problem(detail) for detail in _without_misspelt(errors)]
    described = Described(data, frozenset(tuple(_places(detail)) for detail in errors))
    for rule in (*RULES, *AUDIT_RULES, *NETWORK_RULES, *REGISTRY_RULES, *WORKLOAD_RULES):
        problems += [Problem(f"{ROOT}.{found.path}", found.value, found.limit, found.fix) for found in rule(described)]
    if spec is None or problems:
        raise SpecError(problems)
    return spec


def _without_misspelt(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The errors without those of missing keys that are there under a misspelt name: one mistake, one problem."""
    misspelt = {
        (*places[:-1], _nearest(places)) for places in map(_places, errors) if places and field_at(places) is None
    }
    return [error for error in errors if error["type"] != "missing" or tuple(_places(error)) not in misspelt]


def _places(detail: ErrorDetails) -> list[int | str]:
    """Where an error of pydantic lies in the description."""
    return [place for place in detail["loc"] if place != "[key]"]


def _problem(detail: ErrorDetails) -> Problem:
    """One of pydantic's errors in plain words."""
    places = _places(detail)
    path = ".".join([ROOT, *map(str, places)])
    kind, context, value = detail["type"], detail.get("ctx", {}), shown(detail["input"])
    if kind == KIND:
        composed = isinstance(detail["input"], Mapping | BaseModel)
        return Problem(path, "" if composed else value, str(context["limit"]), str(context["fix"]))
    if kind == "missing":
        return Problem(path, "", "it is required and missing", _meaning(places))
    if kind == "extra_forbidden":
        return Problem(path, value, "there is no such key", _did_you_mean(places))
    limit = _KINDS[kind].format(**context) if kind in _KINDS else detail["msg"][0].lower() + detail["msg"][1:]
    return Problem(path, value, limit, _meaning(places))


def _meaning(places: list[int | str]) -> str:
    """What the key asks for: the docstring of its field."""
    field = field_at(places)
    if field is None or not field.description:
        return "see docs/spec.md"
    return " ".join(field.description.split()).rstrip(".")


def _known(places: list[int | str]) -> list[str]:
    """The keys that there are where this one stands."""
    model = section_at(places[:-1])
    return list(model.model_fields) if model else []


def _nearest(places: list[int | str]) -> str | None:
    """The known key that a misspelt one comes nearest to."""
    return next(iter(difflib.get_close_matches(str(places[-1]), _known(places), n=1)), None)


def _did_you_mean(places: list[int | str]) -> str:
    """The nearest known key, or all of them."""
    nearest, known = _nearest(places), _known(places)
    if nearest:
        return f"did you mean {nearest}?"
    return f"remove it; the keys here are: {', '.join(known)}" if known else "remove it; see docs/spec.md"
