"""ECR at its wire: what the registry makes by itself, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME

HUB = "registry-1.docker.io"


@pytest.fixture(scope="module")
def ecr(cloud: Surroundings) -> Any:
    return cloud.session(account=ACME).client("ecr", endpoint_url=cloud.settings.cloud_url)


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def test_a_rule_lives(ecr: Any) -> None:
    made = ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="k8s", upstreamRegistryUrl="registry.k8s.io")
    assert made["upstreamRegistry"] == "k8s"
    (found,) = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["k8s"])["pullThroughCacheRules"]
    assert (found["upstreamRegistryUrl"], found["registryId"]) == ("registry.k8s.io", ACME)
    assert found["upstreamRepositoryPrefix"] == "ROOT"
    with refused("PullThroughCacheRuleAlreadyExistsException"):
        ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="k8s", upstreamRegistryUrl="quay.io")
    assert ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix="k8s")["isValid"] is True
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="k8s")
    with refused("PullThroughCacheRuleNotFoundException"):
        ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["k8s"])


@pytest.mark.parametrize(
    ("upstream", "secret", "code"),
    [
        ("registry.example.com", None, "UnsupportedUpstreamRegistryException"),
        (HUB, None, "InvalidParameterException.*credentialArn"),
        (HUB, "ecr-pullthroughcache/none-AbCdEf", "SecretNotFoundException"),
        (HUB, "other/none-AbCdEf", "InvalidParameterException.*must match"),
        ("quay.io", "ecr-pullthroughcache/none-AbCdEf", "takes no credentials"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(ecr: Any, upstream: str, secret: str | None, code: str) -> None:
    credentials = {"credentialArn": f"arn:aws:secretsmanager:eu-central-1:{ACME}:secret:{secret}"} if secret else {}
    with refused(code):
        ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="x1", upstreamRegistryUrl=upstream, **credentials)


def test_a_template_with_a_key_of_the_client_needs_a_role_and_the_key(ecr: Any) -> None:
    encryption = {"encryptionType": "KMS", "kmsKey": f"arn:aws:kms:eu-central-1:{ACME}:key/none"}
    asked = {"prefix": "t1", "appliedFor": ["PULL_THROUGH_CACHE"], "encryptionConfiguration": encryption}
    with refused("KmsException"):
        ecr.create_repository_creation_template(**asked)
    del encryption["kmsKey"]
    with refused("customRoleArn"):
        ecr.create_repository_creation_template(**asked)
    assert ecr.describe_repository_creation_templates(prefixes=["t1"])["repositoryCreationTemplates"] == []


def test_a_repository_needs_its_key(ecr: Any) -> None:
    key = f"arn:aws:kms:eu-central-1:{ACME}:key/none"
    with refused("KmsException"):
        ecr.create_repository(repositoryName="locked", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key})


def test_a_registry_copies_to_several_places_but_not_to_itself(ecr: Any) -> None:
    def rules(*regions: str) -> dict[str, Any]:
        return {"rules": [{"destinations": [{"region": one, "registryId": ACME}]} for one in regions]}

    ecr.put_replication_configuration(replicationConfiguration=rules("eu-west-1", "eu-west-3"))
    assert len(ecr.describe_registry()["replicationConfiguration"]["rules"]) == 2
    with refused("cannot be the same"):
        ecr.put_replication_configuration(replicationConfiguration=rules("eu-west-1", "eu-central-1"))
    ecr.put_replication_configuration(replicationConfiguration=rules())
