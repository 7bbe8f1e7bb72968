"""The plugin under the real engine, driven by a program on the official SDK."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from sandbox.plugins.install import install
from sandbox.settings import Settings
from sandbox.toolchain import engine

if TYPE_CHECKING:
    from tests.conftest import Surroundings

ACCOUNT = "333333333333"

PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
provider = aws.Provider(
    "home",
    region="eu-central-1",
    allowed_account_ids=[config.get("allowed") or "333333333333"],
    assume_roles=[{"role_arn": "arn:aws:iam::333333333333:role/freehold-provision", "session_name": "engine"}],
    default_tags={"tags": {"freehold:client": "acme"}},
    endpoints=[{"sts": config.get("sts")}] if config.get("sts") else None,
)
opts = pulumi.ResourceOptions(provider=provider)
key = aws.kms.Key("data", description="data", enable_key_rotation=True, deletion_window_in_days=7, opts=opts)
vpc = aws.ec2.Vpc("main", cidr_block="10.3.0.0/16", tags={"Name": config.get("name") or "main"}, opts=opts)
aws.ec2.Subnet("a", vpc_id=vpc.id, cidr_block="10.3.0.0/24", availability_zone="eu-central-1a", opts=opts)
aws.kms.Key("copy", description="in the recovery region", region="eu-west-1", opts=opts)
trust = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = aws.iam.Role("nodes", assume_role_policy=json.dumps(trust, indent=2), opts=opts)
topic = aws.sns.Topic(
    "alarms", kms_master_key_id=key.id, display_name=config.get_secret("display"),
    opts=pulumi.ResourceOptions(provider=provider, protect=config.get_bool("protect")),
)
if config.get("imported"):
    aws.cloudwatch.LogGroup(
        "logs", name="/engine", retention_in_days=30,
        opts=pulumi.ResourceOptions(provider=provider, import_=config.get("imported")),
    )
pulumi.export("vpc", vpc.id)
pulumi.export("key", key.arn)
pulumi.export("tags", vpc.tags_all)
"""


@dataclass(frozen=True)
class Stack:
    """A stack of the program in a directory and a home of its own."""

    directory: Path
    env: dict[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the engine."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.directory,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, fails: bool = False) -> str:
        """One command of the engine; its output."""
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=300)
        assert (process.returncode != 0) is fails, output
        return output

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        found: dict[str, Any] = json.loads(self.run("stack", "output", "--json"))
        return found


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, surroundings: Surroundings) -> Stack:
    """The program, the plugins where the engine looks for them, and a state backend."""
    directory = tmp_path_factory.mktemp("engine")
    own = Settings(directory / "sandbox", port_base=surroundings.settings.port_base)
    install(own, "offline")
    (directory / "state").mkdir()
    program = directory / "program"
    program.mkdir()
    (program / "__main__.py").write_text(PROGRAM)
    project = f"""
        name: engine
        runtime:
          name: python
          options: {{toolchain: pip, virtualenv: {sys.prefix}}}
        """
    (program / "Pulumi.yaml").write_text(textwrap.dedent(project))
    env = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    env |= {
        **surroundings.env,
        "PATH": os.pathsep.join([str(engine().bin_dir), env["PATH"]]),
        "PULUMI_HOME": str(own.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{directory}/state",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    made = Stack(program, env)
    made.run("stack", "init", "dev")
    made.run("config", "set", "display", "hunter2", "--secret")
    made.run("config", "set", "pulumi:disable-default-providers", '["*"]')
    return made


@pytest.fixture
def setting(stack: Stack) -> Callable[..., None]:
    """Set a value of the stack's configuration, or take it away."""

    def set_value(key: str, value: str | None) -> None:
        if value is None:
            stack.run("config", "rm", key)
        else:
            stack.run("config", "set", key, value)

    return set_value


def test_a_stack_lives_on_the_real_engine(
    stack: Stack, surroundings: Surroundings, setting: Callable[..., None]
) -> None:
    preview = stack.run("preview", "--diff")
    assert "vpc : [unknown]" in preview
    assert "8 to create" in preview

    up = stack.run("up", "--yes", "--skip-preview")
    assert "8 created" in up
    outputs = stack.outputs()
    assert outputs["key"].startswith(f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/")
    assert outputs["tags"] == {"Name": "main", "freehold:client": "acme"}
    assert "hunter2" not in stack.run("stack", "export")

    assert "8 unchanged" in stack.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    abroad = surroundings.client("kms", "eu-west-1", ACCOUNT)
    found = [abroad.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in abroad.list_keys()["Keys"]]
    assert "in the recovery region" in {one["Description"] for one in found}

    network = surroundings.client("ec2", "eu-central-1", ACCOUNT)
    network.modify_vpc_attribute(VpcId=outputs["vpc"], EnableDnsSupport={"Value": False})
    assert "~ enableDnsSupport: true => false" in stack.run("refresh", "--yes", "--skip-preview", "--diff")
    setting("name", "other")
    mended = stack.run("up", "--yes", "--skip-preview", "--diff")
    assert '~ Name: "main" => "other"' in mended
    assert network.describe_vpc_attribute(VpcId=outputs["vpc"], Attribute="enableDnsSupport")["EnableDnsSupport"][
        "Value"
    ]

    logs = surroundings.client("logs", "eu-central-1", ACCOUNT)
    logs.create_log_group(logGroupName="/engine", tags={"freehold:client": "acme"})
    logs.put_retention_policy(logGroupName="/engine", retentionInDays=30)
    setting("imported", "/engine")
    assert "1 imported" in stack.run("up", "--yes", "--skip-preview")
    setting("imported", None)

    setting("protect", "true")
    stack.run("up", "--yes", "--skip-preview")
    assert "protect" in stack.run("destroy", "--yes", "--skip-preview", fails=True)
    setting("protect", "false")
    stack.run("up", "--yes", "--skip-preview")
    assert "deleted" in stack.run("destroy", "--yes", "--skip-preview")
    assert network.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [outputs["vpc"]]}])["Vpcs"] == []


def test_the_wrong_account_is_refused_at_preview(stack: Stack, setting: Callable[..., None]) -> None:
    setting("allowed", "444444444444")
    refused = stack.run("preview", fails=True)
    setting("allowed", None)
    assert f"the credentials of the aws provider belong to account {ACCOUNT}" in refused
    assert "allowed are 444444444444" in refused


def test_an_endpoint_elsewhere_is_refused(stack: Stack, setting: Callable[..., None]) -> None:
    setting("sts", "https://sts.eu-central-1.amazonaws.com")
    refused = stack.run("preview", fails=True)
    setting("sts", None)
    assert "the endpoint of sts is https://sts.eu-central-1.amazonaws.com, which is not loopback" in refused


def test_no_endpoint_is_refused(stack: Stack) -> None:
    bare = Stack(stack.directory, {key: value for key, value in stack.env.items() if key != "AWS_ENDPOINT_URL"})
    refused = bare.run("preview", fails=True)
    assert "amazonaws.com, which is not loopback" in refused


def plugins_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The aws plugins that a command of the engine has started."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "sandbox.plugins.aws" in child.cmdline():
                found.append(child)
    return found


def test_a_killed_engine_leaves_no_plugin(stack: Stack) -> None:
    with stack.start("up", "--yes", "--skip-preview") as process:
        deadline = time.monotonic() + 60
        plugins: list[psutil.Process] = []
        while not plugins and time.monotonic() < deadline:
            plugins = plugins_of(process)
        process.kill()
    assert plugins
    _, alive = psutil.wait_procs(plugins, timeout=15)
    assert alive == []
