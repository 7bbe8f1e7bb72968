"""Find an environment: its outputs from the engine, and an AWS session in the client's account."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import boto3
import click
from pydantic import ValidationError

from stacks.spec.outputs import EnvironmentOutputs


def outputs(name: str) -> EnvironmentOutputs:
    """The recorded outputs of CLIENT-STAGE.

    Raises:
        click.ClickException: there is no such stack, or it was not made to its end.
    """
    argv = ["pulumi", "stack", "output", "--json", "--stack", name, "--non-interactive"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(f"the outputs of {name} cannot be read:\n{done.stderr.strip()}")
    try:
        return EnvironmentOutputs.read(json.loads(done.stdout))
    except ValidationError as error:
        missing = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors())
        raise click.ClickException(
            f"{name} was not made to its end, or by another version of the kit (outputs: {missing}); run: pulumi up"
        ) from error


def session(found: EnvironmentOutputs, purpose: str) -> boto3.Session:
    """A session of the provisioning role in the client's account and home region.

    Args:
        purpose: a word that the audit trail shows in the session's name.

    Raises:
        click.ClickException: the credentials lead into another account than the environment's.
    """
    name = f"{found.client}-{found.stage}"
    return enter(found.account_id, found.provision_role_arn, found.region, name, purpose)


def enter(account: str, role_arn: str, region: str, name: str, purpose: str) -> boto3.Session:
    """A session of a role, in the account that is meant and in no other.

    Args:
        name: CLIENT-STAGE, which the audit trail shows in the session's name with the purpose.

    Raises:
        click.ClickException: the credentials lead into another account.
        botocore.exceptions.ClientError: the role may not be assumed.
    """
    sts = boto3.client("sts", region_name=region)
    keys: Any = sts.assume_role(RoleArn=role_arn, RoleSessionName=f"freehold-{purpose}-{name}"[:64])["Credentials"]
    made = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=region)
    found = made.client("sts").get_caller_identity()["Account"]
    if found != account:
        raise click.ClickException(
            f"the credentials lead into account {found}, the environment is in {account}; nothing was done"
        )
    return made
