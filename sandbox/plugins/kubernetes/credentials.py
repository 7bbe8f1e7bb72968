"""How the plugin proves to the API server who it is, for as long as the process lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.plugins.kubernetes.errors import KubeconfigError

if TYPE_CHECKING:
    from sandbox.plugins.kubernetes.kubeconfig import Kubeconfig

_MARGIN: Final = 30.0
"""Seconds before its end at which a token is fetched anew."""


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
