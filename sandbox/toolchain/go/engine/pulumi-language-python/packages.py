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
            found[name] = {"name": name, "version": distribution.version, "plugin": plugin}
    json.dump(list(found.values()), sys.stdout)


main()
