"""ECR."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.sandbox.plugins.aws.cases.case import TAGS, Case, Inputs
from tests.sandbox.plugins.aws.world import World, policy


def _repository(world: World, **changes: Any) -> Inputs:
    return {
        "name": "acme/shop",
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": world.key.state["arn"]}],
        "imageScanningConfiguration": {"scanOnPush": True},
        "imageTagMutability": "IMMUTABLE",
        "tags": TAGS,
        **changes,
    }


def _keep(images: int) -> str:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": images}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


def _template(world: World, **changes: Any) -> Inputs:
    return {
        "prefix": "quay",
        "description": "pulled from quay.io",
        "appliedFors": ["PULL_THROUGH_CACHE"],
        "customRoleArn": world.cluster_role.state["arn"],
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": world.key.state["arn"]}],
        "imageTagMutability": "IMMUTABLE",
        "lifecyclePolicy": _keep(5),
        "repositoryPolicy": policy("ecr:BatchGetImage"),
        "resourceTags": {"Owner": "platform"},
        **changes,
    }


def _scanning(frequency: str) -> list[dict[str, Any]]:
    return [{"scanFrequency": frequency, "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}]}]


def _replication(region: str) -> Inputs:
    rule = {
        "destinations": [{"region": region, "registryId": "555555555555"}],
        "repositoryFilters": [{"filter": "acme", "filterType": "PREFIX_MATCH"}],
    }
    return {"replicationConfiguration": {"rules": [rule]}}


CASES: Sequence[Case] = (
    Case(
        "aws:ecr/repository:Repository",
        _repository,
        r"acme/shop",
        update=lambda w: _repository(
            w,
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filter": "latest*", "filterType": "WILDCARD"}],
            imageScanningConfiguration={"scanOnPush": False},
            tags={"Name": "other"},
        ),
        replace=lambda w: _repository(
            w, encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": w.other_key.state["arn"]}]
        ),
        tamper=lambda w, o: w.client("ecr").put_image_tag_mutability(repositoryName=o.id, imageTagMutability="MUTABLE"),
        drifted=("imageTagMutability",),
    ),
    Case(
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        lambda w: {"repository": w.repository.id, "policy": policy("ecr:BatchGetImage")},
        r"world-[0-9a-f]{7}",
        update=lambda w: {"repository": w.repository.id, "policy": policy("ecr:PutImage")},
        replace=lambda w: {"repository": w.other_repository.id, "policy": policy("ecr:BatchGetImage")},
        tamper=lambda w, o: w.client("ecr").set_repository_policy(repositoryName=o.id, policyText=policy("ecr:*")),
        drifted=("policy",),
    ),
    Case(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        lambda w: {"repository": w.repository.id, "policy": _keep(10)},
        r"world-[0-9a-f]{7}",
        update=lambda w: {"repository": w.repository.id, "policy": _keep(20)},
        replace=lambda w: {"repository": w.other_repository.id, "policy": _keep(10)},
        tamper=lambda w, o: w.client("ecr").put_lifecycle_policy(repositoryName=o.id, lifecyclePolicyText=_keep(1)),
        drifted=("policy",),
    ),
    Case(
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        lambda w: {
            "ecrRepositoryPrefix": "docker-hub",
            "upstreamRegistryUrl": "registry-1.docker.io",
            "credentialArn": w.pull_secrets[0],
        },
        r"docker-hub",
        update=lambda w: {
            "ecrRepositoryPrefix": "docker-hub",
            "upstreamRegistryUrl": "registry-1.docker.io",
            "credentialArn": w.pull_secrets[1],
        },
        replace=lambda w: {
            "ecrRepositoryPrefix": "docker-hub",
            "upstreamRegistryUrl": "ghcr.io",
            "credentialArn": w.pull_secrets[0],
        },
        tamper=lambda w, o: w.client("ecr").update_pull_through_cache_rule(
            ecrRepositoryPrefix=o.id, credentialArn=w.pull_secrets[1]
        ),
        drifted=("credentialArn",),
    ),
    Case(
        "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
        lambda w: {"scanType": "ENHANCED", "rules": _scanning("CONTINUOUS_SCAN")},
        r"555555555555",
        update=lambda w: {"scanType": "BASIC", "rules": _scanning("SCAN_ON_PUSH")},
        replace=None,
        tamper=lambda w, o: w.client("ecr").put_registry_scanning_configuration(scanType="BASIC", rules=[]),
        drifted=("rules", "scanType"),
        stays=True,
    ),
    Case(
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        lambda w: _replication("eu-west-1"),
        r"555555555555",
        update=lambda w: _replication("eu-west-3"),
        replace=None,
        tamper=lambda w, o: w.client("ecr").put_replication_configuration(replicationConfiguration={"rules": []}),
        drifted=("replicationConfiguration",),
        stays=True,
    ),
    Case(
        "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
        _template,
        r"quay",
        update=lambda w: _template(w, description="from quay", appliedFors=["PULL_THROUGH_CACHE", "REPLICATION"]),
        replace=lambda w: _template(w, prefix="k8s"),
        tamper=lambda w, o: w.client("ecr").update_repository_creation_template(
            prefix=o.id, imageTagMutability="MUTABLE"
        ),
        drifted=("imageTagMutability",),
    ),
)
