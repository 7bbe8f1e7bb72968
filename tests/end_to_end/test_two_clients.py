"""Two clients in one sandbox: neither sees, enters or moves the other."""

from __future__ import annotations

import json

from tests.end_to_end.driver import PACKS, Driver


def test_each_lives_in_its_own_account_and_region(both: Driver) -> None:
    acme, globex = both.outputs("acme-dev"), both.outputs("globex-dev")
    assert (globex["account_id"], globex["region"]) == ("222222222222", "us-east-1")
    assert acme["cluster"]["endpoint"] != globex["cluster"]["endpoint"]
    assert acme["database"]["port"] != globex["database"]["port"]
    for name, region, own in (("acme-dev", "eu-central-1", acme), ("globex-dev", "us-east-1", globex)):
        rows = json.loads(both.must("aws", "--profile", name, "--region", region, "ec2", "describe-vpcs"))["Vpcs"]
        assert [row["VpcId"] for row in rows if not row["IsDefault"]] == [own["network"]["vpc_id"]]


def test_one_clients_token_does_not_open_the_others_cluster(both: Driver) -> None:
    stolen = json.loads((both.settings.kube / "acme-dev.yaml").read_text())
    foreign = json.loads((both.settings.kube / "globex-dev.yaml").read_text())
    stolen["clusters"][0]["cluster"] = foreign["clusters"][0]["cluster"]
    path = both.settings.kube / "stolen.json"
    path.write_text(json.dumps(stolen))
    refused = both.run("kubectl", "get", "namespaces", KUBECONFIG=str(path))
    path.unlink()
    assert refused.returncode != 0
    assert "Unauthorized" in refused.stderr or "logged in" in refused.stderr


def test_bringing_one_up_leaves_the_other_unchanged(both: Driver) -> None:
    for name in ("acme-dev", "globex-dev"):
        both.pulumi(name, "preview", "--expect-no-changes", *PACKS)
