"""Access policies as RBAC: each becomes a cluster role, each association a binding of it to its principal's group.

In the cloud an authorizer of its own decides on access policies. Here the principal's identity carries one more
group, ``eks:principal:ARN``, and bindings to that group say the same to the API server's own RBAC. Nobody else can get
such a group: EKS refuses groups that begin with ``eks:``.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from sandbox.cluster.api import Client, Document, KubeError

RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"
LABEL: Final = "eks.amazonaws.com/access-policy"

POLICIES: Final = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSAdminViewPolicy": "eks:admin-view",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
}
"""Access policies and the cluster roles that say the same («Review access policy permissions», EKS user guide)."""

_ADMIN_VIEW: Final[Document] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "eks:admin-view"},
    "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}],
}
"""Reads everything, secrets too."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One principal has one policy, in the whole cluster (no ``namespaces``) or in those that match a pattern."""

    principal: str
    policy: str
    namespaces: tuple[str, ...] = ()


def group_of(principal: str) -> str:
    """The group that stands for a principal in the cluster."""
    return f"eks:principal:{principal}"


def depends_on_namespaces(grants: Iterable[Grant]) -> bool:
    """Whether bindings have to follow the coming of namespaces."""
    return any(grant.namespaces for grant in grants)


def reconcile(client: Client, grants: Collection[Grant]) -> None:
    """Make the cluster's bindings those of ``grants``, no fewer and no more.

    A namespace that does not exist yet gets its bindings when this runs after its creation.

    Raises:
        KubeError: the API server refused, or did not answer.
    """
    client.apply(f"{RBAC}/clusterroles/{quote('eks:admin-view', safe='')}", _ADMIN_VIEW)
    wanted = dict(_bindings(grants, _living_namespaces(client)))
    found = {
        path
        for kind in ("clusterrolebindings", "rolebindings")
        for path in (_path_of(kind, item) for item in client.items(f"{RBAC}/{kind}", LABEL))
    }
    for path in sorted(found - wanted.keys()):
        client.delete(path)
    for path in sorted(wanted.keys() - found):
        _bind(client, path, wanted[path])


def _living_namespaces(client: Client) -> list[str]:
    items = client.items("/api/v1/namespaces")
    return [item["metadata"]["name"] for item in items if "deletionTimestamp" not in item["metadata"]]


def _bind(client: Client, path: str, binding: Document) -> None:
    try:
        client.apply(path, binding)
    except KubeError:
        # a namespace that began to go since it was listed takes nothing new, and needs nothing
        namespace = binding["metadata"].get("namespace")
        if namespace is None or namespace in _living_namespaces(client):
            raise


def _bindings(grants: Iterable[Grant], namespaces: Collection[str]) -> Iterable[tuple[str, Document]]:
    for grant in grants:
        role = POLICIES[grant.policy]
        name = f"eks:{grant.policy}:{hashlib.sha256(grant.principal.encode()).hexdigest()[:16]}"
        if not grant.namespaces:
            yield _binding("ClusterRoleBinding", name, None, role, grant)
            continue
        for namespace in namespaces:
            if any(fnmatch.fnmatchcase(namespace, pattern) for pattern in grant.namespaces):
                yield _binding("RoleBinding", name, namespace, role, grant)


def _binding(kind: str, name: str, namespace: str | None, role: str, grant: Grant) -> tuple[str, Document]:
    metadata: Document = {"name": name, "labels": {LABEL: grant.policy}}
    if namespace:
        metadata["namespace"] = namespace
    document = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group_of(grant.principal)}],
    }
    return _path_of(f"{kind.lower()}s", document), document


def _path_of(plural: str, document: Document) -> str:
    metadata = document["metadata"]
    name = quote(metadata["name"], safe="")
    if "namespace" in metadata:
        return f"{RBAC}/namespaces/{metadata['namespace']}/{plural}/{name}"
    return f"{RBAC}/{plural}/{name}"
