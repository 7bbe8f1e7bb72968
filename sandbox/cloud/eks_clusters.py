"""EKS: clusters and their updates."""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Final

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from sandbox.cloud import eks_surroundings as surroundings
from sandbox.cloud import eks_versions as versions
from sandbox.cloud import identity
from sandbox.cloud.eks_access import admit_creator
from sandbox.cloud.eks_model import Cluster, Eks, Service, Update, refuse
from sandbox.cloud.journal import replaying
from sandbox.cloud.service_store import Operations, Parameters, page

operations: Final = Operations()

_LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_MODES: Final = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""Authentication modes in the order in which a cluster may move; there is no way back."""
_UNAVAILABLE: Final = ("outpostConfig", "remoteNetworkConfig")
_RECORDED: Final = ("deletionProtection", "upgradePolicy", "zonalShiftConfig")
_KEPT: Final = ("zonalShiftConfig", "controlPlaneScalingConfig", "storageConfig", "computeConfig")


@operations("CreateCluster")
def create_cluster(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Create a cluster; its control plane starts in the background."""
    name = parameters["name"]
    backend.prune()
    if name in backend.found:
        refuse("ResourceInUse", f"Cluster already exists with name: {name}", clusterName=name)
    for member in _UNAVAILABLE:
        if member in parameters:
            refuse("InvalidRequest", f"{member} is not available in the sandbox")
    settings = _settings(backend, parameters)
    uid = f"{mock_random.getrandbits(128):032X}"
    vpc = settings["resourcesVpcConfig"]
    vpc["clusterSecurityGroupId"] = surroundings.create_cluster_group(backend, name, uid, vpc["vpcId"])
    cluster = Cluster(
        name=name,
        arn=backend.arn("cluster", name),
        uid=uid,
        region=backend.region_name,
        settings=settings,
        created_at=utcnow(),
        tags=dict(parameters.get("tags", {})),
    )
    if settings["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]:
        admit_creator(backend, cluster, identity.current())
    backend.found[name] = cluster
    cluster.submit()
    return {"cluster": describe(cluster)}


@operations("DescribeCluster")
def describe_cluster(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """One cluster; endpoint and certificate once its control plane serves."""
    return {"cluster": describe(backend.cluster(parameters["name"]))}


@operations("ListClusters")
def list_clusters(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Names of the clusters."""
    backend.prune()
    return page(((name, name) for name in backend.found), parameters, "clusters")


@operations("DeleteCluster")
def delete_cluster(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """End a cluster and remove its data, in the background."""
    cluster = backend.cluster(parameters["name"])
    if cluster.nodegroups:
        names = ",".join(cluster.nodegroups)
        refuse("ResourceInUse", "Cluster has nodegroups attached", clusterName=cluster.name, nodegroupName=names)
    if cluster.settings["deletionProtection"]:
        refuse(
            "InvalidRequest",
            f"Cluster {cluster.name} cannot be deleted because deletion protection is enabled; disable it first "
            "with UpdateClusterConfig",
        )
    if cluster.phase != "DELETING":
        cluster.phase = "DELETING"
        surroundings.delete_cluster_group(backend, cluster.settings["resourcesVpcConfig"]["clusterSecurityGroupId"])
        if not replaying():
            Service.plane.destroy(cluster.key)
    answer = {"cluster": describe(cluster)}
    backend.prune()
    return answer


@operations("UpdateClusterConfig")
def update_cluster_config(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Change one thing of a cluster: what EKS changes at once is one kind of setting a request."""
    cluster = backend.active(parameters["name"])
    members = {name for name in parameters if name not in {"name", "clientRequestToken"}}
    if len(members) != 1:
        refuse("InvalidParameter", "Exactly one type of update must be given, found: " + (", ".join(members) or "none"))
    member = members.pop()
    change = parameters[member]
    if member == "resourcesVpcConfig":
        update = _update_network(backend, cluster, change)
    elif member == "logging":
        cluster.settings["logging"] = _logging(change, cluster.settings["logging"])
        value = json.dumps(change.get("clusterLogging", []))
        update = cluster.add_update("LoggingUpdate", {"ClusterLogging": value}, 0)
    elif member == "accessConfig":
        update = _update_mode(cluster, change)
    elif member in _RECORDED:
        cluster.settings[member] = change
        name = member[0].upper() + member[1:]
        update = cluster.add_update(f"{name}Update", {name: json.dumps(change)}, 0)
    else:
        refuse("InvalidRequest", f"an update of {member} is not available in the sandbox")
    return {"update": update}


@operations("UpdateClusterVersion")
def update_cluster_version(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Record the next minor version; the control plane stays what it is."""
    cluster = backend.active(parameters["name"])
    asked = versions.check(parameters["version"])
    step = versions.minor(asked) - versions.minor(cluster.version)
    if step != 1:
        reason = "is already the cluster's" if step == 0 else "skips or goes back"
        refuse(
            "InvalidParameter",
            f"Unsupported Kubernetes minor version update from {cluster.version} to {asked}: {asked} {reason}; "
            f"a cluster goes to the next minor version, 1.{versions.minor(cluster.version) + 1}",
        )
    for group in cluster.nodegroups.values():
        behind = versions.minor(asked) - versions.minor(group.settings["version"])
        if behind > 3:
            refuse(
                "InvalidRequest",
                f"Nodegroup {group.name} is at version {group.settings['version']}: nodes may be at most three minor "
                f"versions behind {asked}; update the node group first",
            )
    cluster.settings["version"] = asked
    values = {"Version": asked, "PlatformVersion": versions.PLATFORM}
    return {"update": cluster.add_update("VersionUpdate", values, 0)}


@operations("AssociateEncryptionConfig")
def associate_encryption_config(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Encrypt secrets under a KMS key, once for good."""
    cluster = backend.active(parameters["clusterName"])
    if cluster.settings["encryptionConfig"]:
        refuse("InvalidRequest", "Cluster already has encryption enabled; its key cannot be changed")
    cluster.settings["encryptionConfig"] = _encryption(backend, parameters["encryptionConfig"])
    value = json.dumps(parameters["encryptionConfig"])
    return {"update": cluster.add_update("AssociateEncryptionConfig", {"EncryptionConfig": value}, 0)}


@operations("DescribeUpdate")
def describe_update(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """One update of a cluster, node group or add-on."""
    cluster = backend.cluster(parameters["name"])
    update = cluster.updates.get(parameters["updateId"])
    if update is None or update.resource != _resource(parameters):
        refuse("ResourceNotFound", f"No update found for ID: {parameters['updateId']}", clusterName=cluster.name)
    return {"update": update.describe(cluster.key)}


@operations("ListUpdates")
def list_updates(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Ids of the updates of a cluster, node group or add-on."""
    cluster = backend.cluster(parameters["name"])
    updates: list[Update] = [one for one in cluster.updates.values() if one.resource == _resource(parameters)]
    return page(((one.id, one.id) for one in updates), parameters, "updateIds")


def describe(cluster: Cluster) -> dict[str, Any]:
    """A cluster as the API tells it."""
    settings = cluster.settings
    found: dict[str, Any] = {
        "name": cluster.name,
        "arn": cluster.arn,
        "createdAt": cluster.created_at,
        "version": cluster.version,
        "roleArn": settings["roleArn"],
        "resourcesVpcConfig": settings["resourcesVpcConfig"],
        "kubernetesNetworkConfig": settings["kubernetesNetworkConfig"],
        "logging": settings["logging"],
        "identity": {"oidc": {"issuer": cluster.issuer}},
        "status": cluster.status,
        "certificateAuthority": {},
        "platformVersion": versions.PLATFORM,
        "tags": cluster.tags,
        "encryptionConfig": settings["encryptionConfig"] or None,
        "health": {"issues": _issues(cluster)},
        "accessConfig": settings["accessConfig"],
        "upgradePolicy": settings["upgradePolicy"],
        "deletionProtection": settings["deletionProtection"],
    }
    found |= {name: settings[name] for name in _KEPT if name in settings}
    plane = Service.plane.control_plane(cluster.key)
    if cluster.status == "ACTIVE" and plane.prepared:
        found["endpoint"] = plane.server
        found["certificateAuthority"] = {"data": plane.authority_data}
    return {name: value for name, value in found.items() if value is not None}


def _issues(cluster: Cluster) -> list[dict[str, Any]]:
    problem = Service.plane.problem(cluster.key)
    if problem is None and cluster.status == "ACTIVE" and not Service.plane.alive(cluster.key):
        problem = "the control plane's process ended; start the sandbox again"
    if problem is None:
        return []
    return [{"code": "ClusterUnreachable", "message": problem, "resourceIds": [cluster.name]}]


def _settings(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    surroundings.check_role(backend, parameters["roleArn"], "eks.amazonaws.com")
    return {
        "version": versions.check(parameters.get("version", versions.DEFAULT)),
        "roleArn": parameters["roleArn"],
        "resourcesVpcConfig": _vpc(backend, parameters["resourcesVpcConfig"]),
        "kubernetesNetworkConfig": _network(parameters.get("kubernetesNetworkConfig", {})),
        "logging": _logging(parameters.get("logging", {}), None),
        "encryptionConfig": _encryption(backend, parameters.get("encryptionConfig", [])),
        "accessConfig": {
            "bootstrapClusterCreatorAdminPermissions": True,
            "authenticationMode": "CONFIG_MAP",
            **parameters.get("accessConfig", {}),
        },
        "upgradePolicy": {"supportType": "EXTENDED", **parameters.get("upgradePolicy", {})},
        "deletionProtection": parameters.get("deletionProtection", False),
        **{name: parameters[name] for name in _KEPT if name in parameters},
    }


def _vpc(backend: Eks, asked: dict[str, Any]) -> dict[str, Any]:
    ids = asked.get("subnetIds", [])
    found = surroundings.subnets(backend, ids)
    if len({subnet.availability_zone for subnet in found}) < 2:
        refuse("InvalidParameter", "Subnets specified must be in at least two different AZs")
    vpc = found[0].vpc_id
    groups = asked.get("securityGroupIds", [])
    surroundings.check_security_groups(backend, groups, vpc)
    config = {
        "subnetIds": list(ids),
        "securityGroupIds": list(groups),
        "vpcId": vpc,
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
    }
    return config | _access(asked, config)


def _access(asked: dict[str, Any], present: dict[str, Any]) -> dict[str, Any]:
    """How the endpoint can be reached, as asked for, else as it is."""
    public = asked.get("endpointPublicAccess", present["endpointPublicAccess"])
    private = asked.get("endpointPrivateAccess", present["endpointPrivateAccess"])
    if not public and not private:
        refuse("InvalidParameter", "Private and public endpoint access cannot be false")
    cidrs = asked.get("publicAccessCidrs", present.get("publicAccessCidrs") or ["0.0.0.0/0"])
    for cidr in cidrs:
        try:
            ipaddress.ip_network(cidr)
        except ValueError as error:
            refuse("InvalidParameter", f"The following CIDRs are invalid in publicAccessCidrs: {cidr}: {error}")
    return {
        "endpointPublicAccess": public,
        "endpointPrivateAccess": private,
        "publicAccessCidrs": list(cidrs) if public else [],
    }


def _network(asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("ipFamily", "ipv4") != "ipv4":
        refuse("InvalidRequest", "ipFamily ipv6 is not available in the sandbox")
    cidr = asked.get("serviceIpv4Cidr", "172.20.0.0/16")
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        refuse("InvalidParameter", f"serviceIpv4Cidr {cidr!r}: {error}")
    if not network.is_private or not 12 <= network.prefixlen <= 24:
        refuse("InvalidParameter", f"serviceIpv4Cidr {cidr} must be a private range between /24 and /12")
    return {
        "serviceIpv4Cidr": cidr,
        "ipFamily": "ipv4",
        "elasticLoadBalancing": asked.get("elasticLoadBalancing", {"enabled": False}),
    }


def _logging(asked: dict[str, Any], present: dict[str, Any] | None) -> dict[str, Any]:
    """Log types, those that are on and those that are off."""
    setups = present["clusterLogging"] if present else []
    enabled = {kind for setup in setups if setup["enabled"] for kind in setup["types"]}
    for setup in asked.get("clusterLogging", []):
        kinds = set(setup.get("types", []))
        enabled = enabled | kinds if setup.get("enabled") else enabled - kinds
    groups = [
        {"types": [kind for kind in _LOG_TYPES if (kind in enabled) is state], "enabled": state}
        for state in (True, False)
    ]
    return {"clusterLogging": [group for group in groups if group["types"]]}


def _encryption(backend: Eks, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for config in asked:
        if config.get("resources") != ["secrets"]:
            refuse("InvalidParameter", f"encryptionConfig: resources must be ['secrets'], is {config.get('resources')}")
        surroundings.check_key(backend, config.get("provider", {}).get("keyArn", ""))
    return asked


def _update_network(backend: Eks, cluster: Cluster, asked: dict[str, Any]) -> dict[str, Any]:
    present = cluster.settings["resourcesVpcConfig"]
    if "subnetIds" in asked or "securityGroupIds" in asked:
        moved = _vpc(backend, {**present, **asked})
        if moved["vpcId"] != present["vpcId"]:
            refuse("InvalidParameter", f"Subnets must be in the cluster's VPC {present['vpcId']}")
        present |= moved
        values = {"Subnets": json.dumps(moved["subnetIds"]), "SecurityGroups": json.dumps(moved["securityGroupIds"])}
        return cluster.add_update("VpcConfigUpdate", values, 0)
    changed = _access(asked, present)
    if all(present.get(name) == value for name, value in changed.items()):
        refuse("InvalidParameter", "Cluster is already at the desired configuration with " + json.dumps(changed))
    present |= changed
    values = {
        "EndpointPublicAccess": str(changed["endpointPublicAccess"]).lower(),
        "EndpointPrivateAccess": str(changed["endpointPrivateAccess"]).lower(),
        "PublicAccessCidrs": json.dumps(changed["publicAccessCidrs"]),
    }
    return cluster.add_update("EndpointAccessUpdate", values, 0)


def _update_mode(cluster: Cluster, asked: dict[str, Any]) -> dict[str, Any]:
    present = cluster.settings["accessConfig"]
    mode = asked.get("authenticationMode", present["authenticationMode"])
    if _MODES.index(mode) <= _MODES.index(present["authenticationMode"]):
        refuse(
            "InvalidParameter",
            f"Unsupported authentication mode update from {present['authenticationMode']} to {mode}",
        )
    present["authenticationMode"] = mode
    return cluster.add_update("AccessConfigUpdate", {"AuthenticationMode": mode}, 0)


def _resource(parameters: Parameters) -> tuple[str, str]:
    if name := parameters.get("nodegroupName"):
        return "nodegroup", name
    if name := parameters.get("addonName"):
        return "addon", name
    return "", ""
