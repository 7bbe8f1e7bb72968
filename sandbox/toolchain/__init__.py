"""What the sandbox runs that is not a Python package: the Pulumi engine and a Kubernetes control plane.

::

    from sandbox.toolchain import engine, kubebox

    engine().bin_dir      # first on PATH
    kubebox().binary

Both return at once what is there already (``PATH``, the per-user cache), and otherwise install or build it, which
takes minutes, once. ``SANDBOX_ENGINE_BIN`` and ``SANDBOX_KUBEBOX`` name something else to use.
"""

from __future__ import annotations

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.kubernetes import Kubebox, kubebox
from sandbox.toolchain.pulumi_engine import Engine, engine

__all__ = ["Engine", "Kubebox", "ToolchainError", "engine", "kubebox"]
