"""Progress of long work on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS: Final = 20.0
"""Without a terminal: the shortest time between two lines."""


def say(text: str) -> None:
    """Write one line for the user."""
    print(text, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Seconds in words: ``45 s``, ``3 min 07 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Progress:
    """Shows where a piece of work stands; use it as a context manager.

    Args:
        title: what is being made.
        expected: seconds that it usually takes on a machine like this one.
    """

    def __init__(self, title: str, expected: float) -> None:
        self.title = title
        self.expected = expected
        self._started = time.monotonic()
        self._said = 0.0
        self._step = ""
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 (only needed where something is being made)
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[hint]}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self.title, total=None, hint=f"of about {duration(self.expected)}")
            self._bar.start()
        else:
            say(f"{self.title}: started, takes about {duration(self.expected)}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
        if error is None:
            say(f"{self.title}: done in {duration(self.elapsed)}")

    def show(self, step: str, done: int = 0, total: int | None = None) -> None:
        """Say what happens now, and how far it is (``total`` unknown: ``None``)."""
        counted = f"{step} {done} of {total}" if total else f"{step} {done}" if done else step
        if self._bar and self._task is not None:
            self._bar.update(self._task, description=f"{self.title}: {counted}", completed=done, total=total)
        elif step != self._step or time.monotonic() - self._said >= LINE_SECONDS:
            self._said = time.monotonic()
            percent = f" ({100 * done // total} %)" if total else ""
            say(f"{self.title}: {counted}{percent}, {duration(self.elapsed)} of about {duration(self.expected)}")
        self._step = step
