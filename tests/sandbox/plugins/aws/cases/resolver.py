"""Route 53 Resolver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sandbox.plugins.aws.cases.case import TAGS, Case, Inputs
from tests.sandbox.plugins.aws.plugin import Object
from tests.sandbox.plugins.aws.world import World

_SERVICE = "route53resolver"


def _list(world: World, name: str = "allowed") -> Object:
    return world.make("aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList", name, domains=["a.example."])


def _group(world: World, name: str = "rules") -> Object:
    return world.make("aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup", name)


_made: dict[tuple[int, str], Object] = {}


def _once(world: World, name: str, make: Any) -> str:
    """One object a world and name."""
    key = (id(world), name)
    if key not in _made:
        _made[key] = make(world, name)
    return _made[key].id


def _rule(world: World, **changes: Any) -> Inputs:
    return {
        "name": "allow",
        "action": "ALLOW",
        "priority": 100,
        "firewallDomainListId": _once(world, "rule-list", _list),
        "firewallRuleGroupId": _once(world, "rule-group", _group),
        **changes,
    }


def _association(world: World, **changes: Any) -> Inputs:
    return {
        "name": "vpc",
        "firewallRuleGroupId": _once(world, "group", _group),
        "vpcId": world.vpc.id,
        "priority": 200,
        "tags": TAGS,
        **changes,
    }


def _log(world: World, **changes: Any) -> Inputs:
    return {"name": "queries", "destinationArn": world.log_group.state["arn"], "tags": TAGS, **changes}


def _log_config(world: World, name: str) -> Object:
    return world.make("aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig", name, **_log(world, name=name))


CASES: Sequence[Case] = (
    Case(
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        lambda w: {"name": "names", "domains": ["a.example.", "*.b.example."], "tags": TAGS},
        r"rslvr-fdl-[0-9a-f]{17}",
        update=lambda w: {"name": "names", "domains": ["c.example."]},
        replace=lambda w: {"name": "other", "domains": ["a.example.", "*.b.example."], "tags": TAGS},
        tamper=lambda w, o: w.client(_SERVICE).update_firewall_domains(
            FirewallDomainListId=o.id, Operation="ADD", Domains=["evil.example"]
        ),
        drifted=["domains"],
    ),
    Case(
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
        lambda w: {"name": "group", "tags": TAGS},
        r"rslvr-frg-[0-9a-f]{17}",
        update=lambda w: {"name": "group", "tags": {"Owner": "other"}},
        replace=lambda w: {"name": "other", "tags": TAGS},
        tamper=lambda w, o: w.client(_SERVICE).tag_resource(
            ResourceArn=o.state["arn"], Tags=[{"Key": "Owner", "Value": "someone"}]
        ),
        drifted=["tags"],
    ),
    Case(
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
        _rule,
        r"rslvr-frg-[0-9a-f]{17}:rslvr-fdl-[0-9a-f]{17}",
        update=lambda w: _rule(w, action="BLOCK", blockResponse="NODATA", priority=200),
        replace=lambda w: _rule(w, firewallDomainListId=_once(w, "other-list", _list)),
        tamper=lambda w, o: w.client(_SERVICE).update_firewall_rule(
            FirewallRuleGroupId=o.state["firewallRuleGroupId"],
            FirewallDomainListId=o.state["firewallDomainListId"],
            Action="ALERT",
        ),
        drifted=["action"],
        without=["firewallThreatProtectionId"],
    ),
    Case(
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        _association,
        r"rslvr-frgassoc-[0-9a-f]{17}",
        update=lambda w: _association(w, priority=300, name="changed"),
        replace=lambda w: _association(w, vpcId=w.other_vpc.id),
        tamper=lambda w, o: w.client(_SERVICE).update_firewall_rule_group_association(
            FirewallRuleGroupAssociationId=o.id, Priority=400
        ),
        drifted=["priority"],
    ),
    Case(
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        lambda w: {"resourceId": w.vpc.id, "firewallFailOpen": "DISABLED"},
        r"rslvr-fc-[0-9a-f]{17}",
        update=lambda w: {"resourceId": w.vpc.id, "firewallFailOpen": "ENABLED"},
        replace=lambda w: {"resourceId": w.other_vpc.id, "firewallFailOpen": "DISABLED"},
        tamper=lambda w, o: w.client(_SERVICE).update_firewall_config(ResourceId=w.vpc.id, FirewallFailOpen="ENABLED"),
        drifted=["firewallFailOpen"],
        stays=True,
    ),
    Case(
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        _log,
        r"rqlc-[0-9a-f]{17}",
        update=lambda w: _log(w, tags={"Owner": "other"}),
        replace=lambda w: _log(w, destinationArn=w.bucket.state["arn"]),
        tamper=lambda w, o: w.client(_SERVICE).untag_resource(ResourceArn=o.state["arn"], TagKeys=["Owner"]),
        drifted=["tags"],
    ),
    Case(
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        lambda w: {"resolverQueryLogConfigId": _once(w, "log", _log_config), "resourceId": w.vpc.id},
        r"rqlca-[0-9a-f]{17}",
        update=None,
        replace=lambda w: {"resolverQueryLogConfigId": _once(w, "log", _log_config), "resourceId": w.other_vpc.id},
        tamper=None,
    ),
)
