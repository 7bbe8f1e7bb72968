"""Validate environments' files: every mistake, and what they must not share. Needs neither engine nor network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import click

from stacks.spec import neighbours
from stacks.spec.loader import ROOT, load
from stacks.spec.problems import Problem, SpecError

STACKS: Final = Path(__file__).resolve().parent.parent

WRONG, UNREADABLE = 1, 2


class UnreadableError(click.ClickException):
    """A file is not there, or describes no environment."""

    exit_code = UNREADABLE


def check(directory: Path, name: str) -> list[Problem]:
    """Every mistake of the environment CLIENT-STAGE.

    Raises:
        UnreadableError: there is no such file, or no description in it.
    """
    path = directory / f"Pulumi.{name}.yaml"
    described = neighbours.described_in(path)
    if described is None:
        raise UnreadableError(f"{path}: there is no such file, or no {ROOT} in it")
    try:
        spec = load(described)
    except SpecError as error:
        return list(error.problems)
    if spec.name != name:
        client = Problem(f"{ROOT}.client", spec.name, f"the file is called {path.name}", "name it CLIENT-STAGE")
        return [client, *neighbours.problems(spec, neighbours.read(directory, but=name))]
    return neighbours.problems(spec, neighbours.read(directory, but=name))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", metavar="[CLIENT-STAGE]...", nargs=-1)
@click.option("--stacks", type=click.Path(path_type=Path, file_okay=False, exists=True), default=STACKS, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def main(names: tuple[str, ...], stacks: Path, as_json: bool) -> None:
    """Validate environments' files, all of them unless some are named.

    \b
    Examples:
      python -m stacks.spec
      python -m stacks.spec acme-dev --json

    Exit codes: 0 all are valid, 1 one has mistakes, 2 one cannot be read.
    """
    wanted = names or tuple(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in sorted(stacks.glob("Pulumi.*-*.yaml"))
    )
    found = {name: check(stacks, name) for name in wanted}
    if as_json:
        click.echo(json.dumps({name: [_row(problem) for problem in problems] for name, problems in found.items()}))
    else:
        for name, problems in found.items():
            click.echo(f"{name}: {'valid' if not problems else f'{len(problems)} to mend'}")
            for number, problem in enumerate(problems, 1):
                click.echo(f"  {number}. {problem}")
    sys.exit(WRONG if any(found.values()) else 0)


def _row(problem: Problem) -> dict[str, Any]:
    return {"path": problem.path, "value": problem.value, "limit": problem.limit, "fix": problem.fix}


if __name__ == "__main__":
    main()
