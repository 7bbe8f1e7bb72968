"""Cases of the hardening pack: the way out."""

from __future__ import annotations

from tests.policies.cases.table import FAILS, PASSES, Cases, one
from tests.policies.harness import UNKNOWN

CASES: tuple[Cases, ...] = (
    one(
        "dns-firewall-fail-closed",
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        good={"firewallFailOpen": "DISABLED"},
        bad={"firewallFailOpen": "ENABLED"},
        at="firewallFailOpen",
        unset=FAILS,
        unknown={"firewallFailOpen": UNKNOWN},
        more=[({"firewallFailOpen": "USE_LOCAL_RESOURCE_SETTING"}, FAILS)],
    ),
    one(
        "dns-firewall-narrow-lists",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        good={"domains": ["api.example.com.", "*.example.com."]},
        bad={"domains": ["api.example.com.", "*.com."]},
        at="domains[1]",
        unset=PASSES,
        unknown={"domains": [UNKNOWN]},
        more=[({"domains": ["*."]}, PASSES)],
    ),
)
