"""Resource policies are judged as AWS judges them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.cloud.policies import Asking, Decision, MalformedPolicy, check, decide

ACCOUNT = "111111111111"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/somebody"
ALLOWED, DENIED, SILENT = Decision.ALLOWED, Decision.DENIED, Decision.SILENT


def policy(**statement: Any) -> str:
    given = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": given})


def asked(text: str, *, action: str = "s3:GetObject", key: str = "k", service: str = "", **context: str) -> Decision:
    account, arn = ("", "") if service else (ACCOUNT, SESSION)
    named = {name.replace("_", ":", 1): value for name, value in context.items()}
    return decide(text, Asking(action, f"arn:aws:s3:::b/{key}", account, arn, service, named))


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws_securetransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws_securetransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws_securetransport": "true"}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, {}, True),
        ({"Null": {"s3:x-amz-acl": "true"}}, {}, True),
        ({"Null": {"s3:x-amz-acl": "false"}}, {}, False),
        ({"StringEquals": {"aws:SourceAccount": [ACCOUNT, "2"]}}, {"aws_sourceaccount": ACCOUNT}, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"aws_sourceaccount": "2"}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {}, False),
        ({"StringNotEquals": {"aws:SourceAccount": [ACCOUNT, "2"]}}, {"aws_sourceaccount": "2"}, False),
        ({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, {"aws_sourceaccount": "2"}, True),
        ({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, {}, True),
        ({"StringNotEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}, {}, True),
        ({"StringLike": {"s3:prefix": "home/*"}}, {"s3_prefix": "home/a/b"}, True),
        ({"StringLike": {"s3:prefix": "home/?"}}, {"s3_prefix": "home/ab"}, False),
        ({"StringEqualsIgnoreCase": {"s3:prefix": "HOME"}}, {"s3_prefix": "home"}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:logs:*:1:*"}}, {"aws_sourcearn": "arn:aws:logs:eu:1:group:a"}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:logs:*:1:*"}}, {"aws_sourcearn": "arn:aws:logs:eu:2:group:a"}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:*:1:g"}}, {"aws_sourcearn": "arn:aws:logs:eu:1:g"}, False),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:logs:*:1:*"}}, {"aws_sourcearn": "arn:aws:logs:eu:2:g"}, True),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {"s3_tlsversion": "1.1"}, True),
        ({"NumericLessThan": {"s3:TlsVersion": 1.2}}, {"s3_tlsversion": "1.3"}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws_sourceip": "10.1.2.3"}, True),
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::/0"]}}, {"aws_sourceip": "10.1.2.3"}, False),
        (
            {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
            {"aws_currenttime": "2025-12-31T23:59:59Z"},
            True,
        ),
        ({"Bool": {"aws:a": "true"}, "StringEquals": {"aws:b": "1"}}, {"aws_a": "true", "aws_b": "2"}, False),
    ],
)
def test_conditions(condition: dict[str, Any], context: dict[str, str], holds: bool) -> None:
    check(policy(Condition=condition))
    assert asked(policy(Condition=condition), **context) is (ALLOWED if holds else SILENT)
    assert asked(policy(Effect="Deny", Condition=condition), **context) is (DENIED if holds else SILENT)


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", ALLOWED),
        ({"AWS": "*"}, ALLOWED),
        ({"AWS": ACCOUNT}, ALLOWED),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ALLOWED),
        ({"AWS": ["2", f"arn:aws:iam::{ACCOUNT}:role/reader"]}, ALLOWED),
        ({"AWS": SESSION}, ALLOWED),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/writer"}, SILENT),
        ({"AWS": "arn:aws:iam::222222222222:root"}, SILENT),
        ({"Service": "s3.amazonaws.com"}, SILENT),
    ],
)
def test_principals(principal: Any, expected: Decision) -> None:
    assert asked(policy(Principal=principal)) is expected


def test_services_are_named_as_services() -> None:
    text = policy(Principal={"Service": "config.amazonaws.com"})
    assert asked(text, service="config.amazonaws.com") is ALLOWED
    assert asked(text, service="other.amazonaws.com") is SILENT
    assert asked(policy(Principal={"AWS": "*"}), service="config.amazonaws.com") is SILENT


def test_actions_and_resources_are_patterns() -> None:
    assert asked(policy(Action=["s3:Put*", "s3:get*"])) is ALLOWED
    assert asked(policy(NotAction="s3:Get*")) is SILENT
    assert asked(policy(Resource="arn:aws:s3:::b/other/*")) is SILENT
    assert asked(policy(NotResource="arn:aws:s3:::b/other/*")) is ALLOWED


def test_a_denial_outweighs_every_permission() -> None:
    statements = [json.loads(policy())["Statement"], json.loads(policy(Effect="Deny", Action="s3:*"))["Statement"]]
    for order in (statements, statements[::-1]):
        assert asked(json.dumps({"Statement": order})) is DENIED


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps({"Statement": []}),
        policy(Effect="allow"),
        policy(Condition={"StringMatches": {"a": "b"}}),
        policy(Condition={"ForNoValue:StringLike": {"a": "b"}}),
        policy(NotAction="s3:*"),
    ],
)
def test_what_aws_would_not_store_is_refused(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        check(text)
