"""The aws provider behind a real gRPC server, in the tests' process, and a world for its resources to stand in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from sandbox.plugins.aws.provider import AwsProvider
from tests.sandbox.plugins.aws.plugin import Plugin, serving

if TYPE_CHECKING:
    from tests.conftest import Surroundings
    from tests.sandbox.plugins.aws.world import World

CLIENT_ACCOUNT = "555555555555"
"""No example's: an account has but one recorder, detector and hub, and those of other tests stay up."""
REGION = "eu-central-1"


@pytest.fixture(scope="session")
def surroundings(cloud: Surroundings) -> Iterator[Surroundings]:
    """The AWS endpoint, with the variables that lead to it in this process's environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.env.items():
            patch.setenv(name, value)
        yield cloud


@pytest.fixture(scope="session")
def plugin(surroundings: Surroundings) -> Iterator[Plugin]:
    """The provider, configured for a client's account as the program configures it."""
    with serving(AwsProvider()) as found:
        found.configure(
            region=REGION,
            assumeRoles=[{"roleArn": f"arn:aws:iam::{CLIENT_ACCOUNT}:role/freehold-provision", "sessionName": "tests"}],
            allowedAccountIds=[CLIENT_ACCOUNT],
            defaultTags={"tags": {"freehold:client": "acme", "freehold:stage": "dev"}},
        )
        yield found


@pytest.fixture(scope="session")
def world(plugin: Plugin, surroundings: Surroundings) -> World:
    """Networks, roles, keys that resources need, made when the first one asks."""
    from tests.sandbox.plugins.aws.world import World  # noqa: PLC0415

    return World(plugin, lambda service, region=REGION: surroundings.client(service, region, CLIENT_ACCOUNT))
