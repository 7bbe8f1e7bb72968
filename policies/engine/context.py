"""What a pack knows of the client it judges: stage and residency boundary, read from the stack's own configuration.

The engine hands the stack's configuration to the pack, so the boundary is the one that the environment was described
with, never a second copy. The pack does not trust it blindly: it is read as untyped data and checked here, and a
boundary that cannot be read leaves the residency pack refusing everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from stacks.spec.residency import JURISDICTIONS


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a client's data may be: one account, a home region, perhaps a recovery region, in one jurisdiction."""

    account: str
    jurisdiction: str
    home: str
    recovery: str | None

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that resources may be in."""
        return (self.home,) if self.recovery is None else (self.home, self.recovery)

    @property
    def allowed(self) -> str:
        """The regions, in words for a message."""
        recovery = f" or {self.recovery} (recovery)" if self.recovery else ""
        return f"{self.home} (home){recovery}, jurisdiction {self.jurisdiction}"

    def admits(self, region: str) -> bool:
        """Whether resources may be in a region."""
        return region in self.regions


@dataclass(frozen=True, slots=True)
class Context:
    """What every judge may know.

    Args:
        stage: the environment's stage; ``None`` when the configuration does not tell.
        boundary: the residency boundary; ``None`` when it cannot be read.
        problems: why it cannot be read, one line each.
        preview: nothing is made in this run, so a judgement may stay undecided.
    """

    stage: str | None
    boundary: Boundary | None
    problems: tuple[str, ...] = ()
    preview: bool = False

    @property
    def within(self) -> Boundary:
        """The boundary, for judges of rules that need one (the dispatch runs those only when there is one).

        Raises:
            LookupError: there is none.
        """
        if self.boundary is None:
            raise LookupError("the residency boundary cannot be read: " + "; ".join(self.problems))
        return self.boundary


def load(*, preview: bool) -> Context:
    """Read the context from the stack's configuration, ``freehold:environment``."""
    text = pulumi.Config("freehold").get("environment")
    if text is None:
        return Context(None, None, ("freehold:environment is not set in the stack's configuration",), preview)
    try:
        return read(json.loads(text), preview=preview)
    except ValueError as error:
        return Context(None, None, (f"freehold:environment is not JSON: {error}",), preview)


def read(environment: object, *, preview: bool) -> Context:
    """The context in the value of ``freehold:environment``."""
    if not isinstance(environment, Mapping):
        problem = f"freehold:environment is a {type(environment).__name__}: it must be a map"
        return Context(None, None, (problem,), preview)
    stage = environment.get("stage")
    residency = environment.get("residency")
    problems: list[str] = []
    if not isinstance(residency, Mapping):
        problems.append(f"residency is {residency!r}: it must be a map of jurisdiction, home and recovery")
        residency = {}
    boundary = Boundary(
        account=_account(environment.get("account_id"), problems),
        jurisdiction=_jurisdiction(residency.get("jurisdiction"), problems),
        home=_region(residency, "home", problems),
        recovery=None if residency.get("recovery") is None else _region(residency, "recovery", problems),
    )
    return Context(
        stage=stage if isinstance(stage, str) else None,
        boundary=None if problems else boundary,
        problems=tuple(problems),
        preview=preview,
    )


def _account(value: object, problems: list[str]) -> str:
    text = str(value)
    if not (isinstance(value, str) and len(text) == 12 and text.isdecimal()):
        problems.append(f"account_id is {value!r}: it must be the 12 digits of the client's account, as text")
    return text


def _jurisdiction(value: object, problems: list[str]) -> str:
    if value not in JURISDICTIONS:
        problems.append(f"residency.jurisdiction is {value!r}: it must be one of {', '.join(sorted(JURISDICTIONS))}")
    return str(value)


def _region(residency: Mapping[object, object], field: str, problems: list[str]) -> str:
    value, jurisdiction = residency.get(field), residency.get("jurisdiction")
    regions = JURISDICTIONS[jurisdiction].regions if jurisdiction in JURISDICTIONS else ()
    if value not in regions:
        limit = f"a region of {jurisdiction}: {', '.join(sorted(regions))}" if regions else "a region of a jurisdiction"
        problems.append(f"residency.{field} is {value!r}: it must be {limit}")
    return str(value)
