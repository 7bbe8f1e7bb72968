"""Rules and cases against the provider SDKs: types and properties that exist, global services that are complete."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pulumi_aws
import pulumi_kubernetes
import pytest
from pulumi._types import input_type_py_to_pulumi_names

import policies
from policies.engine.resource import matches
from policies.engine.rule import Rule
from policies.residency.regions import GLOBAL_SERVICES
from tests.policies.harness import Res
from tests.policies.test_rules import CASES, RULES

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")
"""The SDK's deprecated classes warn when their modules are loaded."""

OUTPUTS = {"id", "arn"}
"""What cases of stack rules may have beyond inputs."""


@cache
def types(package: str) -> frozenset[str]:
    """All resource types of an SDK, from its own register."""
    module = pulumi_aws if package == "aws" else pulumi_kubernetes
    source = Path(str(module.__file__)).read_text()
    register = re.search(r'resource_modules="""\n(.*?)\n"""', source, re.DOTALL)
    assert register is not None
    return frozenset(token for entry in json.loads(register[1]) for token in entry["classes"])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rules_judge_types_that_exist(rule: Rule) -> None:
    known = types("aws") | types("kubernetes")
    for pattern in rule.types:
        if not pattern.startswith("pulumi:"):
            assert any(matches(token, (pattern,)) for token in known), pattern


def args_class(type_: str) -> type:
    """The class of a resource type's inputs, from the module that defines the resource."""
    package, module, kind = type_.split(":")
    group, version = module.split("/")
    if package == "aws":
        parent = importlib.import_module(f"pulumi_aws.{group}")
    else:
        group = group.removesuffix(".k8s.io").removesuffix(".authorization")
        parent = importlib.import_module(f"pulumi_kubernetes.{group}.{version}")
    home = sys.modules[getattr(parent, kind).__module__]
    return getattr(home, f"{kind}InitArgs", None) or getattr(home, f"{kind}Args")  # type: ignore[no-any-return]


def annotation(cls: type, argument: str) -> str:
    """How the class annotates one of its arguments."""
    return repr(vars(cls)["__init__"].__annotations__.get(argument))


def check(cls: type, props: Mapping[str, Any], path: str, allowed: frozenset[str] = frozenset()) -> None:
    """Every property of a made-up resource is one of the SDK's class, and so below."""
    names = {pulumi: python for python, pulumi in input_type_py_to_pulumi_names(cls).items()}
    for key, value in props.items():
        assert key in names or key in allowed, f"{path}.{key} is no property of {cls.__name__}"
        if key not in names:
            continue
        nested = re.search(r"ForwardRef\('([\w.]+Args)'\)", annotation(cls, names[key]))
        below = [found for found in (value if isinstance(value, list) else [value]) if isinstance(found, dict)]
        if nested and below:
            inner = resolve(cls, nested[1])
            for found in below:
                check(inner, found, f"{path}.{key}")


def resolve(cls: type, name: str) -> type:
    """A class that another's annotations name, across the SDK's modules."""
    *modules, last = name.split(".")
    owner = sys.modules[cls.__module__]
    if modules:
        package = importlib.import_module(f"pulumi_kubernetes.{'.'.join(modules).lstrip('_')}")
        return getattr(package, last)  # type: ignore[no-any-return]
    for module in (owner, sys.modules[cls.__module__.rsplit(".", 1)[0]]):
        if hasattr(module, last):
            return getattr(module, last)  # type: ignore[no-any-return]
    return getattr(importlib.import_module(f"{cls.__module__.rsplit('.', 1)[0]}._inputs"), last)  # type: ignore[no-any-return]


def judged(resources: Sequence[Res]) -> list[Res]:
    """Resources of the two SDKs."""
    return [res for res in resources if res.type.startswith(("aws:", "kubernetes:"))]


@pytest.mark.parametrize("cases", CASES, ids=[cases.rule for cases in CASES])
def test_cases_use_properties_that_exist(cases: Any) -> None:
    everything = [cases.good, cases.bad, cases.unset[0], cases.unknown[0], *(found for found, _ in cases.more)]
    for res in (res for resources in everything for res in judged(resources)):
        if not res.type.endswith("List") and res.type in types(res.type.split(":", maxsplit=1)[0]):
            check(args_class(res.type), res.props, res.type, frozenset(OUTPUTS))


def regionless() -> set[str]:
    """Resource types of the AWS SDK without a region argument."""
    root = Path(str(pulumi_aws.__file__)).parent
    found = set()
    for path in root.rglob("*.py"):
        source = path.read_text()
        if "def region(self)" not in source:
            found.update(re.findall(r"super\(\w+, __self__\)\.__init__\(\s*'(aws:[^']+)'", source))
    return found


def test_the_list_of_global_services_is_complete_and_refuses_no_regional_one() -> None:
    found = regionless()
    listed = tuple(service.pattern for service in GLOBAL_SERVICES)
    assert len(found) > 150
    assert {token for token in found if not matches(token, listed)} == set()
    for pattern in listed:
        assert any(matches(token, (pattern,)) for token in found), pattern
    refused = tuple(service.pattern for service in GLOBAL_SERVICES if not service.admitted)
    assert {token for token in types("aws") if matches(token, refused)} - found == set()


@pytest.mark.parametrize("pack", ["residency", "hardening"])
def test_no_module_of_a_pack_hides_another(pack: str) -> None:
    """The engine runs a pack in its own directory, which is then the first place that imports look into."""
    directory = Path(str(policies.__file__)).parent / pack
    names = {path.stem for path in directory.glob("*.py")} - {"__init__", "__main__"}
    assert names
    assert {name for name in names if name in sys.stdlib_module_names or importlib.util.find_spec(name)} == set()
