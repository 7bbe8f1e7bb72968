"""Decides a request by policy documents, as AWS does: a deny wins, an allow is needed, a ceiling must allow as well.

The sandbox's own judge of policies decides each document (IAM User Guide, *Policy evaluation logic*). No library on
PyPI that is maintained decides requests with conditions offline: PMapper did, and stopped in 2022; Parliament, Policy
Sentry and Cloudsplaining read documents without deciding requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.cloud.policies import Asking, Decision, decide


@dataclass(frozen=True)
class Request:
    """One request: ``context`` holds condition keys and their values."""

    action: str
    resource: str
    context: Mapping[str, str]


def allowed(request: Request, *layers: Sequence[str]) -> bool:
    """Whether every layer allows a request and none denies it.

    Args:
        layers: documents by layer: the identity's own, its boundary, the organization's.
    """
    asking = Asking(
        request.action, request.resource, context={key.lower(): value for key, value in request.context.items()}
    )
    for documents in layers:
        if {decide(document, asking) for document in documents} - {Decision.SILENT} != {Decision.ALLOWED}:
            return False
    return True
