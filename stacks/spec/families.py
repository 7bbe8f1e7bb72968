"""Which kinds of machines an environment may run on.

Sources, read 2026-11: Amazon EC2 User Guide, *Amazon EC2 instances built on the AWS Nitro System* and *Previous
generation instances*; Amazon RDS User Guide, *Supported DB engines for DB instance classes* (RDS for PostgreSQL).
"""

from __future__ import annotations

from typing import Final

XEN: Final = frozenset(
    {
        *("c1", "c3", "c4", "cc2", "cr1", "d2", "f1", "g2", "g3", "g3s", "h1", "hs1", "i2", "i3"),
        *("m1", "m2", "m3", "m4", "p2", "p3", "r3", "r4", "t1", "t2", "x1", "x1e"),
    }
)
"""EC2 families that are not built on the Nitro System: no encryption between instances, and no prefix delegation, so
that a node carries few pods."""

_BURSTABLE: Final = ("t3", "t4g")
_GENERAL: Final = (
    *("m5", "m5d", "m6g", "m6gd", "m6i", "m6id", "m6idn", "m6in"),
    *("m7g", "m7i", "m8g", "m8gd", "m8i"),
)
_MEMORY: Final = (
    *("r5", "r5b", "r5d", "r6g", "r6gd", "r6i", "r6id", "r6idn", "r6in"),
    *("r7g", "r7i", "r8g", "r8gd", "r8i", "x2g", "x2idn", "x2iedn"),
)
POSTGRES: Final = frozenset({*_BURSTABLE, *_GENERAL, *_MEMORY})
"""RDS instance families that run PostgreSQL 16 and later."""


def family(kind: str) -> str:
    """The family of an instance type or class: ``m7i`` of ``m7i.large`` and of ``db.m7i.large``."""
    return kind.removeprefix("db.").partition(".")[0]
