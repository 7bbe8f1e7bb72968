"""What a provider raises, and what the engine is told."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.plugins.protocol.values import Properties


class ProviderError(Exception):
    """The operation did not happen; the message goes to the user as it is."""


class InitializationError(ProviderError):
    """The object exists, but is not as it was asked for: created and not ready, or half updated.

    The engine keeps ``id`` and ``state``, reports ``reasons`` and tries an update next time.
    """

    def __init__(self, id: str, state: Properties, reasons: Sequence[str], inputs: Properties | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.id = id
        self.state = state
        self.reasons = tuple(reasons)
        self.inputs = inputs
