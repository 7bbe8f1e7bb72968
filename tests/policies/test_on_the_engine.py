"""Both packs on the real engine: what they refuse is refused, and nothing is made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from sandbox.settings import REPOSITORY
from sandbox.toolchain import pulumi_engine
from tests.policies.harness import ENVIRONMENT

VERSION = metadata.version("pulumi-aws")

PROGRAM = """
import pulumi
import pulumi_aws as aws

home = aws.Provider("home", region="eu-central-1", allowed_account_ids=["111111111111"])
explicit = pulumi.ResourceOptions(provider=home)
key = aws.kms.Key("logs", enable_key_rotation=True, opts=explicit)
case = pulumi.Config().require("case")
if case == "abroad":
    aws.sqs.Queue("abroad", region="us-east-1", opts=explicit)
    aws.rds.Instance("open", instance_class="db.t4g.micro", publicly_accessible=True, opts=explicit)
    aws.sqs.Queue("ambient")
if case in ("late", "sound"):
    days = {"late": 0, "sound": 30}[case]
    aws.cloudwatch.LogGroup(
        "app", kms_key_id=key.arn, retention_in_days=key.arn.apply(lambda _: days), opts=explicit
    )
"""


@dataclass(frozen=True)
class Project:
    """A program of one stack, and the engine to run it on."""

    directory: Path
    env: Mapping[str, str]

    def configure(self, case: str, environment: object = ENVIRONMENT) -> None:
        """Say which case the program shall make, and what the environment's description is."""
        path = self.directory / "Pulumi.acme-prod.yaml"
        settings = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = {"trial:case": case}
        if environment is not None:
            config["freehold:environment"] = json.dumps(environment)
        path.write_text(yaml.safe_dump({**settings, "config": config}))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the engine; output and errors together."""
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.directory,
            env=dict(self.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=180,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        """``pulumi up`` with both packs."""
        packs = [
            flag
            for pack in ("residency", "hardening")
            for flag in ("--policy-pack", str(REPOSITORY / "policies" / pack))
        ]
        return self.run("up", "--yes", "--stack", "acme-prod", *packs)

    @property
    def made(self) -> list[str]:
        """What the provider was asked to make, so far."""
        notes = self.directory / "made.txt"
        return notes.read_text().splitlines() if notes.exists() else []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in a directory of its own, with a recording aws provider."""
    directory = tmp_path_factory.mktemp("project")
    engine = pulumi_engine.engine()
    (directory / "__main__.py").write_text(PROGRAM)
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "trial", "runtime": runtime}))
    plugin = directory / "home" / "plugins" / f"resource-aws-v{VERSION}"
    plugin.mkdir(parents=True)
    recorder = Path(__file__).with_name("recorder.py")
    script = plugin / "pulumi-resource-aws"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {recorder} {directory}/made.txt {VERSION} "$@"\n')
    script.chmod(0o755)
    (directory / "state").mkdir()
    inherited = {name: os.environ[name] for name in ("HOME", "TMPDIR", "PYTHONPATH") if name in os.environ}
    env = {
        **inherited,
        "PATH": os.pathsep.join((str(engine.bin_dir), str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(REPOSITORY), inherited.get("PYTHONPATH")))),
        "PULUMI_HOME": str(directory / "home"),
        "PULUMI_BACKEND_URL": f"file://{directory}/state",
        "PULUMI_CONFIG_PASSPHRASE": "trial",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    found = Project(directory, env)
    found.configure("sound")
    created = found.run("stack", "init", "acme-prod")
    assert created.returncode == 0, created.stdout
    return found


def test_a_bad_stack_is_refused_and_nothing_is_made(project: Project) -> None:
    project.configure("abroad")
    run = project.up()
    assert run.returncode != 0
    assert "residency-resource-region: Every AWS resource lives in the home or recovery region" in run.stdout
    assert 'property: region = "us-east-1"' in run.stdout
    assert "allowed:  eu-central-1 (home) or eu-west-1 (recovery), jurisdiction eu" in run.stdout
    assert "rds-private: Databases are not publicly accessible" in run.stdout
    assert "residency-provider-explicit: No default or unnamed provider" in run.stdout
    assert "resource: ambient (aws:sqs/queue:Queue)" in run.stdout
    assert project.made == []


def test_without_a_boundary_a_sound_stack_is_refused_and_nothing_is_made(project: Project) -> None:
    project.configure("sound", environment=None)
    run = project.up()
    assert run.returncode != 0
    assert "freehold:environment is not set in the stack's configuration" in run.stdout
    assert project.made == []


def test_an_unknown_is_undecided_at_preview_and_refused_in_up(project: Project) -> None:
    project.configure("late")
    run = project.up()
    assert run.returncode != 0
    preview, _, update = run.stdout.partition("Updating (acme-prod)")
    assert "logs-retention is undecided" in preview
    assert "app: retentionInDays" in preview
    assert "[mandatory]" not in preview
    assert "[mandatory]" in update
    assert "property: retentionInDays = 0" in update
    assert project.made == ["aws:kms/key:Key logs"]


def test_a_sound_stack_comes_up(project: Project) -> None:
    project.configure("sound")
    run = project.up()
    assert run.returncode == 0, run.stdout
    assert "[mandatory]" not in run.stdout
    assert project.made[-1] == "aws:cloudwatch/logGroup:LogGroup app"
