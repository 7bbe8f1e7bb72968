"""Signatures: what AWS's own signer makes is accepted, what is changed afterwards is not."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.cloud import signature
from sandbox.cloud.errors import Refusal

KEY, SECRET = "AKIA" + "B" * 16, "secret" * 6
HOST = "127.0.0.1:21000"


def signed(
    signer: Any, method: str, path: str, body: bytes = b"", more: dict[str, str] | None = None
) -> tuple[str, dict[str, str]]:
    headers = {"Host": HOST, **(more or {})}
    request = AWSRequest(method=method, url=f"http://{HOST}{path}", data=body, headers=headers)
    signer.add_auth(request)
    prepared = request.prepare()
    target = prepared.url.removeprefix(f"http://{HOST}")
    return target, {name.lower(): str(value) for name, value in prepared.headers.items()}


def check(method: str, target: str, headers: dict[str, str], body: bytes = b"", secret: str = SECRET) -> None:
    found = signature.parse(headers.get("authorization", ""), target.partition("?")[2], headers)
    assert found.access_key == KEY
    signature.verify(found, secret, method=method, target=target, headers=headers, body=body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15"),
        ("GET", "/clusters/a%20b/node-groups?maxResults=10&nextToken=x%2Fy", b""),
        ("PUT", "/tags/arn%3Aaws%3Aeks", b"{}"),
    ],
)
def test_a_header_signature_is_accepted(method: str, path: str, body: bytes) -> None:
    target, headers = signed(SigV4Auth(Credentials(KEY, SECRET), "eks", "eu-central-1"), method, path, body)
    check(method, target, headers, body)


def test_an_s3_path_is_not_encoded_twice() -> None:
    signer = S3SigV4Auth(Credentials(KEY, SECRET), "s3", "eu-central-1")
    target, headers = signed(signer, "PUT", "/bucket/a%20key//with%2Fslash", b"data")
    check("PUT", target, headers, b"data")


def test_a_presigned_request_is_accepted_and_expires() -> None:
    signer = SigV4QueryAuth(Credentials(KEY, SECRET), "sts", "eu-central-1", expires=60)
    path = "/?Action=GetCallerIdentity&Version=2011-06-15"
    target, headers = signed(signer, "GET", path, more={"x-k8s-aws-id": "cluster"})
    check("GET", target, headers)
    with pytest.raises(Refusal, match="SignatureDoesNotMatch"):
        check("GET", target, {**headers, "x-k8s-aws-id": "another"})
    found = signature.parse("", target.partition("?")[2], headers)
    assert found.expires == 60


@pytest.mark.parametrize("change", ["body", "path", "header", "secret"])
def test_a_changed_request_is_refused(change: str) -> None:
    body = b'{"KeyId":"x"}'
    signer = SigV4Auth(Credentials(KEY, SECRET), "kms", "eu-central-1")
    target, headers = signed(signer, "POST", "/", body, {"X-Amz-Target": "TrentService.DescribeKey"})
    check("POST", target, headers, body)
    if change == "header":
        headers["x-amz-target"] = "TrentService.ScheduleKeyDeletion"
    with pytest.raises(Refusal, match="SignatureDoesNotMatch"):
        check(
            "POST",
            "/other" if change == "path" else target,
            headers,
            b"{}" if change == "body" else body,
            "another" if change == "secret" else SECRET,
        )


def test_an_old_signature_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=16)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: past.replace(tzinfo=None))
    target, headers = signed(SigV4Auth(Credentials(KEY, SECRET), "kms", "eu-central-1"), "POST", "/")
    with pytest.raises(Refusal, match="expired"):
        check("POST", target, headers)


@pytest.mark.parametrize(("header", "code"), [("", "MissingAuthenticationToken"), ("Basic x", "IncompleteSignature")])
def test_no_signature_is_refused(header: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        signature.parse(header, "", {})
    assert refused.value.code == code
