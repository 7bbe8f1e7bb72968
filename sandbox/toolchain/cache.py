"""The per-user cache of what the toolchain installs or builds.

``FREEHOLD_CACHE``, else ``$XDG_CACHE_HOME/freehold``, else ``~/.cache/freehold``; below it::

    toolchain/NAME-KEY/        one finished entry; KEY is a hash of everything that decides its content
    toolchain/NAME.lock        held while an entry of that name is being made
    toolchain/NAME.builder     process id and start time of the last holder, for those who wait
    toolchain/.NAME-XXXX/      an entry in the making

An entry appears by one rename of a finished directory, so whatever exists under its final name is whole. Temporaries
of a killed builder are removed by the next one, which knows from the lock that nobody works on them any more.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from sandbox.toolchain.errors import ToolchainError

GIB: Final = 1 << 30
_REMIND_SECONDS: Final = 30.0
"""How often somebody who waits for another builder is told so."""

Say = Callable[[str], None]
"""Takes one line for the user."""


def root() -> Path:
    """The directory of the toolchain's entries (absolute; it need not exist)."""
    given = os.environ.get("FREEHOLD_CACHE")
    if given:
        base = Path(given).expanduser()
    else:
        xdg = os.environ.get("XDG_CACHE_HOME")
        base = (Path(xdg) if xdg else Path.home() / ".cache") / "freehold"
    return base.absolute() / "toolchain"


def target_platform() -> str:
    """Operating system and processor that entries are made for, such as ``linux-x86_64``."""
    return f"{sys.platform}-{platform.machine()}"


def content_key(*parts: str, directory: Path | None = None) -> str:
    """Hash of texts and of every file below a directory (names and content), for an entry's name."""
    digest = hashlib.sha256()
    for part in (target_platform(), *parts):
        digest.update(part.encode() + b"\0")
    if directory is not None:
        files = (path for path in directory.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
        for path in sorted(files):
            digest.update(str(path.relative_to(directory)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def find(name: str, key: str) -> Path | None:
    """A finished entry, or ``None``."""
    path = root() / f"{name}-{key}"
    return path if path.is_dir() else None


def make(name: str, key: str, build: Callable[[Path], None], *, say: Say, need_bytes: int = 0) -> Path:
    """Return an entry; make it first where it does not exist yet.

    Args:
        build: fills the empty directory that it is given; an exception drops everything.
        need_bytes: free space below which it is not even tried.

    Raises:
        ToolchainError: the cache cannot be written or is too full; or whatever ``build`` raises.
    """
    found = find(name, key)
    if found:
        return found
    base = root()
    try:
        base.mkdir(parents=True, exist_ok=True)
        with _locked(base, name, say):
            found = find(name, key)
            if found:
                return found
            _sweep(base, name)
            _require_space(base, name, need_bytes)
            scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=base))
            try:
                _run_build(name, build, scratch)
                scratch.chmod(0o755)
                _flush(scratch)
                return scratch.rename(base / f"{name}-{key}")
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise _unusable(base, error) from error


def _run_build(name: str, build: Callable[[Path], None], scratch: Path) -> None:
    """Fill an entry; errors of the system that are not the disk's are told as the entry's own."""
    try:
        build(scratch)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        raise ToolchainError(f"{name} cannot be made: {error}") from error


def _unusable(base: Path, error: OSError) -> ToolchainError:
    """What to tell about a cache that cannot be used."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ToolchainError(f"no space left in the cache {base}; free some, or set FREEHOLD_CACHE to another disk")
    return ToolchainError(
        f"cannot use the cache {base}: {error.filename or base}: {error.strerror or error}; "
        "set FREEHOLD_CACHE to a directory that you can write"
    )


def _require_space(base: Path, name: str, need: int) -> None:
    """Refuse to start what cannot end."""
    free = shutil.disk_usage(base).free
    if free < need:
        raise ToolchainError(
            f"{name}: the disk of the cache {base} has {free / GIB:.1f} GiB free, "
            f"making it takes {need / GIB:.1f} GiB; free some, or set FREEHOLD_CACHE to a directory on another disk"
        )


def _sweep(base: Path, name: str) -> None:
    """Remove what killed builders left. Call with the lock held."""
    for leftover in base.glob(f".{name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _flush(directory: Path) -> None:
    """Have the content on the disk before its final name is: also a power cut leaves nothing half-made."""
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


@contextmanager
def _locked(base: Path, name: str, say: Say) -> Iterator[None]:
    """Hold the lock of a name; while another process does, say whom one waits for.

    The lock is the kernel's, so it ends with its holder, however that ends.
    """
    lock = FileLock(base / f"{name}.lock")
    note = base / f"{name}.builder"
    waited = False
    while True:
        try:
            lock.acquire(timeout=_REMIND_SECONDS if waited else 0)
            break
        except Timeout:
            say(f"{name}: waiting for {_holder(note)}")
            waited = True
    try:
        note.write_text(json.dumps({"pid": os.getpid(), "since": time.time()}))
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    """Who makes the entry, in words."""
    try:
        found = json.loads(note.read_text())
        return f"process {found['pid']}, which has been making it for {time.time() - found['since']:.0f} s"
    except (OSError, ValueError, KeyError):
        return "another process that is making it"
