"""What a pack knows of the client it judges: stage and residency boundary, read from the stack's own configuration.

The engine hands the stack's configuration to the pack, so the boundary is the one that the environment was described
with, never a second copy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi


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
        boundary: the residency boundary; ``None`` when it cannot be read, or no rule of the pack needs it.
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


ReadBoundary = Callable[[Mapping[str, object]], tuple[Boundary | None, tuple[str, ...]]]
"""Reads the boundary in an environment's description, or says why it cannot be read."""


def load(*, preview: bool, read_boundary: ReadBoundary | None = None) -> Context:
    """Read the context from the stack's configuration, ``freehold:environment``.

    Args:
        read_boundary: given by a pack whose rules need the boundary.
    """
    text = pulumi.Config("freehold").get("environment")
    if text is None:
        return Context(None, None, ("freehold:environment is not set in the stack's configuration",), preview)
    try:
        return read(json.loads(text), preview=preview, read_boundary=read_boundary)
    except ValueError as error:
        return Context(None, None, (f"freehold:environment is not JSON: {error}",), preview)


def read(environment: object, *, preview: bool, read_boundary: ReadBoundary | None = None) -> Context:
    """The context in the value of ``freehold:environment``."""
    if not isinstance(environment, Mapping):
        problem = f"freehold:environment is a {type(environment).__name__}: it must be a map"
        return Context(None, None, (problem,), preview)
    stage = environment.get("stage")
    boundary, problems = read_boundary(environment) if read_boundary else (None, ())
    return Context(stage if isinstance(stage, str) else None, boundary, problems, preview)
