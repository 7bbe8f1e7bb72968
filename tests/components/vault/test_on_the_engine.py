"""The client's place on the Vault server through the real engine: made, unchanged, drifted, mended, removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac
import pytest
import yaml

from sandbox import toolchain
from sandbox.settings import REPOSITORY
from sandbox.vault import part
from tests.conftest import Surroundings

PLACE = "trial-engine"
PROGRAM = """
import os
import pulumi
from components.vault.resources import dynamic_provider
from components.vault_secrets import VaultSecrets, VaultSecretsArgs
from stacks.spec.cluster import NamespaceSpec
from stacks.spec.vault import VaultSpec


class Root(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("trial:index:Root", "root")


root = Root()
args = VaultSecretsArgs(
    name="trial-dev",
    spec=VaultSpec(namespace="trial-engine"),
    cluster_endpoint="https://127.0.0.1:6443",
    cluster_ca=open(os.environ["VAULT_CACERT"]).read().strip(),
    namespaces={"shop": NamespaceSpec()},
)
VaultSecrets("vault", args, pulumi.ResourceOptions(parent=root, providers=[dynamic_provider("vault", root)]))
"""


@dataclass(frozen=True)
class Project:
    """A program of one stack, and the engine to run it on as the operator."""

    directory: Path
    env: Mapping[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the engine; output and errors together."""
        return subprocess.run(
            ["pulumi", *arguments, "--stack", "dev", "--non-interactive", "--color", "never"],
            cwd=self.directory,
            env=dict(self.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def must(self, *arguments: str) -> str:
        """The same; its output."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def resources(self) -> list[dict[str, Any]]:
        """What the state holds."""
        found: list[dict[str, Any]] = json.loads(self.must("stack", "export"))["deployment"].get("resources", [])
        return found


@pytest.fixture(scope="module")
def project(vault: Surroundings, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in a directory of its own."""
    directory = tmp_path_factory.mktemp("project")
    (directory / "__main__.py").write_text(PROGRAM)
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "trial", "runtime": runtime}))
    config = {"config": {"pulumi:disable-default-providers": ["*"]}}
    (directory / "Pulumi.dev.yaml").write_text(yaml.safe_dump(config))
    (directory / "state").mkdir()
    engine = toolchain.engine()
    env = {
        "HOME": str(directory),
        "PATH": os.pathsep.join((str(engine.bin_dir), str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": str(REPOSITORY),
        "PULUMI_HOME": str(directory / "home"),
        "PULUMI_BACKEND_URL": f"file://{directory}/state",
        "PULUMI_CONFIG_PASSPHRASE": "trial",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "VAULT_ADDR": vault.env["VAULT_ADDR"],
        "VAULT_CACERT": vault.env["VAULT_CACERT"],
        "VAULT_TOKEN": (vault.settings.vault / "operator-token").read_text().strip(),
    }
    found = Project(directory, env)
    found.must("stack", "init")
    return found


def test_from_nothing_to_nothing(project: Project, vault: Surroundings) -> None:
    """One life: every step stands on the one before, so they are one test."""
    root: hvac.Client = part.client(vault.settings)
    project.must("up", "--yes", "--skip-preview")
    project.must("preview", "--expect-no-changes")

    made = [resource for resource in project.resources() if resource["type"].startswith("pulumi-python:")]
    assert {resource["type"].rpartition(":")[2] for resource in made} == {
        "Namespace",
        "KvMount",
        "Policy",
        "KubernetesAuth",
        "KubernetesAuthConfig",
        "KubernetesAuthRole",
    }
    assert not [resource for resource in project.resources() if "default" in resource.get("provider", "")]

    state = json.dumps(project.resources())
    secrets = [(vault.settings.vault / name).read_text().strip() for name in ("root-token", "operator-token")]
    assert not [secret for secret in secrets if secret in state]
    for resource in made:  # by reference, so that a change of the code is no change of the resource
        assert len(json.dumps(resource["inputs"]["__provider"])) < 400

    root.adapter.namespace = PLACE
    wanted: Any = root.read("sys/policies/acl/shop-read")
    root.write_data("sys/policies/acl/shop-read", data={"policy": 'path "*" { capabilities = ["sudo"] }'})
    root.delete("auth/kubernetes/role/shop")
    seen = project.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert seen.returncode != 0
    assert "no changes were expected for refresh" in seen.stdout
    project.must("up", "--yes", "--skip-preview")
    mended: Any = root.read("sys/policies/acl/shop-read")
    assert mended["data"]["policy"] == wanted["data"]["policy"]
    assert root.read("auth/kubernetes/role/shop") is not None
    project.must("preview", "--expect-no-changes")

    project.must("destroy", "--yes", "--skip-preview")
    root.adapter.namespace = ""
    assert root.read(f"sys/namespaces/{PLACE}") is None
    assert project.resources() == [] or all(row["type"] == "pulumi:pulumi:Stack" for row in project.resources())
