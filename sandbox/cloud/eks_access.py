"""EKS: access entries and access policies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random

from sandbox.cloud import identity
from sandbox.cloud.eks_model import AccessEntry, Association, Cluster, Eks, refuse
from sandbox.cloud.identity import Caller
from sandbox.cloud.service_store import Operations, Parameters, page
from sandbox.cluster.access import POLICIES

operations: Final = Operations()

POLICY_PREFIX: Final = "arn:aws:eks::aws:cluster-access-policy/"
NODE_TYPES: Final = ("EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "EC2", "HYPERPOD_LINUX")
"""Types of entries whose principals are nodes; they have no policies but ``EC2``."""
RESERVED: Final = ("amazon:", "aws:", "eks:", "iam:", "system:")
"""Prefixes that neither user names nor groups of an entry may have («Create access entries», EKS user guide)."""

_PRINCIPAL = re.compile(r"arn:aws:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?P<name>.+)")
_SESSION = re.compile(r"arn:aws:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)")
_NAMESPACE = re.compile(r"\*|[a-z0-9*]([-a-z0-9*]*[a-z0-9*])?")


def principal_of(caller: Caller) -> tuple[str, str]:
    """The IAM principal behind a caller, and the session's name: a session's principal is its role, with its path."""
    match = _SESSION.fullmatch(caller.arn)
    if match is None:
        return caller.arn, ""
    role = next((role for role in identity.roles(match["account"]) if role.name == match["role"]), None)
    arn = role.arn if role else f"arn:aws:iam::{match['account']}:role/{match['role']}"
    return arn, match["session"]


def admit_creator(backend: Eks, cluster: Cluster, caller: Caller) -> None:
    """Give the creator of a cluster an access entry as its administrator."""
    principal, _ = principal_of(caller)
    entry = _new_entry(backend, cluster, principal, "STANDARD", {})
    now = utcnow()
    entry.policies["AmazonEKSClusterAdminPolicy"] = Association("AmazonEKSClusterAdminPolicy", [], now, now)


def admit_nodes(backend: Eks, cluster: Cluster, role: str) -> None:
    """Give a node group's role the access entry that EKS makes for it, unless it has one."""
    if cluster.accepts_entries and role not in cluster.entries:
        _new_entry(backend, cluster, role, "EC2_LINUX", {})


@operations("CreateAccessEntry")
def create_access_entry(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Let a principal in."""
    cluster = _cluster(backend, parameters)
    principal = parameters["principalArn"]
    if principal in cluster.entries:
        refuse("ResourceInUse", "The specified access entry resource is already in use on this cluster.")
    _check_principal(principal)
    kind = parameters.get("type", "STANDARD")
    if kind not in {"STANDARD", *NODE_TYPES}:
        refuse(
            "InvalidParameter", f"The specified type is invalid: {kind!r} is none of STANDARD, {', '.join(NODE_TYPES)}"
        )
    if kind != "STANDARD" and (parameters.get("kubernetesGroups") or parameters.get("username")):
        refuse("InvalidParameter", f"kubernetesGroups and username cannot be given for an entry of type {kind}")
    entry = _new_entry(backend, cluster, principal, kind, parameters)
    cluster.submit_access()
    return {"accessEntry": _describe(cluster, entry)}


@operations("DescribeAccessEntry")
def describe_access_entry(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """One entry."""
    cluster, entry = _entry(backend, parameters)
    return {"accessEntry": _describe(cluster, entry)}


@operations("ListAccessEntries")
def list_access_entries(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Principals that have an entry; with ``associatedPolicyArn`` those that have the policy."""
    cluster = _cluster(backend, parameters)
    policy = parameters.get("associatedPolicyArn")
    name = _policy(policy) if policy else None
    found = [one.principal for one in cluster.entries.values() if name is None or name in one.policies]
    return page(((one, one) for one in found), parameters, "accessEntries")


@operations("UpdateAccessEntry")
def update_access_entry(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Change groups and user name of an entry."""
    cluster, entry = _entry(backend, parameters)
    if entry.kind != "STANDARD":
        refuse("InvalidRequest", f"An entry of type {entry.kind} cannot be updated")
    username, groups = (
        _username(parameters.get("username"), entry.principal),
        _groups(parameters.get("kubernetesGroups")),
    )
    entry.username, entry.groups = username, groups
    entry.modified_at = utcnow()
    return {"accessEntry": _describe(cluster, entry)}


@operations("DeleteAccessEntry")
def delete_access_entry(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Let a principal in no more."""
    cluster, entry = _entry(backend, parameters)
    del cluster.entries[entry.principal]
    cluster.submit_access()
    return {}


@operations("AssociateAccessPolicy")
def associate_access_policy(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Give a principal a policy, in the cluster or in namespaces; again with another scope changes the scope."""
    cluster, entry = _entry(backend, parameters)
    policy = _policy(parameters["policyArn"])
    if entry.kind != "STANDARD":
        refuse("InvalidRequest", f"Access policies cannot be associated with an entry of type {entry.kind}")
    namespaces = _scope(parameters["accessScope"])
    now = utcnow()
    previous = entry.policies.get(policy)
    entry.policies[policy] = Association(policy, namespaces, previous.created_at if previous else now, now)
    cluster.submit_access()
    return {
        "clusterName": cluster.name,
        "principalArn": entry.principal,
        "associatedAccessPolicy": _describe_association(entry.policies[policy]),
    }


@operations("DisassociateAccessPolicy")
def disassociate_access_policy(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Take a policy from a principal."""
    cluster, entry = _entry(backend, parameters)
    policy = _policy(parameters["policyArn"])
    if policy not in entry.policies:
        refuse("ResourceNotFound", f"{parameters['policyArn']} is not associated with {entry.principal}")
    del entry.policies[policy]
    cluster.submit_access()
    return {}


@operations("ListAssociatedAccessPolicies")
def list_associated_access_policies(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """The policies of a principal."""
    cluster, entry = _entry(backend, parameters)
    items = ((name, _describe_association(one)) for name, one in entry.policies.items())
    found = page(items, parameters, "associatedAccessPolicies")
    return {"clusterName": cluster.name, "principalArn": entry.principal, **found}


@operations("ListAccessPolicies")
def list_access_policies(_backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """The policies that there are."""
    items = ((name, {"name": name, "arn": POLICY_PREFIX + name}) for name in POLICIES)
    return page(items, parameters, "accessPolicies")


def _cluster(backend: Eks, parameters: Parameters) -> Cluster:
    cluster = backend.active(parameters["clusterName"])
    if not cluster.accepts_entries:
        refuse(
            "InvalidRequest",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this "
            "operation.",
        )
    return cluster


def _entry(backend: Eks, parameters: Parameters) -> tuple[Cluster, AccessEntry]:
    cluster = _cluster(backend, parameters)
    entry = cluster.entries.get(parameters["principalArn"])
    if entry is None:
        refuse(
            "ResourceNotFound",
            "The specified principalArn could not be found. You can view your available access entries with "
            "'list-access-entries'.",
            clusterName=cluster.name,
        )
    return cluster, entry


def _new_entry(backend: Eks, cluster: Cluster, principal: str, kind: str, parameters: Parameters) -> AccessEntry:
    match = _PRINCIPAL.fullmatch(principal)
    if match is None:
        refuse("InvalidParameter", f"The specified principalArn is invalid: {principal}")
    name = match["name"].rpartition("/")[2]
    now = utcnow()
    nodes = kind in NODE_TYPES
    entry = AccessEntry(
        principal=principal,
        arn=backend.arn("access-entry", cluster.name, match["kind"], match["account"], name, str(mock_random.uuid4())),
        kind=kind,
        username="system:node:{{EC2PrivateDNSName}}" if nodes else _username(parameters.get("username"), principal),
        groups=["system:nodes"] if nodes else _groups(parameters.get("kubernetesGroups")),
        tags=dict(parameters.get("tags", {})),
        created_at=now,
        modified_at=now,
    )
    cluster.entries[principal] = entry
    return entry


def _check_principal(principal: str) -> None:
    match = _PRINCIPAL.fullmatch(principal)
    if match is not None:
        if principal.endswith(f":role/{identity.PROVISION_ROLE}"):
            identity.ensure_provision_role(match["account"])
        identity.ensure_sso_role(match["account"], principal)
        users: Iterable[Any] = iam_backends[match["account"]][identity.PARTITION].users.values()
        known = identity.roles(match["account"]) if match["kind"] == "role" else users
        if any(one.arn == principal for one in known):
            return
    refuse("InvalidParameter", f"The specified principalArn is invalid: invalid principal {principal}")


def _username(asked: str | None, principal: str) -> str:
    if asked:
        if asked.lower().startswith(RESERVED):
            refuse("InvalidParameter", f"The username {asked!r} must not start with {', '.join(RESERVED)}")
        return asked
    match = _PRINCIPAL.fullmatch(principal)
    if match is None or match["kind"] == "user":
        return principal
    role = match["name"].rpartition("/")[2]
    return f"arn:aws:sts::{match['account']}:assumed-role/{role}/{{{{SessionName}}}}"


def _groups(asked: list[str] | None) -> list[str]:
    for group in asked or []:
        if group.lower().startswith(RESERVED):
            refuse("InvalidParameter", f"The kubernetes group name {group} is invalid, it cannot start with {RESERVED}")
    return list(asked or [])


def _policy(arn: str) -> str:
    name = arn.removeprefix(POLICY_PREFIX)
    if not arn.startswith(POLICY_PREFIX) or name not in POLICIES:
        refuse(
            "InvalidParameter",
            f"The policyArn parameter format is not valid: {arn}; the sandbox has {', '.join(POLICIES)}",
        )
    return name


def _scope(scope: dict[str, Any]) -> list[str]:
    namespaces: list[str] = scope.get("namespaces", [])
    kind = scope.get("type")
    if kind not in {"cluster", "namespace"}:
        refuse("InvalidParameter", "accessScope: type must be cluster or namespace")
    if (kind == "namespace") != bool(namespaces):
        refuse("InvalidParameter", f"accessScope: namespaces {namespaces} do not go with type {kind}")
    for namespace in namespaces:
        if not _NAMESPACE.fullmatch(namespace):
            refuse("InvalidParameter", f"accessScope: {namespace!r} is no name or pattern of namespaces")
    return list(namespaces)


def _describe(cluster: Cluster, entry: AccessEntry) -> dict[str, Any]:
    return {
        "clusterName": cluster.name,
        "principalArn": entry.principal,
        "kubernetesGroups": entry.groups,
        "accessEntryArn": entry.arn,
        "createdAt": entry.created_at,
        "modifiedAt": entry.modified_at,
        "tags": entry.tags,
        "username": entry.username,
        "type": entry.kind,
    }


def _describe_association(association: Association) -> dict[str, Any]:
    kind = "namespace" if association.namespaces else "cluster"
    return {
        "policyArn": POLICY_PREFIX + association.policy,
        "accessScope": {"type": kind, "namespaces": association.namespaces},
        "associatedAt": association.created_at,
        "modifiedAt": association.modified_at,
    }
