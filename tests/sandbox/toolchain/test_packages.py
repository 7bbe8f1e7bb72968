"""Which plugins the installed Python packages want, as the language host asks a project's environment."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sandbox.toolchain import golang

SCRIPT = golang.HERE / "go/engine/pulumi-language-python/packages.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that the language host embeds."""
    spec = importlib.util.spec_from_file_location("packages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(
    ("python", "semantic"),
    [
        ("7.51.1", "7.51.1"),
        ("1.2", "1.2.0"),
        ("1.2.3a4", "1.2.3-alpha.4"),
        ("1.2.3b4", "1.2.3-beta.4"),
        ("1.2.3rc4", "1.2.3-rc.4"),
        ("1.2.3.post4", "1.2.3+post4"),
        ("1.2.3rc1.post4.dev5", "1.2.3-rc.1+post4dev5"),
        ("1!1.2.3", ""),
        ("1.2.3+local", ""),
        ("1.2.3.4", ""),
        ("١.٢.٣", ""),  # noqa: RUF001 (digits, but not those of a version)
        ("", ""),
    ],
)
def test_python_versions_become_semantic_ones_or_none(python: str, semantic: str, script: ModuleType) -> None:
    assert script.semantic(python) == semantic


def install(
    site: Path, name: str, version: str, plugin: dict[str, Any] | None = None, module: Path | None = None
) -> None:
    """Install a distribution by hand, its manifest in the module that bears its name."""
    information = site / f"{name.replace('-', '_')}-{version}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    directory = (module or site) / name.replace("-", "_")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "__init__.py").write_text("raise RuntimeError('looking must not import')\n")
    if plugin is not None:
        (directory / "pulumi-plugin.json").write_text(json.dumps(plugin))


def test_only_packages_that_may_have_a_plugin_are_listed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    aws = {"resource": True, "name": "aws", "version": "7.51.1"}
    editable = {"resource": True}
    install(site, "pulumi-aws", "7.51.1", aws)
    install(site, "pulumi-random", "4.16.0")
    install(site, "Acme.Widgets", "1.0", None)
    install(site, "acme-cloud", "2.0rc1", editable, module=tmp_path / "src")
    install(site, "requests", "2.32.0")
    (site / "editable.pth").write_text(f"{tmp_path / 'src'}\n")
    command = f"import site; site.addsitedir({str(site)!r}); exec(compile(open({str(SCRIPT)!r}).read(), 'x', 'exec'))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", command], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    found = {item["name"]: item for item in json.loads(done.stdout)}
    assert found == {
        "pulumi-aws": {"name": "pulumi-aws", "version": "7.51.1", "plugin": aws},
        "pulumi-random": {"name": "pulumi-random", "version": "4.16.0", "plugin": None},
        "acme-cloud": {"name": "acme-cloud", "version": "2.0.0-rc.1", "plugin": editable},
    }
