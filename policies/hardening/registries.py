"""ECR: what images are encrypted with, how they are scanned, whether they stay what they are, where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import equals, expect, forbid, is_false, is_true, require, setting, some
from policies.engine.documents import statements
from policies.engine.links import linked
from policies.engine.resource import Resource, Stack
from policies.engine.rule import Finding, Rule
from policies.engine.standards import checkov, fsbp
from policies.engine.values import Node
from policies.hardening.messaging import is_own_key

_REPOSITORY: Final = "aws:ecr/repository:*"
_TEMPLATE: Final = "aws:ecr/repositoryCreationTemplate:*"
_LIFECYCLE: Final = "aws:ecr/lifecyclePolicy:*"

UPSTREAMS: Final = ("public.ecr.aws", "registry.k8s.io", "quay.io", "registry-1.docker.io", "ghcr.io")
"""Public registries that somebody answers for."""


def _judge_key(resource: Resource, _: Context) -> Iterator[Finding]:
    found = resource.at("encryptionConfigurations")
    each = found.each() or [found.at(0)]
    for encryption in each:
        yield from expect(encryption.at("encryptionType"), equals("KMS", "KMS_DSSE"), "KMS")
        yield from expect(encryption.at("kmsKey"), is_own_key, "the ARN of a key of the client")


def _judge_public(resource: Resource, _: Context) -> Iterator[Finding]:
    document = resource.at("repositoryPolicy" if resource.kind == "RepositoryCreationTemplate" else "policy")
    for statement in statements(document):
        yield from forbid(statement.for_anyone, statement.node, "principals by name, within the client's account")


def _judge_lifecycle(stack: Stack, _: Context) -> Iterator[Finding]:
    policies = stack.of(_LIFECYCLE)
    for repository in stack.of(_REPOSITORY):
        cleared = some(linked(one, "repository", repository, by=("name", "id")) for one in policies)
        nothing = Node.of(None, "(lifecycle policy)")
        yield from require(cleared, nothing, "an ecr.LifecyclePolicy of this repository", resource=repository)


RULES: Final = (
    Rule(
        id="ecr-scan",
        title="Images are scanned when they are pushed",
        types=(_REPOSITORY,),
        asks="`imageScanningConfiguration.scanOnPush` is true.",
        why="A known vulnerability is found before the image runs, or by whoever attacks it.",
        fix="set image_scanning_configuration scan_on_push=True",
        absent="Unset means no scan: refused.",
        judge=setting("imageScanningConfiguration", "scanOnPush", test=is_true, allowed="true"),
        standards=(fsbp("ECR.1"), checkov("CKV_AWS_163")),
    ),
    Rule(
        id="ecr-immutable-tags",
        title="Tags of images cannot be moved",
        types=(_REPOSITORY, _TEMPLATE),
        asks="`imageTagMutability` is `IMMUTABLE`.",
        why="Under a tag that moves, what was approved is not what runs.",
        fix='set image_tag_mutability="IMMUTABLE"',
        absent="Unset means mutable: refused.",
        judge=setting("imageTagMutability", test=equals("IMMUTABLE"), allowed="IMMUTABLE"),
        standards=(fsbp("ECR.2"), checkov("CKV_AWS_51")),
    ),
    Rule(
        id="ecr-cmk",
        title="Images are encrypted with a key of the client",
        types=(_REPOSITORY, _TEMPLATE),
        asks="`encryptionConfigurations` says KMS and names a key other than AWS's own.",
        why="Images carry the client's code; AWS's own key cannot be withdrawn from anyone.",
        fix="set encryption_configurations with encryption_type KMS and the environment's registry key",
        absent="Unset means AES256 with AWS's own key: refused.",
        judge=_judge_key,
        standards=(fsbp("ECR.5"), checkov("CKV_AWS_136")),
    ),
    Rule(
        id="ecr-not-public",
        title="Repositories are not open to anyone",
        types=("aws:ecr/repositoryPolicy:*", "aws:ecr/registryPolicy:*", _TEMPLATE),
        asks="No statement of the policy grants to principal `*` without a condition on the caller.",
        why="Anyone could read the client's images, or replace them.",
        fix="name principals within the client's account",
        absent="Unset means the registry's own account alone: passes.",
        judge=_judge_public,
        standards=(checkov("CKV_AWS_32"),),
    ),
    Rule(
        id="ecr-lifecycle",
        title="Repositories clear themselves",
        types=(_REPOSITORY, _LIFECYCLE),
        asks="For each repository of the stack there is a lifecycle policy.",
        why="Old images are never scanned by a person again, cost money, and can still be deployed.",
        fix="make an ecr.LifecyclePolicy for this repository",
        absent="A repository without one is refused.",
        judge_stack=_judge_lifecycle,
        standards=(fsbp("ECR.3"),),
    ),
    Rule(
        id="ecr-no-force-delete",
        title="A repository with images is not deleted",
        types=(_REPOSITORY,),
        asks="`forceDelete` is not true.",
        why="With the images goes every way back to what ran yesterday.",
        fix="remove force_delete, and empty the repository on purpose first",
        absent="Unset means that a repository with images stays: passes.",
        judge=setting("forceDelete", test=is_false, allowed="false", absent_passes=True),
    ),
    Rule(
        id="ecr-upstreams",
        title="Images are pulled through from known registries only",
        types=("aws:ecr/pullThroughCacheRule:*",),
        asks=f"`upstreamRegistryUrl` is one of {', '.join(UPSTREAMS)}.",
        why="An image from anywhere is code from anyone.",
        fix="use one of these registries, or push the image into a repository of the client",
        absent="Unset is refused.",
        judge=setting("upstreamRegistryUrl", test=equals(*UPSTREAMS), allowed=", ".join(UPSTREAMS)),
    ),
)
