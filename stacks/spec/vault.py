"""Where the client's secrets live."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from stacks.spec.model import Section
from stacks.spec.problems import refuse


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.path not in {"", "/"}:
        raise refuse("it is no https:// address of a server", "write for example https://vault.example.com:8200")
    return value.rstrip("/")


class VaultSpec(Section):
    """The Vault server and the client's place on it: a namespace, or a path prefix where it has no namespaces."""

    address: Annotated[str, AfterValidator(_address)] | None = None
    """Address of the server; left out, the operator's VAULT_ADDR holds."""

    namespace: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")] | None = None
    """The client's namespace (OpenBao, Vault Enterprise)."""

    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")] | None = None
    """First part of every path of the client, on a server without namespaces."""

    @model_validator(mode="after")
    def _one_place(self) -> VaultSpec:
        if (self.namespace is None) == (self.prefix is None):
            raise refuse(
                "exactly one of namespace and prefix must be given",
                "give namespace (OpenBao, Vault Enterprise), or prefix on a server without namespaces",
            )
        return self
