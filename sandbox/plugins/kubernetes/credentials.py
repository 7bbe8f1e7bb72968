"""How the plugin proves to the API server who it is, for as long as the process lives."""

from __future__ import annotations

import base64
import ssl
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from sandbox.plugins.kubernetes.errors import KubeconfigError

if TYPE_CHECKING:
    from sandbox.plugins.kubernetes.kubeconfig import Kubeconfig

_MARGIN: Final = 30.0
"""Seconds before its end at which a token is fetched anew."""


class Token(Protocol):
    """Where the bearer token comes from."""

    def get(self) -> str:
        """The current token.

        Raises:
            KubeconfigError: there is none to be had.
        """

    def renew(self, refused: str) -> str:
        """The token to try after the server refused one; the same again where there is no other."""


def token(kubeconfig: Kubeconfig) -> Token | None:
    """The bearer token of a kubeconfig's user; ``None`` for a user with a client certificate, or none at all."""
    if kubeconfig.user.get("exec"):
        return ExecToken(kubeconfig)
    if kubeconfig.user.get("tokenFile"):
        return FileToken(Path(kubeconfig.user["tokenFile"]))
    if kubeconfig.user.get("token"):
        return FixedToken(str(kubeconfig.user["token"]))
    return None


def tls(kubeconfig: Kubeconfig) -> ssl.SSLContext:
    """How to speak TLS to the server, and the user's client certificate, if any.

    No key stays on disk beyond the moment in which it is read.

    Raises:
        KubeconfigError: a certificate or key cannot be read.
    """
    cluster, user = kubeconfig.cluster, kubeconfig.user
    try:
        context = ssl.create_default_context(
            cafile=cluster.get("certificate-authority"), cadata=_decoded(cluster, "certificate-authority-data")
        )
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        with tempfile.TemporaryDirectory(prefix="freehold-kube-") as directory:
            certificate = _file(user, "client-certificate", Path(directory))
            if certificate is not None:
                context.load_cert_chain(certificate, _file(user, "client-key", Path(directory)))
    except (OSError, ValueError) as error:
        raise KubeconfigError(f"the certificates of the kubeconfig for {kubeconfig.server}: {error}") from error
    return context


def _decoded(entry: Mapping[str, Any], key: str) -> str | None:
    return base64.b64decode(entry[key]).decode() if entry.get(key) else None


def _file(entry: Mapping[str, Any], key: str, directory: Path) -> str | None:
    """A file with what an entry gives as a path or as data."""
    data = _decoded(entry, f"{key}-data")
    if data is None:
        return entry.get(key)
    path = directory / key
    path.touch(mode=0o600)
    path.write_text(data)
    return str(path)


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that stands in the kubeconfig."""

    value: str

    def get(self) -> str:
        """The token."""
        return self.value

    def renew(self, refused: str) -> str:
        """There is no other."""
        return refused


@dataclass(frozen=True, slots=True)
class FileToken:
    """A token in a file that somebody else keeps fresh."""

    path: Path

    def get(self) -> str:
        """What the file holds now.

        Raises:
            KubeconfigError: it cannot be read.
        """
        try:
            return self.path.read_text().strip()
        except OSError as error:
            raise KubeconfigError(f"the kubeconfig's tokenFile: {error}") from error

    def renew(self, refused: str) -> str:
        """What the file holds now."""
        return self.get()


class ExecToken:
    """The token of a kubeconfig's ``exec`` command (such as ``aws eks get-token``), fetched once and kept in memory.

    The command inherits the environment of the process. It runs again shortly before the token's end, and when the
    API server refuses the token.
    """

    def __init__(self, kubeconfig: Kubeconfig) -> None:
        self._spec: Mapping[str, Any] = kubeconfig.user["exec"]
        self._cluster = kubeconfig.cluster
        self._lock = threading.Lock()
        self._token: str | None = None
        self._expiry = float("inf")

    def get(self) -> str:
        """The current token.

        Raises:
            KubeconfigError: the command is missing, failed, or gave no token; with what it wrote to stderr.
        """
        with self._lock:
            if self._token is None or time.time() > self._expiry - _MARGIN:
                self._fetch()
            assert self._token is not None  # noqa: S101 (set by _fetch)
            return self._token

    def renew(self, refused: str) -> str:
        """The token that replaces one the server refused; another thread's fresh token is taken as it is."""
        with self._lock:
            if self._token == refused:
                self._fetch()
        return self.get()

    def _fetch(self) -> None:
        from kubernetes.config.config_exception import ConfigException  # noqa: PLC0415 (heavy; after start-up)
        from kubernetes.config.exec_provider import ExecProvider  # noqa: PLC0415
        from kubernetes.config.kube_config import ConfigNode  # noqa: PLC0415

        command = " ".join([str(self._spec.get("command", "")), *map(str, self._spec.get("args") or ())])
        try:
            spec = ConfigNode("exec", dict(self._spec))  # type: ignore[no-untyped-call]
            cluster = ConfigNode("cluster", dict(self._cluster))  # type: ignore[no-untyped-call]
            status = ExecProvider(spec, None, cluster).run()  # type: ignore[no-untyped-call]
        except (ConfigException, OSError) as error:
            raise KubeconfigError(f"the kubeconfig's credential command failed: {command}: {error}") from error
        if "token" not in status:
            raise KubeconfigError(f"the kubeconfig's credential command gave no token: {command}")
        self._token = str(status["token"])
        self._expiry = _seconds(status.get("expirationTimestamp"))


def _seconds(timestamp: str | None) -> float:
    """Seconds since the epoch of an RFC 3339 time; endless where there is none."""
    if not timestamp:
        return float("inf")
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
