"""Tokens of ``aws eks get-token``: whose are accepted, as whom, and which are not."""

from __future__ import annotations

import base64
import datetime
import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import botocore.auth
import pytest

from tests.conftest import PROVISION_ROLE
from tests.sandbox.cluster.conftest import ACME, GLOBEX, PREFIX, UNKNOWN, Account, Cluster, Kubectl, encode

ROLE = f"arn:aws:iam::{ACME}:role/{PROVISION_ROLE}"
SESSION = f"arn:aws:sts::{ACME}:assumed-role/{PROVISION_ROLE}"


def decode(token: str) -> str:
    """The URL that a token carries."""
    text = token.removeprefix(PREFIX)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def review(cluster: Cluster, token: str) -> dict[str, Any]:
    """What the token webhook of a cluster says of a token."""
    connection = http.client.HTTPConnection("127.0.0.1", cluster.account.cloud.settings.cloud_port, timeout=30)
    document = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    connection.request("POST", f"/_sandbox/eks/{cluster.key}/token-review", json.dumps(document))
    status: dict[str, Any] = json.loads(connection.getresponse().read())["status"]
    connection.close()
    return status


def test_the_creators_role_is_let_in_through_the_exec_form(main: Cluster, tmp_path: Path) -> None:
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": [
            *("eks", "get-token", "--cluster-name", main.name),
            *("--region", main.account.region, "--role-arn", ROLE),
        ],
        "interactiveMode": "Never",
    }
    kubectl = Kubectl(main.kubeconfig(tmp_path, {"exec": command}), main.environment())
    assert "kube-system" in kubectl.ok("get", "namespaces")
    user = kubectl.json("auth", "whoami")["status"]["userInfo"]
    assert user["username"] == f"{SESSION}/EKSGetTokenAuth"
    assert user["extra"]["canonicalArn"] == [ROLE]
    assert "system:masters" not in user["groups"]


def test_the_operator_without_an_access_entry_is_refused(main: Cluster, tmp_path: Path) -> None:
    token = main.cli_token()
    assert UNKNOWN in main.as_user(tmp_path, token).refused("get", "--raw=/api/v1/namespaces")
    assert "has no access entry" in review(main, token)["error"]


def test_clusters_of_two_accounts_do_not_accept_each_others_tokens(
    main: Cluster, other: Cluster, token: str, tmp_path: Path
) -> None:
    theirs = other.cli_token("--role-arn", f"arn:aws:iam::{GLOBEX}:role/{PROVISION_ROLE}")
    assert review(other, theirs)["authenticated"] is True
    for cluster, foreign in ((other, token), (main, theirs)):
        assert review(cluster, foreign)["authenticated"] is False
        assert UNKNOWN in cluster.as_user(tmp_path, foreign).refused("get", "--raw=/api/v1/namespaces")


def test_a_token_for_another_cluster_is_refused(main: Cluster, acme: Account) -> None:
    elsewhere = Cluster(acme, "elsewhere")
    token = elsewhere.cli_token("--role-arn", ROLE)
    answer = review(main, token)
    assert answer["authenticated"] is False
    assert "SignatureDoesNotMatch" in answer["error"]


def replaced(name: str, value: str) -> Callable[[str], str]:
    """A change of one query parameter."""

    def change(url: str) -> str:
        parts = urlsplit(url)
        pairs = [(key, value if key == name else old) for key, old in parse_qsl(parts.query)]
        return parts._replace(query=urlencode(pairs)).geturl()

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced("X-Amz-Signature", "0" * 64), "SignatureDoesNotMatch"),
        (replaced("X-Amz-Expires", "900"), "SignatureDoesNotMatch"),
        (replaced("X-Amz-Expires", "90000"), "X-Amz-Expires"),
        (replaced("X-Amz-Security-Token", "another"), "InvalidClientTokenId"),
        (replaced("X-Amz-Credential", "AKIAQ/20260101/us-east-1/sts/aws4_request"), "InvalidClientTokenId"),
        (replaced("Action", "GetSessionToken"), "no request for sts:GetCallerIdentity"),
        (lambda url: url + "&Extra=1", "unexpected or repeated"),
        (lambda url: url + "&Action=GetCallerIdentity", "unexpected or repeated"),
        (lambda url: url.replace("http://127.0.0.1", "http://127.0.0.2"), "was made for"),
        (lambda url: url.replace("http://", "https://"), "was made for"),
        (lambda url: url.replace("/?", "/evil?"), "unexpected path"),
    ],
)
def test_a_tampered_token_is_refused(main: Cluster, token: str, change: Callable[[str], str], reason: str) -> None:
    url = decode(token)
    changed = change(url)
    assert changed != url
    answer = review(main, encode(changed))
    assert answer["authenticated"] is False
    assert reason in answer["error"]


@pytest.mark.parametrize("token", ["", "k8s-aws-v1.", "k8s-aws-v1.§", "k8s-aws-v1." + "A" * 20000, "k8s-aws-v2.aGk"])
def test_what_is_no_token_is_refused(main: Cluster, token: str) -> None:
    assert review(main, token)["authenticated"] is False


def test_only_a_signed_request_for_the_cluster_counts(main: Cluster, acme: Account) -> None:
    session = acme.session(ROLE)
    assert review(main, main.token(session))["authenticated"] is True
    assert "token signs" in review(main, main.token(session, header="x-other"))["error"]
    assert "token signs" in review(main, main.token(session, service="s3"))["error"]


def test_a_token_counts_for_fifteen_minutes(main: Cluster, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    session = acme.session(ROLE)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    for age, wanted in ((14, True), (16, False), (-16, False)):
        then = now - datetime.timedelta(minutes=age)
        with monkeypatch.context() as patch:
            patch.setattr(botocore.auth, "get_current_datetime", lambda *_, then=then, **__: then)
            token = main.token(session)
        assert review(main, token)["authenticated"] is wanted, age


def test_service_accounts_keep_their_tokens(
    main: Cluster, admin: Kubectl, namespaces: Callable[[], str], tmp_path: Path
) -> None:
    namespace = namespaces()
    admin.ok("-n", namespace, "create", "serviceaccount", "app")
    token = admin.ok("-n", namespace, "create", "token", "app", "--audience=vault").strip()

    def ask(token: str) -> dict[str, Any]:
        spec = {"token": token, "audiences": ["vault"]}
        document = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        status: dict[str, Any] = admin.json("create", "-f", "-", stdin=document)["status"]
        return status

    assert ask(token)["user"]["username"] == f"system:serviceaccount:{namespace}:app"
    assert ask(token[:-4] + "AAAA").get("authenticated") is not True
    own = admin.ok("-n", namespace, "create", "token", "app").strip()
    said = main.as_user(tmp_path, own).refused("get", "namespaces")
    assert f"system:serviceaccount:{namespace}:app" in said
    assert "Forbidden" in said


def test_the_audit_log_names_the_session(
    main: Cluster, acme: Account, namespaces: Callable[[], str], tmp_path: Path
) -> None:
    namespace = namespaces()
    kubectl = main.as_user(tmp_path, main.token(acme.session(ROLE, "alice@example.com")))
    kubectl.ok("-n", namespace, "create", "serviceaccount", "made-by-alice")
    events = [json.loads(line) for line in (main.directory / "audit.log").read_text().splitlines()]
    mine = [one for one in events if one.get("objectRef", {}).get("namespace") == namespace and one["verb"] == "create"]
    made = next(one for one in mine if one["objectRef"]["resource"] == "serviceaccounts")
    assert made["user"]["username"] == f"{SESSION}/alice-example.com"
    assert made["user"]["extra"]["sessionName"] == ["alice@example.com"]
    assert made["user"]["extra"]["arn"] == [f"{SESSION}/alice@example.com"]
    assert made["responseStatus"]["code"] == 201


def test_older_modes_read_the_config_map(other: Cluster, globex: Account, tmp_path: Path) -> None:
    admin = other.as_user(tmp_path, other.cli_token("--role-arn", f"arn:aws:iam::{GLOBEX}:role/{PROVISION_ROLE}"))
    role = globex.person("legacy")
    token = other.token(globex.session(role, "bob"))
    assert review(other, token)["authenticated"] is False
    line = {"rolearn": role, "username": "legacy:{{SessionName}}", "groups": ["legacy", "eks:principal:x"]}
    roles = json.dumps([line])
    admin.ok("-n", "kube-system", "create", "configmap", "aws-auth", f"--from-literal=mapRoles={roles}")
    user = review(other, token)["user"]
    assert (user["username"], user["groups"]) == ("legacy:bob", ["legacy"])
    globex.client("eks").update_cluster_config(name="main", accessConfig={"authenticationMode": "API"})
    assert review(other, token)["authenticated"] is False
