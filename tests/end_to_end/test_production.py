"""The production environments of both clients beside their development environments, in one sandbox."""

from __future__ import annotations

import json

import pytest

from stacks.spec.outputs import EnvironmentOutputs
from tests.end_to_end.driver import PACKS, Driver

NAMES = ("acme-prod", "globex-prod")


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest, both: Driver) -> str:
    """A production environment that is up."""
    found: str = request.param
    both.must_bring_up(found)
    return found


def test_a_second_up_changes_nothing(both: Driver, name: str) -> None:
    both.pulumi(name, "preview", "--expect-no-changes", *PACKS)


def test_the_development_environment_beside_it_is_unmoved(both: Driver, name: str) -> None:
    both.pulumi(name.replace("prod", "dev"), "preview", "--expect-no-changes", *PACKS)


def test_data_is_protected_from_the_engine(both: Driver, name: str) -> None:
    refused = both.run("pulumi", "destroy", "--stack", name, "--yes", "--skip-preview", "--non-interactive")
    assert refused.returncode != 0
    assert "protected" in refused.stdout + refused.stderr
    assert EnvironmentOutputs.read(both.outputs(name)).database.identifier == f"{name}-database"


def test_a_careless_deployment_is_refused_by_the_admission_policies(both: Driver, name: str) -> None:
    (namespace, *_) = EnvironmentOutputs.read(both.outputs(name)).cluster.namespaces
    refused = both.kubectl(name, "-n", namespace, "create", "deployment", "bad", "--image=docker.io/nginx")
    assert refused.returncode != 0
    assert "denied request" in refused.stderr
    assert "freehold-" in refused.stderr


def test_its_trail_records_all_regions_and_its_evidence_is_locked(both: Driver, name: str) -> None:
    aws = ("aws", "--profile", name)
    (trail,) = json.loads(both.must(*aws, "cloudtrail", "describe-trails"))["trailList"]
    assert trail["IsMultiRegionTrail"]
    assert trail["LogFileValidationEnabled"]
    account = both.outputs(name)["account_id"]
    lock = ("s3api", "get-object-lock-configuration", "--bucket", f"{name}-evidence-{account}")
    rule = json.loads(both.must(*aws, *lock))["ObjectLockConfiguration"]["Rule"]
    assert rule["DefaultRetention"]["Mode"] == "COMPLIANCE"
