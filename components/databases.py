"""The databases on the client's instance, and the roles in which applications use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi

from components.naming import PREFIX, Scope
from components.postgres.resources import PostgresDatabase
from components.postgres.steps import Names
from stacks.spec.database import NamedDatabase


@dataclass(frozen=True, slots=True)
class DatabasesArgs:
    """Arguments of :class:`Databases`.

    Args:
        scope: the environment.
        databases: descriptions by name.
        host, port: where the instance answers.
        secret_arn: secret of the master user.
        role_arn: role that may read it.
        after: what has to be there first.
    """

    scope: Scope
    databases: Mapping[str, NamedDatabase]
    host: pulumi.Input[str]
    port: pulumi.Input[int]
    secret_arn: pulumi.Input[str]
    role_arn: str
    after: Sequence[pulumi.Resource] = ()


class Databases(pulumi.ComponentResource):
    """Every database with four roles that nobody logs in with: NAME_owner, NAME_migrate, NAME_write, NAME_read.

    ``NAME_owner`` owns the database and what is in it. ``NAME_migrate`` may act as the owner: a migration logs in as a
    member of it and says ``SET ROLE NAME_owner``, so that what it makes belongs to the owner and the other roles have
    their rights on it. ``NAME_write`` reads and writes rows, ``NAME_read`` reads them; neither changes the schema.
    PUBLIC may neither connect nor make anything. Users who log in are members of these roles and are made by whoever
    gives out credentials.

    They are made by SQL as the master user, whose password is read from its secret at that moment and is kept nowhere.
    A database that is taken out of the description stays, with its data, unless its record says ``retain: false``.

    Outputs: ``roles``: names of the roles by database and kind.
    """

    def __init__(self, name: str, args: DatabasesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Databases", name, None, opts)
        for database, spec in args.databases.items():
            PostgresDatabase(
                database,
                name=database,
                extensions=spec.extensions,
                retain=spec.retain,
                host=args.host,
                port=args.port,
                secret_arn=args.secret_arn,
                region=args.scope.region,
                role_arn=args.role_arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
            )
        self.roles: Final = {database: _roles(Names(database)) for database in args.databases}
        self.register_outputs({"roles": self.roles})


def _roles(names: Names) -> dict[str, str]:
    return {"owner": names.owner, "migrate": names.migrate, "write": names.write, "read": names.read}
