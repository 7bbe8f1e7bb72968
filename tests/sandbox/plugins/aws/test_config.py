"""The provider's arguments."""

from __future__ import annotations

import json

import pytest

from sandbox.plugins.aws import config
from sandbox.plugins.protocol import UNKNOWN, ProviderError


def test_nested_arguments_arrive_as_json_text() -> None:
    found = config.parse(
        {
            "region": "eu-central-1",
            "assumeRoles": json.dumps(
                [
                    {"roleArn": "arn:1", "duration": "1h30m", "externalId": "x"},
                    {"role_arn": "arn:2", "session_name": "s"},
                ]
            ),
            "allowedAccountIds": '["555555555555"]',
            "defaultTags": '{"tags": {"a": "b"}}',
            "ignoreTags": '{"keyPrefixes": ["kubernetes.io/"], "keys": ["k"]}',
            "endpoints": '[{"sts": "http://127.0.0.1:1", "cloudwatchlogs": "http://127.0.0.1:2"}]',
            "maxRetries": "7",
            "skipRegionValidation": "true",
        }
    )
    assert [(role.arn, role.duration, role.external_id, role.session) for role in found.roles] == [
        ("arn:1", 5400, "x", ""),
        ("arn:2", None, "", "s"),
    ]
    assert found.allowed_accounts == ["555555555555"]
    assert found.default_tags == {"a": "b"}
    assert (found.ignored_tags, found.ignored_tag_prefixes) == (["k"], ["kubernetes.io/"])
    assert found.endpoints == {"sts": "http://127.0.0.1:1", "logs": "http://127.0.0.1:2"}
    assert found.retries == 7


def test_region_comes_from_the_environment_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert config.parse({}).region == "eu-west-1"
    assert config.parse({"region": "eu-north-1"}).region == "eu-north-1"
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(ProviderError, match="has no region"):
        config.parse({})


@pytest.mark.parametrize("text", ["fast", "15", "1x"])
def test_a_duration_needs_a_unit(text: str) -> None:
    with pytest.raises(ProviderError, match=f"duration is '{text}'"):
        config.parse({"region": "r", "assumeRoles": json.dumps([{"roleArn": "a", "duration": text}])})


def test_secrets_do_not_show() -> None:
    assert "hunter2" not in repr(config.parse({"region": "r", "accessKey": "a", "secretKey": "hunter2"}))


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("reigon", "eu-central-1", "unknown; known are accessKey"),
        ("httpsProxy", "http://proxy:3128", "loopback endpoints need none"),
        ("assumeRoles", "[", "it is no JSON"),
        ("endpoints", '[{"s3": "https://s3.amazonaws.com"}]', "the endpoint of s3 is https://s3.amazonaws.com"),
    ],
)
def test_what_is_wrong_is_told_by_argument(key: str, value: str, reason: str) -> None:
    (failure,) = config.failures({key: value})
    assert failure.property == key
    assert reason in failure.reason


def test_what_is_unknown_is_left_for_later() -> None:
    assert list(config.failures({"region": UNKNOWN, "endpoints": UNKNOWN, "version": "7.51.1"})) == []
