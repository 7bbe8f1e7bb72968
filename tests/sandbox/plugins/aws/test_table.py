"""The table against the two things it stands between: the SDK's classes and botocore's models."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]
import pytest
from botocore.model import OperationModel, StructureShape
from pulumi._types import input_type_py_to_pulumi_names, resource_types

from sandbox.plugins.aws import types
from sandbox.plugins.aws.model import Call, Resource
from sandbox.plugins.aws.shapes import member

RESOURCES = [found for token in types.tokens() if (found := types.find(token))]
SESSION = botocore.session.get_session()

every_type = pytest.mark.parametrize("resource", RESOURCES, ids=[one.type.rpartition(":")[2] for one in RESOURCES])


def sdk(resource: Resource) -> tuple[set[str], set[str]]:
    """Arguments and outputs of the type in the SDK."""
    module, _, name = resource.type.removeprefix("aws:").rpartition(":")
    package: Any = importlib.import_module(f"pulumi_aws.{module.partition('/')[0]}")
    found = getattr(package, name)
    where = importlib.import_module(found.__module__)
    given = getattr(where, f"{name}InitArgs", None) or getattr(where, f"{name}Args")  # a nested type may have the name
    return set(input_type_py_to_pulumi_names(given).values()), set(resource_types(found))


def calls(resource: Resource) -> Iterator[Call]:
    """Every call of a type that is data."""
    for call in (resource.create, *resource.read, resource.delete, *(step.call for step in resource.update)):
        if isinstance(call, Call):
            yield call


def operation(resource: Resource, call: Call) -> OperationModel:
    """botocore's model of a call."""
    return SESSION.get_service_model(call.service or resource.service).operation_model(call.operation)


def takes(resource: Resource, call: Call, name: str) -> bool:
    """Whether an operation takes a property."""
    for path in (resource.properties[name].api or name).split("|"):
        shape: Any = operation(resource, call).input_shape
        for step in path.split("."):
            key = member(shape, step) if isinstance(shape, StructureShape) else None
            shape = shape.members[key] if key else None
        if shape is not None:
            return True
    return False


@pytest.mark.filterwarnings("ignore:.*EncryptionControl:DeprecationWarning")  # the SDK's own, at import
@every_type
def test_names_are_the_sdks(resource: Resource) -> None:
    arguments, outputs = sdk(resource)
    assert resource.properties.keys() - arguments == set()
    assert resource.outputs.keys() - outputs == set()
    assert resource.regional == ("region" in arguments)
    assert (resource.tagging is not None) == ("tags" in arguments)


@every_type
def test_calls_are_aws_own(resource: Resource) -> None:
    for call in calls(resource):
        shape = operation(resource, call).input_shape
        assert call.parameters.keys() - set(shape.members if shape else ()) == set()
        assert jmespath.compile(re.sub(r"\{(\w+)\}", "x", call.answer))
    if resource.tagging:
        tagging = resource.tagging
        for verb, needed in ((tagging.add, {tagging.target[0]}), (tagging.remove, {tagging.target[0], tagging.keys})):
            members = SESSION.get_service_model(resource.service).operation_model(verb).input_shape
            assert members is not None
            assert needed - {""} - set(members.members) == set()


@every_type
def test_every_change_has_a_way(resource: Resource) -> None:
    """What can change without a new object is taken by an update; what the provider goes by itself needs none."""
    taken = {name for step in resource.update for name in step.on}
    assert taken - resource.properties.keys() == set()
    left = {
        name
        for name, prop in resource.properties.items()
        if prop.replace is not True and not prop.local and name not in taken
    }
    assert left == set()


@every_type
def test_every_property_reaches_aws(resource: Resource) -> None:
    """What is asked for is taken by the creating call or by an update, unless code sees to it."""
    lost = set()
    if isinstance(resource.create, Call):
        for name, prop in resource.properties.items():
            updates = [step.call for step in resource.update if name in step.on]
            creating = takes(resource, resource.create, name) or f"{{{name}}}" in str(resource.create.parameters)
            changing = any(
                not isinstance(call, Call) or takes(resource, call, name) or f"{{{name}}}" in str(call.parameters)
                for call in updates
            ) or any(name in step.when for step in resource.update)
            if not creating and not changing and not prop.local:
                lost.add(name)
    assert lost == set()


def test_a_property_of_the_table_is_said_once() -> None:
    assert len({resource.type for resource in RESOURCES}) == len(RESOURCES)
