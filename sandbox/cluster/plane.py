"""Every Kubernetes control plane of a sandbox, brought in the background to what the cloud's model wants.

Each wish has a number, rising within a cluster. One thread at a time works on one cluster, on the newest wish;
``reached`` tells how far it came. Nothing here asks the model anything, so that whoever holds the model's lock may
wait here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from sandbox.cluster import access, nodes
from sandbox.cluster.access import Grant
from sandbox.cluster.api import KubeError
from sandbox.cluster.controlplane import ControlPlane, root
from sandbox.cluster.nodes import Node
from sandbox.process import ProcessError
from sandbox.settings import Settings
from sandbox.toolchain import ToolchainError, kubebox

log = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 1.0
"""Pause before a broken watch on namespaces is opened again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a cluster shall be.

    Attributes:
        key: names it within the sandbox, for good.
        issuer: of service-account tokens.
        service_cidr: range of service addresses.
        webhook: address that reviews the tokens of people and machines.
        grants: which principal may do what, where.
        nodes: of all node groups.
    """

    key: str
    issuer: str
    service_cidr: str
    webhook: str
    grants: tuple[Grant, ...] = ()
    nodes: tuple[Node, ...] = ()


@dataclass(slots=True)
class _Work:
    """One cluster: its newest wish (``None``: to be destroyed) and how far it is."""

    wanted: Wanted | None = None
    generation: int = 0
    reached: int = 0
    problem: str | None = None
    serving: bool = False
    busy: bool = False
    watching: bool = False
    gone: bool = False
    changed: threading.Event = field(default_factory=threading.Event)


class DataPlane:
    """Every control plane of a sandbox."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Condition()
        self._work: dict[str, _Work] = {}

    def control_plane(self, key: str) -> ControlPlane:
        """The control plane of a cluster."""
        return ControlPlane(self._settings, key)

    def submit(self, wanted: Wanted) -> int:
        """Bring a cluster to a state, in the background; returns the wish's number."""
        return self._enqueue(wanted.key, wanted)

    def destroy(self, key: str) -> None:
        """End a cluster and remove its data, in the background; see :meth:`gone`."""
        self._enqueue(key, None)

    def reached(self, key: str, generation: int) -> bool:
        """Whether the cluster came to the wish of that number, or a newer one."""
        with self._lock:
            work = self._work.get(key)
            return generation <= (work.reached if work else 0)

    def problem(self, key: str) -> str | None:
        """Why the newest wish could not be fulfilled, if so."""
        with self._lock:
            work = self._work.get(key)
            return work.problem if work else None

    def serves(self, key: str) -> bool:
        """Whether the control plane was started, or found running, since this object was made."""
        with self._lock:
            work = self._work.get(key)
            return bool(work and work.serving)

    def alive(self, key: str) -> bool:
        """Whether the control plane's process lives."""
        return self.control_plane(key).alive()

    def gone(self, key: str) -> bool:
        """Whether nothing is left of a cluster that was destroyed."""
        with self._lock:
            work = self._work.get(key)
            return work is None or work.gone

    def settle(self, key: str, generation: int, timeout: float) -> bool:
        """Wait until the cluster came to a wish, or failed; at most ``timeout`` seconds. Returns whether it came."""
        with self._lock:
            work = self._work[key]
            self._lock.wait_for(lambda: work.reached >= generation or work.problem is not None, timeout)
            return work.reached >= generation

    def converging(self) -> int:
        """How many clusters are being worked on."""
        with self._lock:
            return sum(work.busy for work in self._work.values())

    def sweep(self, wanted: Collection[str]) -> None:
        """Destroy what is left of clusters that the model does not have: a deletion was interrupted."""
        present = {path.name for path in root(self._settings).glob("*") if path.is_dir()}
        for key in sorted(present - set(wanted)):
            log.warning("control plane %s belongs to no cluster: it is removed", key)
            self.destroy(key)

    def _enqueue(self, key: str, wanted: Wanted | None) -> int:
        with self._lock:
            work = self._work.setdefault(key, _Work())
            work.wanted = wanted
            work.generation += 1
            work.problem = None
            work.changed.set()
            generation = work.generation
            if not work.busy:
                work.busy = True
                threading.Thread(target=self._run, args=(key, work), name=f"eks-{key}", daemon=True).start()
        return generation

    def _run(self, key: str, work: _Work) -> None:
        while True:
            with self._lock:
                wanted, generation = work.wanted, work.generation
            problem = self._attempt(key, work, wanted, generation)
            with self._lock:
                if work.generation != generation:
                    continue
                work.problem = problem
                if problem is None:
                    work.reached = generation
                    work.gone = wanted is None
                work.busy = False
                self._lock.notify_all()
                return

    def _attempt(self, key: str, work: _Work, wanted: Wanted | None, generation: int) -> str | None:
        try:
            if wanted is None:
                self.control_plane(key).destroy()
            else:
                self._converge(work, wanted, superseded=lambda: work.generation != generation)
        except (KubeError, ProcessError, ToolchainError, OSError) as error:
            log.error("%s: %s", key, error)
            return str(error)
        except Exception as error:  # a cluster's failure is its status, not the endpoint's end
            log.exception("%s", key)
            return f"{type(error).__name__}: {error}"
        return None

    def _converge(self, work: _Work, wanted: Wanted, superseded: Callable[[], bool]) -> None:
        plane = self.control_plane(wanted.key)
        if not (work.serving and plane.alive()):
            started = time.monotonic()
            plane.start(kubebox(), issuer=wanted.issuer, service_cidr=wanted.service_cidr, webhook=wanted.webhook)
            log.info("%s serves %s after %.1f s", plane.name, plane.server, time.monotonic() - started)
        client = plane.client
        access.reconcile(client, wanted.grants)
        work.serving = True
        self._follow_namespaces(work, wanted)
        nodes.reconcile(client, wanted.nodes)
        nodes.wait_ready(client, wanted.nodes, superseded)

    def _follow_namespaces(self, work: _Work, wanted: Wanted) -> None:
        with self._lock:
            if work.watching or not access.depends_on_namespaces(wanted.grants):
                return
            work.watching = True
        name = f"eks-{wanted.key}-namespaces"
        threading.Thread(target=self._watch, args=(wanted.key, work), name=name, daemon=True).start()

    def _watch(self, key: str, work: _Work) -> None:
        """Ask for bindings in new namespaces, as long as the cluster has grants that depend on namespaces."""
        plane = self.control_plane(key)
        while self._awaits_namespaces(work, plane):
            try:
                found = plane.client.get("/api/v1/namespaces") or {}
                self._again(key, work)
                for event in plane.client.watch("/api/v1/namespaces", found["metadata"]["resourceVersion"]):
                    if event["type"] == "ADDED":
                        self._again(key, work)
            except KubeError as error:  # the control plane ended or is being started again
                log.info("%s: watch on namespaces: %s", plane.name, error)
                work.changed.wait(_RETRY_SECONDS)

    def _again(self, key: str, work: _Work) -> None:
        with self._lock:
            if work.wanted is not None:
                self._enqueue(key, work.wanted)

    def _awaits_namespaces(self, work: _Work, plane: ControlPlane) -> bool:
        """Whether new namespaces matter; waits while the control plane does not run."""
        while True:
            work.changed.clear()
            with self._lock:
                wanted = work.wanted
                if wanted is None or not access.depends_on_namespaces(wanted.grants):
                    work.watching = False
                    return False
            if plane.alive():
                return True
            work.changed.wait()  # something newer is wanted, which starts it
