"""Print, as JSON, the installed distributions that may want a Pulumi provider plugin.

A distribution counts when the module named after it holds a ``pulumi-plugin.json``, or when its name starts with
``pulumi-``. Standard library only: it runs in the project's own environment, with or without pip.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import pathlib
import re
import sys

PYTHON_VERSION = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(a|b|rc)(\d+))?(?:\.(post\d+))?(?:\.(dev\d+))?", re.ASCII)
"""The part of PEP 440 that has a counterpart in semantic versioning."""
STAGES = {"a": "alpha", "b": "beta", "rc": "rc"}


def semantic(version: str) -> str:
    """A Python version as a semantic one: 1.2 → 1.2.0, 1.2.3rc4 → 1.2.3-rc.4, 1.2.3.post4 → 1.2.3+post4.

    Empty for those without counterpart: epochs, local versions, more than three numbers.
    """
    found = PYTHON_VERSION.fullmatch(version)
    if not found:
        return ""
    major, minor, patch, stage, number, post, dev = found.groups(default="")
    result = f"{major}.{minor or 0}.{patch or 0}"
    if stage:
        result += f"-{STAGES[stage]}.{number}"
    return f"{result}+{post}{dev}" if post or dev else result


def manifest(distribution: importlib.metadata.Distribution, module: str) -> pathlib.Path | None:
    """Path of the distribution's ``pulumi-plugin.json``; also found where it is installed editable."""
    path = pathlib.Path(str(distribution.locate_file(module)), "pulumi-plugin.json")
    if path.is_file():
        return path
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    for directory in (spec.submodule_search_locations or []) if spec else []:
        path = pathlib.Path(directory, "pulumi-plugin.json")
        if path.is_file():
            return path
    return None


def main() -> None:
    """Print the list."""
    found: dict[str, dict[str, object]] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if not name:
            continue
        name = re.sub(r"[-_.]+", "-", name).lower()
        if name in found:  # shadowed by one earlier on the path
            continue
        path = manifest(distribution, name.replace("-", "_"))
        if path or name.startswith("pulumi-"):
            plugin = json.loads(path.read_text("utf-8")) if path else None
            found[name] = {"name": name, "version": semantic(distribution.version), "plugin": plugin}
    json.dump(list(found.values()), sys.stdout)


if __name__ == "__main__":
    main()
