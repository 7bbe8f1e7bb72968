"""Where interrupted creations of the audit trail's, the detection's and the DNS firewall's resources are.

One function a type, as in :mod:`scripts.pending`, whose tables take these up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from scripts.pending import Inputs, Lookup


def _rows(lookup: Lookup, service: str, operation: str, answer: str, **request: Any) -> Iterator[Any]:
    for page in lookup.client(service).get_paginator(operation).paginate(**request):
        yield from page[answer]


def trail(lookup: Lookup, inputs: Inputs) -> str | None:
    """A trail by its name."""
    rows = lookup.client("cloudtrail").describe_trails(includeShadowTrails=False)["trailList"]
    return lookup.one((row["TrailARN"] for row in rows if row["Name"] == inputs["name"]), str(inputs["name"]))


def detector(lookup: Lookup, _: Inputs) -> str | None:
    """The detector of a region: there is one at most."""
    return lookup.one(_rows(lookup, "guardduty", "list_detectors", "DetectorIds"), "the region's detector")


def hub(lookup: Lookup, _: Inputs) -> str | None:
    """The account's hub, known by the account's number."""
    client = lookup.client("securityhub")
    try:
        arn: str = client.describe_hub()["HubArn"]
    except (client.exceptions.InvalidAccessException, client.exceptions.ResourceNotFoundException):
        return None  # Security Hub is not enabled
    return arn.split(":")[4]


def resolver_named(operation: str, answer: str) -> Callable[[Lookup, Inputs], str | None]:
    """A list, a group or a configuration of Route 53 Resolver by its name."""

    def find(lookup: Lookup, inputs: Inputs) -> str | None:
        rows = _rows(lookup, "route53resolver", operation, answer)
        return lookup.one((row["Id"] for row in rows if row.get("Name") == inputs["name"]), str(inputs["name"]))

    return find


def firewall_rule(lookup: Lookup, inputs: Inputs) -> str | None:
    """A rule of a DNS firewall's group by the list that it judges."""
    group, domains = inputs["firewallRuleGroupId"], inputs["firewallDomainListId"]
    rows = _rows(lookup, "route53resolver", "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=group)
    found = (row["FirewallDomainListId"] for row in rows if row["FirewallDomainListId"] == domains)
    one = lookup.one(found, f"list {domains}")
    return f"{group}:{one}" if one else None


def firewall_association(lookup: Lookup, inputs: Inputs) -> str | None:
    """The association of a DNS firewall's group with a VPC."""
    rows = _rows(
        lookup,
        "route53resolver",
        "list_firewall_rule_group_associations",
        "FirewallRuleGroupAssociations",
        FirewallRuleGroupId=inputs["firewallRuleGroupId"],
        VpcId=inputs["vpcId"],
    )
    return lookup.one((row["Id"] for row in rows), f"VPC {inputs['vpcId']}")


def query_log_association(lookup: Lookup, inputs: Inputs) -> str | None:
    """The association of a query log with a VPC."""
    operation = "list_resolver_query_log_config_associations"
    rows = _rows(lookup, "route53resolver", operation, "ResolverQueryLogConfigAssociations")
    wanted = (inputs["resolverQueryLogConfigId"], inputs["resourceId"])
    found = (row["Id"] for row in rows if (row["ResolverQueryLogConfigId"], row["ResourceId"]) == wanted)
    return lookup.one(found, f"VPC {inputs['resourceId']}")


FOUND: Final[Mapping[str, Callable[[Lookup, Inputs], str | None]]] = {
    "aws:cloudtrail/trail:Trail": trail,
    "aws:guardduty/detector:Detector": detector,
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": resolver_named(
        "list_firewall_domain_lists", "FirewallDomainLists"
    ),
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": firewall_rule,
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": resolver_named(
        "list_firewall_rule_groups", "FirewallRuleGroups"
    ),
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": firewall_association,
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": resolver_named(
        "list_resolver_query_log_configs", "ResolverQueryLogConfigs"
    ),
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": query_log_association,
    "aws:securityhub/account:Account": hub,
}
"""Types whose id AWS chose: how to find it."""

HARMLESS: Final = frozenset(
    {
        "aws:cfg/deliveryChannel:DeliveryChannel",
        "aws:cfg/recorder:Recorder",
        "aws:cfg/recorderStatus:RecorderStatus",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
        "aws:ebs/encryptionByDefault:EncryptionByDefault",
        "aws:guardduty/detectorFeature:DetectorFeature",
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        "aws:securityhub/standardsSubscription:StandardsSubscription",
    }
)
"""Types whose creation is idempotent in the AWS API: settings of an account, a VPC or a detector, and puts by name."""
