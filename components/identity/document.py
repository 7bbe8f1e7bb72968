"""Policy documents: clauses that say why they are there, and the text that IAM takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

POLICY_LONGEST: Final = 6144
"""Characters of a customer managed policy, white space not counted (IAM User Guide, *IAM and AWS STS quotas*)."""

SCP_LONGEST: Final = 5120
"""Characters of a service control policy (AWS Organizations User Guide, *Quotas and service limits*)."""

INLINE_LONGEST: Final = 10240
"""Characters of all inline policies of a role together, white space not counted (IAM User Guide, *IAM and AWS STS
quotas*)."""

Conditions = Mapping[str, Mapping[str, Sequence[str]]]
"""Operator, key, values."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement.

    Args:
        sid: its name, unique within a document.
        why: what it is for; where it names every resource, why it cannot name fewer.
        actions: what it speaks of; with ``but``, everything else.
        resources: ARNs or patterns of them.
        when: conditions.
        deny: it forbids.
        but: ``actions`` are the exceptions (``NotAction``).
    """

    sid: str
    why: str
    actions: Sequence[str]
    resources: Sequence[str] = ("*",)
    when: Conditions = field(default_factory=dict)
    deny: bool = False
    but: bool = False

    @property
    def statement(self) -> dict[str, Any]:
        """The statement as IAM writes it."""
        found: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Deny" if self.deny else "Allow",
            "NotAction" if self.but else "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.when:
            found["Condition"] = {
                operator: {key: list(values) for key, values in tests.items()} for operator, tests in self.when.items()
            }
        return found


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document.

    Args:
        name: what the policy made of it is called, after CLIENT-STAGE.
        meaning: its description.
        clauses: its statements.
    """

    name: str
    meaning: str
    clauses: Sequence[Clause]

    @property
    def text(self) -> str:
        """The document as JSON, without white space: that counts in an organization's policy."""
        document = {"Version": "2012-10-17", "Statement": [clause.statement for clause in self.clauses]}
        return json.dumps(document, separators=(",", ":"))

    @property
    def size(self) -> int:
        """Its characters, white space not counted."""
        return len("".join(self.text.split()))
