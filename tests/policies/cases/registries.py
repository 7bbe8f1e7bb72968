"""Cases of the hardening pack: ECR."""

from __future__ import annotations

import json

from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import ACCOUNT, HOME, UNKNOWN, Res

REPOSITORY = "aws:ecr/repository:Repository"
TEMPLATE = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1234"


def grant(principal: object, effect: str = "Allow", **more: object) -> str:
    """A repository's policy of one statement."""
    statement = {"Effect": effect, "Principal": principal, "Action": "ecr:BatchGetImage", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def encrypted(**settings: object) -> dict[str, object]:
    """A repository with one encryption configuration."""
    return {"encryptionConfigurations": [settings]}


CASES: tuple[Cases, ...] = (
    one(
        "ecr-scan",
        REPOSITORY,
        good={"imageScanningConfiguration": {"scanOnPush": True}},
        bad={"imageScanningConfiguration": {"scanOnPush": False}},
        at="imageScanningConfiguration.scanOnPush",
        unset=FAILS,
        unknown={"imageScanningConfiguration": UNKNOWN},
        other=LIFECYCLE,
    ),
    one(
        "ecr-immutable-tags",
        REPOSITORY,
        good={"imageTagMutability": "IMMUTABLE"},
        bad={"imageTagMutability": "MUTABLE"},
        at="imageTagMutability",
        unset=FAILS,
        unknown={"imageTagMutability": UNKNOWN},
        other=LIFECYCLE,
        more=[
            ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, FAILS),
            (Res(TEMPLATE, {"imageTagMutability": "MUTABLE"}), FAILS),
        ],
    ),
    one(
        "ecr-cmk",
        REPOSITORY,
        good=encrypted(encryptionType="KMS", kmsKey=KEY),
        bad=encrypted(encryptionType="AES256", kmsKey=KEY),
        at="encryptionConfigurations[0].encryptionType",
        unset=FAILS,
        unknown={"encryptionConfigurations": UNKNOWN},
        other=LIFECYCLE,
        more=[
            (encrypted(encryptionType="KMS"), FAILS),
            (encrypted(encryptionType="KMS", kmsKey="alias/aws/ecr"), FAILS),
            (encrypted(encryptionType="KMS", kmsKey=UNKNOWN), UNDECIDED),
            (Res(TEMPLATE, encrypted(encryptionType="AES256")), FAILS),
        ],
    ),
    one(
        "ecr-not-public",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        good={"policy": grant({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})},
        bad={"policy": grant("*")},
        at="policy.Statement",
        unset=PASSES,
        unknown={"policy": UNKNOWN},
        other=LIFECYCLE,
        more=[
            ({"policy": grant("*", "Deny")}, PASSES),
            ({"policy": grant("*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})}, PASSES),
            (Res(TEMPLATE, {"repositoryPolicy": grant("*")}), FAILS),
        ],
    ),
    Cases(
        "ecr-lifecycle",
        good=[Res(REPOSITORY, {"name": "acme/shop"}), Res(LIFECYCLE, {"repository": "acme/shop"}, name="policy")],
        bad=[Res(REPOSITORY, {"name": "acme/shop"}), Res(LIFECYCLE, {"repository": "acme/other"}, name="policy")],
        at="(lifecycle policy)",
        unset=([Res(REPOSITORY, {"name": "acme/shop"})], FAILS),
        unknown=(
            [Res(REPOSITORY, {"name": "acme/shop"}), Res(LIFECYCLE, {"repository": UNKNOWN}, name="policy")],
            UNDECIDED,
        ),
        other=[Res("random:index/randomId:RandomId", {})],
    ),
    one(
        "ecr-no-force-delete",
        REPOSITORY,
        good={"forceDelete": False},
        bad={"forceDelete": True},
        at="forceDelete",
        unset=PASSES,
        unknown={"forceDelete": UNKNOWN},
        other=LIFECYCLE,
    ),
    one(
        "ecr-upstreams",
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        good={"upstreamRegistryUrl": "registry.k8s.io"},
        bad={"upstreamRegistryUrl": "registry.example.com"},
        at="upstreamRegistryUrl",
        unset=FAILS,
        unknown={"upstreamRegistryUrl": UNKNOWN},
        other=REPOSITORY,
    ),
)
