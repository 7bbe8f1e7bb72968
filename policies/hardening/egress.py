"""The way out: DNS Firewall blocks what is not listed, and fails closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import equals, expect, setting
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule
from policies.engine.values import Node

_BROAD: Final = 1
"""Labels of a wildcard's domain that are too few: ``*.com``."""


def _narrow(node: Node) -> bool:
    """A name, or a wildcard over more than a top-level domain; ``*.`` alone is the list of everything, for blocking."""
    text = str(node.value).rstrip(".")
    if text == "*":
        return True
    return not text.startswith("*.") or len(text.removeprefix("*.").split(".")) > _BROAD


def _judge_names(resource: Resource, _: Context) -> Iterator[Finding]:
    for name in resource.at("domains").each():
        yield from expect(name, _narrow, "a host name, or a wildcard over one organisation's domain")


RULES: Final = (
    Rule(
        id="dns-firewall-fail-closed",
        title="DNS Firewall fails closed",
        types=("aws:route53/resolverFirewallConfig:*",),
        asks="`firewallFailOpen` is `DISABLED`.",
        why="Open on failure means that data leaves unseen just when nobody filters.",
        fix='set firewall_fail_open="DISABLED"',
        absent="Unset means whatever the VPC has: refused.",
        judge=setting("firewallFailOpen", test=equals("DISABLED"), allowed="DISABLED"),
    ),
    Rule(
        id="dns-firewall-narrow-lists",
        title="No list of names holds a wildcard over a top-level domain",
        types=("aws:route53/resolverFirewallDomainList:*",),
        asks="No item of `domains` is a wildcard over a top-level domain, such as `*.com`.",
        why="Anyone can register a name below it, and data can go there.",
        fix="name the partner's hosts one by one",
        absent="An empty list names nothing: passes.",
        judge=_judge_names,
    ),
)
