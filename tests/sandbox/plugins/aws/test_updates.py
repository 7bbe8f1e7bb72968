"""Updates in place beyond the cases: a rule's source, a launch template's tags, a log group's key."""

from __future__ import annotations

from tests.sandbox.plugins.aws.plugin import Plugin
from tests.sandbox.plugins.aws.world import World


def test_a_rule_changes_its_source(plugin: Plugin, world: World) -> None:
    rule = {"securityGroupId": world.groups[0], "ipProtocol": "tcp", "fromPort": 1, "toPort": 1}
    kind = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    made = world.make(kind, "moved", **rule, referencedSecurityGroupId=world.groups[1])
    try:
        moved = plugin.update(made, {**rule, "referencedSecurityGroupId": world.groups[0]})
        assert moved.state["referencedSecurityGroupId"] == world.groups[0]
        opened = plugin.update(moved, {**rule, "cidrIpv4": "192.0.2.0/24"})
        assert opened.state["cidrIpv4"] == "192.0.2.0/24"
        assert "referencedSecurityGroupId" not in opened.state
    finally:
        plugin.delete(made)


def test_a_rule_for_all_protocols_is_described(plugin: Plugin, world: World) -> None:
    rule = {"securityGroupId": world.groups[0], "ipProtocol": "-1", "cidrIpv4": "192.0.2.0/24"}
    made = world.make("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "described", **rule)
    try:
        assert plugin.update(made, {**rule, "description": "out"}).state["description"] == "out"
    finally:
        plugin.delete(made)


def test_a_launch_template_changes_its_tags(plugin: Plugin, world: World) -> None:
    made = world.make("aws:ec2/launchTemplate:LaunchTemplate", "tagged", tags={"a": "b", "c": "d"})
    try:
        assert plugin.update(made, {"tags": {"a": "x"}}).state["tags"] == {"a": "x"}
    finally:
        plugin.delete(made)


def test_a_log_group_changes_its_key(plugin: Plugin, world: World) -> None:
    made = world.make("aws:cloudwatch/logGroup:LogGroup", "locked", kmsKeyId=world.key.state["arn"])
    try:
        changed = plugin.update(made, {"kmsKeyId": world.other_key.state["arn"]})
        assert changed.state["kmsKeyId"] == world.other_key.state["arn"]
        assert "kmsKeyId" not in plugin.update(changed, {}).state
    finally:
        plugin.delete(made)
