"""What environments must not share."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stacks.spec import __main__ as command
from stacks.spec import load, neighbours

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, description: dict[str, Any]) -> Write:
    """Writes the file of an environment that differs from the valid one by some sections or keys."""

    def file(client: str, stage: str = "prod", **changes: Any) -> None:
        described = {**description, "client": client, "stage": stage, **changes}
        document = {"config": {"freehold:environment": described}}
        (tmp_path / f"Pulumi.{client}-{stage}.yaml").write_text(yaml.safe_dump(document))

    return file


def other(description: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Sections that share nothing with the valid description, but for the changes."""
    network = {**description["network"], "cidr": "10.64.0.0/16"}
    return {"account_id": "999999999999", "network": network, "vault": {"namespace": "other"}, **changes}


def shared(directory: Path, description: dict[str, Any]) -> list[str]:
    found = neighbours.problems(load(description), neighbours.read(directory, but="acme-prod"))
    return [problem.path.removeprefix("freehold:environment.") for problem in found]


def test_environments_that_share_nothing_are_no_problem(
    tmp_path: Path, description: dict[str, Any], write: Write
) -> None:
    write("acme")
    write("globex", **other(description))
    assert shared(tmp_path, description) == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"account_id": "111111111111"}, "account_id"),
        ({"network": {"cidr": "10.20.128.0/20"}}, "network.cidr"),
        ({"network": {"cidr": "10.0.0.0/8"}}, "network.cidr"),
        ({"network": {"existing": {"cidr": "10.20.4.0/22"}}}, "network.cidr"),
        ({"vault": {"namespace": "acme-prod"}}, "vault.namespace"),
    ],
)
def test_what_is_shared_is_told(
    tmp_path: Path, description: dict[str, Any], write: Write, changes: dict[str, Any], place: str
) -> None:
    write("globex", **other(description, **changes))
    assert shared(tmp_path, description) == [place]
    (problem,) = neighbours.problems(load(description), neighbours.read(tmp_path, but="acme-prod"))
    assert "globex-prod" in problem.limit


def test_the_same_namespace_on_another_server_is_another(
    tmp_path: Path, description: dict[str, Any], write: Write
) -> None:
    write("globex", **other(description, vault={"namespace": "acme-prod", "address": "https://vault.example.com"}))
    assert shared(tmp_path, description) == []


@pytest.mark.parametrize("text", ["", "]", "config: 1", "config: {freehold:environment: x}", "\xff\x00"])
def test_a_neighbour_that_cannot_be_read_hinders_nobody(tmp_path: Path, description: dict[str, Any], text: str) -> None:
    (tmp_path / "Pulumi.broken-dev.yaml").write_bytes(text.encode("latin-1"))
    assert shared(tmp_path, description) == []


@given(
    address=st.integers(0, 2**24 - 1), prefix=st.integers(16, 28), own=st.integers(0, 255), length=st.integers(16, 20)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ranges_are_shared_exactly_when_an_address_is(
    description: dict[str, Any], address: int, prefix: int, own: int, length: int
) -> None:
    mine = IPv4Network((f"10.{own}.0.0", length))
    theirs = IPv4Network(((10 << 24) + address, prefix), strict=False)
    changed = {**description, "network": {**description["network"], "cidr": str(mine)}}
    if mine.overlaps(IPv4Network("10.96.0.0/16")):
        return  # Kubernetes services': refused for itself
    found = neighbours.problems(load(changed), [neighbours.Neighbour("other-dev", None, theirs, None)])
    common = max(int(mine[0]), int(theirs[0])) <= min(int(mine[-1]), int(theirs[-1]))
    assert bool(found) == common


def run(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command.main, ["--stacks", str(tmp_path), *arguments])
    return result.exit_code, result.output


def test_the_command_tells_every_mistake_of_every_file(
    tmp_path: Path, description: dict[str, Any], write: Write
) -> None:
    write("acme")
    write("globex", **other(description))
    assert run(tmp_path) == (0, "acme-prod: valid\nglobex-prod: valid\n")
    write("globex", **other(description, account_id="111111111111"))
    write("initech", **other(description, account_id="12", backups={}))
    code, said = run(tmp_path)
    assert code == 1
    assert "acme-prod: 1 to mend" in said
    assert "initech-prod: 4 to mend" in said
    code, said = run(tmp_path, "initech-prod", "--json")
    (problems,) = json.loads(said).values()
    assert code == 1
    assert problems[0] == {
        "path": "freehold:environment.account_id",
        "value": "'12'",
        "limit": "an AWS account id has exactly 12 digits",
        "fix": "write it as text, for example '111111111111'",
    }


def test_the_command_refuses_a_file_that_is_not_there_or_misnamed(tmp_path: Path, write: Write) -> None:
    assert run(tmp_path, "acme-dev")[0] == 2
    write("acme")
    (tmp_path / "Pulumi.acme-prod.yaml").rename(tmp_path / "Pulumi.acme-dev.yaml")
    code, said = run(tmp_path, "acme-dev")
    assert (code, "the file is called Pulumi.acme-dev.yaml" in said) == (1, True)
