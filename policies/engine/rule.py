"""What a rule is: a record that says what is asked, why, how to mend it, and a function that judges."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.engine.context import Context
    from policies.engine.resource import Resource, Stack
    from policies.engine.values import Node

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


class Level(enum.Enum):
    """What a violation does: a mandatory one stops the operation, an advisory one is shown."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


@dataclass(frozen=True, slots=True)
class Severity:
    """The level of a rule, by stage where stages differ.

    Args:
        level: where ``by_stage`` names no other.
        reason: why it is not mandatory everywhere; required then.

    Raises:
        ValueError: something is advisory and no reason is given.
    """

    level: Level = Level.MANDATORY
    by_stage: Mapping[str, Level] = field(default_factory=lambda: MappingProxyType({}))
    reason: str = ""

    def __post_init__(self) -> None:
        if Level.ADVISORY in (self.level, *self.by_stage.values()) and not self.reason:
            raise ValueError("an advisory severity needs a reason")

    def at(self, stage: str | None) -> Level:
        """The level in a stage; an unknown stage gets the strictest one that the rule has anywhere."""
        if stage is None:
            strict = Level.MANDATORY in (self.level, *self.by_stage.values())
            return Level.MANDATORY if strict else Level.ADVISORY
        return self.by_stage.get(stage, self.level)

    def __str__(self) -> str:
        stages = "".join(f", {level.value} in {stage}" for stage, level in self.by_stage.items())
        return f"{self.level.value}{stages}" + (f" ({self.reason})" if self.reason else "")


MANDATORY: Final = Severity()


def advisory(reason: str) -> Severity:
    """Shown, never stopping; ``reason`` says why."""
    return Severity(Level.ADVISORY, reason=reason)


def mandatory_in(*stages: str, reason: str) -> Severity:
    """Mandatory in the stages named, advisory elsewhere; ``reason`` says why not everywhere."""
    return Severity(Level.ADVISORY, MappingProxyType(dict.fromkeys(stages, Level.MANDATORY)), reason)


@dataclass(frozen=True, slots=True)
class Standard:
    """A section of a published standard that asks the same."""

    name: str
    version: str
    section: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.section}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class Violation:
    """A property that is not as the rule asks.

    Args:
        node: the property as it stands.
        allowed: what may stand there.
        resource: whose property it is, where a rule judges the whole stack (default: the resource being judged).
        detail: what the reader must know beyond property and value.
    """

    node: Node
    allowed: str
    resource: Resource | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A property on which the judgement hangs and which is not known yet."""

    node: Node
    resource: Resource | None = None


Finding = Violation | Undecided
Judge = Callable[["Resource", "Context"], Iterable[Finding]]
JudgeStack = Callable[["Stack", "Context"], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Args:
        id: stable name, lower case with hyphens; messages, waivers and the reference use it.
        title: the asked-for state in a few words.
        types: resource types it judges, as in URNs; ``*`` stands for any run of characters.
        asks: what is asked, exactly.
        why: what goes wrong otherwise.
        fix: what to change in the program.
        absent: what an unset property means (the provider's default) and how it is judged.
        judge: judges one resource's inputs before the resource exists; or
        judge_stack: judges all resources together, by their outputs, at the end of preview and of ``up``.
        severity: mandatory unless said otherwise.
        standards: published sections that ask the same; empty for a rule of our own.
        needs_boundary: the judge reads the residency boundary.

    Raises:
        ValueError: the record is incomplete or contradicts itself.
    """

    id: str
    title: str
    types: tuple[str, ...]
    asks: str
    why: str
    fix: str
    absent: str
    judge: Judge | None = None
    judge_stack: JudgeStack | None = None
    severity: Severity = MANDATORY
    standards: tuple[Standard, ...] = ()
    needs_boundary: bool = False

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"rule id {self.id!r}: it must be lower-case words joined by hyphens")
        empty = [name for name in ("title", "asks", "why", "fix", "absent", "types") if not getattr(self, name)]
        if empty:
            raise ValueError(f"rule {self.id}: {', '.join(empty)} must not be empty")
        if (self.judge is None) == (self.judge_stack is None):
            raise ValueError(f"rule {self.id}: exactly one of judge and judge_stack must be given")
