"""EKS and what every namespace starts from."""

from __future__ import annotations

import json
from typing import Any

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
    assert images == {"g" * 20: "AL2023_ARM_64_STANDARD", "general": "AL2023_x86_64_STANDARD"}


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
    before, after = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}, "coredns"
    assert max(map(order.index, before)) < min(map(order.index, groups))
    assert order.index(after) > max(map(order.index, groups))


def test_the_network_plugin_enforces_network_policies(environment: Recording) -> None:
    plugin = environment.one("eks/addon:Addon", "vpc-cni")
    assert json.loads(plugin.inputs["configurationValues"])["enableNetworkPolicy"] == "true"


def test_a_workload_has_a_role_of_its_own_without_permissions(prod: Recording) -> None:
    associations = prod.of("eks/podIdentityAssociation:PodIdentityAssociation")
    assert len({found.inputs["roleArn"] for found in associations}) == len(associations) == 2
    attached = {found.inputs["role"] for found in prod.of("iam/rolePolicyAttachment:RolePolicyAttachment")}
    roles = [found.inputs["name"] for found in prod.of("iam/role:Role") if found.name.startswith("workload-")]
    assert not attached & set(roles)


def policies(environment: Recording, namespace: str) -> dict[str, Any]:
    return {
        found.inputs["metadata"]["name"]: found.inputs["spec"]
        for found in environment.of("v1:NetworkPolicy")
        if found.inputs["metadata"]["namespace"] == namespace
    }


def test_namespaces_are_restricted_at_the_clusters_version(environment: Recording) -> None:
    namespaces = environment.of("core/v1:Namespace")
    assert [found.inputs["metadata"]["name"] for found in namespaces] == environment.outputs["cluster"]["namespaces"]
    for namespace in namespaces:
        labels = namespace.inputs["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
            assert labels[f"pod-security.kubernetes.io/{mode}-version"] == "v1.34"


def test_every_namespace_is_closed_but_for_dns(environment: Recording) -> None:
    for namespace in environment.outputs["cluster"]["namespaces"]:
        found = policies(environment, namespace)
        assert found["closed"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        (rule,) = found["dns"]["egress"]
        assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {("UDP", 53), ("TCP", 53)}
        assert found["dns"]["policyTypes"] == ["Egress"]


def test_every_namespace_has_a_quota_limits_and_an_account_without_a_mounted_token(environment: Recording) -> None:
    names = set(environment.outputs["cluster"]["namespaces"])
    for kind in ("core/v1:ResourceQuota", "core/v1:LimitRange", "core/v1:ServiceAccount"):
        assert {found.inputs["metadata"]["namespace"] for found in environment.of(kind)} == names
    assert all(found.inputs["automountServiceAccountToken"] is False for found in environment.of("v1:ServiceAccount"))


def test_only_application_accounts_review_tokens(environment: Recording) -> None:
    for binding in environment.of("v1:ClusterRoleBinding"):
        assert binding.inputs["roleRef"]["name"] == "system:auth-delegator"
        (subject,) = binding.inputs["subjects"]
        assert subject["kind"] == "ServiceAccount"
        assert subject["namespace"] in environment.outputs["cluster"]["namespaces"]
