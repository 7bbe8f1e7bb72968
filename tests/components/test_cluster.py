"""EKS and what every namespace starts from."""

from __future__ import annotations

import json

from stacks.spec.kubernetes_versions import ADDONS
from tests.components.recording import Recording


def test_the_api_is_private_unless_networks_are_named(dev: Recording, prod: Recording) -> None:
    closed, opened = (found.one("eks/cluster:Cluster", "cluster").inputs["vpcConfig"] for found in (dev, prod))
    assert closed["endpointPrivateAccess"] is True
    assert closed["endpointPublicAccess"] is False
    assert opened["endpointPublicAccess"] is True
    assert opened["publicAccessCidrs"] == ["203.0.113.0/24"]


def test_access_is_by_entries_and_the_maker_gets_none(environment: Recording) -> None:
    cluster = environment.one("eks/cluster:Cluster", "cluster")
    assert cluster.inputs["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    (entry,) = environment.of("eks/accessEntry:AccessEntry")
    (association,) = environment.of("eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert entry.inputs["principalArn"] == association.inputs["principalArn"]
    assert association.inputs["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")


def test_the_control_plane_logs_everything_into_a_group_of_the_client(environment: Recording) -> None:
    cluster = environment.one("eks/cluster:Cluster", "cluster")
    assert set(cluster.inputs["enabledClusterLogTypes"]) == {
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    }
    group = environment.one("cloudwatch/logGroup:LogGroup", "cluster")
    assert group.inputs["name"] == f"/aws/eks/{cluster.inputs['name']}/cluster"


def test_nodes_ask_for_tokens_of_the_metadata_service_one_hop_away(environment: Recording) -> None:
    for template in environment.of("ec2/launchTemplate:LaunchTemplate"):
        assert template.inputs["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }


def test_nodes_run_the_image_of_their_processor(prod: Recording) -> None:
    images = {found.name: found.inputs["amiType"] for found in prod.of("eks/nodeGroup:NodeGroup")}
    assert images == {"g" * 20: "BOTTLEROCKET_ARM_64", "general": "AL2023_x86_64_STANDARD"}


def test_every_disk_of_a_node_is_encrypted_with_the_clusters_key(prod: Recording) -> None:
    disks = {
        found.name: {one["deviceName"]: one["ebs"] for one in found.inputs["blockDeviceMappings"]}
        for found in prod.of("ec2/launchTemplate:LaunchTemplate")
    }
    assert disks["general"].keys() == {"/dev/xvda"}
    assert disks["g" * 20].keys() == {"/dev/xvda", "/dev/xvdb"}
    assert disks["g" * 20]["/dev/xvdb"]["volumeSize"] == 50  # what the description says; the system's is its own
    for disk in (disk for found in disks.values() for disk in found.values()):
        assert disk["encrypted"] == "true"
        assert disk["kmsKeyId"].endswith("key/cluster")


def test_nodes_are_watched_each_minute_and_repaired(environment: Recording) -> None:
    for template in environment.of("ec2/launchTemplate:LaunchTemplate"):
        assert template.inputs["monitoring"] == {"enabled": True}
    for group in environment.of("eks/nodeGroup:NodeGroup"):
        assert group.inputs["nodeRepairConfig"] == {"enabled": True}
        assert group.inputs["updateConfig"] == {"maxUnavailablePercentage": 33}


def test_labels_taints_and_capacity_follow_the_description(prod: Recording) -> None:
    group = prod.one("eks/nodeGroup:NodeGroup", "general").inputs
    assert group["labels"] == {"example.com/workload": "batch"}
    assert group["taints"] == [{"key": "batch", "value": "", "effect": "PREFER_NO_SCHEDULE"}]
    assert group["capacityType"] == "SPOT"
    assert prod.one("eks/nodeGroup:NodeGroup", "g" * 20).inputs["capacityType"] == "ON_DEMAND"


def test_a_replaced_node_group_is_made_before_the_old_one_goes(environment: Recording) -> None:
    """A name of the program's own would have to be given up first, and every pod with it."""
    for group in environment.of("eks/nodeGroup:NodeGroup"):
        assert "nodeGroupName" not in group.inputs
        assert len(group.name) <= 63 - 8  # what automatic names add


def test_nodes_follow_the_clusters_version(environment: Recording) -> None:
    for group in environment.of("eks/nodeGroup:NodeGroup"):
        assert group.inputs["version"] == environment.one("eks/cluster:Cluster", "cluster").inputs["version"]


def test_nodes_are_in_private_subnets(environment: Recording) -> None:
    for group in environment.of("eks/nodeGroup:NodeGroup"):
        assert all(subnet.startswith("private-") for subnet in group.inputs["subnetIds"])


def test_addons_without_which_no_node_is_ready_come_first(environment: Recording) -> None:
    """Registration follows dependencies: what a resource waits for is registered before it."""
    order = [found.name for found in environment.resources if found.type.startswith("aws:eks/")]
    groups = [found.name for found in environment.of("eks/nodeGroup:NodeGroup")]
    before = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}
    after = {"coredns", "aws-ebs-csi-driver", "metrics-server"}
    assert {found.name for found in environment.of("eks/addon:Addon")} == before | after
    assert max(map(order.index, before)) < min(map(order.index, groups))
    assert min(map(order.index, after)) > max(map(order.index, groups))


def test_every_addon_has_the_version_of_the_table_or_the_description(dev: Recording, prod: Recording) -> None:
    found = {one.name: one.inputs["addonVersion"] for one in dev.of("eks/addon:Addon")}
    assert found == ADDONS["1.35"]
    assert prod.one("eks/addon:Addon", "coredns").inputs["addonVersion"] == "v1.13.2-eksbuild.5"


def test_addons_act_in_aws_through_roles_of_their_own_and_nodes_do_not(environment: Recording) -> None:
    identities = {
        found.name: found.inputs["podIdentityAssociations"]
        for found in environment.of("eks/addon:Addon")
        if "podIdentityAssociations" in found.inputs
    }
    assert {name: [one["serviceAccount"] for one in found] for name, found in identities.items()} == {
        "vpc-cni": ["aws-node"],
        "aws-ebs-csi-driver": ["ebs-csi-controller-sa"],
    }
    attached = environment.of("iam/rolePolicyAttachment:RolePolicyAttachment")
    managed = {found.name: found.inputs["policyArn"].partition("policy/")[2] for found in attached}
    assert managed["addon-vpc-cni"] == "AmazonEKS_CNI_Policy"
    assert managed["addon-aws-ebs-csi-driver"] == "service-role/AmazonEBSCSIDriverPolicy"
    assert "nodes-AmazonEKS_CNI_Policy" not in managed


def test_the_storage_driver_uses_the_clusters_key_alone(environment: Recording) -> None:
    document = json.loads(environment.one("iam/rolePolicy:RolePolicy", "addon-aws-ebs-csi-driver").inputs["policy"])
    assert all(found["Resource"].endswith("key/cluster") for found in document["Statement"])
    (grants,) = [found for found in document["Statement"] if "kms:CreateGrant" in found["Action"]]
    assert grants["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_the_network_plugin_enforces_network_policies(environment: Recording) -> None:
    plugin = environment.one("eks/addon:Addon", "vpc-cni")
    assert json.loads(plugin.inputs["configurationValues"])["enableNetworkPolicy"] == "true"


def test_a_workload_has_a_role_of_its_own_without_permissions(prod: Recording) -> None:
    associations = prod.of("eks/podIdentityAssociation:PodIdentityAssociation")
    assert len({found.inputs["roleArn"] for found in associations}) == len(associations) == 2
    attached = {found.inputs["role"] for found in prod.of("iam/rolePolicyAttachment:RolePolicyAttachment")}
    roles = [found.inputs["name"] for found in prod.of("iam/role:Role") if found.name.startswith("workload-")]
    assert not attached & set(roles)
