"""EKS whose clusters are real Kubernetes control planes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from wsgiref.types import StartResponse

from moto.eks import urls
from moto.eks.models import eks_backends

from sandbox.cloud import (
    eks_access,
    eks_addons,
    eks_clusters,
    eks_insights,
    eks_nodegroups,
    eks_pod_identity,
    eks_tags,
    eks_tokens,
    eks_versions,
    errors,
    extend,
    service_store,
    wire,
)
from sandbox.cloud.eks_model import Cluster, Eks, Progress, Service
from sandbox.cloud.journal import state_lock
from sandbox.cloud.service_store import Operations
from sandbox.cloud.wire import Environ
from sandbox.cluster.plane import DataPlane
from sandbox.settings import Settings

log = logging.getLogger(__name__)

_PATH = re.compile(r"/_sandbox/eks/(?P<key>[0-9a-f]{12})/token-review")
_LARGEST: Final = 1 << 20
_MODULES: Final = (
    eks_access,
    eks_addons,
    eks_clusters,
    eks_insights,
    eks_nodegroups,
    eks_pod_identity,
    eks_tags,
    eks_versions,
)


def install(settings: Settings) -> DataPlane:
    """Serve EKS from these classes; returns what works on the control planes. Once a process, before any request."""
    Service.settings = settings
    Service.plane = DataPlane(settings)
    operations = Operations()
    for module in _MODULES:
        for name, operation in module.operations.items():
            operations(name)(operation)
    response = service_store.responses("eks", eks_backends, operations)
    urls.url_paths.clear()
    urls.url_paths["{0}/(?P<path>.+)$"] = response.dispatch
    extend.use("eks", eks_backends, backend=Eks)
    return Service.plane


def reconcile() -> None:
    """Bring every control plane to the state of the model: after a replay, and when asked to look for killed ones."""
    found = list(clusters())
    Service.plane.sweep([cluster.key for _, cluster in found])
    for _, cluster in found:
        if cluster.phase == "DELETING":
            continue
        if Service.plane.serves(cluster.key) and Service.plane.alive(cluster.key):
            if Service.plane.problem(cluster.key) is None:
                continue
        else:
            cluster.phase = "CREATING" if cluster.phase == "CREATING" else "UPDATING"
        generation = cluster.submit()
        for group in cluster.nodegroups.values():
            phase = group.progress.phase
            group.progress = Progress(phase if phase == "DELETING" else "UPDATING", generation)


def clusters() -> Iterator[tuple[Eks, Cluster]]:
    """Every cluster of every account and region."""
    for regions in list(eks_backends.values()):
        for backend in list(regions.values()):
            if isinstance(backend, Eks):
                backend.prune()
                yield from ((backend, cluster) for cluster in backend.found.values())


def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a control plane's token webhook: ``POST /_sandbox/eks/KEY/token-review`` with a ``TokenReview``."""
    match = _PATH.fullmatch(environ["PATH_INFO"])
    if match is None or environ["REQUEST_METHOD"] != "POST":
        return errors.send_json(404, {"message": f"no such path: {environ['PATH_INFO']}"}, start_response)
    if int(environ.get("CONTENT_LENGTH") or 0) > _LARGEST:
        return errors.send_json(413, {"message": f"a TokenReview has at most {_LARGEST} bytes"}, start_response)
    try:
        token = str(json.loads(wire.read_body(environ))["spec"]["token"])
    except (ValueError, KeyError, TypeError) as error:
        return errors.send_json(400, {"message": f"no TokenReview: {error}"}, start_response)
    with state_lock:
        cluster = next((one for _, one in clusters() if one.key == match["key"]), None)
        status = _status(cluster, token)
    answer = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}
    return errors.send_json(200, answer, start_response)


def _status(cluster: Cluster | None, token: str) -> dict[str, Any]:
    if cluster is None or cluster.phase == "DELETING":
        return {"authenticated": False, "error": "no such cluster"}
    try:
        return {"authenticated": True, "user": eks_tokens.review(cluster, token)}
    except eks_tokens.TokenError as error:
        log.info("eks: cluster %s: token refused: %s", cluster.name, error)
        return {"authenticated": False, "error": str(error)}
