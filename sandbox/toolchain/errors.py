"""The one error of the toolchain."""

from __future__ import annotations


class ToolchainError(RuntimeError):
    """A tool could not be found, installed or built; the message names the path or host, the limit and the fix."""
