"""One environment after `make up`: everything answers by the tools that an engineer uses."""

from __future__ import annotations

import json
import subprocess

from sandbox.settings import REPOSITORY
from stacks.spec.outputs import EnvironmentOutputs
from tests.end_to_end.driver import PACKS, Driver


def test_a_second_up_changes_nothing(acme: Driver) -> None:
    acme.must_bring_up("acme-dev")
    acme.pulumi("acme-dev", "preview", "--expect-no-changes", *PACKS)


def test_a_refresh_finds_no_drift(acme: Driver) -> None:
    acme.pulumi("acme-dev", "refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_the_working_tree_is_left_as_it_was(acme: Driver) -> None:
    argv = ["git", "status", "--porcelain", "--", "stacks"]
    done = subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    assert "Pulumi." not in done.stdout


def test_the_outputs_are_what_runbooks_read(acme: Driver) -> None:
    found = EnvironmentOutputs.read(acme.outputs("acme-dev"))
    assert (found.client, found.account_id, found.region) == ("acme", "111111111111", "eu-central-1")
    assert len(found.network.data_subnet_ids) == 2


def test_the_cluster_answers_kubectl_and_is_hardened(acme: Driver) -> None:
    nodes = json.loads(acme.kubectl("acme-dev", "get", "nodes", "-o", "json").stdout)["items"]
    ready = [one for node in nodes for one in node["status"]["conditions"] if one["type"] == "Ready"]
    assert [one["status"] for one in ready] == ["True", "True"]
    policies = acme.kubectl("acme-dev", "-n", "shop", "get", "networkpolicy", "-o", "name").stdout.split()
    assert {"closed", "dns", "database", "vault"} <= {name.partition("/")[2] for name in policies}
    refused = acme.kubectl("acme-dev", "-n", "shop", "run", "bad", "--image=x", "--privileged", "--restart=Never")
    assert refused.returncode != 0
    assert "violates PodSecurity" in refused.stderr


def test_the_database_answers_psql_over_tls_only(acme: Driver) -> None:
    assert acme.sql("acme-dev", "select ssl from pg_stat_ssl where pid = pg_backend_pid()") == "t"
    assert acme.sql("acme-dev", "show server_version").startswith("18")
    assert acme.sql("acme-dev", "select current_database()") == "shop"
    assert acme.sql("acme-dev", "show log_min_duration_statement") == "1s"
    assert acme.sql("acme-dev", "select rolsuper from pg_roles where rolname = current_user") == "f"


def test_a_pod_identity_logs_in_to_vault_and_reads_its_own_secrets_only(acme: Driver) -> None:
    root = (acme.settings.vault / "root-token").read_text().strip()
    own = {"VAULT_NAMESPACE": "acme-dev", "BAO_NAMESPACE": "acme-dev"}
    as_root = {**own, "VAULT_TOKEN": root, "BAO_TOKEN": root}
    for place in ("shop/api", "other/api"):
        acme.must("bao", "kv", "put", "-cas=0", "-mount=secrets", place, "key=value-of-" + place, **as_root)
    token = acme.kubectl("acme-dev", "-n", "shop", "create", "token", "app").stdout.strip()
    login = ("bao", "write", "-field=token", "auth/kubernetes/login", "role=shop", f"jwt={token}")
    given = acme.must(*login, **own).strip()
    as_pod = {**own, "VAULT_TOKEN": given, "BAO_TOKEN": given}
    assert acme.must("bao", "kv", "get", "-mount=secrets", "-field=key", "shop/api", **as_pod) == "value-of-shop/api"
    refused = acme.run("bao", "kv", "get", "-mount=secrets", "other/api", **as_pod)
    assert "permission denied" in refused.stderr
    strangers = (
        acme.kubectl("acme-dev", "-n", "default", "create", "token", "default"),
        acme.kubectl("acme-dev", "-n", "shop", "create", "token", "app", "--audience=elsewhere"),
    )
    for stranger in strangers:
        jwt = stranger.stdout.strip()
        assert jwt
        assert acme.run("bao", "write", "auth/kubernetes/login", "role=shop", f"jwt={jwt}", **own).returncode != 0


def test_the_state_holds_no_secret_in_the_clear(acme: Driver) -> None:
    token = (acme.settings.vault / "operator-token").read_text().strip()
    secret = next(line for line in (acme.settings.aws / "credentials").read_text().splitlines() if "secret" in line)
    needles = (token, secret.split(" = ")[1])
    for path in acme.settings.state.rglob("*.json"):
        text = path.read_text()
        assert not any(needle in text for needle in needles), path


def test_drift_made_by_hand_is_seen_and_mended(acme: Driver) -> None:
    outputs = acme.outputs("acme-dev")
    group = outputs["alarm_topic_arn"].rpartition(":")[2]
    aws = ("aws", "--profile", "acme-dev")
    acme.must(*aws, "cloudwatch", "delete-alarms", "--alarm-names", "acme-dev-database-cpu")
    acme.must(
        *aws,
        "logs",
        "put-retention-policy",
        "--log-group-name",
        "/aws/eks/acme-dev/cluster",
        "--retention-in-days",
        "1",
    )
    seen = acme.pulumi("acme-dev", "refresh", "--yes", "--skip-preview", "--json")
    assert '"retentionInDays"' in seen or "cluster" in seen
    acme.pulumi("acme-dev", "up", "--yes", "--skip-preview", *PACKS)
    rows = json.loads(acme.must(*aws, "logs", "describe-log-groups", "--log-group-name-prefix", "/aws/eks/acme-dev"))
    assert rows["logGroups"][0]["retentionInDays"] == 365
    alarms = json.loads(
        acme.must(*aws, "cloudwatch", "describe-alarms", "--alarm-name-prefix", "acme-dev-database-cpu")
    )
    assert len(alarms["MetricAlarms"]) == 1
    assert group == "acme-dev-alarms"
