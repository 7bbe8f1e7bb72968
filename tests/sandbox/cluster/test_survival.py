"""What is killed comes back with its data; what is deleted leaves nothing."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from sandbox import process
from sandbox.cloud import part
from sandbox.process import Record
from sandbox.settings import Settings
from tests.conftest import PROVISION_ROLE, Surroundings, free_port_base
from tests.sandbox.cluster.conftest import ACME, POLICY, Account, Cluster, Kubectl, eventually

ROLE = f"arn:aws:iam::{ACME}:role/{PROVISION_ROLE}"


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """A cluster with two nodes in a sandbox of its own."""
    directory = Path(tempfile.mkdtemp(prefix="freehold-eks-"))
    settings = Settings(directory=directory / "sandbox", port_base=free_port_base())
    part.start(settings)
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(settings.aws / "credentials")}
    account = Account(Surroundings(settings, env), ACME, "eu-central-1")
    account.prepare()
    cluster = Cluster(account, "own")
    cluster.create("API")
    cluster.eks.create_nodegroup(
        clusterName="own", nodegroupName="n", nodeRole=account.roles["ec2"], subnets=account.subnets
    )
    eventually(lambda: group(cluster)["status"], lambda status: status == "ACTIVE")
    yield cluster
    for record in process.records(settings):
        process.stop(settings, record)
    shutil.rmtree(directory)


def group(cluster: Cluster) -> dict[str, Any]:
    """The cluster's node group as the API tells it."""
    found: dict[str, Any] = cluster.eks.describe_nodegroup(clusterName="own", nodegroupName="n")["nodegroup"]
    return found


def settings_of(cluster: Cluster) -> Settings:
    """The settings of the cluster's sandbox."""
    return cluster.account.cloud.settings


def control_plane(cluster: Cluster) -> Record:
    """The living process of the control plane."""
    found = process.find(settings_of(cluster), f"eks-{cluster.key}")
    assert found is not None
    return found


def kill(record: Record) -> None:
    """End a process without notice."""
    psutil.Process(record.pid).send_signal(signal.SIGKILL)
    eventually(record.process, lambda found: found is None)


def kubectl(cluster: Cluster, directory: Path) -> Kubectl:
    """``kubectl`` as the cluster's creator."""
    return cluster.as_user(directory, cluster.token(cluster.account.session(ROLE)))


def test_a_killed_control_plane_comes_back_with_its_objects(own: Cluster, tmp_path: Path) -> None:
    admin = kubectl(own, tmp_path)
    before, described = control_plane(own), own.describe()
    nodes = admin.ok("get", "nodes", "-o", "name")
    admin.ok("create", "namespace", "kept")
    admin.ok("-n", "kept", "create", "configmap", "last-word", "--from-literal=a=1")
    kill(before)
    assert own.describe()["health"]["issues"][0]["code"] == "ClusterUnreachable"
    part.start(settings_of(own))
    assert control_plane(own).pid != before.pid
    assert own.describe() == described
    assert admin.json("-n", "kept", "get", "configmap", "last-word")["data"] == {"a": "1"}
    assert admin.ok("get", "nodes", "-o", "name") == nodes
    admin.ok("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")


def test_a_killed_endpoint_finds_its_control_planes_again(own: Cluster, tmp_path: Path) -> None:
    admin = kubectl(own, tmp_path)
    plane, described, nodes = control_plane(own), own.describe(), group(own)
    endpoint = process.find(settings_of(own), part.NAME)
    assert endpoint is not None
    kill(endpoint)
    assert plane.process() is not None
    part.start(settings_of(own))
    assert control_plane(own).pid == plane.pid
    assert own.describe() == described
    assert group(own) == nodes
    assert "kube-system" in admin.ok("get", "namespaces")


def test_when_both_are_killed_both_come_back(own: Cluster, tmp_path: Path) -> None:
    person = own.account.person("reader")
    own.eks.create_access_entry(clusterName="own", principalArn=person)
    own.eks.associate_access_policy(
        clusterName="own",
        principalArn=person,
        policyArn=POLICY + "AmazonEKSViewPolicy",
        accessScope={"type": "namespace", "namespaces": ["default"]},
    )
    plane, endpoint = control_plane(own), process.find(settings_of(own), part.NAME)
    assert endpoint is not None
    kill(endpoint)
    kill(plane)
    part.start(settings_of(own))
    assert own.describe()["status"] == "ACTIVE"
    token = own.token(own.account.session(person))
    own.as_user(tmp_path, token).ok("-n", "default", "get", "pods")
    kubectl(own, tmp_path).ok("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")


def test_secrets_of_a_control_plane_are_its_owners(own: Cluster) -> None:
    assert own.directory.stat().st_mode & 0o777 == 0o700
    private = [path for path in own.directory.rglob("*") if path.suffix in {".key", ".kubeconfig"}]
    assert len(private) >= 10
    assert [path for path in private if path.stat().st_mode & 0o077] == []


def test_protection_holds_until_it_is_taken_off(own: Cluster) -> None:
    own.eks.delete_nodegroup(clusterName="own", nodegroupName="n")
    eventually(lambda: own.eks.list_nodegroups(clusterName="own")["nodegroups"], lambda found: not found)
    own.eks.update_cluster_config(name="own", deletionProtection=True)
    with pytest.raises(ClientError, match="deletion protection"):
        own.eks.delete_cluster(name="own")
    own.eks.update_cluster_config(name="own", deletionProtection=False)
    assert own.describe()["status"] == "ACTIVE"


def test_a_deleted_cluster_leaves_nothing(own: Cluster) -> None:
    settings, directory, plane, described = settings_of(own), own.directory, control_plane(own), own.describe()
    assert own.eks.delete_cluster(name="own")["cluster"]["status"] == "DELETING"
    own.eks.get_waiter("cluster_deleted").wait(name="own", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert plane.process() is None
    assert not directory.exists()
    assert list(settings.directory.rglob(f"*{plane.name}*")) == []
    shared = described["resourcesVpcConfig"]["clusterSecurityGroupId"]
    with pytest.raises(ClientError, match="does not exist"):
        own.account.client("ec2").describe_security_groups(GroupIds=[shared])
    endpoint = process.find(settings, part.NAME)
    assert endpoint is not None
    kill(endpoint)
    part.start(settings)
    assert own.eks.list_clusters()["clusters"] == []
    assert [record.name for record in process.records(settings) if record.process()] == [part.NAME]
