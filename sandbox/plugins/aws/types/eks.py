"""Clusters, node groups, who enters them, and their add-ons."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Ready, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_CLUSTER: Final = {"name": "{id}"}
_GROUP: Final = {"clusterName": "{clusterName}", "nodegroupName": "{nodeGroupName}"}
_ENTRY: Final = {"clusterName": "{clusterName}", "principalArn": "{principalArn}"}
_ADDON: Final = {"clusterName": "{clusterName}", "addonName": "{addonName}"}
_ASSOCIATION: Final = {"clusterName": "{clusterName}", "associationId": "{associationId}"}


def _tagging(arn: str) -> Tagging:
    return Tagging(
        "TagResource", "UntagResource", ("resourceArn", arn), param="tags", style="map", keys="tagKeys", read="tags"
    )


def _logs_to_api(types: list[str]) -> list[dict[str, Any]]:
    off = [one for one in _LOG_TYPES if one not in types]
    found = [{"types": types, "enabled": True}, {"types": off, "enabled": False}]
    return [one for one in found if one["types"]]


def _set_group_config(op: Operation) -> None:
    """Change a node group's settings; labels and taints go as what is new and what is gone."""
    changed: dict[str, Any] = {}
    for name in ("scalingConfig", "updateConfig", "nodeRepairConfig"):
        if op.inputs.get(name) is not None:
            op.put(changed, _UPDATE_GROUP, name)
    wanted, live = op.inputs.get("labels") or {}, op.document.get("labels") or {}
    if wanted != live:
        gone = [key for key in live if key not in wanted]
        changed["labels"] = {"addOrUpdateLabels": wanted} | ({"removeLabels": gone} if gone else {})
    taints, there = op.inputs.get("taints") or [], op.document.get("taints") or []
    if taints != there:
        gone_taints = [one for one in there if one not in taints]
        changed["taints"] = {"addOrUpdateTaints": taints} | ({"removeTaints": gone_taints} if gone_taints else {})
    op.call("UpdateNodegroupConfig", {**op.fill(_GROUP), **changed})


_UPDATE_GROUP: Final = Call("UpdateNodegroupConfig")


def _other_template(live: Any, wanted: Any) -> bool:
    """Another launch template needs a new node group; another version of the same one does not."""
    if not live or not wanted:
        return True
    return any(wanted.get(key) is not None and wanted[key] != live.get(key) for key in ("id", "name"))


CLUSTER: Final = Resource(
    type="aws:eks/cluster:Cluster",
    service="eks",
    identity="name",
    properties={
        "accessConfig": Property(computed=True),
        "bootstrapSelfManagedAddons": Property(read="", default=True, replace=True),
        "deletionProtection": Property(computed=True),
        "enabledClusterLogTypes": Property(
            "logging.clusterLogging",
            read="logging.clusterLogging[?enabled].types[]",
            form=Form.SET,
            encode=_logs_to_api,
        ),
        "encryptionConfig": Property(
            read="encryptionConfig[0]",
            form=Form.SET,
            encode=lambda value: [value],
            replace=lambda live, _: bool(live),
        ),
        "forceUpdateVersion": Property(read=""),
        "kubernetesNetworkConfig": Property(computed=True, replace=True),
        "name": Property(replace=True),
        "roleArn": Property(replace=True),
        "upgradePolicy": Property(computed=True),
        "version": Property(computed=True),
        "vpcConfig": Property("resourcesVpcConfig", computed=True, form=Form.SET),
        "zonalShiftConfig": Property(computed=True),
    },
    outputs={
        "arn": Output(),
        "certificateAuthority": Output(),
        "clusterId": Output("id"),
        "createdAt": Output(),
        "endpoint": Output(),
        "identities": Output("[identity][?@].{oidcs: [oidc]}"),
        "platformVersion": Output(volatile=True),
        "status": Output(),
    },
    create=Call("CreateCluster", answer="cluster"),
    read=(Call("DescribeCluster", _CLUSTER, "cluster"),),
    update=(
        Update(("version",), Call("UpdateClusterVersion", {**_CLUSTER, "force": "{forceUpdateVersion}"})),
        Update(("accessConfig",), Call("UpdateClusterConfig", _CLUSTER)),
        Update(("encryptionConfig",), Call("AssociateEncryptionConfig", {"clusterName": "{id}"})),
        Update(("enabledClusterLogTypes",), Call("UpdateClusterConfig", _CLUSTER)),
        Update(("upgradePolicy",), Call("UpdateClusterConfig", _CLUSTER)),
        Update(("vpcConfig",), Call("UpdateClusterConfig", _CLUSTER)),
        Update(("zonalShiftConfig",), Call("UpdateClusterConfig", _CLUSTER)),
        Update(("deletionProtection",), Call("UpdateClusterConfig", _CLUSTER)),
    ),
    delete=Call("DeleteCluster", _CLUSTER),
    ready=Ready("status", good=("ACTIVE",), bad=("FAILED",)),
    gone=True,
    minutes=(60, 15),
    naming=Naming(limit=100),
    tagging=_tagging("{arn}"),
)

NODE_GROUP: Final = Resource(
    type="aws:eks/nodeGroup:NodeGroup",
    service="eks",
    identity="{clusterName}:{nodeGroupName}",
    parse=("{clusterName}:{nodeGroupName}",),
    properties={
        "amiType": Property(computed=True, replace=True),
        "capacityType": Property(computed=True, replace=True),
        "clusterName": Property(replace=True),
        "diskSize": Property(computed=True, replace=True),
        "forceUpdateVersion": Property(read=""),
        "instanceTypes": Property(computed=True, replace=True),
        "labels": Property(form=Form.MAP),
        "launchTemplate": Property(computed=True, replace=_other_template),
        "nodeGroupName": Property(replace=True),
        "nodeGroupNamePrefix": Property(read="", replace=True),
        "nodeRepairConfig": Property(computed=True),
        "nodeRoleArn": Property("nodeRole", replace=True),
        "releaseVersion": Property(computed=True),
        "remoteAccess": Property(replace=True, form=Form.SET, names={"sourceSecurityGroupIds": "sourceSecurityGroups"}),
        "scalingConfig": Property(),
        "subnetIds": Property("subnets", replace=True, form=Form.SET),
        "taints": Property(form=Form.SET),
        "updateConfig": Property(computed=True),
        "version": Property(computed=True),
    },
    outputs={
        "arn": Output("nodegroupArn"),
        "resources": Output(
            "[resources][?@]",
            names={
                "autoscalingGroups": "autoScalingGroups",
                "remoteAccessSecurityGroupId": "remoteAccessSecurityGroup",
            },
        ),
        "status": Output(),
    },
    create=Call("CreateNodegroup", answer="nodegroup"),
    read=(Call("DescribeNodegroup", _GROUP, "nodegroup"),),
    update=(
        Update(
            ("version", "releaseVersion", "launchTemplate"),
            Call("UpdateNodegroupVersion", {**_GROUP, "force": "{forceUpdateVersion}"}),
        ),
        Update(("labels", "nodeRepairConfig", "scalingConfig", "taints", "updateConfig"), _set_group_config),
    ),
    delete=Call("DeleteNodegroup", _GROUP),
    ready=Ready("status", good=("ACTIVE",), bad=("CREATE_FAILED",), reason="health.issues[0].message"),
    gone=True,
    minutes=(60, 60),
    naming=Naming("nodeGroupName", limit=63, prefix_property="nodeGroupNamePrefix"),
    tagging=_tagging("{arn}"),
)

ACCESS_ENTRY: Final = Resource(
    type="aws:eks/accessEntry:AccessEntry",
    service="eks",
    identity="{clusterName}:{principalArn}",
    parse=("{clusterName}:{principalArn}",),
    properties={
        "clusterName": Property(replace=True),
        "kubernetesGroups": Property(computed=True, form=Form.SET),
        "principalArn": Property(replace=True),
        "type": Property(default="STANDARD", replace=True),
        "userName": Property("username", computed=True),
    },
    outputs={"accessEntryArn": Output(), "createdAt": Output(), "modifiedAt": Output(volatile=True)},
    create=Call("CreateAccessEntry"),
    read=(Call("DescribeAccessEntry", _ENTRY, "accessEntry"),),
    update=(Update(("kubernetesGroups", "userName"), Call("UpdateAccessEntry", _ENTRY)),),
    delete=Call("DeleteAccessEntry", _ENTRY),
    tagging=_tagging("{accessEntryArn}"),
)

ACCESS_POLICY_ASSOCIATION: Final = Resource(
    type="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    service="eks",
    identity="{clusterName}#{principalArn}#{policyArn}",
    parse=("{clusterName}#{principalArn}#{policyArn}",),
    properties={
        "accessScope": Property(replace=True, form=Form.SET),
        "clusterName": Property(read="", replace=True),
        "policyArn": Property(replace=True),
        "principalArn": Property(read="", replace=True),
    },
    outputs={"associatedAt": Output(), "modifiedAt": Output()},
    create=Call("AssociateAccessPolicy"),
    read=(Call("ListAssociatedAccessPolicies", _ENTRY, "associatedAccessPolicies[?policyArn=='{policyArn}'] | [0]"),),
    delete=Call("DisassociateAccessPolicy", {**_ENTRY, "policyArn": "{policyArn}"}),
    delete_first=True,
)

ADDON: Final = Resource(
    type="aws:eks/addon:Addon",
    service="eks",
    identity="{clusterName}:{addonName}",
    parse=("{clusterName}:{addonName}",),
    properties={
        "addonName": Property(replace=True),
        "addonVersion": Property(computed=True),
        "clusterName": Property(replace=True),
        "configurationValues": Property(computed=True, form=Form.JSON),
        "podIdentityAssociations": Property(read="", form=Form.SET),
        "preserve": Property(read=""),
        "resolveConflictsOnCreate": Property(read=""),
        "resolveConflictsOnUpdate": Property(read=""),
        "serviceAccountRoleArn": Property(),
    },
    outputs={"arn": Output("addonArn"), "createdAt": Output(), "modifiedAt": Output(volatile=True)},
    create=Call("CreateAddon", {"resolveConflicts": "{resolveConflictsOnCreate}"}),
    read=(Call("DescribeAddon", _ADDON, "addon"),),
    update=(
        Update(
            ("addonVersion", "configurationValues", "podIdentityAssociations", "serviceAccountRoleArn"),
            Call("UpdateAddon", {**_ADDON, "resolveConflicts": "{resolveConflictsOnUpdate}"}),
        ),
    ),
    delete=Call("DeleteAddon", {**_ADDON, "preserve": "{preserve}"}),
    ready=Ready("status", good=("ACTIVE",), bad=("CREATE_FAILED",), reason="health.issues[0].message"),
    gone=True,
    minutes=(20, 40),
    tagging=_tagging("{arn}"),
)

POD_IDENTITY_ASSOCIATION: Final = Resource(
    type="aws:eks/podIdentityAssociation:PodIdentityAssociation",
    service="eks",
    identity="associationId",
    parse=("{clusterName},{associationId}", "{associationId}"),
    properties={
        "clusterName": Property(replace=True),
        "disableSessionTags": Property(computed=True),
        "namespace": Property(replace=True),
        "policy": Property(form=Form.POLICY),
        "roleArn": Property(),
        "serviceAccount": Property(replace=True),
        "targetRoleArn": Property(),
    },
    outputs={"associationArn": Output(), "associationId": Output(), "externalId": Output(volatile=True)},
    create=Call("CreatePodIdentityAssociation", answer="association"),
    read=(Call("DescribePodIdentityAssociation", _ASSOCIATION, "association"),),
    update=(
        Update(
            ("disableSessionTags", "policy", "roleArn", "targetRoleArn"),
            Call("UpdatePodIdentityAssociation", _ASSOCIATION),
        ),
    ),
    delete=Call("DeletePodIdentityAssociation", _ASSOCIATION),
    tagging=_tagging("{associationArn}"),
)

RESOURCES: Final = (CLUSTER, NODE_GROUP, ACCESS_ENTRY, ACCESS_POLICY_ASSOCIATION, ADDON, POD_IDENTITY_ASSOCIATION)
