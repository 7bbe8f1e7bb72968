"""A client of the Vault API from the operator's environment, patient with a server that is restarting."""

from __future__ import annotations

import os
from typing import Any, Final

import hvac
import hvac.exceptions
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ATTEMPTS: Final = 6
BACKOFF_SECONDS: Final = 0.2
"""First pause between attempts; it doubles each time, up to about 13 s in all."""

PASSING: Final = (412, 429, 500, 502, 503, 504)
"""Answers that pass by themselves: replication lag, rate limit, a standby, sealed or starting server."""


class VaultError(RuntimeError):
    """An operation failed; the message names the server, the path and what the server said."""


def connect(namespace: str) -> hvac.Client:
    """A client for a namespace (empty: none).

    Raises:
        VaultError: the environment names no server or holds no token.
    """
    address, token = os.environ.get("VAULT_ADDR"), os.environ.get("VAULT_TOKEN")
    missing = [name for name, value in (("VAULT_ADDR", address), ("VAULT_TOKEN", token)) if not value]
    if missing:
        raise VaultError(
            f"{' and '.join(missing)} must be set in the environment of the engine; no secret is configured"
        )
    session = requests.Session()
    retry = Retry(
        total=ATTEMPTS,
        backoff_factor=BACKOFF_SECONDS,
        status_forcelist=PASSING,
        allowed_methods=None,
        raise_on_status=False,
    )
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    authority = os.environ.get("VAULT_CACERT")
    session.verify = authority or True
    return hvac.Client(url=address, token=token, namespace=namespace or None, session=session, verify=authority or True)


def explain(error: Exception, path: str) -> VaultError:
    """An error of hvac or of the connection in one sentence."""
    said = "; ".join(map(str, getattr(error, "errors", None) or [error]))
    address = os.environ.get("VAULT_ADDR", "")
    if isinstance(error, requests.RequestException):
        return VaultError(f"Vault at {address} did not answer for {path}: {type(error).__name__}: {error}")
    if isinstance(error, hvac.exceptions.Forbidden):
        return VaultError(f"Vault at {address} refuses {path} to this token ({said}); look at its policies")
    return VaultError(f"Vault at {address}, {path}: {said}")


def call(place: str, operation: Any, /, *arguments: Any, **named: Any) -> Any:
    """Run one hvac operation; its errors in clear words.

    Raises:
        VaultError: it failed.
    """
    try:
        return operation(*arguments, **named)
    except (hvac.exceptions.VaultError, requests.RequestException) as error:
        raise explain(error, place) from error
