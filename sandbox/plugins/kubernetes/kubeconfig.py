"""Reading a kubeconfig: contents or path, JSON or YAML; which cluster it leads to, and as whom."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.plugins.kubernetes.errors import KubeconfigError

_PATH_KEYS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One context of a kubeconfig.

    Attributes:
        server: URL of the API server.
        namespace: default namespace of the context, if it names one.
        cluster: the cluster entry (``server``, certificate authority, …), paths made absolute.
        user: the user entry (token, certificates, ``exec``, …), paths made absolute.
    """

    server: str
    namespace: str | None
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """What tells two clusters apart: address and certificate authority."""
        authority = self.cluster.get("certificate-authority-data") or self.cluster.get("certificate-authority") or ""
        return f"{self.server} {authority}"


def load(text: str | None, *, context: str | None = None, cluster: str | None = None) -> Kubeconfig:
    """Read a kubeconfig and pick a context.

    Args:
        text: contents (JSON or YAML), or paths joined by the path separator; ``None`` takes ``KUBECONFIG``.
        context: name of the context (default: the current one).
        cluster: name of the cluster entry (default: the context's).

    Raises:
        KubeconfigError: nothing was given, a file is missing, or an entry that is referred to does not exist.
    """
    text = text or os.environ.get("KUBECONFIG")
    if not text:
        raise KubeconfigError(
            "no kubeconfig: set `kubeconfig` of the provider (contents or path) or the variable KUBECONFIG; "
            "~/.kube/config is never read"
        )
    merged = _merge(_documents(text))
    name = context or merged.get("current-context")
    if not name:
        raise KubeconfigError("the kubeconfig has no current-context: set `context` of the provider")
    chosen = _entry(merged, "contexts", "context", str(name))
    cluster_entry = _entry(merged, "clusters", "cluster", str(cluster or chosen.get("cluster")))
    user = _entry(merged, "users", "user", str(chosen["user"])) if chosen.get("user") else {}
    server = cluster_entry.get("server")
    if not isinstance(server, str) or not server:
        raise KubeconfigError(f"context {name!r} of the kubeconfig leads to a cluster without `server`")
    namespace = chosen.get("namespace")
    return Kubeconfig(server.rstrip("/"), str(namespace) if namespace else None, cluster_entry, user)


def _documents(text: str) -> list[dict[str, Any]]:
    """The kubeconfigs that ``text`` holds or points to."""
    stripped = text.strip()
    if "\n" in stripped or stripped.startswith("{"):
        return [_parse(stripped, "the provider's kubeconfig", None)]
    found = []
    for part in stripped.split(os.pathsep):
        path = Path(part).expanduser()
        if not path.is_file():
            raise KubeconfigError(f"the kubeconfig {part!r} is neither a file nor the contents of one")
        found.append(_parse(path.read_text(), str(path), path.resolve().parent))
    return found


def _parse(text: str, source: str, base: Path | None) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise KubeconfigError(f"{source} is neither JSON nor YAML: {error}") from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"{source} holds no kubeconfig (a mapping is expected)")
    if base is not None:
        for section, key in (("clusters", "cluster"), ("users", "user")):
            for entry in document.get(section) or ():
                _absolute(entry.get(key) or {}, base)
    return document


def _absolute(entry: dict[str, Any], base: Path) -> None:
    """Paths in a kubeconfig file are relative to the file."""
    for key in _PATH_KEYS:
        if entry.get(key):
            entry[key] = str(base / entry[key])


def _merge(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """As kubectl merges: the first file that sets a value, or names an entry, wins."""
    merged: dict[str, Any] = {"clusters": [], "contexts": [], "users": []}
    for document in documents:
        merged.setdefault("current-context", document.get("current-context"))
        if not merged["current-context"]:
            merged["current-context"] = document.get("current-context")
        for section in ("clusters", "contexts", "users"):
            known = {entry.get("name") for entry in merged[section]}
            merged[section] += [entry for entry in document.get(section) or () if entry.get("name") not in known]
    return merged


def _entry(document: Mapping[str, Any], section: str, key: str, name: str) -> dict[str, Any]:
    for entry in document[section]:
        if entry.get("name") == name:
            return dict(entry.get(key) or {})
    names = ", ".join(sorted(str(entry.get("name")) for entry in document[section])) or "none"
    raise KubeconfigError(f"the kubeconfig has no {key} named {name!r} (it has: {names})")
