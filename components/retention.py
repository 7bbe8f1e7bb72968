"""What outlives its environment, and how an environment that is made again takes it back."""

from __future__ import annotations

import pulumi


def retained(
    parent: pulumi.Resource, *, protect: bool | None = False, adopt: str | None = None
) -> pulumi.ResourceOptions:
    """Options of a resource that ``pulumi destroy`` leaves in the account.

    Args:
        parent: its component.
        protect: refuse deletion through the engine.
        adopt: id of the resource that an earlier environment left; it is imported as it is, and nothing of it is
            changed in that run (the engine imports nothing that differs from the program). None: it is made.
    """
    options = pulumi.ResourceOptions(parent=parent, protect=protect, retain_on_delete=True)
    if adopt is None:
        return options
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(import_=adopt, ignore_changes=["*"]))
