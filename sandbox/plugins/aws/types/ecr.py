"""Container registries: repositories, what guards and clears them, what the registry pulls, scans and copies."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_REPOSITORY: Final = {"repositoryName": "{id}"}
_RULE: Final = {"ecrRepositoryPrefix": "{id}"}
_TEMPLATE: Final = {"prefix": "{id}"}
_NOT_FOUND: Final = ("RepositoryNotFoundException",)


def _first(value: list[Any]) -> Any:
    return value[0]


def _listed(value: Any) -> list[Any]:
    return [value]


_ENCRYPTION: Final = Property("encryptionConfiguration", computed=True, encode=_first, decode=_listed, replace=True)
_EXCLUSIONS: Final = Property("imageTagMutabilityExclusionFilters", form=Form.SET)


def _set_mutability(op: Operation) -> None:
    """Tags' mutability and its exceptions go together."""
    exclusions = op.inputs.get("imageTagMutabilityExclusionFilters")
    op.call(
        "PutImageTagMutability",
        {
            **op.fill(_REPOSITORY),
            "imageTagMutability": op.inputs.get("imageTagMutability") or "MUTABLE",
            **({"imageTagMutabilityExclusionFilters": exclusions} if exclusions else {}),
        },
    )


def _set_scanning(op: Operation) -> None:
    scanning = op.inputs.get("imageScanningConfiguration") or {"scanOnPush": False}
    op.call("PutImageScanningConfiguration", {**op.fill(_REPOSITORY), "imageScanningConfiguration": scanning})


def _scan_all(op: Operation) -> Any:
    rules = op.inputs.get("rules") or []
    op.call("PutRegistryScanningConfiguration", {"scanType": op.inputs["scanType"], "rules": rules})
    return {"Id": op.cloud.account}


def _scan_plainly(op: Operation) -> None:
    """A registry cannot be without a way of scanning: it gets the one that it was born with."""
    op.call("PutRegistryScanningConfiguration", {"scanType": "BASIC", "rules": []})


def _replicate(op: Operation) -> Any:
    wanted = op.inputs.get("replicationConfiguration") or {"rules": []}
    op.call("PutReplicationConfiguration", {"replicationConfiguration": wanted})
    return {"Id": op.cloud.account}


def _replicate_nothing(op: Operation) -> None:
    op.call("PutReplicationConfiguration", {"replicationConfiguration": {"rules": []}})


REPOSITORY: Final = Resource(
    type="aws:ecr/repository:Repository",
    service="ecr",
    identity="repositoryName",
    parse=("{name}",),
    properties={
        "encryptionConfigurations": _ENCRYPTION,
        "forceDelete": Property(read=""),
        "imageScanningConfiguration": Property(computed=True),
        "imageTagMutability": Property(default="MUTABLE"),
        "imageTagMutabilityExclusionFilters": _EXCLUSIONS,
        "name": Property("repositoryName", replace=True),
    },
    outputs={
        "arn": Output("repositoryArn"),
        "registryId": Output(),
        "repositoryUrl": Output("repositoryUri"),
    },
    create=Call("CreateRepository", answer="repository"),
    read=(
        Call("DescribeRepositories", {"repositoryNames": ["{id}"]}, "repositories[0]"),
        Call("ListTagsForResource", {"resourceArn": "arn:{partition}:ecr:{region}:{account}:repository/{id}"}),
    ),
    update=(
        Update(("imageTagMutability", "imageTagMutabilityExclusionFilters"), _set_mutability),
        Update(("imageScanningConfiguration",), _set_scanning),
    ),
    delete=Call("DeleteRepository", {**_REPOSITORY, "force": "{forceDelete}"}),
    naming=Naming(limit=256, lower=True),
    tagging=Tagging(
        "TagResource", "UntagResource", ("resourceArn", "{arn}"), param="tags", keys="tagKeys", read="tags"
    ),
)

_SET_POLICY: Final = Call("SetRepositoryPolicy", {"repositoryName": "{repository}", "policyText": "{policy}"})

REPOSITORY_POLICY: Final = Resource(
    type="aws:ecr/repositoryPolicy:RepositoryPolicy",
    service="ecr",
    identity="{repository}",
    parse=("{repository}",),
    properties={
        "policy": Property("policyText", form=Form.POLICY),
        "repository": Property("repositoryName", replace=True),
    },
    outputs={"registryId": Output()},
    create=_SET_POLICY,
    read=(Call("GetRepositoryPolicy", _REPOSITORY),),
    update=(Update(("policy",), _SET_POLICY),),
    delete=Call("DeleteRepositoryPolicy", _REPOSITORY, optional=("RepositoryPolicyNotFoundException", *_NOT_FOUND)),
)

_SET_LIFECYCLE: Final = Call(
    "PutLifecyclePolicy", {"repositoryName": "{repository}", "lifecyclePolicyText": "{policy}"}
)

LIFECYCLE_POLICY: Final = Resource(
    type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
    service="ecr",
    identity="{repository}",
    parse=("{repository}",),
    properties={
        "policy": Property("lifecyclePolicyText", form=Form.JSON),
        "repository": Property("repositoryName", replace=True),
    },
    outputs={"registryId": Output()},
    create=_SET_LIFECYCLE,
    read=(Call("GetLifecyclePolicy", _REPOSITORY),),
    update=(Update(("policy",), _SET_LIFECYCLE),),
    delete=Call("DeleteLifecyclePolicy", _REPOSITORY, optional=("LifecyclePolicyNotFoundException", *_NOT_FOUND)),
)

PULL_THROUGH_CACHE_RULE: Final = Resource(
    type="aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    service="ecr",
    identity="ecrRepositoryPrefix",
    parse=("{ecrRepositoryPrefix}",),
    properties={
        "credentialArn": Property(),
        "customRoleArn": Property(),
        "ecrRepositoryPrefix": Property(replace=True),
        "upstreamRegistryUrl": Property(replace=True),
        "upstreamRepositoryPrefix": Property(computed=True, replace=True),
    },
    outputs={"registryId": Output()},
    create=Call("CreatePullThroughCacheRule"),
    read=(Call("DescribePullThroughCacheRules", {"ecrRepositoryPrefixes": ["{id}"]}, "pullThroughCacheRules[0]"),),
    update=(Update(("credentialArn", "customRoleArn"), Call("UpdatePullThroughCacheRule", _RULE), whole=True),),
    delete=Call("DeletePullThroughCacheRule", _RULE),
)

REGISTRY_SCANNING_CONFIGURATION: Final = Resource(
    type="aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
    service="ecr",
    identity="Id",
    parse=("{registryId}",),
    properties={
        "rules": Property(read="scanningConfiguration.rules", form=Form.SET),
        "scanType": Property(read="scanningConfiguration.scanType"),
    },
    outputs={"registryId": Output()},
    create=_scan_all,
    read=(Call("GetRegistryScanningConfiguration"),),
    update=(Update(("rules", "scanType"), _scan_all),),
    delete=_scan_plainly,
)

REPLICATION_CONFIGURATION: Final = Resource(
    type="aws:ecr/replicationConfiguration:ReplicationConfiguration",
    service="ecr",
    identity="Id",
    parse=("{registryId}",),
    properties={"replicationConfiguration": Property()},
    outputs={"registryId": Output()},
    create=_replicate,
    read=(Call("DescribeRegistry"),),
    update=(Update(("replicationConfiguration",), _replicate),),
    delete=_replicate_nothing,
)

REPOSITORY_CREATION_TEMPLATE: Final = Resource(
    type="aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
    service="ecr",
    identity="repositoryCreationTemplate.prefix",
    parse=("{prefix}",),
    properties={
        "appliedFors": Property("appliedFor", form=Form.SET),
        "customRoleArn": Property(),
        "description": Property(),
        "encryptionConfigurations": Property("encryptionConfiguration", computed=True, encode=_first, decode=_listed),
        "imageTagMutability": Property(default="MUTABLE"),
        "imageTagMutabilityExclusionFilters": _EXCLUSIONS,
        "lifecyclePolicy": Property(form=Form.JSON),
        "prefix": Property(replace=True),
        "repositoryPolicy": Property(form=Form.POLICY),
        "resourceTags": Property(
            form=Form.MAP,
            encode=lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()],
            decode=lambda tags: {one["Key"]: one["Value"] for one in tags},
        ),
    },
    outputs={"registryId": Output()},
    create=Call("CreateRepositoryCreationTemplate"),
    read=(
        Call("DescribeRepositoryCreationTemplates", {"prefixes": ["{id}"]}, "repositoryCreationTemplates[0]"),
        lambda op: {"registryId": op.cloud.account},
    ),
    update=(
        Update(
            (
                "appliedFors",
                "customRoleArn",
                "description",
                "encryptionConfigurations",
                "imageTagMutability",
                "imageTagMutabilityExclusionFilters",
                "lifecyclePolicy",
                "repositoryPolicy",
                "resourceTags",
            ),
            Call("UpdateRepositoryCreationTemplate", _TEMPLATE),
            whole=True,
        ),
    ),
    delete=Call("DeleteRepositoryCreationTemplate", _TEMPLATE),
)

RESOURCES: Final = (
    REPOSITORY,
    REPOSITORY_POLICY,
    LIFECYCLE_POLICY,
    PULL_THROUGH_CACHE_RULE,
    REGISTRY_SCANNING_CONFIGURATION,
    REPLICATION_CONFIGURATION,
    REPOSITORY_CREATION_TEMPLATE,
)
