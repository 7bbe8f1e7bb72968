"""Judging made-up resources through the policy SDK's own objects and proxies, as the engine does."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policies.engine.context import Context, read
from policies.engine.dispatch import Dispatch, policies
from policies.engine.rule import Rule
from policies.residency.description import read_boundary

UNKNOWN = UNKNOWN_STRING_VALUE
"""What the engine sends for a value that is not known at preview."""

ACCOUNT = "111111111111"
FOREIGN = "999999999999"
HOME = "eu-central-1"
RECOVERY = "eu-west-1"
OUTSIDE = "us-east-1"

ENVIRONMENT: Mapping[str, object] = {
    "client": "acme",
    "stage": "prod",
    "account_id": ACCOUNT,
    "residency": {"jurisdiction": "eu", "home": HOME, "recovery": RECOVERY},
}


class Verdict(enum.Enum):
    """What a pack says of some resources."""

    PASSES = "passes"
    FAILS = "fails"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Res:
    """A resource to be judged; ``depends`` gives the names of resources that went into its properties."""

    type: str
    props: Mapping[str, Any] = field(default_factory=dict)
    name: str = "it"
    provider: Mapping[str, Any] | None = field(default_factory=lambda: {"region": HOME})
    provider_name: str = "aws-home"
    depends: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        """Its URN."""
        return f"urn:pulumi:acme-prod::freehold::{self.type}::{self.name}"


@dataclass(frozen=True)
class Report:
    """One diagnostic of a pack."""

    level: EnforcementLevel
    message: str
    urn: str | None


def context(*, preview: bool = True, environment: object = ENVIRONMENT) -> Context:
    """The context of a client in the EU; in preview unless told otherwise."""
    return read(environment, preview=preview, read_boundary=read_boundary)


def _options() -> PolicyResourceOptions:
    return PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)


def _provider(res: Res) -> PolicyProviderResource | None:
    if res.provider is None or res.type.startswith("pulumi:"):
        return None
    kind = f"pulumi:providers:{res.type.split(':')[0]}"
    props = unknown_checking_proxy(dict(res.provider))
    return PolicyProviderResource(
        kind, props, f"urn:pulumi:acme-prod::freehold::{kind}::{res.provider_name}", res.provider_name
    )


def _as_stack(resources: Sequence[Res]) -> list[PolicyResource]:
    found = {
        res.name: PolicyResource(
            res.type,
            unknown_checking_proxy(dict(res.props)),
            res.urn,
            res.name,
            _options(),
            _provider(res),
            None,
            [],
            {},
        )
        for res in resources
    }
    for res in resources:
        for prop, names in res.depends.items():
            found[res.name].property_dependencies[prop] = [found[name] for name in names]
    return list(found.values())


def judge(rules: Sequence[Rule], resources: Sequence[Res], in_context: Context | None = None) -> list[Report]:
    """All diagnostics of a pack of these rules: each resource first, then the stack, as the engine calls them."""
    dispatch = Dispatch(rules, context() if in_context is None else in_context)
    pack = policies("trial", "A trial.", dispatch)
    reports: list[Report] = []

    def reporter(policy: Policy, of: str | None) -> Any:
        level = policy.enforcement_level or EnforcementLevel.ADVISORY
        return lambda message, urn=None: reports.append(Report(level, message, urn or of))

    for res in resources:
        for policy in pack:
            if isinstance(policy, ResourceValidationPolicy):
                props = unknown_checking_proxy(dict(res.props))
                args = ResourceValidationArgs(res.type, props, res.urn, res.name, _options(), _provider(res))
                policy.validate(args, reporter(policy, res.urn))
    for policy in pack:
        if isinstance(policy, StackValidationPolicy):
            policy.validate(StackValidationArgs(_as_stack(resources)), reporter(policy, None))
    return reports


def verdict(rule: Rule, resources: Sequence[Res], in_context: Context | None = None) -> tuple[Verdict, list[Report]]:
    """What one rule says: a violation outweighs undecided notes."""
    reports = judge([rule], resources, in_context)
    if any(not is_note(report) for report in reports):
        return Verdict.FAILS, reports
    return (Verdict.UNDECIDED if reports else Verdict.PASSES), reports


def is_note(report: Report) -> bool:
    """Whether a report says that a rule is undecided."""
    return " is undecided: " in report.message
