"""The sandbox's own front door.

Examples:

    python -m sandbox up                # start the AWS endpoint and the Vault server, and what stands behind them
    python -m sandbox status --json
    eval "$(python -m sandbox env)"     # endpoints and credentials for this shell
    python -m sandbox logs cloud -f
    python -m sandbox down --purge      # stop everything and remove its data

Exit codes: 0 well, 1 failed or (status) something is down, 2 wrong usage, 3 another caller is at work (--no-wait).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from sandbox import environment, process, supervisor
from sandbox.process import ProcessError
from sandbox.settings import Settings, SettingsError
from sandbox.toolchain import ToolchainError

BUSY = 3


class Failing(click.Group):
    """A group whose commands answer expected failures with one clear message instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except supervisor.BusyError as error:
            click.echo(f"sandbox: {error}", err=True)
            sys.exit(BUSY)
        except (ProcessError, SettingsError, ToolchainError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Failing, help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Command line."""
    context.obj = Settings.load()


@main.command()
@click.option("--no-wait", is_flag=True, help="Fail at once (exit 3) when another caller is changing the sandbox.")
@click.option("--json", "as_json", is_flag=True, help="Seconds of each part, for machines.")
@click.pass_obj
def up(settings: Settings, no_wait: bool, as_json: bool) -> None:
    """Start every part that does not run."""
    with supervisor.exclusive(settings, "sandbox up", supervisor.stderr, wait=not no_wait):
        seconds = supervisor.up(settings, supervisor.stderr)
    if as_json:
        click.echo(json.dumps(seconds))
    else:
        click.echo("ready: " + ", ".join(f"{name} in {value:.1f} s" for name, value in sorted(seconds.items())))


@main.command()
@click.option("--purge", is_flag=True, help="Also remove all data of this sandbox.")
@click.option("--no-wait", is_flag=True, help="Fail at once (exit 3) when another caller is changing the sandbox.")
@click.pass_obj
def down(settings: Settings, purge: bool, no_wait: bool) -> None:
    """Stop every process of the sandbox; leave no lock and no orphan."""
    if not settings.directory.exists():
        click.echo(f"there is no sandbox at {settings.directory}")
        return
    if not (settings.directory / supervisor.MARKER).exists():
        raise ProcessError(f"{settings.directory} is no sandbox (it has no file {supervisor.MARKER}); nothing was done")
    with supervisor.exclusive(settings, "sandbox down", supervisor.stderr, wait=not no_wait):
        count = supervisor.down(settings, supervisor.stderr)
        if purge:
            supervisor.purge(settings)
    click.echo(f"stopped {count} processes" + (f" and removed {settings.directory}" if purge else ""))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Every part and every server behind it: state, port, memory, log file."""
    states = supervisor.status(settings)
    if as_json:
        click.echo(json.dumps(supervisor.as_rows(states)))
    else:
        table = Table("part", "state", "port", "pid", "memory", "up for", "log", box=None, pad_edge=False)
        for state in states:
            colour = "green" if state.state == "running" else "red"
            table.add_row(
                state.name,
                f"[{colour}]{state.state}[/]",
                " ".join(map(str, state.ports)),
                str(state.pid or ""),
                f"{state.memory:.0f} MiB",
                f"{state.uptime / 60:.0f} min",
                state.log,
            )
        Console(width=None if sys.stdout.isatty() else 200).print(table)
    sys.exit(0 if all(state.state == "running" for state in states) else 1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Names and values for machines, without secrets.")
@click.pass_obj
def env(settings: Settings, as_json: bool) -> None:
    """The environment variables that lead to this sandbox, as lines for a shell's eval."""
    if not (settings.vault / "operator-token").exists():
        raise ProcessError("the sandbox has not been started yet; start it with: make up")
    if as_json:
        click.echo(json.dumps(environment.variables(settings, with_secrets=False)))
    else:
        click.echo(environment.shell(settings))


@main.command()
@click.argument("part", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on showing what is written.")
@click.pass_obj
def logs(settings: Settings, part: str | None, follow: bool) -> None:
    """Show the log of a part (without a name: which there are)."""
    known = sorted(path.stem for path in settings.logs.glob("*.log"))
    if part is None or part not in known:
        if part is not None:
            click.echo(f"there is no log of {part!r}", err=True)
        click.echo("logs: " + (", ".join(known) or "none yet"))
        sys.exit(0 if part is None else 2)
    path: Path = settings.logs / f"{part}.log"
    if follow:
        os.execvp("tail", ["tail", "-n", "100", "-f", str(path)])  # noqa: S606 (a list, no shell)
    found = process.find(settings, part)
    click.echo(process.tail(found, 200) if found else "\n".join(path.read_text(errors="replace").splitlines()[-200:]))


if __name__ == "__main__":
    main()
