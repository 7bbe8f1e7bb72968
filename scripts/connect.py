"""Run a PostgreSQL client program against an environment's database.

The address comes from the stack's outputs, the password from Secrets Manager; both reach the program through libpq's
environment variables, never through its argument list. The connection is TLS with a verified certificate: PGSSLROOTCERT
names the authority (on RDS: the certificate bundle of the region).

Examples:

    python -m scripts.connect acme-dev                            # psql, interactive
    python -m scripts.connect acme-dev -- psql -c 'select 1'
    python -m scripts.connect acme-dev --database shop -- pg_dump --schema-only

Exit codes: those of the program; 1 when the environment or its secret cannot be read, 2 wrong usage.
"""

from __future__ import annotations

import json
import os
import shutil

import click

from scripts import environments


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", metavar="CLIENT-STAGE")
@click.option("--database", help="Database to connect to (default: the environment's first).")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def main(name: str, database: str | None, command: tuple[str, ...]) -> None:
    """Command line."""
    found = environments.outputs(name)
    argv = list(command) or ["psql"]
    program = shutil.which(argv[0])
    if program is None:
        raise click.ClickException(f"{argv[0]} is not on PATH; install the PostgreSQL client programs")
    if database is not None and database not in found.database.databases:
        raise click.ClickException(
            f"{name} has no database {database!r}; it has: {', '.join(found.database.databases)}"
        )
    secrets = environments.session(found, "connect").client("secretsmanager")
    secret = json.loads(secrets.get_secret_value(SecretId=found.database.master_secret_arn)["SecretString"])
    os.execve(  # noqa: S606 (a list, no shell)
        program,
        argv,
        {
            "PGSSLMODE": "verify-full",
            **os.environ,
            "PGHOST": found.database.host,
            "PGPORT": str(found.database.port),
            "PGDATABASE": database or found.database.databases[0],
            "PGUSER": secret["username"],
            "PGPASSWORD": secret["password"],
        },
    )


if __name__ == "__main__":
    main()
