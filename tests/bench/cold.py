"""Set-up from nothing: the Python packages, the engine with its language host, the Kubernetes control plane."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.settings import REPOSITORY
from tests.bench.measure import Command, Series


def cold_setup(scratch: Path) -> list[Series]:
    """One run of each part with an empty cache; downloads of Go modules come from wherever the machine has them."""
    env = {"FREEHOLD_CACHE": str(scratch / "cache")}
    python, venv = sys.executable, str(scratch / "venv")
    steps: dict[str, list[tuple[str, ...]]] = {
        "cold: Python packages": [
            (python, "-m", "venv", venv),
            (
                str(Path(python).parent / "uv"),
                "pip",
                "sync",
                "--quiet",
                "--no-cache",
                "--python",
                f"{venv}/bin/python",
                "requirements-dev.lock",
            ),
        ],
        "cold: engine and language host": [(python, "-m", "sandbox.toolchain", "engine")],
        "cold: Kubernetes control plane": [(python, "-m", "sandbox.toolchain", "kubebox")],
    }
    found = []
    for name, commands in steps.items():
        wall, cpu = 0.0, 0.0
        for argv in commands:
            took = Command(name, argv, REPOSITORY, env).run()
            wall, cpu = wall + took[0], cpu + took[1]
        found.append(Series(name, [wall], [cpu]))
    return found
