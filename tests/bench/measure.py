"""Time whole commands, alternating the candidates, so that the machine's mood strikes all of them alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class BenchError(RuntimeError):
    """A measured command failed; a time without its work is no figure."""


@dataclass
class Series:
    """Wall and CPU seconds of one command's runs (CPU: user plus system, with its children)."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median wall seconds."""
        return statistics.median(self.wall)

    def summary(self) -> dict[str, float | int | str]:
        """Figures of the series for the table and for JSON."""
        return {
            "name": self.name,
            "runs": len(self.wall),
            "wall_min_s": round(min(self.wall), 3),
            "wall_median_s": round(self.median, 3),
            "wall_max_s": round(max(self.wall), 3),
            "cpu_median_s": round(statistics.median(self.cpu), 3),
        }


@dataclass(frozen=True)
class Command:
    """A command line to time, with its directory and environment."""

    name: str
    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]

    def run(self) -> tuple[float, float]:
        """Run once; wall seconds and CPU seconds.

        Raises:
            BenchError: the command failed; with the end of its output.
        """
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        done = subprocess.run(
            list(self.argv),
            cwd=self.cwd,
            env={**os.environ, **self.env},
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise BenchError(f"{self.name}: exit code {done.returncode}\n" + "\n".join(done.stdout.splitlines()[-30:]))
        return wall, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def alternate(commands: Sequence[Command], runs: int) -> list[Series]:
    """Run every command ``runs`` times, one after another in turn."""
    series = [Series(command.name) for command in commands]
    for _ in range(runs):
        for command, one in zip(commands, series, strict=True):
            wall, cpu = command.run()
            one.wall.append(wall)
            one.cpu.append(cpu)
    return series
