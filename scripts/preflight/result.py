"""What a check found, and what checks look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stacks.spec import ClientSpec

Verdict = Literal["pass", "fail", "unknown"]

PATIENCE = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})
"""A preflight is waited for: 20 s for an answer, asked three times."""


@dataclass(frozen=True, slots=True)
class Check:
    """One answer.

    Args:
        name: what was looked at.
        verdict: ``unknown`` where nobody answered: silence is no pass.
        found: what was found, or why it is not known.
        fix: what to do, where there is something to do.
    """

    name: str
    verdict: Verdict
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """The environment that is to be made, and the account that it is to be made in.

    Args:
        spec: the description.
        session: a session of the provisioning role in the client's account and home region.
    """

    spec: ClientSpec
    session: boto3.Session

    def client(self, service: Any, region: str | None = None) -> Any:
        """A client of a service, in the home region unless another is named."""
        return self.session.client(service, region_name=region or self.spec.residency.home, config=PATIENCE)

    @property
    def zones(self) -> list[str]:
        """Names of the chosen zones, in their order."""
        return [f"{self.spec.residency.home}{letter}" for letter in self.spec.network.letters]


Looks = Callable[[Ground], Iterable[Check]]


def reason(error: Exception) -> str:
    """Why an API did not answer, in one line."""
    if isinstance(error, ClientError):
        code, operation = error.response.get("Error", {}).get("Code", "?"), error.operation_name
        return f"{operation}: {code}"
    return " ".join(str(error).split())[:200]


def answered(name: str, looks: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The answers of a check; where its API refuses or fails, what came before and an *unknown* with the reason."""
    try:
        yield from looks()
    except (BotoCoreError, ClientError) as error:
        yield Check(name, "unknown", reason(error), "ask again, or with credentials that may ask")
