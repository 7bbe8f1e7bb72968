"""EKS: add-ons. They are recorded and validated; nothing of them runs, since the nodes run no containers."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from sandbox.cloud import eks_surroundings as surroundings
from sandbox.cloud import eks_versions as versions
from sandbox.cloud.eks_model import Addon, Cluster, Eks, Progress, Service, refuse
from sandbox.cloud.eks_pod_identity import associate, dissociate
from sandbox.cloud.service_store import Operations, Parameters, Refused, page

operations: Final = Operations()

_OLDEST, _NEWEST = versions.SUPPORTED[0], versions.SUPPORTED[-1]
_PROXIES: Final = (
    "v1.31.14-eksbuild.9",
    *("v1.32.0-eksbuild.2", "v1.32.13-eksbuild.5"),
    *("v1.33.0-eksbuild.2", "v1.33.10-eksbuild.2"),
    *("v1.34.0-eksbuild.2", "v1.34.6-eksbuild.2"),
    *("v1.35.0-eksbuild.2", "v1.35.3-eksbuild.2"),
)
_CATALOGUE: Final = {
    "aws-ebs-csi-driver": ("storage", "kube-system", ("v1.44.0-eksbuild.1", "v1.58.0-eksbuild.1")),
    "coredns": ("networking", "kube-system", ("v1.11.4-eksbuild.33", "v1.12.1-eksbuild.2", "v1.13.2-eksbuild.4")),
    "eks-node-monitoring-agent": ("observability", "kube-system", ("v1.3.0-eksbuild.2",)),
    "eks-pod-identity-agent": ("security", "kube-system", ("v1.3.4-eksbuild.1", "v1.3.10-eksbuild.3")),
    "kube-proxy": ("networking", "kube-system", _PROXIES),
    "metrics-server": ("observability", "kube-system", ("v0.7.2-eksbuild.3", "v0.8.1-eksbuild.5")),
    "snapshot-controller": ("storage", "kube-system", ("v8.2.0-eksbuild.1",)),
    "vpc-cni": ("networking", "kube-system", ("v1.19.0-eksbuild.1", "v1.20.4-eksbuild.2", "v1.21.1-eksbuild.7")),
}
"""Amazon's own add-ons: kind, namespace, versions that are offered, oldest first. kube-proxy goes with Kubernetes."""

_VERSION = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")
_SETTINGS: Final = ("serviceAccountRoleArn", "configurationValues")


@operations("CreateAddon")
def create_addon(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Add an add-on to a cluster."""
    cluster = backend.active(parameters["clusterName"])
    name = parameters["addonName"]
    if name in cluster.addons:
        refuse("ResourceInUse", f"Addon already exists: {name}", clusterName=cluster.name, addonName=name)
    version = _version(name, parameters.get("addonVersion"), cluster.version)
    settings = _settings(backend, parameters)
    now = utcnow()
    addon = Addon(
        name=name,
        arn=backend.arn("addon", cluster.name, name, str(mock_random.uuid4())),
        version=version,
        settings=settings,
        tags=dict(parameters.get("tags", {})),
        created_at=now,
        modified_at=now,
        progress=Progress("CREATING", 0),
    )
    namespace = parameters.get("namespaceConfig", {}).get("namespace", _CATALOGUE[name][1])
    settings["namespaceConfig"] = {"namespace": namespace}
    _identities(backend, cluster, addon, parameters)
    cluster.addons[name] = addon
    return {"addon": _describe(cluster, addon)}


@operations("DescribeAddon")
def describe_addon(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """One add-on."""
    return {"addon": _describe(*_addon(backend, parameters))}


@operations("ListAddons")
def list_addons(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Names of a cluster's add-ons."""
    cluster = backend.cluster(parameters["clusterName"])
    return page(((name, name) for name in cluster.addons), parameters, "addons")


@operations("UpdateAddon")
def update_addon(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Change version, configuration or role of an add-on."""
    cluster, addon = _addon(backend, parameters)
    version = _version(addon.name, parameters.get("addonVersion", addon.version), cluster.version)
    changes = _settings(backend, parameters)
    _identities(backend, cluster, addon, parameters)
    addon.version = version
    addon.settings |= changes
    addon.modified_at = utcnow()
    values = {"AddonVersion": parameters.get("addonVersion"), "ResolveConflicts": parameters.get("resolveConflicts")}
    values |= {name[0].upper() + name[1:]: value for name, value in changes.items()}
    return {"update": cluster.add_update("AddonUpdate", values, 0, "addon", addon.name)}


@operations("DeleteAddon")
def delete_addon(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Take an add-on from a cluster."""
    cluster, addon = _addon(backend, parameters)
    answer = {"addon": {**_describe(cluster, addon), "status": "DELETING"}}
    dissociate(cluster, addon.arn)
    del cluster.addons[addon.name]
    return answer


@operations("DescribeAddonVersions")
def describe_addon_versions(_backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """The add-ons that there are, with the versions that go with a Kubernetes version."""
    asked = parameters.get("kubernetesVersion")
    offered = [versions.check(asked)] if asked else list(versions.SUPPORTED)
    names = [name for name in _CATALOGUE if parameters.get("addonName") in {None, name}]
    if parameters.get("addonName") and not names:
        refuse("ResourceNotFound", f"No addon found for name: {parameters['addonName']}")
    if kinds := parameters.get("types"):
        names = [name for name in names if _CATALOGUE[name][0] in kinds]
    owners, publishers = parameters.get("owners") or ["aws"], parameters.get("publishers") or ["eks"]
    if "aws" not in owners or "eks" not in publishers:
        names = []
    return page(((name, _catalogued(name, offered)) for name in names), parameters, "addons")


@operations("DescribeAddonConfiguration")
def describe_addon_configuration(_backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """What an add-on's configuration may be: any object, since the sandbox runs none of it."""
    name, version = parameters["addonName"], parameters["addonVersion"]
    _version(name, version, _NEWEST)
    schema = {"$schema": "http://json-schema.org/draft-06/schema#", "type": "object", "additionalProperties": True}
    return {"addonName": name, "addonVersion": version, "configurationSchema": json.dumps(schema)}


def _addon(backend: Eks, parameters: Parameters) -> tuple[Cluster, Addon]:
    cluster = backend.cluster(parameters["clusterName"])
    name = parameters["addonName"]
    if name not in cluster.addons:
        message = f"No addon: {name} found in cluster: {cluster.name}"
        refuse("ResourceNotFound", message, clusterName=cluster.name, addonName=name)
    return cluster, cluster.addons[name]


def _version(name: str, asked: str | None, kubernetes: str) -> str:
    """A version of an add-on: one of the usual form, since no list here could be complete; else the newest known."""
    if name not in _CATALOGUE:
        refuse("InvalidParameter", f"Addon {name} specified is not supported; there are {', '.join(_CATALOGUE)}")
    if asked is None:
        return _known(name, kubernetes)[-1]
    if not _VERSION.fullmatch(asked):
        refuse(
            "InvalidParameter", f"Addon version {asked!r} specified is not supported: it is not like v1.2.3-eksbuild.1"
        )
    if name == "kube-proxy" and versions.minor(asked.removeprefix("v").rpartition(".")[0][:4]) > versions.minor(
        kubernetes
    ):
        refuse(
            "InvalidParameter", f"Addon version {asked} specified is not supported in {kubernetes} Kubernetes version"
        )
    return asked


def _known(name: str, kubernetes: str) -> list[str]:
    found = list(_CATALOGUE[name][2])
    return [one for one in found if one.startswith(f"v{kubernetes}.")] if name == "kube-proxy" else found


def _settings(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    if role := parameters.get("serviceAccountRoleArn"):
        surroundings.check_role(backend, role, "pods.eks.amazonaws.com")
    if values := parameters.get("configurationValues"):
        try:
            json.loads(values)
        except ValueError as error:
            refuse("InvalidParameter", f"ConfigurationValue provided in request is not supported: no JSON: {error}")
    return {name: parameters[name] for name in _SETTINGS if name in parameters}


def _identities(backend: Eks, cluster: Cluster, addon: Addon, parameters: Parameters) -> None:
    if "podIdentityAssociations" not in parameters:
        return
    before = dict(cluster.associations)
    dissociate(cluster, addon.arn)
    namespace = addon.settings["namespaceConfig"]["namespace"]
    try:
        for one in parameters["podIdentityAssociations"]:
            associate(backend, cluster, {**one, "namespace": namespace}, owner=addon.arn)
    except Refused:  # all or none
        cluster.associations = before
        raise


def _describe(cluster: Cluster, addon: Addon) -> dict[str, Any]:
    owned = [one.arn for one in cluster.associations.values() if one.settings.get("ownerArn") == addon.arn]
    problem = Service.plane.problem(cluster.key)
    issues = [{"code": "ClusterUnreachable", "message": problem, "resourceIds": []}] if problem else []
    return {
        "addonName": addon.name,
        "clusterName": cluster.name,
        "status": addon.progress.status(cluster.key),
        "addonVersion": addon.version,
        "health": {"issues": issues},
        "addonArn": addon.arn,
        "createdAt": addon.created_at,
        "modifiedAt": addon.modified_at,
        "tags": addon.tags,
        "podIdentityAssociations": owned,
        **addon.settings,
    }


def _catalogued(name: str, offered: list[str]) -> dict[str, Any]:
    kind, namespace, _ = _CATALOGUE[name]
    by_version: dict[str, list[str]] = {}
    for kubernetes in offered:
        for version in _known(name, kubernetes):
            by_version.setdefault(version, []).append(kubernetes)
    return {
        "addonName": name,
        "type": kind,
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": namespace,
        "addonVersions": [
            {
                "addonVersion": version,
                "architecture": ["amd64", "arm64"],
                "computeTypes": ["ec2"],
                "compatibilities": [
                    {
                        "clusterVersion": kubernetes,
                        "platformVersions": ["*"],
                        "defaultVersion": version == _known(name, kubernetes)[-1],
                    }
                    for kubernetes in clusters
                ],
                "requiresConfiguration": False,
                "requiresIamPermissions": name in {"aws-ebs-csi-driver", "vpc-cni"},
            }
            for version, clusters in reversed(by_version.items())
        ],
    }
