"""Where a client's data may be: jurisdictions as explicit lists of regions, and the client's choice in one of them.

A jurisdiction is no prefix: ``eu-west-2`` (London) and ``eu-central-2`` (Zurich) lie outside the European Union.

Source of regions and their countries: AWS, *Regions and Availability Zones* (AWS Global Infrastructure documentation,
«AWS Regions»), read 2026-11. Membership of the European Union: Treaty on European Union, art. 52.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import AfterValidator, ValidationInfo, field_validator

from stacks.spec.model import Section
from stacks.spec.problems import refuse


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """A legal area and the AWS regions that lie wholly within it."""

    name: str
    title: str
    regions: frozenset[str]
    partition: str = "aws"


def _table(*rows: Jurisdiction) -> Mapping[str, Jurisdiction]:
    return MappingProxyType({row.name: row for row in rows})


JURISDICTIONS: Final[Mapping[str, Jurisdiction]] = _table(
    Jurisdiction("au", "Australia", frozenset({"ap-southeast-2", "ap-southeast-4"})),
    Jurisdiction("br", "Brazil", frozenset({"sa-east-1"})),
    Jurisdiction("ca", "Canada", frozenset({"ca-central-1", "ca-west-1"})),
    Jurisdiction("ch", "Switzerland", frozenset({"eu-central-2"})),
    Jurisdiction(
        "eu",
        "European Union",
        frozenset({"eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"}),
    ),
    Jurisdiction("il", "Israel", frozenset({"il-central-1"})),
    Jurisdiction("in", "India", frozenset({"ap-south-1", "ap-south-2"})),
    Jurisdiction("jp", "Japan", frozenset({"ap-northeast-1", "ap-northeast-3"})),
    Jurisdiction("kr", "Republic of Korea", frozenset({"ap-northeast-2"})),
    Jurisdiction("sg", "Singapore", frozenset({"ap-southeast-1"})),
    Jurisdiction("uk", "United Kingdom", frozenset({"eu-west-2"})),
    Jurisdiction("us", "United States", frozenset({"us-east-1", "us-east-2", "us-west-1", "us-west-2"})),
    Jurisdiction(
        "us-gov", "United States, GovCloud", frozenset({"us-gov-east-1", "us-gov-west-1"}), partition="aws-us-gov"
    ),
)
"""Jurisdictions by name. A region is in one jurisdiction at most; a region in none cannot be chosen."""


def _known(value: str) -> str:
    if value not in JURISDICTIONS:
        names = ", ".join(f"{row.name} ({row.title})" for row in JURISDICTIONS.values())
        raise refuse("no such jurisdiction is listed", f"choose one of: {names}")
    return value


class Residency(Section):
    """The residency boundary: everything that can hold or move the client's data stays in these regions."""

    jurisdiction: Annotated[str, AfterValidator(_known)]
    """Legal area whose regions may be used: au, br, ca, ch, eu, il, in, jp, kr, sg, uk, us, us-gov."""

    home: str
    """Region in which the environment lives, for example eu-central-1."""

    recovery: str | None = None
    """Region of the same jurisdiction that may hold copies of backups; without one, no copy leaves the home region."""

    @field_validator("home", "recovery")
    @classmethod
    def _inside(cls, region: str | None, info: ValidationInfo) -> str | None:
        row = JURISDICTIONS.get(info.data.get("jurisdiction", ""))
        if row is None or region is None:
            return region  # an unknown jurisdiction is a problem of its own
        listed = ", ".join(sorted(row.regions))
        if region not in row.regions:
            owner = next((other for other in JURISDICTIONS.values() if region in other.regions), None)
            lies = f"lies in {owner.title}" if owner else "lies in no listed jurisdiction"
            raise refuse(f"it {lies}, outside {row.title}", f"choose among: {listed}")
        if info.field_name == "recovery" and region == info.data.get("home"):
            raise refuse(
                "it is the home region itself: a copy there survives nothing more",
                f"choose another region among: {listed}; or leave recovery out",
            )
        return region

    @property
    def regions(self) -> tuple[str, ...]:
        """Home, and recovery where there is one."""
        return (self.home,) if self.recovery is None else (self.home, self.recovery)

    @property
    def partition(self) -> str:
        """AWS partition of the boundary, the second field of every ARN."""
        return JURISDICTIONS[self.jurisdiction].partition

    def allows(self, region: str) -> bool:
        """Whether the client's data may be in a region."""
        return region in self.regions
