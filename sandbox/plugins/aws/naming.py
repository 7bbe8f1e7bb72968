"""Names of objects that are given none, as the official provider makes them: the logical name and seven digits."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sandbox.plugins.aws.model import Naming
from sandbox.plugins.protocol import UNKNOWN, Autonaming, CheckRequest, ProviderError

_DIGITS = 7


def name(naming: Naming, request: CheckRequest, inputs: Mapping[str, Any], olds: Mapping[str, Any]) -> str | None:
    """The automatic name, or ``None`` where the program gives one.

    An old automatic name is kept. ``inputs`` and ``olds`` are plain.

    Raises:
        ProviderError: names are not to be made automatically, or the name is too long.
    """
    prefix = inputs.get(naming.prefix_property) if naming.prefix_property else None
    if inputs.get(naming.property) is not None:
        if prefix is not None:
            raise ProviderError(f"give {naming.property} or {naming.prefix_property}, not both")
        return None
    if prefix is UNKNOWN:
        return None
    stem = prefix if prefix is not None else _stem(naming, request.name)
    old = olds.get(naming.property)
    if isinstance(old, str) and old.startswith(stem) and olds.get(naming.prefix_property) == prefix:
        return old
    made = _proposed(request.autonaming, naming) if prefix is None else None
    if made is None:
        made = stem + _digits(request.random_seed)
    if len(made) > naming.limit:
        raise ProviderError(
            f"the automatic name {made!r} has {len(made)} characters, AWS allows {naming.limit}: "
            f"give {naming.property}, or a shorter logical name"
        )
    return made


def _stem(naming: Naming, logical: str) -> str:
    stem = f"{naming.lead}{logical}-"
    return stem.lower() if naming.lower else stem


def _proposed(autonaming: Autonaming | None, naming: Naming) -> str | None:
    if autonaming is None:
        return None
    if autonaming.disabled:
        raise ProviderError(f"automatic names are switched off (pulumi:autonaming): give {naming.property}")
    if not autonaming.proposed:
        return None
    proposed = autonaming.proposed if autonaming.enforced else naming.lead + autonaming.proposed
    return proposed.lower() if naming.lower and not autonaming.enforced else proposed


def _digits(seed: bytes) -> str:
    """Hexadecimal digits: the engine's seed makes preview and up agree."""
    if not seed:
        return secrets.token_hex(_DIGITS)[:_DIGITS]
    return hashlib.sha256(seed).hexdigest()[:_DIGITS]
