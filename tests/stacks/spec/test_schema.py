"""Generated files are in step, and the editors' schema agrees with the loader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from stacks.spec import load
from stacks.spec.schema import ROOT, pages

STACKS = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads((ROOT / "stacks" / "schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_generated_file_is_in_step(path: Path) -> None:
    assert path.read_text() == pages()[path]


def test_check_passes_where_nothing_is_stale() -> None:
    command = [sys.executable, "-m", "stacks.spec.schema", "--check"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.stem)
def test_an_example_is_good_and_called_after_its_client_and_stage(path: Path, validator: Any) -> None:
    document = yaml.safe_load(path.read_text())
    validator.validate(document)
    spec = load(document["config"]["freehold:environment"])
    assert path.name == f"Pulumi.{spec.name}.yaml"
    assert document["config"]["pulumi:disable-default-providers"] == ["*"]


def test_the_examples_share_neither_account_nor_range() -> None:
    specs = [load(yaml.safe_load(path.read_text())["config"]["freehold:environment"]) for path in STACKS]
    assert len(specs) >= 2
    for values in zip(*((s.account_id, s.network.address_range) for s in specs), strict=True):
        assert len(set(values)) == len(specs)
    assert len({s.residency.jurisdiction for s in specs}) >= 2


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        (None, "colour", "blue"),
        ("database", "multi_as", True),
        ("database", "storage_gib", 5),
        ("database", "storage_gib", "20"),
        ("backups", "retention_days", 36),
        ("network", "zones", ["a"]),
    ],
)
def test_the_editor_sees_what_the_loader_sees(
    description: dict[str, Any], validator: Any, section: str | None, key: str, value: Any
) -> None:
    def document() -> dict[str, Any]:
        return {"config": {"freehold:environment": description, "pulumi:disable-default-providers": ["*"]}}

    assert validator.is_valid(document())
    (description[section] if section else description)[key] = value
    assert not validator.is_valid(document())


def test_the_reference_names_every_key(description: dict[str, Any]) -> None:
    text = (ROOT / "docs" / "spec.md").read_text()
    keys = [f"{section}.{key}" for section in ("network", "database", "backups") for key in description[section]]
    assert not [key for key in keys if f"`{key}`" not in text]
    assert "`cluster.node_groups.NAME.instance_types`" in text
