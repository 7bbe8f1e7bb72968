"""Life cycle of one database with its roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
from psycopg import sql
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

from components.postgres.connection import Properties, Server, one
from components.postgres.steps import Names, Step, database_steps, extension_step, inner_steps, server_steps

PRELOAD = "pgaudit"
"""An extension that is made where the server has its library loaded: pgaudit writes a definition's kind and object
only where its extension is in the database as well."""


class DatabaseProvider(ResourceProvider):
    """A database, its owner, its roles, their privileges, and its extensions.

    Creating what exists already brings it in step, so that an update that was killed half-way converges when it is run
    again. Reading asks every step whether it holds: those that do not are the property ``astray``, which the program
    wants empty. Deleting leaves the database and its roles alone unless ``retain`` is false.

    The engine keeps a provider in its state: as the name of its class, since it holds nothing.
    """

    serialize_as_secret_always = False
    connection: ClassVar[tuple[str, ...]] = ("host", "port", "secret_arn", "region", "role_arn")
    managed: ClassVar[tuple[str, ...]] = ("extensions", "retain", "astray")

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what was recorded (or read) with what is asked for."""
        replaces = ["name"] if _olds.get("name") != _news.get("name") else []
        changed = [name for name in (*self.connection, *self.managed) if _olds.get(name) != _news.get(name)]
        return DiffResult(
            changes=bool(replaces or changed), replaces=replaces, stables=["name"], delete_before_replace=False
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the database, or bring the one that is there in step.

        Raises:
            DatabaseError: the server cannot be reached, or refuses.
        """
        _apply(props)
        return CreateResult(str(props["name"]), self._outputs(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What is otherwise than wanted; an empty id where there is no such database."""
        server, names = Server(props), Names(id_)
        with server.connected() as connection:
            if not _exists(connection, names):
                return ReadResult("", {})
            astray = [step.meaning for step in _outer(names) if not step.done(connection)]
        with server.connected(names.database) as connection:
            astray += [step.meaning for step in _inner(connection, names, props) if not step.done(connection)]
        return ReadResult(id_, {**self._outputs(props), "name": id_, "astray": sorted(astray)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the database in step. An extension that is wanted no more stays: dropping it could drop data."""
        _apply(_news)
        return UpdateResult(self._outputs(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave database and roles alone, or drop them where the description said so; already gone is well."""
        if _props.get("retain", True):
            return
        server, names = Server(_props), Names(_id)
        with server.connected() as connection:
            if _exists(connection, names):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(names.database)))
            for role in reversed(names.all):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))

    def _outputs(self, properties: Properties) -> dict[str, Any]:
        return {name: properties[name] for name in ("name", *self.connection, *self.managed)}


def _outer(names: Names) -> list[Step]:
    return [*server_steps(names), *database_steps(names)]


def _inner(connection: psycopg.Connection[Any], names: Names, properties: Properties) -> Iterator[Step]:
    yield from inner_steps(names)
    yield from map(extension_step, properties["extensions"])
    loaded = str(one(connection, "SELECT current_setting('shared_preload_libraries', true)") or "")
    if PRELOAD in (name.strip() for name in loaded.split(",")):
        yield extension_step(PRELOAD)


def _exists(connection: psycopg.Connection[Any], names: Names) -> bool:
    return bool(one(connection, "SELECT 1 FROM pg_database WHERE datname = %(name)s", name=names.database))


def _apply(properties: Properties) -> None:
    """Make every step hold that does not."""
    server, names = Server(properties), Names(str(properties["name"]))
    with server.connected() as connection:
        for step in server_steps(names):
            if not step.done(connection):
                step.run(connection)
        if not _exists(connection, names):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(names.database), sql.Identifier(names.owner)
                )
            )
        for step in database_steps(names):
            if not step.done(connection):
                step.run(connection)
    with server.connected(names.database) as connection:
        for step in _inner(connection, names, properties):
            if not step.done(connection):
                step.run(connection)
