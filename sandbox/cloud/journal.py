"""The journal: every request that changed state, in order, so that a start can do them all again.

One JSON line an entry, written before the request is carried out (so that nothing answered is ever lost) and cut off
again when the request was refused. Entries hold secrets (a database's password stands in its request): the file is
for its owner only. Large bodies (objects) stand in files of their own beside it. A line torn by a kill is dropped at
the next start; its request was never answered.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

state_lock: Final = threading.RLock()
"""Held while a request is served. Whoever changes or walks the emulator's state outside of a request takes it too."""

SESSION_LIMIT: Final = 12 * 3600
"""Seconds that a role session lives at most (AWS's limit); older ``AssumeRole`` entries are of no use."""

LARGE: Final = 256 * 1024
"""Bytes from which a body stands in a file of its own, so that a start reads it only when its turn comes."""

_replaying = threading.Event()


def replaying() -> bool:
    """Whether the journal is being replayed: data planes then start nothing, and are reconciled afterwards."""
    return _replaying.is_set()


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. ``index`` never repeats and decides its randomness; ``at`` is its time in seconds.

    ``beside`` says that the body stands in a file of its own, which the journal reads.
    """

    index: int
    at: float
    account: str
    access_key: str
    arn: str
    service: str
    action: str
    environ: dict[str, str]
    body: bytes
    beside: bool = False

    def line(self) -> bytes:
        """The entry as a line of the file."""
        fields: dict[str, Any] = {
            "index": self.index,
            "at": self.at,
            "account": self.account,
            "access_key": self.access_key,
            "arn": self.arn,
            "service": self.service,
            "action": self.action,
            "environ": self.environ,
        }
        if self.beside:
            return json.dumps({**fields, "beside": True}, separators=(",", ":")).encode() + b"\n"
        try:
            fields["text"] = self.body.decode()
        except UnicodeDecodeError:
            fields["base64"] = base64.b64encode(self.body).decode()
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Entry:
        """Read a line of the file; a ``ValueError`` or ``KeyError`` tells that it is torn."""
        fields = json.loads(line)
        if fields.get("beside"):
            return cls(**fields, body=b"")
        body = base64.b64decode(fields.pop("base64")) if "base64" in fields else fields.pop("text").encode()
        return cls(**fields, body=body)


class Journal:
    """The file and its writer. Not for two processes: the endpoint's port guards it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bodies = path.with_suffix(".bodies")
        self._file: int | None = None
        self._next = 0

    def replay(self, perform: Callable[[Entry], int]) -> tuple[int, int]:
        """Carry out every entry; ``perform`` returns the HTTP status. Then open the file for writing.

        Returns:
            how many were carried out, and how many of those were refused although they had succeeded before.
        """
        entries = self._load()
        failed = 0
        _replaying.set()
        try:
            for entry in entries:
                status = perform(self._whole(entry))
                if status >= 400:
                    failed += 1
                    log.error("replay: entry %d %s:%s answered %d", entry.index, entry.service, entry.action, status)
        finally:
            _replaying.clear()
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return len(entries), failed

    def _load(self) -> list[Entry]:
        """All entries that still matter; the file is rewritten without torn lines and dead role sessions."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        raw = self._path.read_bytes() if self._path.exists() else b""
        entries: list[Entry] = []
        dropped = 0
        oldest = time.time() - SESSION_LIMIT
        for number, line in enumerate(raw.splitlines(), 1):
            try:
                entry = Entry.parse(line)
            except (ValueError, KeyError, TypeError):
                log.warning("journal: line %d is torn (%d bytes) and dropped", number, len(line))
                dropped += 1
                continue
            self._next = max(self._next, entry.index + 1)
            if entry.service == "sts" and entry.at < oldest:
                dropped += 1
                continue
            entries.append(entry)
        whole = {str(entry.index) for entry in entries if entry.beside}
        for file in self._bodies.glob("*") if self._bodies.exists() else ():
            if file.name not in whole:
                file.unlink()
        if dropped:
            temporary = self._path.with_suffix(".tmp")
            temporary.touch(mode=0o600)
            temporary.write_bytes(b"".join(entry.line() for entry in entries))
            temporary.rename(self._path)
        return entries

    def _whole(self, entry: Entry) -> Entry:
        if not entry.beside:
            return entry
        return dataclasses.replace(entry, body=(self._bodies / str(entry.index)).read_bytes(), beside=False)

    def _put_beside(self, entry: Entry) -> Entry:
        self._bodies.mkdir(exist_ok=True, mode=0o700)
        with os.fdopen(os.open(self._bodies / str(entry.index), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(entry.body)
        return dataclasses.replace(entry, body=b"", beside=True)

    def next_index(self) -> int:
        """The index of the next entry; it is used up."""
        found = self._next
        self._next += 1
        return found

    @contextmanager
    def keeping(self, entry: Entry) -> Iterator[Callable[[], None]]:
        """Write an entry around carrying it out; calling what this yields takes the entry back (it was refused)."""
        if self._file is None:
            raise RuntimeError("the journal is written before it was replayed")
        offset = os.fstat(self._file).st_size
        if len(entry.body) >= LARGE:
            entry = self._put_beside(entry)
        line = entry.line()
        if os.write(self._file, line) != len(line):
            os.ftruncate(self._file, offset)
            raise OSError(f"{self._path}: the disk took only a part of entry {entry.index}")
        file = self._file

        def take_back() -> None:
            os.ftruncate(file, offset)
            if entry.beside:
                (self._bodies / str(entry.index)).unlink()

        yield take_back
