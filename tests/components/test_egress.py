"""The way out: what resolves, and that all else does not."""

from __future__ import annotations

from components.egress import allowed
from components.naming import Scope
from stacks.spec.integrations import IntegrationSpec
from tests.components.recording import ACCOUNT, Recording

SCOPE = Scope("acme-prod", ACCOUNT, "eu-central-1", "aws")


def partner(host: str, direction: str = "outbound") -> IntegrationSpec:
    """An integration."""
    return IntegrationSpec.model_validate(
        {
            "purpose": "payments",
            "owner": "owner@acme.example",
            "direction": direction,
            "hosts": [host],
            "data_classes": ["none"],
            "country": "DE",
        }
    )


def test_only_outbound_partners_and_what_the_environment_needs_resolve() -> None:
    base = set(allowed(SCOPE, {}))
    found = set(allowed(SCOPE, {"a": partner("a.example"), "b": partner("b.example", "inbound")}, ("vault.example",)))
    assert found - base == {"a.example.", "vault.example."}
    assert all("{" not in name and not name.startswith("*.amazonaws") for name in base)
    assert "*.eu-central-1.amazonaws.com." not in base


def test_everything_else_is_blocked_and_the_firewall_fails_closed(environment: Recording) -> None:
    rules = {one.name: one.inputs for one in environment.of("route53/resolverFirewallRule:ResolverFirewallRule")}
    lists = {
        one.name: one.inputs["domains"]
        for one in environment.of("route53/resolverFirewallDomainList:ResolverFirewallDomainList")
    }
    assert (rules["allow"]["action"], rules["block"]["action"]) == ("ALLOW", "BLOCK")
    assert rules["allow"]["priority"] < rules["block"]["priority"]
    assert lists["block"] == ["*."]
    (config,) = environment.of("route53/resolverFirewallConfig:ResolverFirewallConfig")
    assert config.inputs["firewallFailOpen"] == "DISABLED"
    (tie,) = environment.of("route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation")
    (logged,) = environment.of("route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation")
    assert tie.inputs["vpcId"] == logged.inputs["resourceId"] == config.inputs["resourceId"]


def test_blocked_names_are_counted_where_the_alarm_looks(environment: Recording) -> None:
    (counted,) = environment.of("cloudwatch/logMetricFilter:LogMetricFilter")
    metric = counted.inputs["metricTransformation"]
    alarms = environment.of("cloudwatch/metricAlarm:MetricAlarm")
    (alarm,) = [one for one in alarms if one.inputs["metricName"] == metric["name"]]
    assert alarm.inputs["namespace"] == metric["namespace"]
