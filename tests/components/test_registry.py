"""The container registry."""

from __future__ import annotations

import json

from tests.components.recording import ACCOUNT, Recording

HOST = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
CMK = "arn:aws:key:eu-central-1:111111111111:key/registry"


def test_every_application_has_a_repository_of_its_own(environment: Recording) -> None:
    names = {found.name for found in environment.of("ecr/repository:Repository")}
    assert names == set(environment.outputs["cluster"]["namespaces"])
    for kind in ("ecr/repositoryPolicy:RepositoryPolicy", "ecr/lifecyclePolicy:LifecyclePolicy"):
        assert {found.name for found in environment.of(kind)} == names


def test_images_are_encrypted_scanned_and_stay_what_they_are(environment: Recording) -> None:
    for found in environment.of("ecr/repository:Repository"):
        assert found.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": CMK}]
        assert found.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert found.inputs["imageTagMutability"] == "IMMUTABLE"
        assert found.inputs["forceDelete"] is False


def test_production_protects_its_images(dev: Recording, prod: Recording) -> None:
    assert not any(found.protect for found in dev.of("ecr/repository:Repository"))
    assert all(found.protect for found in prod.of("ecr/repository:Repository"))


def test_the_policy_denies_other_accounts_and_grants_nothing(environment: Recording) -> None:
    for found in environment.of("ecr/repositoryPolicy:RepositoryPolicy"):
        (statement,) = json.loads(found.inputs["policy"])["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"]["StringNotEquals"] == {"aws:PrincipalAccount": ACCOUNT}


def test_untagged_images_expire_and_the_newest_stay(environment: Recording) -> None:
    for found in environment.of("ecr/lifecyclePolicy:LifecyclePolicy"):
        rules = json.loads(found.inputs["policy"])["rules"]
        assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged", "any"]
        assert [rule["selection"]["countNumber"] for rule in rules] == [7, 50]


def test_scanning_follows_the_description(dev: Recording, prod: Recording) -> None:
    basic, enhanced = (found.of("RegistryScanningConfiguration")[0].inputs for found in (dev, prod))
    assert (basic["scanType"], basic["rules"][0]["scanFrequency"]) == ("BASIC", "SCAN_ON_PUSH")
    assert (enhanced["scanType"], enhanced["rules"][0]["scanFrequency"]) == ("ENHANCED", "CONTINUOUS_SCAN")


def test_nothing_is_pulled_or_copied_unless_described(dev: Recording) -> None:
    for kind in ("PullThroughCacheRule", "RepositoryCreationTemplate", "ReplicationConfiguration"):
        assert not dev.of(kind)


def test_pulled_images_become_repositories_of_the_same_kind(prod: Recording) -> None:
    rules = prod.of("ecr/pullThroughCacheRule:PullThroughCacheRule")
    assert {found.inputs["upstreamRegistryUrl"] for found in rules} == {"registry.k8s.io", "quay.io"}
    for rule in rules:
        template = prod.one("ecr/repositoryCreationTemplate:RepositoryCreationTemplate", rule.name)
        assert template.inputs["prefix"] == rule.inputs["ecrRepositoryPrefix"]
        assert template.inputs["appliedFors"] == ["PULL_THROUGH_CACHE"]
        assert template.inputs["imageTagMutability"] == "IMMUTABLE"
        assert template.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": CMK}]
    leave = prod.one("iam/rolePolicy:RolePolicy", "nodes-pull-through")
    (statement,) = json.loads(leave.inputs["policy"])["Statement"]
    assert {place.rpartition("repository/")[2] for place in statement["Resource"]} == {"k8s/*", "p" * 30 + "/*"}


def test_copies_go_to_the_recovery_region_under_a_key_there(prod: Recording) -> None:
    (found,) = prod.of("ecr/replicationConfiguration:ReplicationConfiguration")
    (rule,) = found.inputs["replicationConfiguration"]["rules"]
    assert rule["destinations"] == [{"region": "eu-west-1", "registryId": ACCOUNT}]
    assert rule["repositoryFilters"] == [{"filter": f"{'c' * 20}-prod/", "filterType": "PREFIX_MATCH"}]
    key = prod.one("kms/key:Key", "registry-recovery")
    assert key.inputs["region"] == "eu-west-1"
    assert key.protect
    template = prod.one("ecr/repositoryCreationTemplate:RepositoryCreationTemplate", f"{'c' * 20}-prod")
    assert (template.inputs["region"], template.inputs["appliedFors"]) == ("eu-west-1", ["REPLICATION"])
    assert template.inputs["encryptionConfigurations"][0]["kmsKey"].endswith("key/registry-recovery")


def test_outputs_name_the_host_and_what_pods_may_pull_from(dev: Recording, prod: Recording) -> None:
    assert dev.outputs["registry"]["allowed_registries"] == [HOST]
    assert prod.outputs["registry"]["allowed_registries"] == [HOST, "registry.example.com/acme"]
    assert prod.outputs["registry"]["host"] == HOST
