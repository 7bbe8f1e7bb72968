"""Print policy documents of an environment, before there is a stack: what the client's bootstrap and organization need.

The role that makes an environment (``freehold-provision``) is made by the client, of the documents ``provision``; the
service control policy ``scp`` is attached by the client's organization. The others are what the program makes of its
own accord, for reading and review.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from components.identity.boundary import boundary
from components.identity.document import Document
from components.identity.operations import OPERATIONS
from components.identity.organization import organization
from components.identity.place import Place
from components.identity.provision import provision
from stacks.spec import SpecError, load
from stacks.spec.client import ClientSpec

STACKS = Path(__file__).resolve().parents[1] / "stacks"
KINDS = ("provision", "boundary", "scp", *OPERATIONS)


def described(name: str, stacks: Path = STACKS) -> ClientSpec:
    """The description in ``Pulumi.CLIENT-STAGE.yaml``.

    Raises:
        click.ClickException: there is no such file, or it has mistakes.
    """
    path = stacks / f"Pulumi.{name}.yaml"
    if not path.exists():
        raise click.ClickException(f"there is no {path}; describe the environment there first (docs/spec.md)")
    file: Any = yaml.safe_load(path.read_text())
    value = file.get("config", {}).get("freehold:environment") if isinstance(file, Mapping) else None
    try:
        return load(value)
    except SpecError as error:
        raise click.ClickException(str(error)) from error


def documents(spec: ClientSpec, kind: str) -> Mapping[str, Document]:
    """Documents of a kind, by the name of the policy that they are for."""
    place = Place.of(spec)
    if kind == "provision":
        found = provision(place)
    elif kind == "boundary":
        found = (boundary(place),)
    elif kind == "scp":
        found = (organization(place),)
    else:
        found = (OPERATIONS[kind].document(place),)
    return {f"{spec.name}-{document.name}": document for document in found}


@click.command(help=__doc__)
@click.argument("environment", metavar="CLIENT-STAGE")
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write NAME.json for each document into this directory instead of printing them.",
)
def main(environment: str, kind: str, into: Path | None) -> None:
    """Command line."""
    found = documents(described(environment), kind)
    if into is None:
        texts = {name: json.loads(document.text) for name, document in found.items()}
        click.echo(json.dumps(next(iter(texts.values())) if len(texts) == 1 else texts, indent=2))
        return
    into.mkdir(parents=True, exist_ok=True)
    for name, document in found.items():
        path = into / f"{name}.json"
        path.write_text(document.text + "\n")
        click.echo(f"{path}  {document.size} characters  {document.meaning}")


if __name__ == "__main__":
    main()
