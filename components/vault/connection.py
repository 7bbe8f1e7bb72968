"""A client of the Vault API from the operator's environment, patient with a server that is restarting."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import hvac
import hvac.exceptions
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ATTEMPTS: Final = 6
BACKOFF_SECONDS: Final = 0.2
"""Pause before the second repetition; it doubles each time, up to about 13 s in all."""

PASSING: Final = (412, 429, 500, 502, 503, 504)
"""Answers that pass by themselves: replication lag, rate limit, a standby, a sealed or starting server."""


class VaultError(RuntimeError):
    """An operation failed; the message names the server, the path and what the server said."""


def connect(namespace: str, address: str = "") -> hvac.Client:
    """A client for a namespace (empty: none) of the operator's server.

    Args:
        address: the server that the environment's description names (empty: whichever ``VAULT_ADDR`` names).

    Raises:
        VaultError: the operator's environment names no server, another one, one without TLS, or holds no token.
    """
    server, token = os.environ.get("VAULT_ADDR", "").rstrip("/"), os.environ.get("VAULT_TOKEN", "")
    missing = [name for name, value in (("VAULT_ADDR", server), ("VAULT_TOKEN", token)) if not value]
    if missing:
        raise VaultError(
            f"{' and '.join(missing)} must be set in the environment of the engine; no secret is configured"
        )
    if not server.startswith("https://"):
        raise VaultError(f"VAULT_ADDR is {server}: the token is sent over https:// only")
    if address and address.rstrip("/") != server:
        raise VaultError(
            f"this environment's Vault is {address}, but VAULT_ADDR is {server}: one server's token is not sent to "
            "another; set VAULT_ADDR and VAULT_TOKEN for the former, or correct vault.address in the stack's file"
        )
    authority = os.environ.get("VAULT_CACERT", "")
    if authority and not Path(authority).is_file():
        raise VaultError(f"VAULT_CACERT is {authority}: there is no such file")
    retry = Retry(
        total=ATTEMPTS,
        backoff_factor=BACKOFF_SECONDS,
        status_forcelist=PASSING,
        allowed_methods=None,
        raise_on_status=False,
    )
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.verify = authority or True
    return hvac.Client(url=server, token=token, namespace=namespace or None, session=session)


def call(place: str, operation: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
    """Run one hvac operation; its errors in clear words.

    Raises:
        VaultError: it failed.
    """
    try:
        return operation(*arguments, **named)
    except (hvac.exceptions.VaultError, requests.RequestException) as error:
        raise explain(error, place) from None  # the engine prints the whole chain: one clear message is enough


def look(place: str, operation: Callable[..., Any], /, *arguments: Any, **named: Any) -> dict[str, Any] | None:
    """Run one reading hvac operation; the answer's ``data``, or ``None`` where nothing is there.

    Raises:
        VaultError: it failed otherwise.
    """
    try:
        answer = operation(*arguments, **named)
    except hvac.exceptions.InvalidPath:
        return None
    except (hvac.exceptions.VaultError, requests.RequestException) as error:
        raise explain(error, place) from None
    data: dict[str, Any] | None = answer["data"] if answer else None
    return data


def explain(error: Exception, place: str) -> VaultError:
    """An error of hvac or of the connection in one sentence."""
    server = os.environ.get("VAULT_ADDR", "")
    said = "; ".join(map(str, getattr(error, "errors", None) or [error]))
    if isinstance(error, requests.exceptions.SSLError):
        return VaultError(f"Vault at {server} is not trusted ({said}); VAULT_CACERT must name its authority")
    if isinstance(error, requests.RequestException):
        return VaultError(f"Vault at {server} did not answer for {place}: {said}")
    if isinstance(error, hvac.exceptions.Forbidden):
        return VaultError(
            f"Vault at {server} refuses {place} to this token ({said}): it has ended, or its policies do not allow this"
        )
    return VaultError(f"Vault at {server}, {place}: {said}")
