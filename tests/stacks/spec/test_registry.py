"""The registry's section, and what it must agree on with others."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.spec import SpecError, load

ACCOUNT = "111111111111"
SECRET = "arn:aws:secretsmanager:{region}:{account}:secret:{name}"


def secret(region: str = "eu-central-1", account: str = ACCOUNT, name: str = "ecr-pullthroughcache/hub-AbCdEf") -> str:
    return SECRET.format(region=region, account=account, name=name)


def mistakes(description: dict[str, Any], **registry: Any) -> list[str]:
    """Problems of a description with that registry, as text."""
    try:
        load({**description, "registry": registry})
    except SpecError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_left_out_it_is_what_is_safe(description: dict[str, Any]) -> None:
    found = load(description).registry
    assert (found.repositories, found.pull_through, found.allowed, found.replicate) == (None, {}, [], False)


def test_everything_together_is_valid(description: dict[str, Any]) -> None:
    rules = {"hub": {"upstream": "registry-1.docker.io", "credential_arn": secret()}, "quay": {"upstream": "quay.io"}}
    assert not mistakes(
        description,
        repositories=["shop", "shop/worker"],
        scanning="enhanced",
        replicate=True,
        pull_through=rules,
        allowed=["registry.example.com/acme"],
    )


@pytest.mark.parametrize(
    ("registry", "said"),
    [
        ({"repositories": ["Shop"]}, "registry.repositories.0 is 'Shop'"),
        ({"repositories": ["shop", "shop"]}, "listed twice: shop"),
        ({"keep_images": 1}, "at least 2"),
        ({"allowed": ["*"]}, "registry.allowed.0"),
        ({"allowed": ["https://registry.example.com"]}, "registry.allowed.0"),
        ({"pull_through": {"x1": {"upstream": "registry.example.com"}}}, "registry.pull_through.x1.upstream"),
        ({"pull_through": {"hub": {"upstream": "ghcr.io"}}}, "with credentials only"),
        ({"pull_through": {"quay": {"upstream": "quay.io", "credential_arn": secret()}}}, "without credentials"),
        ({"pull_through": {"acme-prod": {"upstream": "quay.io"}}}, "client's own repositories"),
    ],
)
def test_a_mistake_is_told(description: dict[str, Any], registry: dict[str, Any], said: str) -> None:
    found = mistakes(description, **registry)
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    "arn", [secret(region="us-east-1"), secret(account="222222222222"), secret(name="other/hub-AbCdEf")]
)
def test_credentials_lie_where_ecr_reads_them(description: dict[str, Any], arn: str) -> None:
    found = mistakes(description, pull_through={"hub": {"upstream": "ghcr.io", "credential_arn": arn}})
    assert len(found) == 1
    assert "credential_arn" in found[0]


def test_copies_need_a_recovery_region(description: dict[str, Any]) -> None:
    del description["residency"]["recovery"]
    assert any("registry.replicate" in one for one in mistakes(description, replicate=True))
    assert not any("registry.replicate" in one for one in mistakes(description, replicate=False))
