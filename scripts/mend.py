"""Mend the state of an environment whose update was killed: release its lock, settle what was under way.

A `pulumi up` that dies (kill -9, a lost machine) leaves a lock and pending operations. This finds out for each
interrupted creation whether the resource exists, adopts it into the state or forgets it, refreshes the rest, and leaves
a state from which the next `pulumi up` converges without duplicates. It creates nothing, and deletes nothing but a
route that the engine could not adopt (it is made again by the next update).

Examples:

    python -m scripts.mend acme-dev --dry-run    # say what it would do
    python -m scripts.mend acme-dev
    python -m scripts.mend acme-dev --json

Exit codes: 0 nothing to mend or mended, 1 something could not be decided, 2 wrong usage, 3 an update is under way.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import click

from scripts.pending import Undecided, session_of, whereabouts


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done about one pending operation. ``action``: adopt, forget, refresh or undecided."""

    urn: str
    operation: str
    action: str
    id: str | None = None
    reason: str = ""


def pulumi(stack: str, *arguments: str) -> str:
    """Run the engine's command line and return its standard output.

    Raises:
        click.ClickException: it failed; with what it said.
    """
    argv = ["pulumi", *arguments, "--stack", stack, "--non-interactive"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(f"{' '.join(argv)}:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def locks(stack: str) -> list[tuple[Path, Mapping[str, Any]]]:
    """Lock files of the stack in a ``file://`` backend; other backends' locks are the engine's own affair."""
    backend = urlparse(os.environ.get("PULUMI_BACKEND_URL", ""))
    if backend.scheme != "file":
        return []
    name = stack.rpartition("/")[2]
    root = Path(backend.netloc + backend.path).expanduser() / ".pulumi" / "locks"
    return [(path, json.loads(path.read_text())) for path in root.glob(f"**/{name}/*.json")]


def holder_lives(lock: Mapping[str, Any]) -> bool:
    """Whether the process that holds a lock may live: on another host it may, here its process id tells."""
    if lock.get("hostname") != socket.gethostname():
        return True
    try:
        os.kill(int(lock["pid"]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def release(stack: str, *, dry_run: bool) -> list[str]:
    """Release locks whose holders are dead; one sentence for each.

    Raises:
        SystemExit: a holder lives (exit code 3); the message names it.
    """
    said: list[str] = []
    for path, lock in locks(stack):
        who = f"{lock.get('username')}@{lock.get('hostname')} (pid {lock.get('pid')}) since {lock.get('timestamp')}"
        if holder_lives(lock):
            click.echo(
                f"{stack} is locked by {who}: an update is under way. Wait for it; if that machine is lost, "
                f"release the lock by hand: pulumi cancel --yes --stack {stack}",
                err=True,
            )
            sys.exit(3)
        said.append(f"released the lock of {who}, which is dead")
        if not dry_run:
            path.unlink(missing_ok=True)
    return said


def judge(deployment: Mapping[str, Any]) -> list[Verdict]:
    """Decide every pending operation of an exported state."""
    providers = {
        f"{resource['urn']}::{resource['id']}": resource.get("inputs", {})
        for resource in deployment.get("resources", ())
        if resource["type"].startswith("pulumi:providers:")
    }
    verdicts: list[Verdict] = []
    for operation in deployment.get("pending_operations") or ():
        resource, kind = operation["resource"], operation["type"]
        urn = resource["urn"]
        if kind != "creating":
            verdicts.append(Verdict(urn, kind, "refresh"))
            continue
        provider = providers.get(resource.get("provider", ""), {})
        try:
            found = whereabouts(resource["type"], resource.get("inputs", {}), functools.partial(session_of, provider))
        except Undecided as error:
            verdicts.append(Verdict(urn, kind, "undecided", reason=str(error)))
            continue
        verdicts.append(Verdict(urn, kind, "adopt" if found else "forget", found))
    return verdicts


def settle(stack: str, deployment: Mapping[str, Any], verdicts: list[Verdict]) -> None:
    """Carry the verdicts out: write what is adopted into the state, drop pending operations, then read everything anew.

    The refresh fills in what AWS answers, and drops what turns out not to exist. (The engine's own flag for this,
    ``refresh --import-pending-creates``, marks an operation as an import that no part of the engine carries out.)
    """
    adopted = {verdict.urn: verdict.id for verdict in verdicts if verdict.action == "adopt"}
    pending = [operation["resource"] for operation in deployment.get("pending_operations") or ()]
    resources = [
        *deployment.get("resources", ()),
        *(
            {**resource, "id": adopted[resource["urn"]], "outputs": resource.get("inputs", {})}
            for resource in pending
            if resource["urn"] in adopted
        ),
    ]
    state = {"version": 3, "deployment": {**deployment, "resources": resources, "pending_operations": None}}
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="freehold-state-") as file:  # mode 0600
        json.dump(state, file)
        file.flush()
        pulumi(stack, "stack", "import", "--file", file.name)
    pulumi(stack, "refresh", "--yes", "--skip-preview")


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("stack", metavar="CLIENT-STAGE")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts for machines.")
def main(stack: str, dry_run: bool, as_json: bool) -> None:
    """Command line."""
    released = release(stack, dry_run=dry_run)
    deployment = json.loads(pulumi(stack, "stack", "export"))["deployment"]
    verdicts = judge(deployment)
    undecided = [verdict for verdict in verdicts if verdict.action == "undecided"]
    if verdicts and not undecided and not dry_run:
        settle(stack, deployment, verdicts)
    if as_json:
        click.echo(json.dumps({"released": released, "operations": [asdict(verdict) for verdict in verdicts]}))
    else:
        for sentence in released:
            click.echo(sentence)
        for verdict in verdicts:
            target = f" as {verdict.id}" if verdict.id else ""
            reason = f": {verdict.reason}" if verdict.reason else ""
            click.echo(f"{verdict.action:9} {verdict.urn} (interrupted while {verdict.operation}){target}{reason}")
        if not released and not verdicts:
            click.echo(f"{stack}: nothing to mend")
    if undecided:
        click.echo(
            "Nothing was changed. Look for these resources in the account, then: pulumi refresh "
            f"--stack {stack} --import-pending-creates URN --import-pending-creates ID --clear-pending-creates",
            err=True,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
