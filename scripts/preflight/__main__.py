"""Checks before an environment's first `up`: description, account, offers, quotas, network, Vault and state."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.preflight import account, network, offers, outside, quotas
from scripts.preflight.result import Check, Ground, Looks, answered, reason
from stacks.spec import ClientSpec, SpecError, load, neighbours

STACKS: Final = Path(__file__).resolve().parents[2] / "stacks"

FAILED: Final = 1
UNKNOWN: Final = 2

REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "NoSuchEntity"})
"""What STS says where the role is not there or does not trust the operator."""

INSIDE: Final[tuple[tuple[str, Looks], ...]] = (
    ("regions", account.regions),
    ("zones", account.zones),
    ("permissions", account.permissions),
    ("quotas", quotas.quotas),
    ("machines", offers.machines),
    ("database", offers.database),
    ("Kubernetes", offers.kubernetes),
    ("network", network.network),
)
"""What is asked in the client's account, in this order."""


def checks(name: str, stacks: Path = STACKS) -> Iterator[Check]:
    """Everything about the environment CLIENT-STAGE that can be known before it is made.

    Args:
        stacks: where the stacks' files are.
    """
    path = stacks / f"Pulumi.{name}.yaml"
    data = neighbours.described_in(path)
    if data is None:
        yield Check("description", "fail", f"{path}: there is no such file, or no description in it", "write it")
        return
    try:
        spec = load(data)
    except SpecError as error:
        yield from (Check("description", "fail", str(one), one.fix) for one in error.problems)
        return
    if spec.name != name:
        yield Check("description", "fail", f"{path.name} describes {spec.name}", "name the file by client and stage")
        return
    shared = neighbours.problems(spec, neighbours.read(stacks, but=name))
    yield from (Check("description", "fail", str(one), one.fix) for one in shared)
    if not shared:
        yield Check("description", "pass", "valid, and it shares nothing with its neighbours")
    yield from inside(spec)
    yield from outside.vault(spec)
    yield from answered("state", partial(outside.state, spec))


def inside(spec: ClientSpec) -> Iterator[Check]:
    """What the client's account says; *unknown* all of it where the account is not entered."""
    try:
        ground = Ground(spec, account.enter(spec))
        entered = account.caller(ground)
    except ClientError as error:
        refused = error.response["Error"]["Code"] in REFUSED
        fix = f"let {spec.provision_role_arn} trust the operator"
        entered = Check("account", "fail" if refused else "unknown", reason(error), fix)
    except BotoCoreError as error:
        entered = Check("account", "unknown", reason(error), "see to credentials and the way to AWS")
    yield entered
    for name, looks in INSIDE:
        if entered.verdict == "pass":
            yield from answered(name, partial(looks, ground))
        else:
            yield Check(name, "unknown", "the client's account was not entered")


def code(found: Sequence[Check]) -> int:
    """The exit code of results."""
    verdicts = {one.verdict for one in found}
    return FAILED if "fail" in verdicts else UNKNOWN if "unknown" in verdicts else 0


def table(name: str, found: Sequence[Check]) -> Table:
    """The results for people."""
    made = Table(title=f"{name}: before the first up", title_justify="left")
    for column in ("check", "result", "found", "fix"):
        made.add_column(column, overflow="fold")
    colours = {"pass": "green", "fail": "red", "unknown": "yellow"}
    for one in found:
        colour = colours[one.verdict]
        made.add_row(escape(one.name), f"[{colour}]{one.verdict}[/]", escape(one.found), escape(one.fix))
    return made


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", metavar="CLIENT-STAGE")
@click.option("--stacks", type=click.Path(path_type=Path, file_okay=False, exists=True), default=STACKS, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def main(name: str, stacks: Path, as_json: bool) -> None:
    """Check all at once what a first `up` of CLIENT-STAGE needs. Changes nothing.

    Each check passes, fails, or is unknown, with the reason, where an API does not answer or may not be asked.

    \b
    Examples:
      python -m scripts.preflight acme-dev
      python -m scripts.preflight acme-prod --json

    Exit codes: 0 all pass, 1 some fail, 2 none fails but some are unknown.
    """
    found = list(checks(name, stacks))
    if as_json:
        document = {"environment": name, "ready": code(found) == 0, "checks": [asdict(one) for one in found]}
        click.echo(json.dumps(document, indent=2))
    else:
        Console().print(table(name, found))
        counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in ("pass", "fail", "unknown")}
        click.echo(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    sys.exit(code(found))


if __name__ == "__main__":
    main()
