"""The figures of Freehold, measured side by side in one run; prints tables and writes ``bench.json``.

Examples:

    python -m tests.bench                # everything but the cold set-up
    python -m tests.bench --runs 3
    python -m tests.bench --cold         # also set-up from an empty cache (about 15 minutes)

Figures of one machine say little by themselves: read the ratios. What is measured is ``acme-dev`` in a sandbox
of its own; the yardstick is an empty Python program on the same engine, timed in turn with it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from sandbox import environment, process, supervisor
from sandbox.settings import REPOSITORY, Settings
from tests.bench.cold import cold_setup
from tests.bench.measure import Command, Series, alternate
from tests.conftest import free_port_base

NAME = "acme-dev"
PACKS = ("--policy-pack", "policies/residency", "--policy-pack", "policies/hardening")
UP = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
PREVIEW = ("pulumi", "preview", "--non-interactive")


def empty_program(directory: Path) -> Path:
    """A project whose program makes nothing."""
    directory.mkdir()
    (directory / "Pulumi.yaml").write_text(
        f"name: empty\nruntime:\n  name: python\n  options:\n    virtualenv: {REPOSITORY / '.venv'}\n"
    )
    (directory / "__main__.py").write_text("")
    return directory


def boot(settings: Settings, runs: int) -> Series:
    """The sandbox from nothing running to ready, its data being there."""
    env = {"SANDBOX_DIR": str(settings.directory), "SANDBOX_PORT_BASE": str(settings.port_base)}
    series = Series("sandbox boot to ready, one client")
    for _ in range(runs):
        Command("down", (sys.executable, "-m", "sandbox", "down"), REPOSITORY, env).run()
        wall, cpu = Command("up", (sys.executable, "-m", "sandbox", "up"), REPOSITORY, env).run()
        series.wall.append(wall)
        series.cpu.append(cpu)
    return series


def engine_runs(settings: Settings, scratch: Path, runs: int) -> list[Series]:
    """No-change update and preview of the environment against the empty program's, in turn."""
    env = environment.full(settings)
    empty = empty_program(scratch / "empty")
    Command("stack init", ("pulumi", "stack", "init", "bench", "--non-interactive"), empty, env).run()
    commands = [
        Command("empty program, up", (*UP, "--stack", "bench"), empty, env),
        Command("acme-dev, no-change up", (*UP, "--stack", NAME), REPOSITORY, env),
        Command("acme-dev, no-change up, both packs", (*UP, "--stack", NAME, *PACKS), REPOSITORY, env),
        Command("empty program, preview", (*PREVIEW, "--stack", "bench"), empty, env),
        Command("acme-dev, preview", (*PREVIEW, "--stack", NAME), REPOSITORY, env),
    ]
    return alternate(commands, runs)


def ratios(first_up: Series, series: list[Series]) -> dict[str, float]:
    """What the figures are read by."""
    by_name = {one.name: one.median for one in series}
    empty_up, empty_preview = by_name["empty program, up"], by_name["empty program, preview"]
    return {
        "first up / empty up": first_up.median / empty_up,
        "no-change up / empty up (aim: at most 4)": by_name["acme-dev, no-change up"] / empty_up,
        "no-change up with packs / empty up": by_name["acme-dev, no-change up, both packs"] / empty_up,
        "packs' share of a no-change up": by_name["acme-dev, no-change up, both packs"]
        / by_name["acme-dev, no-change up"],
        "preview / empty preview": by_name["acme-dev, preview"] / empty_preview,
    }


def tabulate(console: Console, report: dict[str, Any]) -> None:
    """The report for a person."""
    table = Table("what", "runs", "min s", "median s", "max s", "CPU s", title="times")
    for row in report["times"]:
        figures = (row["wall_min_s"], row["wall_median_s"], row["wall_max_s"], row["cpu_median_s"])
        table.add_row(row["name"], str(row["runs"]), *(f"{figure:.2f}" for figure in figures))
    console.print(table)
    table = Table("ratio", "value", title="ratios of medians")
    for name, value in report["ratios"].items():
        table.add_row(name, f"{value:.2f}")
    console.print(table)
    table = Table("process", "PSS MiB", title="idle memory, one client")
    for name, value in report["memory_mib"].items():
        table.add_row(name, f"{value:.0f}")
    console.print(table)


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--runs", default=5, show_default=True, help="Runs of each command.")
@click.option("--cold", is_flag=True, help="Also measure set-up from an empty cache.")
@click.option("--output", default="bench.json", show_default=True, help="File for the figures as JSON.")
def main(runs: int, cold: bool, output: str) -> None:
    """Command line."""
    console = Console(width=120)
    scratch = Path(tempfile.mkdtemp(prefix="freehold-bench-"))
    settings = Settings(directory=scratch / "sandbox", port_base=free_port_base())
    place = {"SANDBOX_DIR": str(settings.directory), "SANDBOX_PORT_BASE": str(settings.port_base)}
    make_up = Command("up", (sys.executable, "-m", "sandbox.bringup", NAME), REPOSITORY, place)
    try:
        times: list[Series] = cold_setup(scratch) if cold else []
        first = alternate([make_up], 1)[0]
        first.name = "make up, first (tools cached)"
        warm = alternate([make_up], max(2, runs // 2))[0]
        warm.name = "make up, no change (aim: at most 45 s)"
        first_up = Series("acme-dev, first up")
        env = environment.full(settings)
        Command("destroy", ("pulumi", "destroy", *UP[2:], "--stack", NAME), REPOSITORY, env).run()
        wall, cpu = Command("first up", (*UP, "--stack", NAME), REPOSITORY, env).run()
        first_up.wall.append(wall)
        first_up.cpu.append(cpu)
        series = engine_runs(settings, scratch, runs)
        booted = boot(settings, max(2, runs // 2))
        booted.name += " (aim: at most 20 s)"
        memory = {state.name: state.memory for state in supervisor.status(settings)}
        memory["together (aim: at most 1024)"] = sum(memory.values())
        times += [first, warm, booted, first_up, *series]
        report = {
            "times": [one.summary() for one in times],
            "ratios": {name: round(value, 3) for name, value in ratios(first_up, series).items()},
            "memory_mib": memory,
        }
    finally:
        for record in process.records(settings):
            process.stop(settings, record)
        shutil.rmtree(scratch, ignore_errors=True)
    tabulate(console, report)
    Path(output).write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
