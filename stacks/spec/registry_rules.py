"""Rules between the registry's section and the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from stacks.spec.problems import Problem, shown
from stacks.spec.rules import Described


def replication(described: Described) -> Iterator[Problem]:
    """Images are copied to the recovery region, so there must be one."""
    if described.at("registry", "replicate") is not True:
        return
    home, recovery = described.at("residency", "home"), described.at("residency", "recovery")
    if home is not None and recovery in {None, home}:
        yield Problem(
            "registry.replicate",
            shown(True),
            "images are copied to the recovery region, and there is none but the home region",
            "name another region of the jurisdiction in residency.recovery, or write replicate: false",
        )


def credentials(described: Described) -> Iterator[Problem]:
    """ECR reads credentials in its own account and region only (Amazon ECR User Guide, *Storing your upstream
    repository credentials in an AWS Secrets Manager secret*)."""
    rules = described.at("registry", "pull_through")
    account, home = described.at("account_id"), described.at("residency", "home")
    if not isinstance(rules, Mapping) or account is None or home is None:
        return
    for prefix in rules:
        arn = described.at("registry", "pull_through", prefix, "credential_arn")
        if isinstance(arn, str) and arn.split(":")[3:5] != [home, account]:
            yield Problem(
                f"registry.pull_through.{prefix}.credential_arn",
                shown(arn),
                f"ECR reads it in the account and region of the registry: {account}, {home}",
                "put the secret there",
            )


def prefixes(described: Described) -> Iterator[Problem]:
    """Images from outside never mix with the client's own."""
    rules = described.at("registry", "pull_through")
    own = f"{described.at('client')}-{described.at('stage')}"
    if isinstance(rules, Mapping) and own in rules:
        yield Problem(
            f"registry.pull_through.{own}",
            "",
            "this prefix is that of the client's own repositories",
            "name the prefix after the registry, for example quay",
        )


RULES: Final[tuple[Callable[[Described], Iterator[Problem]], ...]] = (replication, credentials, prefixes)
