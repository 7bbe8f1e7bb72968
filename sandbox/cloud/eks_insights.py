"""EKS: insights into whether a cluster is ready for its next version.

Those about versions are worked out from what the cluster has. Calls of deprecated APIs are read from nothing here: that
insight is UNKNOWN, never PASSING.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from moto.core.utils import utcnow

from sandbox.cloud import eks_versions as versions
from sandbox.cloud.eks_model import Cluster, Eks, refuse
from sandbox.cloud.service_store import Operations, Parameters, page

operations: Final = Operations()

_CATEGORY: Final = "UPGRADE_READINESS"
_DETAILS: Final = ("recommendation", "resources")
_SPACE: Final = uuid.UUID("5f0a3f0c-2f0e-4b57-9d5e-2f1de4a3a7c1")


@operations("ListInsights")
def list_insights(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """A cluster's insights, all of them or those of some categories, versions and statuses."""
    cluster = backend.cluster(parameters["clusterName"])
    asked = parameters.get("filter", {})
    found = [
        {name: value for name, value in one.items() if name not in _DETAILS}
        for one in _insights(cluster)
        if one["category"] in asked.get("categories", [one["category"]])
        and one["kubernetesVersion"] in asked.get("kubernetesVersions", [one["kubernetesVersion"]])
        and one["insightStatus"]["status"] in asked.get("statuses", [one["insightStatus"]["status"]])
    ]
    return page(((one["id"], one) for one in found), parameters, "insights")


@operations("DescribeInsight")
def describe_insight(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """One insight."""
    cluster = backend.cluster(parameters["clusterName"])
    found = next((one for one in _insights(cluster) if one["id"] == parameters["id"]), None)
    if found is None:
        refuse("ResourceNotFound", f"No insight found for id: {parameters['id']}", clusterName=cluster.name)
    return {"insight": found}


def _insights(cluster: Cluster) -> list[dict[str, Any]]:
    """What there is to say of the step to the next minor version."""
    following = f"1.{versions.minor(cluster.version) + 1}"
    late = [
        group.name
        for group in cluster.nodegroups.values()
        if versions.minor(following) - versions.minor(group.settings["version"]) > 3
    ]
    proxy = cluster.addons.get("kube-proxy")
    proxy_late = proxy is not None and versions.minor(following) - _minor_of(proxy.version) > 3
    return [
        _insight(
            cluster,
            following,
            "Kubelet version skew",
            "ERROR" if late else "PASSING",
            "Checks for kubelet versions of worker nodes in the cluster to see if upgrade would cause noncompliance "
            "with supported Kubernetes kubelet version skew policy.",
            "Update the node groups first." if late else "",
        ),
        _insight(
            cluster,
            following,
            "kube-proxy version skew",
            "ERROR" if proxy_late else "PASSING",
            "Checks version of kube-proxy in cluster to see if upgrade would cause noncompliance with supported "
            "Kubernetes kube-proxy version skew policy.",
            "Update the add-on kube-proxy first." if proxy_late else "",
        ),
        _insight(
            cluster,
            following,
            f"Deprecated APIs removed in Kubernetes v{following}",
            "UNKNOWN",
            "Checks for usage of deprecated APIs that are scheduled for removal.",
            "The sandbox does not look for calls of deprecated APIs.",
        ),
    ]


def _minor_of(version: str) -> int:
    """34 of v1.34.6-eksbuild.2."""
    return int(version.removeprefix("v").split(".")[1])


def _insight(  # noqa: PLR0917 (one line of a table)
    cluster: Cluster, following: str, name: str, status: str, description: str, advice: str
) -> dict[str, Any]:
    now = utcnow()
    return {
        "id": str(uuid.uuid5(_SPACE, f"{cluster.name} {name}")),
        "name": name,
        "category": _CATEGORY,
        "kubernetesVersion": following,
        "lastRefreshTime": now,
        "lastTransitionTime": cluster.created_at,
        "description": description,
        "insightStatus": {"status": status, "reason": advice or "No finding."},
        "recommendation": advice,
        "resources": [],
    }
