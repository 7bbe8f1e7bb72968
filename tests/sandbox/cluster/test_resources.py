"""The rest of the EKS API: clusters' settings, updates, add-ons, pod identity, tags, versions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.cluster.conftest import Account, Cluster


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    """The AWS error code of a refusal."""
    return str(refused.value.response["Error"]["Code"])


def test_a_cluster_is_described_with_all_that_it_is(main: Cluster, acme: Account) -> None:
    found = main.describe()
    assert found["arn"] == "arn:aws:eks:eu-central-1:111111111111:cluster/main"
    assert found["version"] == "1.33"
    network = found["resourcesVpcConfig"]
    subnet = acme.client("ec2").describe_subnets(SubnetIds=acme.subnets)["Subnets"][0]
    assert (network["vpcId"], network["subnetIds"]) == (subnet["VpcId"], acme.subnets)
    assert (network["endpointPublicAccess"], network["endpointPrivateAccess"]) == (True, True)
    groups = acme.client("ec2").describe_security_groups(GroupIds=[network["clusterSecurityGroupId"]])
    assert groups["SecurityGroups"][0]["VpcId"] == subnet["VpcId"]
    assert found["accessConfig"] == {"bootstrapClusterCreatorAdminPermissions": True, "authenticationMode": "API"}
    assert found["endpoint"].startswith("https://127.0.0.1:")
    assert found["health"] == {"issues": []}
    assert found["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "172.20.0.0/16"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"version": "1.19"}, "InvalidParameterException", "1.19"),
        ({"roleArn": "arn:aws:iam::111111111111:role/nobody"}, "InvalidParameterException", "nobody"),
        ({"roleArn": "ROLE FOR ec2"}, "InvalidParameterException", "eks.amazonaws.com"),
        ({"name": "-bad-"}, "InvalidParameterException", "must match"),
        ({"name": "main"}, "ResourceInUseException", "already exists"),
        ({"accessConfig": {"authenticationMode": "NONE"}}, "InvalidParameterException", "NONE"),
        ({"kubernetesNetworkConfig": {"serviceIpv4Cidr": "8.8.8.0/24"}}, "InvalidParameterException", "8.8.8.0"),
        ({"resourcesVpcConfig": {"subnetIds": ["subnet-0"]}}, "InvalidParameterException", "subnet-0"),
        ({"resourcesVpcConfig": {"subnetIds": "ONE ZONE"}}, "InvalidParameterException", "two different AZs"),
        ({"resourcesVpcConfig": {"securityGroupIds": ["sg-0"]}}, "InvalidParameterException", "sg-0"),
        ({"resourcesVpcConfig": {"publicAccessCidrs": ["all"]}}, "InvalidParameterException", "all"),
        (
            {"resourcesVpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": False}},
            "InvalidParameterException",
            "cannot be false",
        ),
        (
            {"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:x"}}]},
            "InvalidParameterException",
            "keyArn",
        ),
        (
            {"outpostConfig": {"outpostArns": ["a"], "controlPlaneInstanceType": "b"}},
            "InvalidRequestException",
            "outpost",
        ),
    ],
)
def test_clusters_that_eks_refuses(main: Cluster, acme: Account, change: dict[str, Any], code: str, words: str) -> None:
    before = main.eks.list_clusters()["clusters"]
    network = {"subnetIds": acme.subnets} | change.pop("resourcesVpcConfig", {})
    if network["subnetIds"] == "ONE ZONE":
        network["subnetIds"] = acme.subnets[:1]
    wanted = {"name": "refused", "roleArn": acme.roles["eks"], "resourcesVpcConfig": network, **change}
    if wanted["roleArn"] == "ROLE FOR ec2":
        wanted["roleArn"] = acme.roles["ec2"]
    with pytest.raises(ClientError, match=words) as refused:
        main.eks.create_cluster(**wanted)
    assert code_of(refused) == code
    assert main.eks.list_clusters()["clusters"] == before


def test_settings_change_by_updates(main: Cluster) -> None:
    logging = {"clusterLogging": [{"types": ["audit", "api"], "enabled": True}]}
    update = main.eks.update_cluster_config(name="main", logging=logging)["update"]
    assert (update["type"], update["status"]) == ("LoggingUpdate", "Successful")
    assert main.eks.describe_update(name="main", updateId=update["id"])["update"]["id"] == update["id"]
    assert update["id"] in main.eks.list_updates(name="main")["updateIds"]
    on = [one for one in main.describe()["logging"]["clusterLogging"] if one["enabled"]]
    assert on == [{"types": ["api", "audit"], "enabled": True}]

    access = {"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]}
    update = main.eks.update_cluster_config(name="main", resourcesVpcConfig=access)["update"]
    assert update["type"] == "EndpointAccessUpdate"
    assert main.describe()["resourcesVpcConfig"]["publicAccessCidrs"] == ["203.0.113.0/24"]
    with pytest.raises(ClientError, match="already") as refused:
        main.eks.update_cluster_config(name="main", resourcesVpcConfig=access)
    assert code_of(refused) == "InvalidParameterException"
    with pytest.raises(ClientError, match="authentication mode"):
        main.eks.update_cluster_config(name="main", accessConfig={"authenticationMode": "CONFIG_MAP"})
    with pytest.raises(ClientError, match="Exactly one"):
        main.eks.update_cluster_config(name="main", logging=logging, deletionProtection=True)
    with pytest.raises(ClientError) as refused:
        main.eks.describe_update(name="main", updateId=str(uuid.uuid4()))
    assert code_of(refused) == "ResourceNotFoundException"


def test_versions_go_up_one_by_one(other: Cluster) -> None:
    for version in ("1.35", "1.32", "1.33"):
        with pytest.raises(ClientError, match="minor version") as refused:
            other.eks.update_cluster_version(name="main", version=version)
        assert code_of(refused) == "InvalidParameterException"
    update = other.eks.update_cluster_version(name="main", version="1.34")["update"]
    assert update["type"] == "VersionUpdate"
    assert other.describe()["version"] == "1.34"
    offered = other.eks.describe_cluster_versions(clusterVersions=["1.34"])["clusterVersions"]
    assert [one["clusterVersion"] for one in offered] == ["1.34"]


def test_insights_say_what_is_known_of_the_next_version(main: Cluster) -> None:
    version = main.describe()["version"]
    following = f"1.{int(version.partition('.')[2]) + 1}"
    found = main.eks.list_insights(clusterName="main", filter={"categories": ["UPGRADE_READINESS"]})["insights"]
    statuses = {one["name"]: one["insightStatus"]["status"] for one in found}
    assert statuses == {
        "Kubelet version skew": "PASSING",
        "kube-proxy version skew": "PASSING",
        f"Deprecated APIs removed in Kubernetes v{following}": "UNKNOWN",
    }
    assert {one["kubernetesVersion"] for one in found} == {following}
    (unknown,) = main.eks.list_insights(clusterName="main", filter={"statuses": ["UNKNOWN"]})["insights"]
    assert main.eks.describe_insight(clusterName="main", id=unknown["id"])["insight"]["name"] == unknown["name"]
    with pytest.raises(ClientError) as refused:
        main.eks.describe_insight(clusterName="main", id=str(uuid.uuid4()))
    assert code_of(refused) == "ResourceNotFoundException"


def test_secrets_are_encrypted_once_for_good(other: Cluster, globex: Account) -> None:
    key = globex.client("kms").create_key()["KeyMetadata"]["Arn"]
    config = [{"resources": ["secrets"], "provider": {"keyArn": key}}]
    update = other.eks.associate_encryption_config(clusterName="main", encryptionConfig=config)["update"]
    assert update["type"] == "AssociateEncryptionConfig"
    assert other.describe()["encryptionConfig"] == config
    with pytest.raises(ClientError) as refused:
        other.eks.associate_encryption_config(clusterName="main", encryptionConfig=config)
    assert code_of(refused) == "InvalidRequestException"


def test_add_ons(main: Cluster, acme: Account) -> None:
    eks, named = main.eks, {"clusterName": "main", "addonName": "eks-pod-identity-agent"}
    versions = eks.describe_addon_versions(addonName=named["addonName"], kubernetesVersion="1.33")["addons"][0]
    newest = versions["addonVersions"][0]["addonVersion"]
    made = eks.create_addon(**named, tags={"a": "b"})["addon"]
    assert (made["addonVersion"], made["status"], made["tags"]) == (newest, "ACTIVE", {"a": "b"})
    schema = eks.describe_addon_configuration(addonName=named["addonName"], addonVersion=newest)
    assert schema["configurationSchema"]
    with pytest.raises(ClientError) as refused:
        eks.create_addon(**named)
    assert code_of(refused) == "ResourceInUseException"
    identity = [{"serviceAccount": "agent", "roleArn": acme.roles["pods.eks"]}]
    values = '{"agent": {"logLevel": "debug"}}'
    update = eks.update_addon(**named, configurationValues=values, podIdentityAssociations=identity)["update"]
    listed = eks.describe_update(name="main", updateId=update["id"], addonName=named["addonName"])["update"]
    assert (listed["type"], listed["status"]) == ("AddonUpdate", "Successful")
    described = eks.describe_addon(**named)["addon"]
    assert described["configurationValues"] == values
    assert len(described["podIdentityAssociations"]) == 1
    for change, words in (
        ({"addonVersion": "latest"}, "latest"),
        ({"configurationValues": "{"}, "no JSON"),
        ({"serviceAccountRoleArn": acme.roles["ec2"]}, "for-ec2"),
        ({"resolveConflicts": "MAYBE"}, "MAYBE"),
    ):
        with pytest.raises(ClientError, match=words) as refused:
            eks.update_addon(**named, **change)
        assert code_of(refused) == "InvalidParameterException"
    assert eks.list_addons(clusterName="main")["addons"] == [named["addonName"]]
    eks.delete_addon(**named)
    with pytest.raises(ClientError) as refused:
        eks.describe_addon(**named)
    assert code_of(refused) == "ResourceNotFoundException"
    assert eks.list_pod_identity_associations(clusterName="main")["associations"] == []


def test_pod_identity_associations(main: Cluster, acme: Account) -> None:
    eks = main.eks
    wanted = {"clusterName": "main", "namespace": "app", "serviceAccount": "api"}
    made = eks.create_pod_identity_association(**wanted, roleArn=acme.roles["pods.eks"], tags={"a": "b"})["association"]
    named = {"clusterName": "main", "associationId": made["associationId"]}
    assert eks.describe_pod_identity_association(**named)["association"] == made
    with pytest.raises(ClientError, match=made["associationId"]) as refused:
        eks.create_pod_identity_association(**wanted, roleArn=acme.roles["pods.eks"])
    assert code_of(refused) == "ResourceInUseException"
    with pytest.raises(ClientError, match="for-ec2") as refused:
        eks.update_pod_identity_association(**named, roleArn=acme.roles["ec2"])
    assert code_of(refused) == "InvalidParameterException"
    second = acme.role("for-more-pods", {"Service": "pods.eks.amazonaws.com"})
    changed = eks.update_pod_identity_association(**named, roleArn=second)["association"]
    assert changed["roleArn"] == second
    listed = eks.list_pod_identity_associations(clusterName="main", namespace="app", serviceAccount="api")
    assert [one["associationId"] for one in listed["associations"]] == [made["associationId"]]
    assert eks.list_pod_identity_associations(clusterName="main", namespace="none")["associations"] == []
    eks.delete_pod_identity_association(**named)
    with pytest.raises(ClientError) as refused:
        eks.describe_pod_identity_association(**named)
    assert code_of(refused) == "ResourceNotFoundException"


def test_everything_can_be_tagged(main: Cluster, acme: Account) -> None:
    eks = main.eks
    association = eks.create_pod_identity_association(
        clusterName="main", namespace="tags", serviceAccount="tags", roleArn=acme.roles["pods.eks"]
    )["association"]
    principal = eks.list_access_entries(clusterName="main")["accessEntries"][0]
    entry = eks.describe_access_entry(clusterName="main", principalArn=principal)["accessEntry"]
    for arn in (main.describe()["arn"], association["associationArn"], entry["accessEntryArn"]):
        eks.tag_resource(resourceArn=arn, tags={"cost": "42", "gone": "soon"})
        eks.untag_resource(resourceArn=arn, tagKeys=["gone"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"cost": "42"}
    assert main.describe()["tags"] == {"cost": "42"}
    with pytest.raises(ClientError) as refused:
        eks.list_tags_for_resource(resourceArn="arn:aws:eks:eu-central-1:111111111111:cluster/none")
    assert code_of(refused) == "NotFoundException"
    eks.delete_pod_identity_association(clusterName="main", associationId=association["associationId"])


def test_what_the_sandbox_lacks_it_says(main: Cluster, acme: Account) -> None:
    with pytest.raises(ClientError, match="not available in the sandbox"):
        main.eks.create_fargate_profile(
            clusterName="main",
            fargateProfileName="f",
            podExecutionRoleArn=acme.roles["eks"],
            selectors=[{"namespace": "default"}],
        )
