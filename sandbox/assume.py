"""Credentials of a client's role for an AWS profile (``credential_process``), as the AWS CLI wants them.

A profile with ``role_arn`` would do the same, but then the CLI keeps the role's credentials in ``~/.aws/cli/cache``: in
the user's home, and for every endpoint alike. A process's answer it keeps nowhere.

Example:

    python -m sandbox.assume arn:aws:iam::111111111111:role/freehold-provision
"""

from __future__ import annotations

import json

import boto3
import click

SESSION = "operator"


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("role_arn")
def main(role_arn: str) -> None:
    """Command line: the credentials as JSON, and when they expire."""
    session = boto3.Session(profile_name="default")
    found = session.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=SESSION)["Credentials"]
    answer = {
        "Version": 1,
        "AccessKeyId": found["AccessKeyId"],
        "SecretAccessKey": found["SecretAccessKey"],
        "SessionToken": found["SessionToken"],
        "Expiration": found["Expiration"].isoformat(),
    }
    click.echo(json.dumps(answer))


if __name__ == "__main__":
    main()
