"""The provider's configuration: what it may say, and what of it is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.kubernetes import kubeconfig
from sandbox.plugins.kubernetes.errors import KubeconfigError
from sandbox.plugins.kubernetes.kubeconfig import Kubeconfig
from sandbox.plugins.kubernetes.lifecycle import Options
from sandbox.plugins.protocol import Failure, require_loopback

_NOT_SERVED: Final = {
    "renderYamlToDirectory": "rendering to files",
    "alwaysRender": "rendering to files",
    "helmReleaseSettings": "Helm releases",
}
_WITHOUT_EFFECT: Final = frozenset(
    {
        "clusterIdentifier",
        "kubeClientSettings",
        "skipUpdateUnreachable",
        "suppressDeprecationWarnings",
        "suppressHelmHookWarnings",
    }
)
_SERVED: Final = frozenset(
    {
        "cluster",
        "context",
        "deleteUnreachable",
        "enableConfigMapMutable",
        "enablePatchForce",
        "enableSecretMutable",
        "enableServerSideApply",
        "kubeconfig",
        "namespace",
        "upsertExistingObjects",
    }
)
_ENGINE_KEYS: Final = frozenset({"version", "pluginDownloadURL", "__internal"})


def failures(config: Mapping[str, Any]) -> list[Failure]:
    """What is wrong with a configuration, leaving out what is not known yet."""
    found = []
    for key, value in config.items():
        if key in _NOT_SERVED and value not in (None, "", False, "false"):
            found.append(
                Failure(key, f"{_NOT_SERVED[key]} is not served by the embedded kubernetes plugin: leave it out")
            )
        elif key not in _SERVED | _WITHOUT_EFFECT | _ENGINE_KEYS | set(_NOT_SERVED):
            found.append(Failure(key, f"unknown setting; known are {', '.join(sorted(_SERVED | _WITHOUT_EFFECT))}"))
    if not flag(config, "enableServerSideApply", default=True):
        found.append(Failure("enableServerSideApply", "the embedded kubernetes plugin applies server-side only"))
    return found


def connection(config: Mapping[str, Any]) -> Kubeconfig:
    """The cluster that a configuration leads to.

    Raises:
        KubeconfigError: it cannot be read.
        EndpointRefused: its server is not on loopback.
    """
    found = kubeconfig.load(
        _text(config, "kubeconfig"), context=_text(config, "context"), cluster=_text(config, "cluster")
    )
    if not found.server.startswith(("http://", "https://")):
        raise KubeconfigError(f"the kubeconfig's server {found.server!r} is not a URL")
    require_loopback(found.server, "the kubeconfig's server")
    return found


def identity(config: Mapping[str, Any]) -> str | None:
    """What tells the cluster of a configuration from others; ``None`` where its kubeconfig cannot be read.

    ``clusterIdentifier`` decides alone where it is set.
    """
    given = _text(config, "clusterIdentifier")
    if given:
        return given
    try:
        return kubeconfig.load(
            _text(config, "kubeconfig"), context=_text(config, "context"), cluster=_text(config, "cluster")
        ).identity
    except KubeconfigError:
        return None


def options(config: Mapping[str, Any], found: Kubeconfig | None) -> Options:
    """What a configuration says about objects."""
    return Options(
        namespace=_text(config, "namespace") or (found.namespace if found else None) or "default",
        force=flag(config, "enablePatchForce", variable="PULUMI_K8S_ENABLE_PATCH_FORCE"),
        upsert=flag(config, "upsertExistingObjects", variable="PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
        delete_unreachable=flag(config, "deleteUnreachable", variable="PULUMI_K8S_DELETE_UNREACHABLE"),
        config_map_mutable=flag(config, "enableConfigMapMutable", variable="PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
        secret_mutable=flag(config, "enableSecretMutable", variable="PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
    )


def flag(config: Mapping[str, Any], key: str, *, default: bool = False, variable: str | None = None) -> bool:
    """A yes-or-no setting, which arrives as a boolean or as text; else the environment variable; else the default."""
    value = config.get(key)
    if value is None and variable is not None:
        value = os.environ.get(variable)
    if value is None or value == "":
        return default
    return str(value).lower() in {"1", "t", "true", "yes"}


def _text(config: Mapping[str, Any], key: str) -> str | None:
    value = config.get(key)
    return value if isinstance(value, str) and value else None
