"""Log groups: encrypted with the client's key, kept for a year."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup

from components.naming import Scope

RETENTION_DAYS: Final = 365
"""A year (AWS Foundational Security Best Practices v1.0.0, CloudWatch.16)."""


def log_group(
    name: str, path: str, *, scope: Scope, component: str, key: pulumi.Input[str], parent: pulumi.Resource
) -> LogGroup:
    """A log group at ``path``, for example ``/freehold/acme-dev/flow``."""
    return LogGroup(
        name,
        name=path,
        kms_key_id=key,
        retention_in_days=RETENTION_DAYS,
        tags=scope.tags(component, name),
        opts=pulumi.ResourceOptions(parent=parent),
    )
