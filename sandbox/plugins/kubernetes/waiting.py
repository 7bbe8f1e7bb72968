"""Waiting for objects to become ready, or to be gone, by watching them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins.kubernetes import readiness
from sandbox.plugins.kubernetes.client import Cluster, Endpoint, Object, Ref
from sandbox.plugins.kubernetes.diagnosis import troubles
from sandbox.plugins.kubernetes.errors import ApiError, KubernetesError, UnknownKindError, UnreachableError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.readiness import Verdict

DEFAULT_SECONDS: Final = 600.0
"""How long pulumi-kubernetes waits unless told otherwise."""
_DEFAULT_BY_KIND: Final = {"PersistentVolumeClaim": 300.0}
_PROBE_SECONDS: Final = 0.1
_GONE: Final = 410
"""The server has forgotten the resource version that a watch starts from: list again."""
_STORAGE_CLASS: Final = Kind("storage.k8s.io/v1", "StorageClass")
_SLICE: Final = Kind("discovery.k8s.io/v1", "EndpointSlice")

Progress = Callable[[str], None]


class NotReadyError(KubernetesError):
    """An object exists, but did not become ready (or did not go) in time.

    Attributes:
        reasons: what is not ready, in words.
    """

    def __init__(self, subject: str, reasons: Sequence[str]) -> None:
        super().__init__(f"{subject}: {'; '.join(reasons)}")
        self.reasons = tuple(reasons)


class _Wait:
    """One wait for one object: its end, what was last reported of it, and whether to report at all."""

    def __init__(self, ref: Ref, seconds: float, *, quiet: bool = False) -> None:
        self.ref = ref
        self.seconds = seconds
        self.quiet = quiet
        self.deadline = time.monotonic() + seconds
        self.reported: tuple[str, ...] = ()

    @property
    def remaining(self) -> float:
        """Seconds left."""
        return self.deadline - time.monotonic()


@dataclass(frozen=True, slots=True)
class Waiter:
    """Waits on one cluster until a deadline, until it is cancelled, or until a verdict falls."""

    cluster: Cluster
    cancelled: threading.Event
    progress: Progress

    def ready(self, ref: Ref, live: Object, *, seconds: float | None = None) -> Object:
        """Wait until an applied object is ready by its kind's rule, or by its annotation ``pulumi.com/waitFor``.

        Returns:
            The object as it was when it was found ready.

        Raises:
            NotReadyError: it failed, the time is over, or the wait was cancelled; with what is not ready.
            ValueError: the annotation cannot be understood.
        """
        rule = rule_of(ref, live)
        if rule is None:
            return live
        wait = _Wait(ref, seconds or _DEFAULT_BY_KIND.get(ref.endpoint.kind.kind, DEFAULT_SECONDS))
        if ref.endpoint.kind.kind == "PersistentVolumeClaim" and self._binds_late(live):
            return live
        found = self._watch_one(wait, rule)
        kind = ref.endpoint.kind
        if kind == Kind("v1", "Service") and readiness.needs_endpoints(found):
            slices = self.cluster.endpoint(_SLICE)
            labels = f"kubernetes.io/service-name={ref.name}"
            self._watch(wait, slices, lambda found: readiness.endpoints(list(found.values())), labels=labels)
        elif kind.kind == "CustomResourceDefinition" and kind.group == "apiextensions.k8s.io":
            self._served(wait, found)
        return found

    def gone(self, ref: Ref, uid: str, *, seconds: float | None = None) -> None:
        """Wait until an object that is being deleted has gone, or another one has taken its name.

        Raises:
            NotReadyError: the time is over, or the wait was cancelled; with the finalizers that hold it.
        """

        def rule(objects: Mapping[str, Object]) -> Verdict:
            left = objects.get(uid)
            if left is None:
                return readiness.READY
            holders = left["metadata"].get("finalizers") or (left.get("spec") or {}).get("finalizers") or []
            reasons = [f"it is still being deleted; finalizers: {', '.join(holders) or 'none'}"]
            conditions = (left.get("status") or {}).get("conditions") or ()
            reasons += [str(entry["message"]) for entry in conditions if _holds_namespace(entry)]
            return readiness.waiting(*reasons)

        wait = _Wait(ref, seconds or DEFAULT_SECONDS, quiet=True)
        self._watch(wait, ref.endpoint, rule, fields=f"metadata.name={ref.name}")

    # -- the watches ------------------------------------------------------------------------------------------------

    def _watch_one(self, wait: _Wait, rule: readiness.Judge) -> Object:
        last: dict[str, Object] = {}

        def judge(objects: Mapping[str, Object]) -> Verdict:
            for found in objects.values():
                last["live"] = found
                return rule(found)
            return readiness.failed("it has been deleted by someone else")

        self._watch(wait, wait.ref.endpoint, judge, fields=f"metadata.name={wait.ref.name}")
        return last["live"]

    def _watch(
        self,
        wait: _Wait,
        endpoint: Endpoint,
        judge: Callable[[Mapping[str, Object]], Verdict],
        *,
        labels: str | None = None,
        fields: str | None = None,
    ) -> None:
        """List, judge, watch and judge again; ``judge`` sees the selected objects by uid."""
        namespace = wait.ref.namespace
        verdict = readiness.waiting("it has not been seen yet")
        while not self.cancelled.is_set() and wait.remaining > 0:
            try:
                items, version = self.cluster.list(endpoint, namespace, labels=labels, fields=fields)
                objects = {str(item["metadata"]["uid"]): item for item in items}
                verdict = self._settle(wait, judge(objects))
                if verdict.ready:
                    return
                events = self.cluster.watch(
                    endpoint, namespace, since=version, seconds=wait.remaining, labels=labels, fields=fields
                )
                for event in events:
                    uid = str(event.object["metadata"]["uid"])
                    if event.type == "DELETED":
                        objects.pop(uid, None)
                    else:
                        objects[uid] = event.object
                    verdict = self._settle(wait, judge(objects))
                    if verdict.ready:
                        return
            except UnreachableError as error:
                verdict = readiness.waiting(str(error))
                self.cancelled.wait(_PROBE_SECONDS)  # the server is away: probe until it is back
            except ApiError as error:
                if error.status != _GONE:
                    raise
        ending = "cancelled" if self.cancelled.is_set() else f"timed out after {wait.seconds:.0f} s"
        raise NotReadyError(str(wait.ref), [ending, *verdict.reasons, *troubles(self.cluster, wait.ref)])

    def _settle(self, wait: _Wait, verdict: Verdict) -> Verdict:
        if verdict.failed:
            raise NotReadyError(str(wait.ref), [*verdict.reasons, *troubles(self.cluster, wait.ref)])
        if not verdict.ready and not wait.quiet and verdict.reasons != wait.reported:
            wait.reported = verdict.reasons
            self.progress("; ".join(verdict.reasons))
        return verdict

    def _served(self, wait: _Wait, definition: Object) -> None:
        """Wait until the API server serves an established definition's kind (it follows within moments)."""
        spec = definition["spec"]
        for version in (entry["name"] for entry in spec["versions"] if entry.get("served")):
            kind = Kind(f"{spec['group']}/{version}", spec["names"]["kind"])
            while True:
                try:
                    self.cluster.endpoint(kind)
                    break
                except UnknownKindError as error:
                    if wait.remaining <= 0 or self.cancelled.wait(_PROBE_SECONDS):
                        raise NotReadyError(str(wait.ref), [str(error)]) from error

    def _binds_late(self, claim: Object) -> bool:
        """Whether a claim is bound only when a Pod uses it (``WaitForFirstConsumer``)."""
        name = (claim.get("spec") or {}).get("storageClassName")
        if not name:
            return False
        found = self.cluster.get(self.cluster.ref(_STORAGE_CLASS, None, str(name)))
        return bool(found) and (found or {}).get("volumeBindingMode") == "WaitForFirstConsumer"


def rule_of(ref: Ref, live: Mapping[str, Any]) -> readiness.Judge | None:
    """The rule by which an object is judged: its annotation's, else its kind's, else none.

    Raises:
        ValueError: the annotation ``pulumi.com/waitFor`` cannot be understood.
    """
    annotations = (live.get("metadata") or {}).get("annotations") or {}
    if str(annotations.get("pulumi.com/skipAwait", "")).lower() == "true":
        return None
    if "pulumi.com/waitFor" in annotations:
        return readiness.wait_for(str(annotations["pulumi.com/waitFor"]))
    return readiness.judge(ref.endpoint.kind)


def _holds_namespace(entry: Mapping[str, Any]) -> bool:
    """Whether a condition of a terminating namespace tells what keeps it."""
    names = {"NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure"}
    return entry.get("status") == "True" and entry.get("type") in names and bool(entry.get("message"))
