"""What all Vault resources have in common: one life cycle over three small operations on the server.

Creating what exists already adopts it and brings it in step, so that an update that was killed between the server's
answer and the engine's record converges when it is run again. What carries another description is somebody else's and
is refused.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import hvac
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

from components.vault.connection import VaultError, connect

Properties = Mapping[str, Any]


class VaultProvider(ResourceProvider):
    """Life cycle of one kind of thing on the server.

    Subclasses state which properties they manage (:attr:`managed`), which of them make another thing
    (:attr:`identity`), and how to fetch, write and remove one. Ids have the form ``NAMESPACE:PATH``. Every resource
    also carries ``address``: the server that it belongs to, empty for the operator's. A managed property that no
    resource asks for (:meth:`fetch` gives it where somebody set it by hand) is drift as soon as it is there.

    The engine keeps a provider in its state: as the name of its class, since it holds nothing.
    """

    serialize_as_secret_always = False
    managed: ClassVar[tuple[str, ...]] = ()
    identity: ClassVar[tuple[str, ...]] = ("namespace", "path")

    @abstractmethod
    def fetch(self, client: hvac.Client, properties: Properties) -> dict[str, Any] | None:
        """Managed properties as the server has them, or ``None`` where the thing does not exist."""

    @abstractmethod
    def write(self, client: hvac.Client, properties: Properties, *, exists: bool) -> None:
        """Make the thing, or bring the existing one in step."""

    @abstractmethod
    def remove(self, client: hvac.Client, properties: Properties) -> None:
        """Remove the thing, which existed a moment ago."""

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what was recorded (or read) with what is asked for; the class itself may change freely."""
        replaces = [name for name in self.identity if _olds.get(name) != _news.get(name)]
        changed = [name for name in self.managed if _olds.get(name) != _news.get(name)]
        if (_olds.get("address") or "") != (_news.get("address") or ""):
            changed.append("address")
        return DiffResult(
            changes=bool(replaces or changed),
            replaces=replaces,
            stables=list(self.identity),
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the thing, or adopt it.

        Raises:
            VaultError: what is there already carries another description, or the server refused.
        """
        client = _client(props)
        found = self.fetch(client, props)
        there, wanted = (found or {}).get("description"), props.get("description")
        if found is not None and there != wanted:
            raise VaultError(
                f"{_place(props)} exists already, described as {there!r} instead of {wanted!r}: "
                "it belongs to something else; choose another vault.namespace or vault.prefix, or remove it"
            )
        self.write(client, props, exists=found is not None)
        return CreateResult(f"{props['namespace']}:{props['path']}", self._outputs(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What the server has now, found by the id alone; an empty id where it has nothing.

        The engine cannot import a dynamic resource (it would ask without naming the provider): what exists already is
        taken over by :meth:`create`.
        """
        namespace, _, path = id_.partition(":")
        known = {"address": "", **props, "namespace": namespace, "path": path}
        found = self.fetch(_client(known), known)
        if found is None:
            return ReadResult("", {})
        return ReadResult(id_, {**self._outputs(known), **found})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the thing in step; what was removed by hand is made again."""
        client = _client(_news)
        self.write(client, _news, exists=self.fetch(client, _news) is not None)
        return UpdateResult(self._outputs(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the thing; already gone is well."""
        client = _client(_props)
        if self.fetch(client, _props) is not None:
            self.remove(client, _props)

    def _outputs(self, properties: Properties) -> dict[str, Any]:
        return {name: properties[name] for name in (*self.identity, *self.managed, "address") if name in properties}


def _client(properties: Properties) -> hvac.Client:
    return connect(properties["namespace"], properties.get("address") or "")


def _place(properties: Properties) -> str:
    """Path of the thing, its namespace in front."""
    return "/".join(part for part in (properties["namespace"], properties["path"]) if part)
