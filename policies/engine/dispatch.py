"""Few policies that judge by many rules.

The policy SDK unpacks every resource once per policy, so a pack of one policy a rule costs rules times resources.
A pack here has at most four policies, one a level and scope, that fan out to the rules of the resource's type.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.engine import message
from policies.engine.context import Context
from policies.engine.resource import Resource, Stack, from_inputs, from_stack, matches
from policies.engine.rule import Finding, Level, Rule, Violation

Report = Callable[[str, str | None], None]


class RuleError(RuntimeError):
    """A judge failed; the message names rule and resource. It ends the operation: a broken rule passes nothing."""


class Dispatch:
    """The rules of one pack, judged together.

    Undecided judgements are gathered over the run and told once per rule, by :meth:`tell_undecided`.
    """

    def __init__(self, rules: Sequence[Rule], context: Context) -> None:
        """Take the rules of a pack.

        Raises:
            ValueError: two rules have the same id.
        """
        ids = [rule.id for rule in rules]
        doubles = sorted({found for found in ids if ids.count(found) > 1})
        if doubles:
            raise ValueError(f"rule ids must be unique: {', '.join(doubles)}")
        self.rules = [rule for rule in rules if context.boundary is not None or not rule.needs_boundary]
        self.context = context
        self._undecided: dict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()
        self._for_type = cache(self._rules_of)

    def has(self, level: Level, *, stack: bool) -> bool:
        """Whether some rule judges at that level and scope."""
        return any(self._level(rule) is level and (rule.judge_stack is not None) == stack for rule in self.rules)

    def _level(self, rule: Rule) -> Level:
        return rule.severity.at(self.context.stage)

    def _rules_of(self, type_: str, level: Level) -> tuple[Rule, ...]:
        return tuple(
            rule
            for rule in self.rules
            if rule.judge is not None and self._level(rule) is level and matches(type_, rule.types)
        )

    def judge_resource(self, resource: Resource, level: Level, report: Report) -> None:
        """Judge one resource by the rules of a level.

        Raises:
            RuleError: a judge failed.
        """
        for rule in self._for_type(resource.type, level):
            if rule.judge is not None:
                self._deliver(rule, _guarded(rule, rule.judge(resource, self.context), resource), resource, report)

    def judge_stack(self, stack: Stack, level: Level, report: Report) -> None:
        """Judge the whole stack by the rules of a level.

        Raises:
            RuleError: a judge failed.
        """
        for rule in self.rules:
            if rule.judge_stack is not None and self._level(rule) is level:
                self._deliver(rule, _guarded(rule, rule.judge_stack(stack, self.context), None), None, report)

    def _deliver(self, rule: Rule, findings: Iterable[Finding], resource: Resource | None, report: Report) -> None:
        for found in findings:
            of = found.resource or resource
            urn = of.urn if of is not None else None
            if isinstance(found, Violation):
                report(message.violation(rule, found, of), urn)
            elif self.context.preview:
                with self._lock:
                    self._undecided[rule.id].add(f"{of.name if of else 'stack'}: {found.node.path or '(all)'}")
            else:
                stuck = Violation(found.node, "a value that is known by now", detail="the rule cannot be decided")
                report(message.violation(rule, stuck, of), urn)

    def tell_undecided(self, report: Report) -> None:
        """Tell, once per rule, what this preview could not decide; then forget it."""
        with self._lock:
            gathered, self._undecided = self._undecided, defaultdict(set)
        for rule in self.rules:
            if rule.id in gathered:
                report(message.undecided(rule, gathered[rule.id]), None)


def _guarded(rule: Rule, findings: Iterable[Finding], resource: Resource | None) -> Iterator[Finding]:
    try:
        yield from findings
    except Exception as error:
        raise RuleError(f"rule {rule.id} failed on {resource or 'the stack'}: {error!r}") from error


def policies(name: str, description: str, dispatch: Dispatch) -> list[Policy]:
    """The SDK's policies of a pack; ``description`` opens every message."""

    def on_resource(level: Level) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
        return lambda args, report: dispatch.judge_resource(from_inputs(args), level, report)

    def on_stack(level: Level) -> Callable[[StackValidationArgs, ReportViolation], None]:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            if dispatch.has(level, stack=True):
                dispatch.judge_stack(
                    Stack([from_stack(found, preview=dispatch.context.preview) for found in args.resources]),
                    level,
                    report,
                )
            if level is Level.ADVISORY:
                dispatch.tell_undecided(report)

        return validate

    found: list[Policy] = []
    for level in Level:
        enforcement = EnforcementLevel(level.value)
        if dispatch.has(level, stack=False):
            found.append(
                ResourceValidationPolicy(f"{name}-{level.value}", description, on_resource(level), enforcement)
            )
    for level in Level:
        if dispatch.has(level, stack=True) or level is Level.ADVISORY:
            found.append(
                StackValidationPolicy(
                    f"{name}-stack-{level.value}", description, on_stack(level), EnforcementLevel(level.value)
                )
            )
    return found
