"""The table: one file a service, one entry a resource type."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from sandbox.plugins.aws.model import Resource

_FILES: Final = {
    "cfg": "cfg",
    "cloudtrail": "cloudtrail",
    "accessanalyzer": "accessanalyzer",
    "cloudwatch": "cloudwatch",
    "ebs": "ebs",
    "ec2": "ec2",
    "ecr": "ecr",
    "eks": "eks",
    "guardduty": "guardduty",
    "iam": "iam",
    "kms": "kms",
    "organizations": "organizations",
    "rds": "rds",
    "route53": "resolver",
    "s3": "s3",
    "securityhub": "securityhub",
    "sns": "sns",
    "vpc": "vpc",
}
"""Which file describes a module of the package; read when its first resource comes."""


def find(token: str) -> Resource | None:
    """The entry of a resource type (``aws:ec2/vpc:Vpc``), or ``None`` where the table has none."""
    file = _FILES.get(token.partition(":")[2].partition("/")[0])
    return _entries(file).get(token) if file else None


def tokens() -> list[str]:
    """Every type token of the table."""
    return sorted(token for file in set(_FILES.values()) for token in _entries(file))


@cache
def _entries(file: str) -> dict[str, Resource]:
    module = importlib.import_module(f"{__name__}.{file}")
    return {resource.type: resource for resource in module.RESOURCES}
