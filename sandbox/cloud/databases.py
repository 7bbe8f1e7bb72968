"""The data plane of RDS: brings servers to the state that the API's model holds, in the background.

The model says what is wanted and asks here how far it is. One thread at a time works on one server; a newer wish
replaces an older one. Nothing is started while the journal is replayed; afterwards every server is submitted once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from sandbox import process
from sandbox.cloud import postgres
from sandbox.cloud.binaries import BinariesError
from sandbox.cloud.postgres import ConfigurationError, Wanted
from sandbox.cloud.unprivileged import PrivilegeError
from sandbox.process import ProcessError
from sandbox.settings import Settings

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Work:
    """What is being done for one server: ``phase`` is the RDS status meanwhile."""

    phase: str
    task: Callable[[], None]
    generation: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a server is not as wanted: the RDS status for it, and the cause in words."""

    status: str
    message: str


class DataPlane:
    """Every database server of a sandbox."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Condition()
        self._work: dict[str, _Work] = {}
        self._busy: set[str] = set()
        self._problems: dict[str, Problem] = {}

    def port_for(self, identity: str, taken: Collection[int]) -> int:
        """The port of a server: the one it has, else the first that neither another server nor a stranger uses.

        Raises:
            ProcessError: all are in use.
        """
        known = postgres.read_state(postgres.directory_of(self._settings, identity)).get("port")
        if isinstance(known, int):
            return known
        ports = self._settings.database_ports
        for port in ports:
            if port not in taken and process.is_free(port):
                return port
        raise ProcessError(
            f"all {len(ports)} ports for databases, {ports.start} to {ports.stop - 1}, are in use; "
            "delete a database instance, or move the sandbox: SANDBOX_PORT_BASE"
        )

    def reserve(self, wanted: Wanted) -> None:
        """Keep a new server's port and name before anything else is done for it."""
        directory = postgres.directory_of(self._settings, wanted.identity)
        state = postgres.read_state(directory)
        postgres.write_state(directory, {**state, "port": wanted.port, "name": wanted.name})

    def submit(self, wanted: Wanted, phase: str) -> None:
        """Bring a server to a state, in the background; its status is ``phase`` until that is done."""

        def task() -> None:
            for note in postgres.converge(self._settings, wanted):
                log.warning("%s: %s", wanted.name, note)

        self._enqueue(wanted.identity, phase, task)

    def destroy(self, identity: str, keep_as: Path | None = None) -> None:
        """Stop and remove a server in the background; ``keep_as`` takes its data as a snapshot."""
        directory = postgres.directory_of(self._settings, identity)
        marks = {"deleted": True, "keep_as": str(keep_as) if keep_as else None}
        postgres.write_state(directory, {**postgres.read_state(directory), **marks})
        self._finish_deletion(identity)

    def phase(self, identity: str) -> str | None:
        """The status of a server that is being worked on, else ``None``."""
        with self._lock:
            work = self._work.get(identity)
            return work.phase if work else None

    def problem(self, identity: str) -> Problem | None:
        """Why the last work on a server failed, if it did."""
        with self._lock:
            return self._problems.get(identity)

    def alive(self, name: str) -> bool:
        """Whether the server's process lives."""
        return process.find(self._settings, name) is not None

    def converging(self) -> int:
        """How many servers are being worked on."""
        with self._lock:
            return len(self._work)

    def sweep(self, wanted: Collection[str]) -> None:
        """After a replay: finish deletions that a kill interrupted, and stop servers that no instance owns any more."""
        for path in sorted((self._settings.cloud / "rds").glob("db-*/instance.json")):
            identity = path.parent.name
            if identity in wanted:
                continue
            state = postgres.read_state(path.parent)
            if state.get("deleted"):
                self._finish_deletion(identity)
                continue
            record = process.find(self._settings, str(state.get("name")))
            log.warning("%s belongs to no instance; its data stays in %s", identity, path.parent)
            if record is not None:
                process.stop(self._settings, record, timeout=postgres.STOP_SECONDS)

    def _finish_deletion(self, identity: str) -> None:
        self._enqueue(identity, "deleting", lambda: postgres.destroy(self._settings, identity))

    def _enqueue(self, identity: str, phase: str, task: Callable[[], None]) -> None:
        with self._lock:
            previous = self._work.get(identity)
            generation = previous.generation + 1 if previous else 0
            self._work[identity] = _Work(phase, task, generation)
            self._problems.pop(identity, None)
            if identity in self._busy:
                return
            self._busy.add(identity)
        threading.Thread(target=self._run, args=(identity,), name=identity, daemon=True).start()

    def _run(self, identity: str) -> None:
        while True:
            with self._lock:
                work = self._work[identity]
            problem = self._attempt(identity, work)
            with self._lock:
                if self._work[identity].generation != work.generation:
                    continue
                if problem is not None:
                    self._problems[identity] = problem
                del self._work[identity]
                self._busy.discard(identity)
                self._lock.notify_all()
                return

    def _attempt(self, identity: str, work: _Work) -> Problem | None:
        try:
            work.task()
        except ConfigurationError as error:
            log.error("%s: %s", identity, error)
            return Problem("incompatible-parameters", str(error))
        except (ProcessError, BinariesError, PrivilegeError, OSError) as error:
            log.error("%s: %s", identity, error)
            return Problem("failed", str(error))
        except Exception as error:  # a server's failure is its status, not the endpoint's end
            log.exception("%s", identity)
            return Problem("failed", f"{type(error).__name__}: {error}")
        return None
