"""Node groups: their nodes are in the cluster, ready, as many and as labelled as asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.cluster.conftest import Account, Cluster, Kubectl, eventually

NAME = "workers"


class Group:
    """The node group of these tests."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.named = {"clusterName": cluster.name, "nodegroupName": NAME}

    def describe(self) -> dict[str, Any]:
        """The group as the API tells it."""
        found: dict[str, Any] = self.cluster.eks.describe_nodegroup(**self.named)["nodegroup"]
        return found

    def settle(self) -> dict[str, Any]:
        """The group, once nothing is on its way."""
        found: dict[str, Any] = eventually(self.describe, lambda one: not one["status"].endswith("ING"))
        return found

    def change(self, **settings: Any) -> None:
        """Change the group, and wait for the update's success."""
        update = self.cluster.eks.update_nodegroup_config(**self.named, **settings)["update"]
        self.succeed(update["id"])

    def succeed(self, update: str) -> None:
        """Wait for an update's success."""

        def status() -> str:
            found = self.cluster.eks.describe_update(name=self.cluster.name, updateId=update, nodegroupName=NAME)
            return str(found["update"]["status"])

        assert eventually(status, lambda found: found != "InProgress") == "Successful"


@pytest.fixture(scope="module")
def group(main: Cluster, acme: Account) -> Iterator[Group]:
    """Two nodes by a launch template, deleted afterwards."""
    template = acme.client("ec2").create_launch_template(
        LaunchTemplateName=NAME,
        LaunchTemplateData={"InstanceType": "m6i.large", "MetadataOptions": {"HttpTokens": "required"}},
    )["LaunchTemplate"]["LaunchTemplateId"]
    found = Group(main)
    main.eks.create_nodegroup(
        **found.named,
        nodeRole=acme.roles["ec2"],
        subnets=acme.subnets,
        scalingConfig={"minSize": 1, "maxSize": 4, "desiredSize": 2},
        launchTemplate={"id": template, "version": "1"},
        labels={"team": "platform", "tier": "web"},
        taints=[{"key": "dedicated", "value": "web", "effect": "PREFER_NO_SCHEDULE"}],
    )
    assert found.settle()["status"] == "ACTIVE"
    yield found
    main.eks.delete_nodegroup(**found.named)


def nodes(admin: Kubectl) -> list[dict[str, Any]]:
    """The group's nodes in the cluster."""
    found: list[dict[str, Any]] = admin.json("get", "nodes", "-l", f"eks.amazonaws.com/nodegroup={NAME}")["items"]
    return found


def test_nodes_are_ready_and_labelled(group: Group, admin: Kubectl, acme: Account) -> None:
    found = nodes(admin)
    assert len(found) == 2
    for node in found:
        ready = next(one for one in node["status"]["conditions"] if one["type"] == "Ready")
        assert ready["status"] == "True"
        labels = node["metadata"]["labels"]
        assert labels["node.kubernetes.io/instance-type"] == "m6i.large"
        assert (labels["team"], labels["tier"]) == ("platform", "web")
        assert node["spec"]["taints"] == [{"key": "dedicated", "value": "web", "effect": "PreferNoSchedule"}]
        assert node["status"]["capacity"] == {"cpu": "2", "memory": "8Gi", "pods": "29"}
        assert node["status"]["nodeInfo"]["kubeletVersion"].startswith("v1.33.")
    zones = sorted(node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in found)
    assert zones == ["eu-central-1a", "eu-central-1b"]
    described = group.describe()
    assert described["launchTemplate"]["version"] == "1"
    assert "instanceTypes" not in described
    entry = group.cluster.eks.describe_access_entry(clusterName="main", principalArn=acme.roles["ec2"])["accessEntry"]
    assert entry["type"] == "EC2_LINUX"


def test_pods_run_on_them(group: Group, admin: Kubectl) -> None:
    admin.ok("create", "deployment", "web", "--image=web", "--replicas=3")
    admin.ok("wait", "--for=condition=Available", "deployment/web", "--timeout=60s")
    pods = admin.json("get", "pods", "-l", "app=web")["items"]
    assert {pod["spec"]["nodeName"] for pod in pods} <= {node["metadata"]["name"] for node in nodes(admin)}


def test_a_group_scales_both_ways(group: Group, admin: Kubectl) -> None:
    before = {node["metadata"]["name"] for node in nodes(admin)}
    group.change(scalingConfig={"desiredSize": 4})
    more = {node["metadata"]["name"] for node in nodes(admin)}
    assert len(more) == 4
    assert before < more
    group.change(scalingConfig={"desiredSize": 1})
    assert len(nodes(admin)) == 1
    group.change(scalingConfig={"desiredSize": 2})
    assert group.describe()["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 2}


def test_labels_and_taints_change_on_living_nodes(group: Group, admin: Kubectl) -> None:
    before = {node["metadata"]["uid"] for node in nodes(admin)}
    group.change(
        labels={"addOrUpdateLabels": {"tier": "batch"}, "removeLabels": ["team"]},
        taints={"removeTaints": [{"key": "dedicated", "value": "web", "effect": "PREFER_NO_SCHEDULE"}]},
    )
    found = nodes(admin)
    assert {node["metadata"]["uid"] for node in found} == before
    for node in found:
        assert node["metadata"]["labels"]["tier"] == "batch"
        assert "team" not in node["metadata"]["labels"]
        assert "taints" not in node["spec"]


def test_a_new_version_replaces_the_nodes(group: Group, admin: Kubectl) -> None:
    before = {node["metadata"]["name"] for node in nodes(admin)}
    update = group.cluster.eks.update_nodegroup_version(**group.named)["update"]
    assert update["type"] == "VersionUpdate"
    group.succeed(update["id"])
    after = {node["metadata"]["name"] for node in nodes(admin)}
    assert len(after) == 2
    assert not before & after


def test_a_cluster_with_node_groups_is_not_deleted(group: Group) -> None:
    with pytest.raises(ClientError) as refused:
        group.cluster.eks.delete_cluster(name=group.cluster.name)
    assert refused.value.response["Error"]["Code"] == "ResourceInUseException"
    assert group.cluster.describe()["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scalingConfig": {"minSize": 3, "maxSize": 4, "desiredSize": 2}}, "desired size 2"),
        ({"scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 2}}, "max size 1"),
        ({"instanceTypes": ["t3.gigantic"]}, "t3.gigantic"),
        ({"subnets": ["subnet-0"]}, "subnet-0"),
        ({"nodeRole": "arn:aws:iam::111111111111:role/for-eks"}, "for-eks"),
        ({"version": "1.34"}, "1.34"),
        ({"amiType": "MS_DOS"}, "MS_DOS"),
        ({"taints": [{"key": "a", "value": "b", "effect": "NEVER"}]}, "NEVER"),
        ({"launchTemplate": {"id": "lt-0"}}, "lt-0"),
        ({"updateConfig": {"maxUnavailablePercentage": 200}}, "200"),
    ],
)
def test_groups_that_eks_refuses(main: Cluster, acme: Account, change: dict[str, Any], words: str) -> None:
    settings = {"nodegroupName": "refused", "nodeRole": acme.roles["ec2"], "subnets": acme.subnets, **change}
    with pytest.raises(ClientError, match=words) as refused:
        main.eks.create_nodegroup(clusterName=main.name, **settings)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    assert "refused" not in main.eks.list_nodegroups(clusterName=main.name)["nodegroups"]
