"""The resources of PostgreSQL that components compose."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi.dynamic import Resource

from components.postgres.provider import DatabaseProvider


class PostgresDatabase(Resource, module="postgres", name="Database"):
    """A database called ``name`` with its roles; ``retain`` keeps it when it is taken out of the program."""

    name: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: str,
        extensions: Sequence[str],
        retain: bool,
        host: pulumi.Input[str],
        port: pulumi.Input[int],
        secret_arn: pulumi.Input[str],
        region: str,
        role_arn: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "name": name,
            "extensions": sorted(extensions),
            "retain": retain,
            "astray": [],
            "host": host,
            "port": port,
            "secret_arn": secret_arn,
            "region": region,
            "role_arn": role_arn,
        }
        super().__init__(DatabaseProvider(), resource_name, properties, opts)
