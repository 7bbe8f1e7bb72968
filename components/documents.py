"""Policy documents as data: JSON with stable order, so that no preview shows a difference that is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]


def policy(*statements: Statement) -> str:
    """An IAM policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(sid: str, actions: Sequence[str], resources: Sequence[str] | str, **more: Any) -> Statement:
    """A statement that allows actions on resources; ``more`` are further elements such as Condition or Principal."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources, **more}


def trust(service: str, account_id: str, *, actions: Sequence[str] = ("sts:AssumeRole",)) -> str:
    """Who may assume a role: one AWS service, on behalf of the client's account only.

    The condition keeps other accounts from using the service as a confused deputy (IAM User Guide, *The confused deputy
    problem*).
    """
    return policy(
        {
            "Sid": "Service",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": list(actions),
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )


def trust_plain(service: str) -> str:
    """Who may assume a role: an AWS service that does not send ``aws:SourceAccount`` (EC2 instances)."""
    return policy(
        {"Sid": "Service", "Effect": "Allow", "Principal": {"Service": service}, "Action": ["sts:AssumeRole"]}
    )
