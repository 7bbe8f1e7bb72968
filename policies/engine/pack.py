"""Starting a pack: what the ``__main__.py`` of each pack calls."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pulumi_policy import PolicyPack

from policies.engine import context
from policies.engine.dispatch import Dispatch, policies
from policies.engine.rule import Rule


def is_preview() -> bool:
    """Whether the engine started the pack for a preview (it says so in ``PULUMI_DRY_RUN``; no word means no)."""
    return os.environ.get("PULUMI_DRY_RUN") == "true"


def serve(
    name: str, description: str, rules: Sequence[Rule], read_boundary: context.ReadBoundary | None = None
) -> None:
    """Serve a pack to the engine until the engine ends it.

    Args:
        read_boundary: where rules of the pack need the residency boundary.
    """
    found = Dispatch(rules, context.load(preview=is_preview(), read_boundary=read_boundary))
    PolicyPack(f"freehold-{name}", policies(name, description, found))
