"""EKS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.sandbox.plugins.aws.cases.case import TAGS, Case, Inputs
from tests.sandbox.plugins.aws.world import World


def _node_group(world: World, **changes: Any) -> Inputs:
    return {
        "clusterName": world.cluster.id,
        "nodeGroupName": "general",
        "nodeRoleArn": world.node_role.state["arn"],
        "subnetIds": world.subnets[:2],
        "scalingConfig": {"desiredSize": 1, "minSize": 1, "maxSize": 3},
        "updateConfig": {"maxUnavailable": 1},
        "amiType": "AL2023_ARM_64_STANDARD",
        "capacityType": "ON_DEMAND",
        "instanceTypes": ["t4g.large"],
        "labels": {"pool": "general", "example.com/Owner": "Platform"},
        "taints": [{"key": "dedicated", "value": "data", "effect": "NO_SCHEDULE"}],
        "launchTemplate": {
            "id": world.launch_template.id,
            "version": str(world.launch_template.state["latestVersion"]),
        },
        "tags": TAGS,
        **changes,
    }


CASES: Sequence[Case] = (
    Case(
        "aws:eks/cluster:Cluster",
        lambda w: {
            "name": "case",
            "roleArn": w.cluster_role.state["arn"],
            "vpcConfig": {
                "subnetIds": w.subnets[:2],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": True,
                "publicAccessCidrs": ["192.0.2.0/24"],
            },
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "encryptionConfig": {"provider": {"keyArn": w.key.state["arn"]}, "resources": ["secrets"]},
            "enabledClusterLogTypes": ["api", "audit"],
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"},
            "deletionProtection": False,
            "upgradePolicy": {"supportType": "STANDARD"},
            "tags": TAGS,
        },
        r"case",
        update=lambda w: {
            "name": "case",
            "roleArn": w.cluster_role.state["arn"],
            "vpcConfig": {
                "subnetIds": w.subnets[:2],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
            },
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "encryptionConfig": {"provider": {"keyArn": w.key.state["arn"]}, "resources": ["secrets"]},
            "enabledClusterLogTypes": ["authenticator", "audit", "scheduler"],
            "tags": {"Name": "other"},
        },
        replace=lambda w: {
            "name": "case",
            "roleArn": w.node_role.state["arn"],
            "vpcConfig": {"subnetIds": w.subnets[:2]},
        },
        tamper=lambda w, o: w.client("eks").update_cluster_config(
            name="case", logging={"clusterLogging": [{"types": ["audit"], "enabled": False}]}
        ),
        drifted=("enabledClusterLogTypes",),
        without=("clusterId",),
    ),
    Case(
        "aws:eks/nodeGroup:NodeGroup",
        _node_group,
        r"world-[0-9a-f]{7}:general",
        update=lambda w: _node_group(
            w,
            scalingConfig={"desiredSize": 2, "minSize": 1, "maxSize": 4},
            labels={"pool": "general"},
            taints=[],
            tags={"Name": "other"},
        ),
        replace=lambda w: _node_group(w, instanceTypes=["m7g.large"]),
        tamper=lambda w, o: w.client("eks").update_nodegroup_config(
            clusterName=w.cluster.id, nodegroupName="general", labels={"addOrUpdateLabels": {"pool": "mine"}}
        ),
        drifted=("labels",),
    ),
    Case(
        "aws:eks/accessEntry:AccessEntry",
        lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.pod_role.state["arn"],
            "kubernetesGroups": ["readers"],
            "tags": TAGS,
        },
        r"world-[0-9a-f]{7}:arn:aws:iam::555555555555:role/pods-[0-9a-f]{7}",
        update=lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.pod_role.state["arn"],
            "kubernetesGroups": ["readers", "writers"],
        },
        replace=lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.pod_role.state["arn"],
            "type": "EC2_LINUX",
        },
        tamper=lambda w, o: w.client("eks").update_access_entry(
            clusterName=w.cluster.id, principalArn=w.pod_role.state["arn"], kubernetesGroups=["administrators"]
        ),
        drifted=("kubernetesGroups",),
    ),
    Case(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.entry.state["principalArn"],
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "namespace", "namespaces": ["default", "kube-system"]},
        },
        r"world-[0-9a-f]{7}#arn:aws:iam::555555555555:role/cluster-[0-9a-f]{7}#arn:aws:eks::aws:cluster-access-.*",
        update=None,
        replace=lambda w: {
            "clusterName": w.cluster.id,
            "principalArn": w.entry.state["principalArn"],
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "accessScope": {"type": "cluster"},
        },
        tamper=lambda w, o: w.client("eks").associate_access_policy(
            clusterName=w.cluster.id,
            principalArn=w.entry.state["principalArn"],
            policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            accessScope={"type": "cluster"},
        ),
        drifted=("accessScope",),
    ),
    Case(
        "aws:eks/addon:Addon",
        lambda w: {
            "clusterName": w.cluster.id,
            "addonName": "vpc-cni",
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "OVERWRITE",
            "configurationValues": json.dumps({"enableNetworkPolicy": "true"}),
            "tags": TAGS,
        },
        r"world-[0-9a-f]{7}:vpc-cni",
        update=lambda w: {
            "clusterName": w.cluster.id,
            "addonName": "vpc-cni",
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "PRESERVE",
            "configurationValues": json.dumps({"enableNetworkPolicy": "false"}),
        },
        replace=lambda w: {"clusterName": w.cluster.id, "addonName": "coredns"},
        tamper=lambda w, o: w.client("eks").update_addon(
            clusterName=w.cluster.id, addonName="vpc-cni", configurationValues=json.dumps({"logLevel": "DEBUG"})
        ),
        drifted=("configurationValues",),
    ),
    Case(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        lambda w: {
            "clusterName": w.cluster.id,
            "namespace": "default",
            "serviceAccount": "app",
            "roleArn": w.pod_role.state["arn"],
            "tags": TAGS,
        },
        r"a-[0-9a-z]+",
        update=lambda w: {
            "clusterName": w.cluster.id,
            "namespace": "default",
            "serviceAccount": "app",
            "roleArn": w.other_pod_role.state["arn"],
        },
        replace=lambda w: {
            "clusterName": w.cluster.id,
            "namespace": "other",
            "serviceAccount": "app",
            "roleArn": w.pod_role.state["arn"],
        },
        tamper=lambda w, o: w.client("eks").update_pod_identity_association(
            clusterName=w.cluster.id, associationId=o.id, roleArn=w.other_pod_role.state["arn"]
        ),
        drifted=("roleArn",),
        without=("externalId",),
        imports=("{clusterName},{id}",),
    ),
)
