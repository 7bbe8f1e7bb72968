"""Environments whose documents are judged: an ordinary one, and one whose names are as long as they may be."""

from __future__ import annotations

from components.identity.place import Place
from tests.components.identity.evaluation import Request

ACCOUNT = "111111111111"
HOME, RECOVERY, ELSEWHERE = "eu-central-1", "eu-west-1", "us-east-1"

ACME = Place("acme", "dev", ACCOUNT, HOME, RECOVERY, "aws", "freehold-provision")
LONGEST = Place("c" * 20, "staging", ACCOUNT, "us-gov-east-1", "us-gov-west-1", "aws-us-gov", "r" * 64)


def ask(action: str, resource: str = "*", region: str = HOME, **context: str) -> Request:
    """A request in a region; in names of condition keys, ``__`` is a colon."""
    keys = {key.replace("__", ":"): value for key, value in context.items()}
    return Request(action, resource, {"aws:RequestedRegion": region, **keys})


def role(name: str) -> str:
    """ARN of a role of the account."""
    return ACME.iam(f"role/{name}")
