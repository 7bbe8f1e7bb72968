"""EKS: endpoint, secrets, logs, nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import (
    both,
    equals,
    every,
    expect,
    forbid,
    holds,
    is_false,
    is_set,
    is_true,
    require,
    setting,
    some,
)
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule, mandatory_in
from policies.engine.standards import checkov, cis_kubernetes, fsbp
from policies.engine.values import Node
from policies.hardening.security_groups import is_world

_CLUSTER: Final = ("aws:eks/cluster:*",)
LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""All control-plane logs of EKS."""

SUPPORTED: Final = ("1.32", "1.33", "1.34", "1.35")
"""Kubernetes versions that EKS supports, extended support included (Amazon EKS User Guide, *Understand the Kubernetes
version lifecycle on EKS*, read 2026-11)."""


def _judge_open(resource: Resource, _: Context) -> Iterator[Finding]:
    cidrs = resource.at("vpcConfig", "publicAccessCidrs")
    public = holds(resource.at("vpcConfig", "endpointPublicAccess"), is_true, absent=True)
    world = True if cidrs.absent else some(holds(cidr, is_world) for cidr in cidrs.each())
    yield from forbid(both(public, world), cidrs, "networks of your own, or endpointPublicAccess = false")


def _judge_secrets(resource: Resource, _: Context) -> Iterator[Finding]:
    encryption = resource.at("encryptionConfig")
    covered = some(holds(name, equals("secrets")) for name in encryption.at("resources").each())
    yield from require(covered, encryption.at("resources"), '["secrets"]')
    yield from expect(encryption.at("provider", "keyArn"), is_set, "the ARN of a key of the client")


def _judge_logs(resource: Resource, _: Context) -> Iterator[Finding]:
    logs = resource.at("enabledClusterLogTypes")
    complete = every(some(holds(found, equals(name)) for found in logs.each()) for name in LOG_TYPES)
    yield from require(complete, logs, ", ".join(LOG_TYPES))


def _judge_node_access(resource: Resource, _: Context) -> Iterator[Finding]:
    yield from expect(resource.at("remoteAccess", "ec2SshKey"), lambda _: False, "no SSH key", absent_passes=True)


def _enforces(settings: Node) -> bool:
    """The network plugin's settings turn on the enforcement of network policies."""
    try:
        found = json.loads(str(settings.value))
    except ValueError:
        return False
    return isinstance(found, dict) and str(found.get("enableNetworkPolicy")).lower() == "true"


def _judge_network_policy(resource: Resource, _: Context) -> Iterator[Finding]:
    name = resource.at("addonName")
    if name.unknown or name.value == "vpc-cni":
        yield from expect(resource.at("configurationValues"), _enforces, '{"enableNetworkPolicy": "true"}')


def _judge_pinned(resource: Resource, _: Context) -> Iterator[Finding]:
    yield from expect(resource.at("addonVersion"), is_set, "a version")


RULES: Final = (
    Rule(
        id="eks-endpoint-closed",
        title="The cluster's endpoint is closed to the world",
        types=_CLUSTER,
        asks="`vpcConfig.endpointPublicAccess` is false, or `publicAccessCidrs` lists networks of one's own.",
        why="An endpoint open to the world leaves nothing but authentication between it and anyone.",
        fix="set endpoint_public_access=False, or public_access_cidrs to the operators' networks",
        absent="Unset, the endpoint is public, and open to 0.0.0.0/0: refused.",
        judge=_judge_open,
        standards=(fsbp("EKS.1"), checkov("CKV_AWS_38")),
    ),
    Rule(
        id="eks-endpoint-private",
        title="The cluster has no public endpoint",
        types=_CLUSTER,
        asks="`vpcConfig.endpointPublicAccess` is false.",
        why="A private endpoint cannot even be tried from outside the network.",
        fix="set endpoint_public_access=False and endpoint_private_access=True",
        absent="Unset, the endpoint is public: refused.",
        judge=setting("vpcConfig", "endpointPublicAccess", test=is_false, allowed="false"),
        severity=mandatory_in("prod", reason="reachable only through a VPN or bastion, which trial stages may lack"),
        standards=(fsbp("EKS.1"), checkov("CKV_AWS_39")),
    ),
    Rule(
        id="eks-secrets-encrypted",
        title="Kubernetes secrets are encrypted with a key of the client",
        types=_CLUSTER,
        asks="`encryptionConfig` covers `secrets` and names a KMS key.",
        why="Secrets would otherwise lie in etcd under AWS's key alone.",
        fix="set encryption_config with resources=['secrets'] and the environment's cluster key",
        absent="Unset means no envelope encryption by the client's key: refused.",
        judge=_judge_secrets,
        standards=(fsbp("EKS.3"), checkov("CKV_AWS_58")),
    ),
    Rule(
        id="eks-logs",
        title="The control plane logs everything",
        types=_CLUSTER,
        asks=f"`enabledClusterLogTypes` holds {', '.join(LOG_TYPES)}.",
        why="The audit log is the only record of who did what in the cluster.",
        fix=f"set enabled_cluster_log_types to {list(LOG_TYPES)}",
        absent="Unset means no logs: refused.",
        judge=_judge_logs,
        standards=(fsbp("EKS.8"), checkov("CKV_AWS_37")),
    ),
    Rule(
        id="eks-node-no-ssh",
        title="Nodes have no SSH key",
        types=("aws:eks/nodeGroup:*",),
        asks="`remoteAccess.ec2SshKey` is not set.",
        why="A key that opens every node is shared, and seldom changed.",
        fix="remove remote_access; reach nodes through SSM Session Manager",
        absent="Unset means no SSH: passes.",
        judge=_judge_node_access,
        standards=(checkov("CKV_AWS_100"),),
    ),
    Rule(
        id="eks-version",
        title="The cluster runs a version that is supported",
        types=_CLUSTER,
        asks=f"`version` is one of {', '.join(SUPPORTED)}.",
        why="Unsupported versions get no security fixes.",
        fix="update the control plane, one minor version at a time",
        absent="Unset, EKS chooses, and nobody knows what an update would be: refused.",
        judge=setting("version", test=equals(*SUPPORTED), allowed=", ".join(SUPPORTED)),
        standards=(fsbp("EKS.2"), checkov("CKV_AWS_339")),
    ),
    Rule(
        id="eks-network-policy",
        title="The network plugin enforces network policies",
        types=("aws:eks/addon:*",),
        asks="`configurationValues` of the add-on vpc-cni has `enableNetworkPolicy` true.",
        why="Without it every network policy of the cluster is words: all pods reach all pods.",
        fix='set configuration_values to {"enableNetworkPolicy": "true"}',
        absent="Unset means that policies are not enforced: refused.",
        judge=_judge_network_policy,
        standards=(cis_kubernetes("5.3.1"),),
    ),
    Rule(
        id="eks-addon-pinned",
        title="Add-ons have a version of their own",
        types=("aws:eks/addon:*",),
        asks="`addonVersion` is set.",
        why="Left to EKS, an add-on changes with the day on which a cluster is made, and no review sees it.",
        fix="set addon_version",
        absent="Unset, EKS chooses: refused.",
        judge=_judge_pinned,
    ),
)
