"""Where each resource lives, and services that live nowhere in particular."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import expect
from policies.engine.resource import Resource, matches
from policies.engine.rule import Finding, Rule, Violation
from policies.engine.standards import ccc
from policies.engine.values import Node


@dataclass(frozen=True, slots=True)
class Global:
    """A service without regions: whether a client's environment may use it, and why (not)."""

    pattern: str
    admitted: bool
    reason: str


_UNUSED: Final = "not needed in a client's environment; admit it here with a reason when it is"

GLOBAL_SERVICES: Final = (
    Global("aws:account/*", True, "contacts and opted-in regions of the account; no client data"),
    Global("aws:backup/globalSettings:*", False, "lets backups leave for other accounts of the organization"),
    Global("aws:bcmdata/*", True, "billing figures; no client data"),
    Global("aws:bedrock/useCaseForModelAccess:*", False, _UNUSED),
    Global("aws:billing/*", True, "billing figures; no client data"),
    Global("aws:budgets/*", True, "billing figures; no client data"),
    Global("aws:chime/sdkvoiceGlobalSettings:*", False, _UNUSED),
    Global("aws:cloudfront/*", False, "caches and computes at edge locations worldwide"),
    Global("aws:cloudtrail/organizationDelegatedAdminAccount:*", False, "hands the trail to another account"),
    Global("aws:costexplorer/*", True, "billing figures; no client data"),
    Global("aws:costoptimizationhub/*", True, "billing figures; no client data"),
    Global("aws:cur/*", True, "billing figures; no client data; its bucket is judged as a bucket"),
    Global("aws:directconnect/gateway:*", False, "joins networks of any region"),
    Global("aws:ec2/vpcIpamOrganizationAdminAccount:*", False, _UNUSED),
    Global("aws:fms/adminAccount:*", False, _UNUSED),
    Global("aws:globalaccelerator/*", False, "takes traffic in at edge locations worldwide"),
    Global("aws:iam/*", True, "identities and permissions; no client data"),
    Global("aws:networkmanager/*", False, "joins networks of any region"),
    Global("aws:notifications/*", False, "keeps notifications in hubs of any region"),
    Global("aws:organizations/*", False, "belongs to the organization's management account, not to a client"),
    Global("aws:pricingplanmanager/*", False, _UNUSED),
    Global("aws:ram/sharingWithOrganization:*", False, "opens resources to other accounts of the organization"),
    Global("aws:rolesanywhere/*", True, "trust anchors for identities; no client data"),
    Global("aws:route53/*", True, "names and addresses, public by nature; no client data"),
    Global("aws:route53domains/*", True, "domain registrations; no client data"),
    Global("aws:route53recoverycontrol/*", False, "its cluster spans five fixed regions"),
    Global("aws:route53recoveryreadiness/*", False, _UNUSED),
    Global("aws:s3/accountPublicAccessBlock:*", True, "a switch of the account; no client data"),
    Global("aws:servicecatalog/organizationsAccess:*", False, _UNUSED),
    Global("aws:shield/*", True, "protects addresses that other rules judge; no client data"),
    Global("aws:uxc/*", True, "looks of the console; no client data"),
    Global("aws:waf/*", False, "WAF Classic for CloudFront: inspects traffic at edge locations worldwide"),
)
"""Every AWS resource type without a region argument (pulumi-aws 7), by service, with a verdict."""


def _judge_region(resource: Resource, context: Context) -> Iterator[Finding]:
    yield from expect(resource.region, lambda node: node.value in context.within.regions, context.within.allowed)


def _judge_global(resource: Resource, _: Context) -> Iterator[Finding]:
    for service in GLOBAL_SERVICES:
        if not service.admitted and matches(resource.type, (service.pattern,)):
            yield Violation(
                Node("", resource.props.state), "a service of the boundary's regions", detail=service.reason
            )


RULES: Final = (
    Rule(
        id="residency-resource-region",
        title="Every AWS resource lives in the home or recovery region",
        types=("aws:*",),
        asks="`region` of every AWS resource, or else its provider's, is the home or recovery region.",
        why="The per-resource region argument of pulumi-aws 7 bypasses whatever is said of the provider.",
        fix="remove region from the resource, or set it to the client's home (or recovery) region",
        absent="Unset, the resource lives in its provider's region, which is judged instead.",
        judge=_judge_region,
        standards=(ccc("CN06.AR01"), ccc("CN06.AR02")),
        needs_boundary=True,
    ),
    Rule(
        id="residency-global-service",
        title="Global services only where no client data reaches them",
        types=tuple(service.pattern for service in GLOBAL_SERVICES),
        asks="A resource type without a region belongs to a service that the list of global services admits.",
        why="A service without regions stores or handles data anywhere.",
        fix="use a regional service (a load balancer instead of an edge network), or admit the service in "
        "policies/residency/regions.py with a reason",
        absent="Decided by the resource's type alone; no property is read.",
        judge=_judge_global,
        standards=(ccc("CN06.AR01"),),
    ),
)
