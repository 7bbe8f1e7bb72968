"""The way out: only names that an integration lists, or that the environment needs, resolve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.cloudwatch import LogMetricFilter, LogMetricFilterMetricTransformationArgs
from pulumi_aws.route53 import (
    ResolverFirewallConfig,
    ResolverFirewallDomainList,
    ResolverFirewallRule,
    ResolverFirewallRuleGroup,
    ResolverFirewallRuleGroupAssociation,
    ResolverQueryLogConfig,
    ResolverQueryLogConfigAssociation,
)

from components.logs import log_group
from components.naming import PREFIX, Scope
from stacks.spec.integrations import IntegrationSpec

NEEDED: Final[Mapping[str, str]] = {
    "api.ecr.{region}.{suffix}": "nodes log in to the registry",
    "*.dkr.ecr.{region}.{suffix}": "nodes pull images",
    "ec2.{region}.{suffix}": "nodes learn about themselves, the network plugin assigns addresses",
    "eks.{region}.{suffix}": "nodes describe their cluster",
    "eks-auth.{region}.api.aws": "pods get their role (EKS Pod Identity)",
    "*.{region}.eks.{suffix}": "the cluster's API",
    "kms.{region}.{suffix}": "workloads encrypt with the client's keys",
    "logs.{region}.{suffix}": "nodes and workloads write logs",
    "monitoring.{region}.{suffix}": "nodes and workloads write metrics",
    "secretsmanager.{region}.{suffix}": "workloads read secrets",
    "sts.{region}.{suffix}": "workloads get credentials",
    "s3.{region}.{suffix}": "the endpoint's policy limits it to the client's buckets",
    "*.s3.{region}.{suffix}": "buckets, among them the one of image layers; limited likewise",
    "*.{region}.rds.{suffix}": "the database",
    "*.{region}.compute.internal": "nodes' own names",
}
"""Names that the environment itself needs, and why; there is no wildcard over all of AWS, where anyone has names."""

_SUFFIXES: Final[Mapping[str, str]] = {"aws-cn": "amazonaws.com.cn"}
ALLOW_PRIORITY, BLOCK_PRIORITY = 100, 200
ASSOCIATION_PRIORITY: Final = 101
"""The first that a group of one's own may have (Route 53 Developer Guide, *DNS Firewall rule group associations*)."""


@dataclass(frozen=True, slots=True)
class EgressArgs:
    """Arguments of :class:`Egress`.

    Args:
        scope: the environment.
        integrations: the partner systems.
        vpc_id: the VPC, of the kit or of the client.
        logs_key: ARN of the key for logs.
        more: further host names that the environment needs, such as the Vault server's.
        protect: refuse changes of the rules' association out of band.
    """

    scope: Scope
    integrations: Mapping[str, IntegrationSpec]
    vpc_id: pulumi.Input[str]
    logs_key: pulumi.Input[str]
    more: tuple[str, ...] = ()
    protect: bool = False


def allowed(scope: Scope, integrations: Mapping[str, IntegrationSpec], more: tuple[str, ...] = ()) -> list[str]:
    """Every name that may be resolved, in order, with its final dot; ``*.`` stands for all below."""
    suffix = _SUFFIXES.get(scope.partition, "amazonaws.com")
    needed = [name.format(region=scope.region, suffix=suffix) for name in NEEDED]
    listed = [host for one in integrations.values() if one.direction == "outbound" for host in one.hosts]
    return sorted({f"{name}." for name in (*needed, *listed, *more)})


class Egress(pulumi.ComponentResource):
    """DNS Firewall of the VPC: allows the integrations' names and the environment's own, blocks all others, fails
    closed, logs every query, and counts the blocked ones.

    A blocked name is answered NXDOMAIN. The chain of aliases behind an allowed name is trusted, since partners stand
    behind networks whose names they do not choose. It does not stop a connection to a bare address.

    Outputs: ``log_group_name``, ``namespace`` and ``metric`` (blocked queries, for an alarm), ``domains``.
    """

    def __init__(self, name: str, args: EgressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Egress", name, None, opts)
        self._scope, self._child = args.scope, pulumi.ResourceOptions(parent=self)
        self.domains: Final = allowed(args.scope, args.integrations, args.more)
        self.namespace: Final = f"Freehold/{args.scope.name}"
        self.metric: Final = "BlockedNames"
        logged = self._log(args)
        self._firewall(args, logged)
        self.register_outputs(
            {
                "log_group_name": self.log_group_name,
                "namespace": self.namespace,
                "metric": self.metric,
                "domains": self.domains,
            }
        )

    def _log(self, args: EgressArgs) -> pulumi.Resource:
        """Every query in a log group of the client's key, the blocked ones counted; what the log hangs on."""
        path = f"/freehold/{args.scope.name}/dns"
        group = log_group("dns", path, scope=args.scope, component="egress", key=args.logs_key, parent=self)
        self.log_group_name = group.name
        config = ResolverQueryLogConfig(
            "dns",
            name=args.scope.named("dns"),
            destination_arn=group.arn,
            tags=args.scope.tags("egress", "dns"),
            opts=self._child,
        )
        LogMetricFilter(
            "blocked",
            name=args.scope.named("dns-blocked"),
            log_group_name=group.name,
            pattern='{ $.firewall_rule_action = "BLOCK" }',
            metric_transformation=LogMetricFilterMetricTransformationArgs(
                name=self.metric, namespace=self.namespace, value="1"
            ),
            opts=self._child,
        )
        return ResolverQueryLogConfigAssociation(
            "dns", resolver_query_log_config_id=config.id, resource_id=args.vpc_id, opts=self._child
        )

    def _firewall(self, args: EgressArgs, logged: pulumi.Resource) -> None:
        """The rules, and the VPC that they hold in."""
        group = ResolverFirewallRuleGroup(
            "names", name=args.scope.named("names"), tags=args.scope.tags("egress", "names"), opts=self._child
        )
        rules = [
            self._rule("allow", group, self.domains, ALLOW_PRIORITY),
            self._rule("block", group, ["*."], BLOCK_PRIORITY),
        ]
        config = ResolverFirewallConfig(
            "fail-closed", resource_id=args.vpc_id, firewall_fail_open="DISABLED", opts=self._child
        )
        ResolverFirewallRuleGroupAssociation(
            "names",
            name=args.scope.named("names"),
            firewall_rule_group_id=group.id,
            vpc_id=args.vpc_id,
            priority=ASSOCIATION_PRIORITY,
            mutation_protection="ENABLED" if args.protect else "DISABLED",
            tags=args.scope.tags("egress", "names"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*rules, config, logged]),
        )

    def _rule(
        self, action: str, group: ResolverFirewallRuleGroup, domains: list[str], priority: int
    ) -> ResolverFirewallRule:
        names = ResolverFirewallDomainList(
            action,
            name=self._scope.named("names", action),
            domains=domains,
            tags=self._scope.tags("egress", action),
            opts=self._child,
        )
        blocks = action == "block"
        return ResolverFirewallRule(
            action,
            name=self._scope.named("names", action),
            firewall_rule_group_id=group.id,
            firewall_domain_list_id=names.id,
            action=action.upper(),
            block_response="NXDOMAIN" if blocks else None,
            firewall_domain_redirection_action="INSPECT_REDIRECTION_DOMAIN" if blocks else "TRUST_REDIRECTION_DOMAIN",
            priority=priority,
            opts=self._child,
        )
