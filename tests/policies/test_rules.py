"""Every rule, judged through the SDK's proxies: compliant, violating, unset, unknown, unrelated, and more."""

from __future__ import annotations

import pytest
from pulumi_policy import EnforcementLevel

from policies.engine.rule import Rule
from policies.hardening import catalogue as hardening
from policies.residency import catalogue as residency
from tests.policies.cases import (
    audits,
    buckets,
    data,
    database_operations,
    egress,
    kubernetes,
    networks,
    principals,
    registries,
)
from tests.policies.cases import residency as boundary
from tests.policies.cases.table import Cases
from tests.policies.harness import ENVIRONMENT, Res, Verdict, context, judge, verdict

RULES: dict[str, Rule] = {rule.id: rule for rule in (*residency.RULES, *hardening.RULES)}
CASES: tuple[Cases, ...] = (
    *boundary.CASES,
    *audits.CASES,
    *buckets.CASES,
    *egress.CASES,
    *data.CASES,
    *principals.CASES,
    *database_operations.CASES,
    *networks.CASES,
    *registries.CASES,
    *kubernetes.CASES,
)
each = pytest.mark.parametrize("cases", CASES, ids=[cases.rule for cases in CASES])


def decide(cases: Cases, case: str, resources: list[Res]) -> Verdict:
    """The verdict of a case, in preview and in the environment that the case is about."""
    environment = cases.environments.get(case, ENVIRONMENT)
    return verdict(RULES[cases.rule], resources, context(environment=environment))[0]


def test_every_rule_has_its_cases_once() -> None:
    assert sorted(cases.rule for cases in CASES) == sorted(RULES)


@each
def test_compliant_passes(cases: Cases) -> None:
    assert decide(cases, "good", list(cases.good)) is Verdict.PASSES


@each
def test_violating_fails_and_says_where_what_and_how(cases: Cases) -> None:
    rule = RULES[cases.rule]
    environment = cases.environments.get("bad", ENVIRONMENT)
    found, reports = verdict(rule, list(cases.bad), context(environment=environment))
    assert found is Verdict.FAILS
    message = next(report.message for report in reports if cases.at in report.message)
    culprit = next(res for res in cases.bad if res.urn == reports[0].urn)
    assert message.startswith(f"{rule.id}: {rule.title}\n")
    assert f"resource: {culprit.name} ({culprit.type})" in message
    assert "allowed:  " in message
    assert rule.fix in message
    assert all(str(standard) in message for standard in rule.standards)
    assert all(report.level is EnforcementLevel.MANDATORY for report in reports)


@each
def test_unset_is_judged_as_the_rule_says(cases: Cases) -> None:
    resources, expected = cases.unset
    assert decide(cases, "unset", list(resources)) is expected


@each
def test_unknown_is_never_a_pass_and_is_decided_in_up(cases: Cases) -> None:
    resources, expected = cases.unknown
    assert decide(cases, "unknown", list(resources)) is expected
    if expected is Verdict.UNDECIDED:
        found, reports = verdict(RULES[cases.rule], list(resources), context(preview=False))
        assert found is Verdict.FAILS
        assert "cannot be decided" in reports[0].message


@each
def test_other_types_are_left_alone(cases: Cases) -> None:
    assert decide(cases, "other", list(cases.other)) is Verdict.PASSES


@pytest.mark.parametrize(
    ("rule", "resources", "expected"),
    [
        pytest.param(cases.rule, resources, expected, id=f"{cases.rule}-{number}")
        for cases in CASES
        for number, (resources, expected) in enumerate(cases.more)
    ],
)
def test_further_cases(rule: str, resources: list[Res], expected: Verdict) -> None:
    assert verdict(RULES[rule], resources)[0] is expected


def test_a_password_is_never_shown() -> None:
    reports = judge(list(RULES.values()), [Res("aws:rds/instance:Instance", {"password": "hunter2"})])
    assert any("rds-managed-password" in report.message for report in reports)
    assert not any("hunter2" in report.message for report in reports)


def test_a_kubeconfig_is_never_shown() -> None:
    reports = judge(list(RULES.values()), [Res(boundary.KUBERNETES, {"kubeconfig": "token: hunter2"})])
    assert any("residency-kubernetes-cluster" in report.message for report in reports)
    assert not any("hunter2" in report.message for report in reports)


@pytest.mark.parametrize("res", kubernetes.everywhere(kubernetes.INIT["spec"]), ids=lambda res: res.type)
def test_every_kind_that_bears_pods_is_walked(res: Res) -> None:
    assert verdict(RULES["k8s-not-privileged"], [res])[0] is Verdict.FAILS


def test_without_a_boundary_everything_is_refused() -> None:
    resources = [Res("pulumi:pulumi:Stack"), Res(boundary.AWS), Res(boundary.LOGS), Res("kubernetes:core/v1:Pod")]
    reports = judge(residency.RULES, resources, context(environment=None))
    refused = {report.urn for report in reports if report.level is EnforcementLevel.MANDATORY}
    assert refused == {res.urn for res in resources}
