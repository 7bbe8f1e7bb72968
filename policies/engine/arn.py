"""Amazon resource names, taken apart by their structure.

``arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE``: six fields, of which the last may itself hold colons
(AWS General Reference, "Amazon Resource Names"). botocore has the same parser, but importing its module costs more
time than judging two hundred resources does, twice a pack and run.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """The fields of an ARN; region and account are empty where the service has none."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse(text: str | None) -> Arn | None:
    """The ARN that ``text`` is, wholly; ``None`` when it is none."""
    if text is None:
        return None
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])
