"""The stand-in plugins serve the sandbox, and nothing else."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from sandbox.plugins.protocol.errors import ProviderError


class EndpointRefused(ProviderError):
    """An endpoint that is not on this machine's loopback interface."""


def require_loopback(url: str | None, what: str) -> str:
    """Refuse an endpoint that is not loopback.

    A host is loopback when it is an address of ``127.0.0.0/8`` or ``::1``, or the name ``localhost`` or one below it
    (RFC 6761, section 6.3). No name is resolved: what a resolver says today it need not say tomorrow.

    Args:
        url: the endpoint; ``None`` or empty where none is set, which would mean the real service.
        what: the endpoint in words, for the message («the AWS endpoint», «the kubeconfig's server»).

    Returns:
        The URL.

    Raises:
        EndpointRefused: names the endpoint and what to do.
    """
    remedy = (
        "the sandbox's stand-in plugins talk to 127.0.0.1, ::1 and localhost only; for real accounts and clusters use "
        "the official plugin (SANDBOX_PLUGINS=official)"
    )
    if not url:
        raise EndpointRefused(f"{what} is not set: {remedy}")
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError as error:
        raise EndpointRefused(f"{what} is {url!r}, which is no URL ({error}): {remedy}") from error
    if not _is_loopback(host):
        raise EndpointRefused(f"{what} is {url}, which is not loopback: {remedy}")
    return url


def _is_loopback(host: str) -> bool:
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
