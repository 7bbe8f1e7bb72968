"""ARNs, taken apart as botocore does it."""

from __future__ import annotations

import pytest
from botocore.utils import ArnParser, InvalidArnException

from policies.engine import arn


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:s3:::bucket/a:b",
        "arn:aws:logs:eu-central-1:111111111111:log-group:/aws/eks:*",
        "arn:aws-cn:kms:cn-north-1:111111111111:key/1",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:kms:eu-central-1:111111111111",
        "no arn",
        "",
    ],
)
def test_agrees_with_botocore(text: str) -> None:
    try:
        expected = ArnParser().parse_arn(text)
    except InvalidArnException:
        assert arn.parse(text) is None
    else:
        found = arn.parse(text)
        assert found is not None
        assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize("text", [None, "see arn:aws:s3:::bucket", "arn:aws:kms:eu-central-1:1:", "arn:::::x"])
def test_what_is_no_arn(text: str | None) -> None:
    assert arn.parse(text) is None
