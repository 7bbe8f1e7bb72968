"""What a request asks for, read from the wire of each protocol."""

from __future__ import annotations

import io
from typing import Any

import pytest

from sandbox.cloud import wire


def request(method: str, target: str, service: str, body: bytes = b"", **more: str) -> dict[str, Any]:
    path, _, query = target.partition("?")
    credential = f"AKIA/20260101/eu-central-1/{service}/aws4_request"
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "RAW_URI": target,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **more,
    }


FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("environ", "service", "action", "changes"),
    [
        (request("POST", "/", "ec2", b"Action=CreateVpc&Version=1", **FORM), "ec2", "CreateVpc", True),
        (request("POST", "/", "ec2", b"Version=1&Action=DescribeVpcs", **FORM), "ec2", "DescribeVpcs", False),
        (request("POST", "/", "kms", HTTP_X_AMZ_TARGET="TrentService.Encrypt"), "kms", "Encrypt", False),
        (request("POST", "/", "kms", HTTP_X_AMZ_TARGET="TrentService.CreateKey"), "kms", "CreateKey", True),
        (request("POST", "/", "sts", b"Action=AssumeRole", **FORM), "sts", "AssumeRole", True),
        (request("POST", "/", "sts", b"Action=GetCallerIdentity", **FORM), "sts", "GetCallerIdentity", False),
        (request("POST", "/", "sts", b"Action=GetSessionToken", **FORM), "sts", "GetSessionToken", True),
        (request("GET", "/clusters/main", "eks"), "eks", "DescribeCluster", False),
        (request("POST", "/clusters/main/addons", "eks", b"{}"), "eks", "CreateAddon", True),
        (request("DELETE", "/clusters/main", "eks"), "eks", "DeleteCluster", True),
        (request("PUT", "/bucket/key", "s3"), "s3", "PutObject", True),
        (request("GET", "/bucket/key", "s3"), "s3", "GetObject", False),
        (request("HEAD", "/bucket", "s3"), "s3", "HeadBucket", False),
        (request("POST", "/some/path", "nosuchservice"), "nosuchservice", "Post", True),
        (request("GET", "/some/path", "nosuchservice"), "nosuchservice", "Get", False),
    ],
)
def test_service_action_and_effect_are_found(environ: dict[str, Any], service: str, action: str, changes: bool) -> None:
    body = wire.read_body(environ)
    call = wire.understand(environ, body)
    assert (call.service, call.region, call.action) == (service, "eu-central-1", action)
    assert call.changes_state is changes
    assert environ["wsgi.input"].read() == body


def test_a_presigned_url_is_understood_like_a_signed_request() -> None:
    query = "Action=GetCallerIdentity&X-Amz-Credential=AKIA%2F20260101%2Feu-west-1%2Fsts%2Faws4_request"
    environ = request("GET", f"/?{query}", "unused")
    del environ["HTTP_AUTHORIZATION"]
    call = wire.understand(environ, b"")
    assert (call.service, call.region, call.action, call.presigned) == ("sts", "eu-west-1", "GetCallerIdentity", True)
    assert "eu-west-1/sts" in environ["HTTP_AUTHORIZATION"]
