"""Drives a sandbox by its front doors only, as a person or CI would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import environment
from sandbox.settings import REPOSITORY, Settings

PACKS = ("--policy-pack", "policies/residency", "--policy-pack", "policies/hardening")


@dataclass(frozen=True)
class Driver:
    """One sandbox and the commands that work on it."""

    settings: Settings

    @property
    def base(self) -> Mapping[str, str]:
        """The environment of a person's shell: the sandbox's place and nothing that leads elsewhere."""
        return {
            **os.environ,
            "SANDBOX_DIR": str(self.settings.directory),
            "SANDBOX_PORT_BASE": str(self.settings.port_base),
        }

    def bring_up(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``make up``, its summary as JSON on standard output."""
        argv = [sys.executable, "-m", "sandbox.bringup", name, "--json", *arguments]
        return subprocess.run(argv, cwd=REPOSITORY, env=self.base, check=False, capture_output=True, text=True)

    def start(self, name: str) -> subprocess.Popen[str]:
        """The same, in the background."""
        argv = [sys.executable, "-m", "sandbox.bringup", name, "--json"]
        return subprocess.Popen(
            argv, cwd=REPOSITORY, env=self.base, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def must_bring_up(self, name: str) -> Mapping[str, Any]:
        """Bring an environment up and return the summary."""
        done = self.bring_up(name)
        assert done.returncode == 0, done.stderr[-6000:]
        found: Mapping[str, Any] = json.loads(done.stdout)
        return found

    def sandbox(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``python -m sandbox``."""
        argv = [sys.executable, "-m", "sandbox", *arguments]
        return subprocess.run(argv, cwd=REPOSITORY, env=self.base, check=False, capture_output=True, text=True)

    def run(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A program as the operator runs it after ``eval "$(make -s env)"``."""
        env = {**environment.full(self.settings), **more}
        return subprocess.run(argv, cwd=REPOSITORY, env=env, check=False, capture_output=True, text=True)

    def must(self, *argv: str, **more: str) -> str:
        """The same; its standard output."""
        done = self.run(*argv, **more)
        assert done.returncode == 0, f"{argv}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def pulumi(self, name: str, *arguments: str) -> str:
        """The engine on one environment."""
        return self.must("pulumi", *arguments, "--stack", name, "--non-interactive")

    def outputs(self, name: str) -> dict[str, Any]:
        """What the stack exports."""
        found: dict[str, Any] = json.loads(self.pulumi(name, "stack", "output", "--json"))
        return found

    def kubectl(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """kubectl with the environment's kubeconfig."""
        return self.run("kubectl", *arguments, KUBECONFIG=str(self.settings.kube / f"{name}.yaml"))

    def sql(self, name: str, statement: str) -> str:
        """One statement in the environment's first database, by psql over verified TLS."""
        command = ("psql", "-v", "ON_ERROR_STOP=1", "-At", "-c", statement)
        return self.must(sys.executable, "-m", "scripts.connect", name, "--", *command).strip()
