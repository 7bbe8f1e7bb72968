"""EKS: managed node groups, whose nodes appear in the cluster."""

from __future__ import annotations

from typing import Any, Final

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from sandbox.cloud import eks_surroundings as surroundings
from sandbox.cloud import eks_versions as versions
from sandbox.cloud.eks_access import admit_nodes
from sandbox.cloud.eks_model import Cluster, Eks, Instance, Nodegroup, Progress, Service, refuse
from sandbox.cloud.service_store import Operations, Parameters, page

operations: Final = Operations()

_DISK_GIB: Final = 20
_SCALING: Final = {"minSize": 2, "maxSize": 2, "desiredSize": 2}
_DESCRIBED: Final = (
    "version",
    "releaseVersion",
    "capacityType",
    "scalingConfig",
    "instanceTypes",
    "subnets",
    "remoteAccess",
    "amiType",
    "nodeRole",
    "labels",
    "taints",
    "diskSize",
    "updateConfig",
    "nodeRepairConfig",
    "launchTemplate",
)


@operations("CreateNodegroup")
def create_nodegroup(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Create a node group; its nodes join in the background."""
    cluster = backend.active(parameters["clusterName"])
    name = parameters["nodegroupName"]
    if name in cluster.nodegroups:
        refuse(
            "ResourceInUse",
            f"NodeGroup already exists with name {name} and cluster name {cluster.name}",
            clusterName=cluster.name,
            nodegroupName=name,
        )
    settings = _settings(backend, cluster, parameters)
    machine = surroundings.machine(settings["nodeInstanceType"])
    uid = str(mock_random.uuid4())
    now = utcnow()
    group = Nodegroup(
        name=name,
        arn=backend.arn("nodegroup", cluster.name, name, uid),
        uid=uid,
        settings=settings,
        created_at=now,
        modified_at=now,
        tags=dict(parameters.get("tags", {})),
        progress=Progress("CREATING", 0),
        architecture=machine.architecture,
        cpus=machine.cpus,
        memory=machine.memory,
        pods=machine.pods,
    )
    _scale(backend, group, settings["scalingConfig"]["desiredSize"])
    cluster.nodegroups[name] = group
    admit_nodes(backend, cluster, settings["nodeRole"])
    group.progress.generation = cluster.submit()
    return {"nodegroup": _describe(cluster, group)}


@operations("DescribeNodegroup")
def describe_nodegroup(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """One node group."""
    return {"nodegroup": _describe(*_group(backend, parameters))}


@operations("ListNodegroups")
def list_nodegroups(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Names of a cluster's node groups."""
    cluster = backend.cluster(parameters["clusterName"])
    return page(((name, name) for name in cluster.nodegroups), parameters, "nodegroups")


@operations("UpdateNodegroupConfig")
def update_nodegroup_config(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Scale a node group, relabel or taint its nodes."""
    cluster, group = _workable(backend, parameters)
    settings = group.settings
    values: dict[str, Any] = {}
    scaling = parameters.get("scalingConfig")
    if scaling:
        changed = {**settings["scalingConfig"], **scaling}
        _check_scaling(changed)
        _scale(backend, group, changed["desiredSize"])
        settings["scalingConfig"] = changed
        values |= {name[0].upper() + name[1:]: value for name, value in scaling.items()}
    if labels := parameters.get("labels"):
        added, removed = labels.get("addOrUpdateLabels", {}), labels.get("removeLabels", [])
        settings["labels"] = {
            name: value for name, value in {**settings["labels"], **added}.items() if name not in removed
        }
        values |= {"LabelsToAdd": added or None, "LabelsToRemove": removed or None}
    if taints := parameters.get("taints"):
        added, removed = taints.get("addOrUpdateTaints", []), taints.get("removeTaints", [])
        dropped = {(one["key"], one["effect"]) for one in [*added, *removed]}
        kept = [one for one in settings["taints"] if (one["key"], one["effect"]) not in dropped]
        settings["taints"] = [*kept, *added]
        values |= {"TaintsToAdd": added or None, "TaintsToRemove": removed or None}
    for member in ("updateConfig", "nodeRepairConfig"):
        if member in parameters:
            settings[member] = parameters[member]
    if update := parameters.get("updateConfig"):
        values |= {name[0].upper() + name[1:]: value for name, value in update.items()}
    return {"update": _changed(cluster, group, "ConfigUpdate", values)}


@operations("UpdateNodegroupVersion")
def update_nodegroup_version(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Replace the nodes by ones of the cluster's (or a given) version, or of another version of the template."""
    cluster, group = _workable(backend, parameters)
    settings = group.settings
    changes: dict[str, Any] = {}
    values: dict[str, Any] = {}
    if template := parameters.get("launchTemplate"):
        if "launchTemplate" not in settings:
            refuse("InvalidParameter", f"Nodegroup {group.name} was created without a launch template")
        found, _ = surroundings.launch_template(backend, template)
        if found["id"] != settings["launchTemplate"]["id"]:
            refuse(
                "InvalidParameter", f"Nodegroup {group.name} cannot change to another launch template: {found['id']}"
            )
        changes["launchTemplate"] = found
        values |= {"LaunchTemplateName": found["name"], "LaunchTemplateVersion": found["version"]}
    if not template or "version" in parameters:
        changes["version"] = _version(cluster, parameters.get("version", cluster.version), settings["version"])
        changes["releaseVersion"] = _release(parameters, changes["version"])
        values |= {"Version": changes["version"], "ReleaseVersion": changes["releaseVersion"]}
    replaced = group.instances
    group.instances = _instances(backend, settings["subnets"], len(replaced))
    _release_addresses(backend, replaced)
    settings |= changes
    return {"update": _changed(cluster, group, "VersionUpdate", values)}


@operations("DeleteNodegroup")
def delete_nodegroup(backend: Eks, parameters: Parameters) -> dict[str, Any]:
    """Take a node group's nodes out of the cluster."""
    cluster, group = _group(backend, parameters)
    if group.progress.phase != "DELETING":
        _release_addresses(backend, group.instances)
        group.instances = []
        role = group.settings["nodeRole"]
        others = [one for one in cluster.nodegroups.values() if one is not group and one.settings["nodeRole"] == role]
        if not others and role in cluster.entries and cluster.entries[role].kind == "EC2_LINUX":
            del cluster.entries[role]
        group.progress = Progress("DELETING", 0)
        group.progress.generation = cluster.submit()
    answer = {"nodegroup": _describe(cluster, group)}
    backend.prune()
    return answer


def _group(backend: Eks, parameters: Parameters) -> tuple[Cluster, Nodegroup]:
    cluster = backend.cluster(parameters["clusterName"])
    group = cluster.nodegroups.get(parameters["nodegroupName"])
    if group is None:
        refuse(
            "ResourceNotFound",
            f"No node group found for name: {parameters['nodegroupName']}.",
            clusterName=cluster.name,
            nodegroupName=parameters["nodegroupName"],
        )
    return cluster, group


def _workable(backend: Eks, parameters: Parameters) -> tuple[Cluster, Nodegroup]:
    cluster, group = _group(backend, parameters)
    if group.progress.status(cluster.key) not in {"ACTIVE", "DEGRADED"}:
        refuse(
            "ResourceInUse",
            f"Nodegroup cannot be updated as it is currently not in Active State: {group.progress.status(cluster.key)}",
            clusterName=cluster.name,
            nodegroupName=group.name,
        )
    return cluster, group


def _settings(backend: Eks, cluster: Cluster, parameters: Parameters) -> dict[str, Any]:
    surroundings.check_role(backend, parameters["nodeRole"], "ec2.amazonaws.com")
    found = surroundings.subnets(backend, parameters["subnets"])
    vpc = cluster.settings["resourcesVpcConfig"]["vpcId"]
    if not found or found[0].vpc_id != vpc:
        refuse("InvalidParameter", f"Subnets are not in the cluster's VPC {vpc}")
    settings: dict[str, Any] = {
        "nodeRole": parameters["nodeRole"],
        "subnets": list(parameters["subnets"]),
        "capacityType": parameters.get("capacityType", "ON_DEMAND"),
        "scalingConfig": {**_SCALING, **parameters.get("scalingConfig", {})},
        "labels": dict(parameters.get("labels", {})),
        "taints": list(parameters.get("taints", [])),
        "updateConfig": parameters.get("updateConfig", {"maxUnavailable": 1}),
        "version": _version(cluster, parameters.get("version", cluster.version), None),
    }
    settings |= {name: parameters[name] for name in ("nodeRepairConfig", "remoteAccess") if name in parameters}
    _check_scaling(settings["scalingConfig"])
    types, image = _machines(backend, parameters, settings)
    settings["instanceTypes"] = types
    settings["nodeInstanceType"] = types[0] if types else settings.pop("templateType")
    arm = surroundings.machine(settings["nodeInstanceType"]).architecture == "arm64"
    default = "AL2023_ARM_64_STANDARD" if arm else "AL2023_x86_64_STANDARD"
    settings["amiType"] = "CUSTOM" if image else parameters.get("amiType", default)
    settings["image"] = image or f"ami-{mock_random.get_random_hex(17)}"
    settings["releaseVersion"] = image or _release(parameters, settings["version"])
    return settings


def _machines(backend: Eks, parameters: Parameters, settings: dict[str, Any]) -> tuple[list[str], str | None]:
    """Instance types and image; what the launch template says may not be said again."""
    types = list(parameters.get("instanceTypes", []))
    if "launchTemplate" not in parameters:
        settings["diskSize"] = parameters.get("diskSize", _DISK_GIB)
        return types or ["t3.medium"], None
    if "diskSize" in parameters:
        refuse("InvalidParameter", "Disk size must be specified within the launch template.")
    if "remoteAccess" in parameters:
        refuse("InvalidParameter", "Remote access configuration cannot be specified with a launch template.")
    settings["launchTemplate"], data = surroundings.launch_template(backend, parameters["launchTemplate"])
    if data.get("InstanceType") and types:
        refuse("InvalidParameter", "Instance type must be specified either in the launch template or in the request")
    if "IamInstanceProfile" in data:
        refuse("InvalidParameter", "Launch template should not specify an instance profile.")
    settings["templateType"] = data.get("InstanceType") or "t3.medium"
    return types if types or data.get("InstanceType") else ["t3.medium"], data.get("ImageId")


def _check_scaling(scaling: dict[str, int]) -> None:
    low, wanted, high = scaling["minSize"], scaling["desiredSize"], scaling["maxSize"]
    if low > wanted:
        refuse("InvalidParameter", f"Minimum capacity {low} can't be greater than desired size {wanted}")
    if wanted > high:
        refuse("InvalidParameter", f"desired capacity {wanted} can't be greater than max size {high}")


def _version(cluster: Cluster, asked: str, present: str | None) -> str:
    versions.check(asked)
    behind = versions.minor(cluster.version) - versions.minor(asked)
    if not 0 <= behind <= 3 or (present and versions.minor(asked) < versions.minor(present)):
        refuse(
            "InvalidParameter",
            f"Requested Nodegroup version {asked} does not go with the cluster's {cluster.version}"
            + (f" and its own {present}" if present else "")
            + ": nodes are of the cluster's version or at most three minor versions behind, and never go back",
        )
    return asked


def _release(parameters: Parameters, version: str) -> str:
    return str(parameters.get("releaseVersion") or f"{version}.0-20250101")


def _scale(backend: Eks, group: Nodegroup, wanted: int) -> None:
    """Give or take instances until there are as many as wanted."""
    missing = wanted - len(group.instances)
    if missing > 0:
        group.instances += _instances(backend, group.settings["subnets"], missing, start=len(group.instances))
    else:
        _release_addresses(backend, group.instances[wanted:])
        del group.instances[wanted:]


def _instances(backend: Eks, subnets: list[str], count: int, start: int = 0) -> list[Instance]:
    """So many instances with addresses of the subnets in turn, the first from the subnet number ``start``."""
    found = surroundings.subnets(backend, subnets)
    made: list[Instance] = []
    for index in range(start, start + count):
        subnet = found[index % len(found)]
        identity = f"i-{mock_random.get_random_hex(17)}"
        try:
            address = subnet.get_available_subnet_ip(identity)
        except StopIteration:
            _release_addresses(backend, made)
            refuse("InvalidRequest", f"Subnet {subnet.id} ({subnet.cidr_block}) has no free addresses left")
        made.append(Instance(identity, address, subnet.id, subnet.availability_zone))
    return made


def _release_addresses(backend: Eks, instances: list[Instance]) -> None:
    known = {subnet.id: subnet for subnet in surroundings.ec2(backend).describe_subnets()}
    for instance in instances:
        if instance.subnet in known:
            known[instance.subnet].del_subnet_ip(instance.address)


def _changed(cluster: Cluster, group: Nodegroup, kind: str, values: dict[str, Any]) -> dict[str, Any]:
    group.modified_at = utcnow()
    group.progress = Progress("UPDATING", cluster.submit())
    return cluster.add_update(kind, values, group.progress.generation, "nodegroup", group.name)


def _describe(cluster: Cluster, group: Nodegroup) -> dict[str, Any]:
    problem = Service.plane.problem(cluster.key)
    status = group.progress.status(cluster.key)
    issues: list[dict[str, Any]] = [{"code": "NodeCreationFailure", "message": problem, "resourceIds": []}]
    found: dict[str, Any] = {name: group.settings[name] for name in _DESCRIBED if name in group.settings}
    if not found["instanceTypes"]:
        del found["instanceTypes"]
    return {
        "nodegroupName": group.name,
        "nodegroupArn": group.arn,
        "clusterName": cluster.name,
        "createdAt": group.created_at,
        "modifiedAt": group.modified_at,
        "status": status,
        "resources": {"autoScalingGroups": [{"name": f"eks-{group.name}-{group.uid}"}]},
        "health": {"issues": issues if problem and status not in {"ACTIVE", "DELETING"} else []},
        "tags": group.tags,
        **found,
    }
