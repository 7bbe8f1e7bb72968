"""How a description is refused: a problem each, with its place, the value, the limit and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import PydanticCustomError

KIND: Final = "freehold"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a description.

    Args:
        path: place in the stack's file, for example ``freehold:environment.network.cidr``.
        value: what stands there, as it would be written; empty where nothing stands there.
        limit: what is allowed.
        fix: what to write instead.
    """

    path: str
    value: str
    limit: str
    fix: str

    def __str__(self) -> str:
        stands = f" is {self.value}" if self.value else ""
        return f"{self.path}{stands}: {self.limit}. Fix: {self.fix}"


class SpecError(ValueError):
    """A description has mistakes; :attr:`problems` are all of them, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: Final = tuple(problems)
        count = f"{len(problems)} mistakes" if len(problems) != 1 else "one mistake"
        lines = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(problems, 1))
        super().__init__(f"the environment's description has {count}; nothing was created:\n{lines}")


def refuse(limit: str, fix: str) -> PydanticCustomError:
    """The error for a value that breaks a limit: raise it from a validator."""
    return PydanticCustomError(KIND, "{limit}. Fix: {fix}", {"limit": limit, "fix": fix})


def shown(value: Any) -> str:
    """A value as it stands in the file, shortened to one line."""
    if value is None:
        return "empty"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
