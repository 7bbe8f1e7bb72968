"""Command line of the toolchain: see ``python -m sandbox.toolchain --help``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from sandbox.toolchain import Engine, Kubebox, ToolchainError, engine, kubebox

PARTS: Final[dict[str, Callable[[], Engine | Kubebox]]] = {"engine": engine, "kubebox": kubebox}
"""In the order in which they are made: compiling one keeps every processor busy, so that two at a time gain nothing,
and the engine is the quicker and the sooner needed."""


@click.command(
    epilog="""\b
Examples:
  python -m sandbox.toolchain               everything; builds what is missing (minutes, once)
  python -m sandbox.toolchain engine        only the Pulumi engine
  python -m sandbox.toolchain all --json    for scripts: path, origin, version, seconds
\b
Exit codes: 0 all there, 1 something cannot be had, 2 usage."""
)
@click.argument("part", type=click.Choice(["engine", "kubebox", "all"]), default="all")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
def main(part: str, as_json: bool) -> None:
    """Find, install or build the Pulumi ENGINE, the Kubernetes control plane (KUBEBOX), or ALL."""
    found: dict[str, dict[str, Any]] = {}
    for name, resolve in PARTS.items():
        if part not in (name, "all"):
            continue
        started = time.monotonic()
        try:
            tool = asdict(resolve())
        except ToolchainError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)
        seconds = round(time.monotonic() - started, 2)
        found[name] = {key: str(value) if isinstance(value, Path) else value for key, value in tool.items()}
        found[name]["seconds"] = seconds
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name, tool in found.items():
        path = tool.get("pulumi") or tool.get("binary")
        click.echo(f"{name:8} {tool['version']:10} {tool['origin']:10} {tool['seconds']:8.2f} s  {path}")


if __name__ == "__main__":
    main()
