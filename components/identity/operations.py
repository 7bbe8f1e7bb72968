"""The operations on a running environment, their documents and their sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from components.identity.audit import audit
from components.identity.delivery import delivery
from components.identity.deprovision import deprovision
from components.identity.document import Document
from components.identity.drill import drill
from components.identity.maintain import maintain
from components.identity.place import Place


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Args:
        document: what it may do.
        meaning: the role's description.
        session_minutes: longest session; IAM takes 60 to 720.
    """

    document: Callable[[Place], Document]
    meaning: str
    session_minutes: int = 60


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "maintain": Operation(maintain, "Restarts, patches and backs up what runs", 120),
        "drill": Operation(drill, "Restores copies beside the original, proves them, removes them", 720),
        "audit": Operation(audit, "Reads settings, logs and evidence, and no data"),
        "deprovision": Operation(deprovision, "Takes down what serves; evidence, trails and keys stay", 120),
        "delivery": Operation(delivery, "Delivers images and applications"),
    }
)
"""Operations by name. ``deprovision`` has a role only while the client enables it, ``delivery`` only where there is a
pipeline."""
