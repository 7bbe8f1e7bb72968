"""From nothing to a client environment: what `make up` runs.

Resolves the engine and the servers, starts the sandbox, puts the provider plugins in place, mends what a killed update
left behind, runs the real `pulumi up` with both policy packs and says how to reach what it made.

Examples:

    python -m sandbox.bringup                       # the example client acme-dev
    python -m sandbox.bringup globex-dev
    python -m sandbox.bringup acme-dev --preview    # show what would change; change nothing
    python -m sandbox.bringup acme-dev --json       # the summary for machines, on standard output

Exit codes: 0 up, 1 something failed, 2 wrong usage, 3 another caller is at work (--no-wait).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from sandbox import environment, supervisor, toolchain
from sandbox.plugins import install
from sandbox.process import ProcessError
from sandbox.settings import REPOSITORY, Settings, SettingsError
from sandbox.toolchain import ToolchainError

PACKS: Final = ("policies/residency", "policies/hardening")
BUSY: Final = 3


class Bringup:
    """One run: the sandbox, the environment's name, and how long each step took in seconds."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.name = name
        self.console = Console(stderr=True, highlight=False)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step; remember how long it took."""
        self.console.print(f"[bold cyan]·[/] {title}")
        started = time.monotonic()
        yield
        self.seconds[title] = round(time.monotonic() - started, 2)

    def say(self, sentence: str) -> None:
        """Say a sentence to a person."""
        self.console.print(f"  {sentence}", markup=False)

    def pulumi(self, *arguments: str) -> int:
        """Run the engine in the project, its output going to the person; the exit code."""
        argv = ["pulumi", *arguments, "--stack", self.name, "--non-interactive"]
        return subprocess.run(argv, cwd=REPOSITORY, env=self.env, check=False, stdout=sys.stderr).returncode

    def ask(self, *argv: str) -> str:
        """Run a program in the project and return its standard output.

        Raises:
            click.ClickException: it failed; with what it said.
        """
        done = subprocess.run(argv, cwd=REPOSITORY, env=self.env, check=False, capture_output=True, text=True)
        if done.returncode:
            said = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
            raise click.ClickException(f"{' '.join(argv)} failed (exit code {done.returncode}):\n{said}")
        return done.stdout

    @property
    def env(self) -> Mapping[str, str]:
        """The operator's environment."""
        return environment.full(self.settings)

    def services(self) -> None:
        """Toolchain, sandbox and plugins."""
        with self.step("engine and servers"):
            engine = toolchain.engine()
            toolchain.kubebox()
            self.say(f"pulumi {engine.version} ({engine.origin})")
        with self.step("sandbox: AWS endpoint and Vault server"):
            supervisor.up(self.settings, self.say)
        with self.step("provider plugins"):
            for plugin, origin in install.install(self.settings).items():
                self.say(f"{plugin}: {origin}")

    def mend(self) -> None:
        """Select the stack, or make it; settle what a killed update left behind."""
        with self.step(f"stack {self.name}"):
            if self._is_new():
                self.ask("pulumi", "stack", "init", self.name, "--non-interactive")
            said = self.ask(sys.executable, "-m", "scripts.mend", self.name).strip()
            if "nothing to mend" not in said:
                for line in said.splitlines():
                    self.say(line)

    def _is_new(self) -> bool:
        rows = json.loads(self.ask("pulumi", "stack", "ls", "--json"))
        return all(row["name"].rpartition("/")[2] != self.name for row in rows)

    def update(self, *, preview: bool) -> None:
        """`pulumi up`, preview first, both packs on.

        Raises:
            click.ClickException: the engine refused or failed; what it said stands above.
        """
        packs = [part for pack in PACKS for part in ("--policy-pack", pack)]
        verb = ["preview"] if preview else ["up", "--yes"]
        with self.step(f"pulumi {verb[0]} with policy packs {' and '.join(PACKS)}"):
            code = self.pulumi(*verb, *packs, "--suppress-outputs")
        if code:
            raise click.ClickException(
                f"pulumi {verb[0]} ended with exit code {code}; the reason stands above. "
                "Nothing is lost: mend it and run the same command again"
            )

    def summary(self) -> dict[str, Any]:
        """Where everything is, from the stack's outputs; writes the kubeconfig."""
        outputs = json.loads(self.ask("pulumi", "stack", "output", "--json", "--stack", self.name))
        kubeconfig = self.settings.kube / f"{self.name}.yaml"
        environment.write_private(kubeconfig, outputs["cluster"]["kubeconfig"])
        return {
            "environment": self.name,
            "account": outputs["account_id"],
            "region": outputs["region"],
            "aws": self.settings.cloud_url,
            "kubernetes": outputs["cluster"]["endpoint"],
            "kubeconfig": str(kubeconfig),
            "database": f"{outputs['database']['host']}:{outputs['database']['port']}",
            "vault": self.settings.vault_url,
            "vault_namespace": outputs["vault"]["namespace"],
            "seconds": self.seconds,
        }


def show(console: Console, summary: Mapping[str, Any]) -> None:
    """The summary for a person: endpoints, and what to try next."""
    name = summary["environment"]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("account", f"{summary['account']} in {summary['region']}")
    table.add_row("AWS endpoint", summary["aws"])
    table.add_row("Kubernetes", f"{summary['kubernetes']}   KUBECONFIG={summary['kubeconfig']}")
    table.add_row("PostgreSQL", summary["database"])
    table.add_row("Vault API", f"{summary['vault']}   namespace {summary['vault_namespace']}")
    console.print(f"\n[bold green]{name} is up[/] ({sum(summary['seconds'].values()):.0f} s)\n")
    console.print(table)
    console.print("\nTry next:\n", style="bold")
    packs = " ".join(f"--policy-pack {pack}" for pack in PACKS)
    for line in (
        'eval "$(make -s env)"',
        f"pulumi preview -s {name} {packs}",
        "kubectl get namespaces",
        f"python -m scripts.connect {name} -- psql -c 'select version()'",
        "bao namespace list",
        f"aws --profile {name} rds describe-db-instances",
        "make status; make down",
    ):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", metavar="CLIENT-STAGE", default="acme-dev")
@click.option("--preview", is_flag=True, help="Start the sandbox and show what would change; change nothing.")
@click.option("--no-wait", is_flag=True, help="Fail at once (exit 3) when another caller is changing the sandbox.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary for machines.")
def main(name: str, preview: bool, no_wait: bool, as_json: bool) -> None:
    """Command line."""
    known = environment.environments()
    if name not in known:
        raise click.UsageError(
            f"there is no stacks/Pulumi.{name}.yaml with a freehold:environment; "
            f"there are: {', '.join(known) or 'none'}"
        )
    os.chdir(REPOSITORY)
    try:
        run = Bringup(Settings.load(), name)
        with supervisor.exclusive(run.settings, f"bring up {name}", run.say, wait=not no_wait):
            run.services()
            run.mend()
            run.update(preview=preview)
            if preview:
                return
            summary = run.summary()
    except supervisor.BusyError as error:
        click.echo(f"sandbox: {error}", err=True)
        sys.exit(BUSY)
    except (ProcessError, SettingsError, ToolchainError, install.InstallError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(summary))
    else:
        show(Console(highlight=False), summary)


if __name__ == "__main__":
    main()
