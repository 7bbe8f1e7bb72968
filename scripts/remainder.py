"""What an environment leaves in its account once it is destroyed: what retention demands, and what should be gone.

Reads only. Resources are found by the tags that the kit puts on everything, in the home and the recovery region; roles
and policies by their names, since the tagging API does not tell them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from scripts.environments import enter
from stacks.spec import ClientSpec, SpecError, load, neighbours
from stacks.spec.__main__ import STACKS

LEFT, UNKNOWN = 1, 2


@dataclass(frozen=True, slots=True)
class Found:
    """One resource that is still there.

    Args:
        arn: its ARN.
        kept: whether it is there on purpose.
        why: the reason, or what to do about it.
    """

    arn: str
    kept: bool
    why: str


def remainder(session: boto3.Session, spec: ClientSpec) -> list[Found]:
    """Everything of an environment that is in its account, in the order of ARNs.

    Raises:
        botocore.exceptions.ClientError: the account refuses to be read.
    """
    arns = {arn for region in spec.residency.regions for arn in _tagged(session, region, spec)}
    judged = (_judge(session, arn) for arn in sorted(arns))
    return [*(found for found in judged if found is not None), *_identities(session, spec)]


def _tagged(session: boto3.Session, region: str, spec: ClientSpec) -> Iterator[str]:
    client = session.client("resourcegroupstaggingapi", region_name=region)
    filters: Any = [
        {"Key": "freehold:client", "Values": [spec.client]},
        {"Key": "freehold:stage", "Values": [spec.stage]},
    ]
    for page in client.get_paginator("get_resources").paginate(TagFilters=filters):
        for row in page["ResourceTagMappingList"]:
            yield row["ResourceARN"]


def _judge(session: boto3.Session, arn: str) -> Found | None:
    """What is to be said of a resource; ``None`` of one that is gone and only still listed."""
    _, _, service, region, _, resource = arn.split(":", 5)
    if service == "s3":
        return Found(arn, kept=True, why="logs and evidence are kept for their retention (docs/adr/0009)")
    if service == "kms":
        return _key(session, arn, region)
    if service == "rds" and resource.startswith(("snapshot:", "auto-backup:")):
        return Found(arn, kept=True, why="the last state of the data: delete it when the contract says so")
    if service == "ec2" and resource.startswith("natgateway/") and _gateway_is_gone(session, resource, region):
        return None
    return Found(arn, kept=False, why="run pulumi destroy, or delete it by hand when the stack is gone")


def _key(session: boto3.Session, arn: str, region: str) -> Found:
    client = session.client("kms", region_name=region)
    found = client.describe_key(KeyId=arn)["KeyMetadata"]
    if found["KeyState"] == "PendingDeletion":
        return Found(arn, kept=True, why=f"waits for its deletion on {found['DeletionDate']:%Y-%m-%d}")
    names = [alias["AliasName"] for alias in client.list_aliases(KeyId=arn)["Aliases"]]
    if any(name.endswith("-archive") for name in names):
        return Found(arn, kept=True, why="encrypts the logs and evidence that are kept")
    return Found(arn, kept=False, why="schedule its deletion: nothing that it encrypts is left")


def _gateway_is_gone(session: boto3.Session, resource: str, region: str) -> bool:
    """AWS lists a NAT gateway for about an hour after its deletion (Amazon VPC User Guide, *Delete a NAT gateway*)."""
    client = session.client("ec2", region_name=region)
    try:
        found = client.describe_nat_gateways(NatGatewayIds=[resource.rpartition("/")[2]])["NatGateways"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NatGatewayNotFound":
            return True
        raise
    return all(one["State"] == "deleted" for one in found)


def _identities(session: boto3.Session, spec: ClientSpec) -> Iterator[Found]:
    """Roles and policies of the environment. The provisioning role is the client's own."""
    client = session.client("iam")
    prefix = f"{spec.name}-"
    for page in client.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith(prefix):
                yield Found(role["Arn"], kept=False, why="a role without an environment: delete it")
    for listed in client.get_paginator("list_policies").paginate(Scope="Local"):
        for document in listed["Policies"]:
            if document["PolicyName"].startswith(prefix):
                yield Found(document["Arn"], kept=False, why="a policy without an environment: delete it")


def _describe(name: str) -> ClientSpec:
    described = neighbours.described_in(STACKS / f"Pulumi.{name}.yaml")
    if described is None:
        raise click.UsageError(f"there is no stacks/Pulumi.{name}.yaml with an environment in it")
    try:
        return load(described)
    except SpecError as error:
        raise click.ClickException(str(error)) from error


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", metavar="CLIENT-STAGE")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def main(name: str, as_json: bool) -> None:
    """Say what an environment leaves in its account after `pulumi destroy`.

    \b
    Examples:
      python -m scripts.remainder acme-dev
      python -m scripts.remainder acme-dev --json

    Exit codes: 0 nothing but what retention demands, 1 something else is left, 2 the account could not be read.
    """
    spec = _describe(name)
    try:
        found = remainder(enter(spec.account_id, spec.provision_role_arn, spec.residency.home, name, "remainder"), spec)
    except (BotoCoreError, ClientError) as error:
        click.echo(f"the account {spec.account_id} cannot be read: {error}", err=True)
        sys.exit(UNKNOWN)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found]))
    else:
        show(name, found)
    sys.exit(LEFT if any(not one.kept for one in found) else 0)


def show(name: str, found: list[Found]) -> None:
    """The result for a person."""
    table = Table(box=None, pad_edge=False)
    for column in ("", "resource", "why"):
        table.add_column(column, overflow="fold")
    for one in sorted(found, key=lambda one: (one.kept, one.arn)):
        table.add_row("kept" if one.kept else "left", one.arn, one.why)
    left: Final = sum(not one.kept for one in found)
    console = Console(highlight=False)
    if found:
        console.print(table)
    console.print(f"{name}: {len(found) - left} kept on purpose, {left} left over")


if __name__ == "__main__":
    main()
