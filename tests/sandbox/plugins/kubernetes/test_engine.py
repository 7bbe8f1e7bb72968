"""The plugin under the real engine, driven by a program on the official SDK."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.settings import REPOSITORY
from sandbox.toolchain import engine

if TYPE_CHECKING:
    from tests.sandbox.plugins.kubernetes.conftest import Kubernetes

Declare = Callable[..., dict[str, Any]]

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.apiextensions import CustomResource

config = pulumi.Config()
provider = k8s.Provider("cluster", kubeconfig=config.require("kubeconfig"), enable_server_side_apply=True)
opts = pulumi.ResourceOptions(provider=provider)
labels = {"pod-security.kubernetes.io/enforce": "restricted"}
space = k8s.core.v1.Namespace("apps", metadata={"name": "engine-apps", "labels": labels}, opts=opts)
inside = {"namespace": space.metadata["name"]}

k8s.core.v1.Secret("secret", metadata=inside, string_data={"password": config.require_secret("password")}, opts=opts)
quota = k8s.core.v1.ResourceQuota(
    "quota", metadata={**inside, "name": "quota"}, spec={"hard": {"pods": "10"}}, opts=opts
)
definition = k8s.apiextensions.v1.CustomResourceDefinition(
    "definition",
    metadata={"name": "gauges.engine.example"},
    spec={
        "group": "engine.example",
        "scope": "Namespaced",
        "names": {"plural": "gauges", "singular": "gauge", "kind": "Gauge"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "open_apiv3_schema": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
                },
            }
        ],
    },
    opts=opts,
)
background = {"annotations": {"pulumi.com/deletionPropagationPolicy": "background"}}
CustomResource(
    "gauge",
    api_version="engine.example/v1",
    kind="Gauge",
    metadata={**inside, **background},
    spec={"size": 3},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[definition]),
)
context = {
    "allow_privilege_escalation": False,
    "run_as_non_root": True,
    "capabilities": {"drop": ["ALL"]},
    "seccomp_profile": {"type": "RuntimeDefault"},
}
app = {"app": "web"}
k8s.apps.v1.Deployment(
    "web",
    metadata=inside,
    spec={
        "selector": {"match_labels": app},
        "template": {
            "metadata": {"labels": app},
            "spec": {"containers": [{"name": "web", "image": "web:1", "security_context": context}]},
        },
    },
    opts=opts,
)
if config.get_bool("privileged"):
    k8s.core.v1.Pod(
        "privileged",
        metadata=inside,
        spec={"containers": [{"name": "c", "image": "c", "security_context": {"privileged": True}}]},
        opts=opts,
    )
pulumi.export("uid", space.metadata["uid"])
pulumi.export("phase", space.status["phase"])
"""


@dataclass(frozen=True)
class Stack:
    """A stack of the program in a directory and a home of its own."""

    directory: Path
    env: dict[str, str]

    def run(self, *arguments: str, fails: bool = False) -> str:
        """One command of the engine; its output."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.directory,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def stack(tmp_path: Path, kubernetes: Kubernetes) -> Stack:
    """The program, the plugin where the engine looks for it, and a state backend."""
    plugin = tmp_path / "home/plugins/resource-kubernetes-v4.34.2"
    plugin.mkdir(parents=True)
    launcher = plugin / "pulumi-resource-kubernetes"
    launcher.write_text(
        f'#!/bin/sh\nPYTHONPATH={REPOSITORY} exec {sys.executable} -m sandbox.plugins.kubernetes "$@"\n'
    )
    launcher.chmod(0o755)
    (tmp_path / "state").mkdir()
    program = tmp_path / "program"
    program.mkdir()
    (program / "__main__.py").write_text(PROGRAM)
    project = f"""
        name: engine
        runtime:
          name: python
          options: {{toolchain: pip, virtualenv: {sys.prefix}}}
        """
    (program / "Pulumi.yaml").write_text(textwrap.dedent(project))
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBECONFIG"))}
    env |= {
        "PATH": os.pathsep.join([str(engine().bin_dir), env["PATH"]]),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    made = Stack(program, env)
    made.run("stack", "init", "dev")
    made.run("config", "set", "kubeconfig", kubernetes.config.read_text(), "--secret")
    made.run("config", "set", "password", "hunter2", "--secret")
    return made


def test_a_stack_lives_on_the_real_engine(stack: Stack, kubernetes: Kubernetes, declare: Declare) -> None:
    text = stack.run("up", "--yes")
    assert "8 created" in text
    assert 'phase: "Active"' in text
    assert "hunter2" not in stack.run("stack", "export")

    assert "8 unchanged" in stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")

    stack.run("config", "set", "privileged", "true")
    refused = stack.run("preview", fails=True)
    assert 'is forbidden: violates PodSecurity "restricted:latest"' in refused
    stack.run("config", "rm", "privileged")

    kubernetes.edit(declare("v1:ResourceQuota", "quota", "engine-apps", spec={"hard": {"pods": "77"}}))
    assert '~ pods: "10" => "77"' in stack.run("refresh", "--yes", "--skip-preview", "--diff")

    assert "8 deleted" in stack.run("destroy", "--yes", "--skip-preview")
    assert kubernetes.get("v1:Namespace", "engine-apps") is None
