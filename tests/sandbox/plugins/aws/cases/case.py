"""What there is to say of one resource type, and what the types have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.sandbox.plugins.aws.plugin import Object
from tests.sandbox.plugins.aws.world import World

Inputs = dict[str, Any]

TAGS = {"Name": "mine", "Owner": "platform"}


@dataclass(frozen=True)
class Case:
    """One resource type.

    Attributes:
        type: its token.
        inputs: makes it.
        update: inputs that change it in place; ``None``: AWS changes nothing of it in place.
        replace: inputs that need a new object.
        tamper: somebody changes it past the plugin.
        drifted: the properties that then differ.
        without: outputs that this object does not have.
        id: what its id looks like: a pattern.
        stays: AWS keeps a default in its place, so that it can still be read after its deletion.
        imports: ids that import it, with ``{id}`` and its properties filled in.
    """

    type: str
    inputs: Callable[[World], Inputs]
    id: str
    update: Callable[[World], Inputs] | None
    replace: Callable[[World], Inputs] | None
    tamper: Callable[[World, Object], Any] | None
    drifted: Sequence[str] = ()
    without: Sequence[str] = ()
    stays: bool = False
    imports: Sequence[str] = ("{id}",)
