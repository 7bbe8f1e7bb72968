"""Run as ``python -m sandbox.plugins.kubernetes ENGINE_ADDRESS``, which is how the engine starts a provider plugin."""

from __future__ import annotations

from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol.serve import serve

if __name__ == "__main__":
    serve(KubernetesProvider())
