"""Randomness and clock of one state-changing request, so that replaying it gives the same ids, secrets and dates.

While :func:`scope` is active in a thread, everything moto draws there comes from a stream that only the scope's
label and the sandbox's secret seed decide, and «now» is the scope's time. Other threads, and this one outside of a
scope, draw from the operating system and read the real clock. Scopes nest: the innermost counts.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from moto.core import utils as moto_utils
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.moto_api._internal.moto_random import MotoRandom

_real_urandom = os.urandom
_real_time = time.time
_BLOCK = 64


class Stream:
    """An endless stream of bytes that is a function of its key: SHA-512 over key and counter."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._counter = 0
        self._buffer = b""

    def read(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        while len(self._buffer) < count:
            self._buffer += hashlib.sha512(self._key + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found


@dataclass(frozen=True, slots=True)
class _Scope:
    """Ids and bytes come from streams of their own, so that drawing more of one never changes the other."""

    ids: Stream
    raw: Stream
    at: float | None


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[_Scope] = []


_scopes = _Scopes()
_seed = b""


@contextmanager
def scope(label: str, at: float | None = None, *, public: bool = False) -> Iterator[None]:
    """Draw from the stream of ``label`` in this thread; with ``at`` (seconds since the epoch) also stop the clock.

    A ``public`` stream is the same in every sandbox: for ids that stand in files of the repository, never for secrets.
    """
    if at is None and _scopes.stack:
        at = _scopes.stack[-1].at
    key = hashlib.sha256((b"" if public else _seed) + b"\0" + label.encode()).digest()
    _scopes.stack.append(_Scope(Stream(key + b"ids"), Stream(key + b"raw"), at))
    try:
        yield
    finally:
        _scopes.stack.pop()


def now() -> float:
    """Seconds since the epoch as this thread's scope sees them."""
    if _scopes.stack and (at := _scopes.stack[-1].at) is not None:
        return at
    return _real_time()


def random_bytes(count: int) -> bytes:
    """Bytes from this thread's scope, or from the operating system outside of one."""
    return _scopes.stack[-1].raw.read(count) if _scopes.stack else _real_urandom(count)


def _id_bytes(count: int) -> bytes:
    return _scopes.stack[-1].ids.read(count) if _scopes.stack else _real_urandom(count)


def _getrandbits(_self: MotoRandom, count: int) -> int:
    if count < 0:
        raise ValueError("number of bits must be non-negative")
    size = (count + 7) // 8
    return int.from_bytes(_id_bytes(size), "big") >> (size * 8 - count)


def _random(_self: MotoRandom) -> float:
    return float((int.from_bytes(_id_bytes(7), "big") >> 3) * 2.0**-53)


class _Datetime(datetime.datetime):
    """``datetime.datetime`` whose «now» is the scope's."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return datetime.datetime.fromtimestamp(now(), tz)


class Clocked:
    """Stand-in for the module ``datetime`` or ``time`` inside one moto module: all of it, but the scope's clock."""

    datetime = _Datetime
    time = staticmethod(now)

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def install(seed: bytes) -> None:
    """Put moto's randomness and clock under this module's scopes. Once a process, before any backend exists.

    Replaced are: the two primitives of moto's random object, from which it derives everything else; ``os.urandom``
    (key material, session tokens, ``uuid.uuid4``), which outside of a scope stays what it was; «now» of
    ``moto.core.utils.utcnow`` and of Secrets Manager, the only backend of ours that asks ``time.time``; and the making
    of a backend, which has a scope of its own, since a mere read of a fresh region makes its default network.
    """
    global _seed  # noqa: PLW0603 (one process has one seed)
    _seed = seed
    from moto.secretsmanager import models as secrets_models  # noqa: PLC0415 (heavy, and only to be changed here)

    MotoRandom.getrandbits = _getrandbits  # type: ignore[method-assign,assignment]
    MotoRandom.random = _random  # type: ignore[method-assign,assignment]
    os.urandom = random_bytes
    vars(moto_utils)["datetime"] = Clocked(datetime)
    vars(secrets_models)["time"] = Clocked(time)
    BackendDict.__getitem__ = _scoped_account(BackendDict.__getitem__)  # type: ignore[method-assign]
    AccountSpecificBackend.__getitem__ = _scoped_creation(AccountSpecificBackend.__getitem__)  # type: ignore[method-assign]


def _scoped_account(original: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def getitem(self: Any, account_id: str) -> Any:
        if dict.__contains__(self, account_id):
            return dict.__getitem__(self, account_id)
        with scope(f"account {self.service_name} {account_id}"):
            return original(self, account_id)

    return getitem


def _scoped_creation(original: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def getitem(self: Any, region_name: str) -> Any:
        region = "aws" if region_name == "global" else region_name
        if dict.__contains__(self, region):
            return dict.__getitem__(self, region)
        with scope(f"backend {self.service_name} {self.account_id} {region}"):
            return original(self, region)

    return getitem
