"""An environment that is destroyed: what it leaves, and that this is told."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.end_to_end.driver import Driver

NAME = "acme-dev"


def remainder(driver: Driver) -> tuple[int, list[dict[str, Any]]]:
    done = driver.run(sys.executable, "-m", "scripts.remainder", NAME, "--json")
    assert done.returncode in {0, 1}, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_nothing_is_left_but_what_retention_demands(doomed: Driver) -> None:
    doomed.must_bring_up(NAME)
    code, before = remainder(doomed)
    assert code == 1
    assert len([one for one in before if not one["kept"]]) >= 30
    doomed.pulumi(NAME, "destroy", "--yes", "--skip-preview")
    code, after = remainder(doomed)
    assert code == 0, [one for one in after if not one["kept"]]
    services = {one["arn"].split(":")[2] for one in after}
    assert services == {"s3", "kms"}
    assert {one["arn"].rpartition(":")[2] for one in after if ":s3:" in one["arn"]} == {
        f"acme-dev-{purpose}-111111111111" for purpose in ("logs", "evidence", "access")
    }
    waiting = [one for one in after if "deletion" in one["why"]]
    assert len(waiting) == len([one for one in after if ":kms:" in one["arn"]]) - 1


def test_somebody_elses_leftovers_are_told(doomed: Driver) -> None:
    mine = ["Key=freehold:client,Value=acme", "Key=freehold:stage,Value=dev"]
    topic = json.loads(doomed.must("aws", "--profile", NAME, "sns", "create-topic", "--name", "left", "--tags", *mine))
    role = ("aws", "--profile", NAME, "iam", "create-role", "--role-name", "acme-dev-left")
    document = {"Version": "2012-10-17", "Statement": []}
    doomed.must(*role, "--assume-role-policy-document", json.dumps(document))
    code, found = remainder(doomed)
    assert code == 1
    left = {one["arn"] for one in found if not one["kept"]}
    assert left == {topic["TopicArn"], "arn:aws:iam::111111111111:role/acme-dev-left"}
