"""One verb on one resource: what it knows, and how it speaks to AWS."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.model import Shape, StructureShape

from sandbox.plugins.aws.cloud import Cloud
from sandbox.plugins.aws.errors import WIRE_ERRORS, translate
from sandbox.plugins.aws.model import Call, Form, Property, Resource
from sandbox.plugins.aws.shapes import member, to_api

MISSING: Final = object()
_FIELD: Final = re.compile(r"\{(\w+)\}")
Document = dict[str, Any]
"""An object as AWS describes it."""


@dataclass(slots=True)
class Operation:
    """A resource in the course of a verb. ``inputs`` and ``state`` are plain: no secrets marked, nothing unknown.

    Attributes:
        resource: its type.
        cloud: the way to AWS.
        region: where it is.
        id: its id, empty while there is none.
        inputs: what is asked for, defaults included.
        state: what is known of the object.
        cancelled: set when waiting is to be given up.
        document: the object as it was last described.
        changed: the properties that an update is about.
    """

    resource: Resource
    cloud: Cloud
    region: str
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)
    document: Document = field(default_factory=dict)
    changed: frozenset[str] = frozenset()

    def call(self, operation: str, parameters: Mapping[str, Any], service: str = "") -> dict[str, Any]:
        """Make one request and return the answer.

        Raises:
            ApiError: AWS refused it.
            ProviderError: AWS could not be reached, or may not be.
        """
        client = self.cloud.client(service or self.resource.service, self.region)
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except WIRE_ERRORS as error:
            raise translate(operation, error) from error
        return answer

    def request(self, call: Call, names: Sequence[str] = ()) -> Any:
        """Make a call of the table, with the named properties beside its own parameters; returns its answer."""
        parameters = {key: value for key, value in self.fill(call.parameters).items() if value is not MISSING}
        for name in names:
            self.put(parameters, call, name)
        answer = self.call(call.operation, parameters, call.service)
        return search(str(self.fill(call.answer)), answer)

    def put(self, parameters: dict[str, Any], call: Call, name: str) -> None:
        """Add a property to a call's parameters, if the operation takes it."""
        prop = self.resource.properties[name]
        path = self.path(call, name, prop)
        if path is None:
            return
        if len(path) == 1 and path[0] in parameters:
            return
        value = self.inputs.get(name)
        shape: Any = self.shape(call)
        for step in path:
            shape = shape.members[step]
        if value is None:
            cleared = prop.cleared if prop.cleared is not None else _CLEARED.get(shape.type_name)
            if cleared is None:
                return
            value = cleared
        if prop.encode is not None:
            value = prop.encode(value)
        elif prop.form is Form.PAIRS:
            value = [{"Name": key, "Value": item} for key, item in value.items()]
        target = parameters
        for step in path[:-1]:
            target = target.setdefault(step, {})
        target.setdefault(path[-1], to_api(value, shape, prop.names, name))

    def takes(self, call: Call, name: str) -> bool:
        """Whether an operation takes a property."""
        return self.path(call, name, self.resource.properties[name]) is not None

    def path(self, call: Call, name: str, prop: Property) -> list[str] | None:
        """The members that lead to a property's parameter in an operation, if it has one."""
        paths = (_path(self.shape(call), one.split(".")) for one in (prop.api or name).split("|"))
        return next((path for path in paths if path is not None), None)

    def shape(self, call: Call) -> Shape:
        """The model of an operation's parameters."""
        client = self.cloud.client(call.service or self.resource.service, self.region)
        shape = client.meta.service_model.operation_model(call.operation).input_shape
        if shape is None:
            raise RuntimeError(f"{call.operation} takes no parameters")
        return shape

    def scope(self) -> dict[str, Any]:
        """The values that templates name."""
        return {
            **{key: value for key, value in self.state.items() if value is not None},
            **{key: value for key, value in self.inputs.items() if value is not None},
            "id": self.id or None,
            "region": self.region,
            "account": self.cloud.account,
            "partition": self.cloud.partition,
        }

    def fill(self, template: Any) -> Any:
        """A template with its fields filled in; :data:`MISSING` where one has no value."""
        return _fill(template, self.scope())


def _path(shape: Shape, names: Sequence[str]) -> list[str] | None:
    """The members that names lead through, if they lead anywhere."""
    found = []
    for name in names:
        key = member(shape, name)
        if key is None or not isinstance(shape, StructureShape):
            return None
        found.append(key)
        shape = shape.members[key]
    return found


_CLEARED: Final[Mapping[str, Any]] = {"string": "", "list": [], "map": {}}


def _fill(template: Any, scope: Mapping[str, Any]) -> Any:
    match template:
        case str():
            whole = _FIELD.fullmatch(template)
            if whole:
                value = scope.get(whole.group(1))
                return MISSING if value is None else value
            if any(scope.get(name) is None for name in _FIELD.findall(template)):
                return MISSING
            return _FIELD.sub(lambda match: str(scope[match.group(1)]), template)
        case Mapping():
            return {key: _fill(value, scope) for key, value in template.items()}
        case list() | tuple():
            filled = [_fill(one, scope) for one in template]
            return MISSING if any(one is MISSING for one in filled) else filled
        case _:
            return template


def search(expression: str, value: Any) -> Any:
    """What a JMESPath expression finds."""
    return value if expression == "@" else jmespath.search(expression, value)


def take_apart(id: str, forms: Sequence[str]) -> dict[str, str]:
    """The parts of an id by its forms, as in ``{role}:{name}``; the first form that fits counts. None: no parts."""
    for form in forms:
        pattern, last = "", 0
        for found in _FIELD.finditer(form):
            pattern += re.escape(form[last : found.start()]) + f"(?P<{found.group(1)}>.+?)"
            last = found.end()
        match = re.fullmatch(pattern + re.escape(form[last:]), id)
        if match:
            return match.groupdict()
    return {}
