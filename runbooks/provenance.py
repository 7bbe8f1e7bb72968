"""Who acts, and with which kit: what every record of the ledger says of its origin."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from runbooks.ledger import Actor, Kit

HERE = Path(__file__).resolve().parent.parent


def kit() -> Kit:
    """The kit that runs: its version, and its commit where it runs from a repository (or FREEHOLD_COMMIT says it, as
    in a container image)."""
    return Kit(version=version("freehold"), commit=os.environ.get("FREEHOLD_COMMIT") or _commit())


def actor(caller: Any, session: Any) -> Actor:
    """The person or machine, and the role that it took.

    Args:
        caller: the boto3 session of the operator's own credentials.
        session: the boto3 session in the client's account.

    Raises:
        botocore.exceptions.ClientError: the credentials are not valid.
    """
    arns = [each.client("sts").get_caller_identity()["Arn"] for each in (caller, session)]
    return Actor(caller=arns[0], role=arns[1])


def _commit() -> str | None:
    if not (HERE / ".git").exists():
        return None
    try:
        head = _git("rev-parse", "HEAD")
        return f"{head}-dirty" if _git("status", "--porcelain", "--untracked-files=no") else head
    except (OSError, subprocess.CalledProcessError):
        # no git here, or a repository of another user: the version still says which kit it is
        return None


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(HERE), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()
