"""Runs the environment's wiring without an engine: every resource that it would register, with its inputs.

Only the wiring is judged here; what AWS, Kubernetes and Vault make of it is shown on the real engine.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func

from components.environment import Environment, EnvironmentArgs
from stacks.spec import load

ACCOUNT: Final = "111111111111"


@dataclass(frozen=True)
class Recorded:
    """One resource as the program asked for it. ``provider`` is the URN and id of its provider, or empty."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str
    parent: str
    protect: bool
    retain: bool = False
    adopts: str = ""


@dataclass
class Recording(Mocks):
    """Stands in for the engine: remembers what is registered and answers with the ids and ARNs that AWS would give."""

    resources: list[Recorded] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    options: dict[tuple[str, str], tuple[str, bool, bool, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Register one resource."""
        parent, protect, retain, adopts = self.options.get((args.typ, args.name), ("", False, False, ""))
        found = Recorded(args.typ, args.name, args.inputs, args.provider or "", parent, protect, retain, adopts)
        with self.lock:
            self.resources.append(found)
        kind = args.typ.rpartition(":")[2].lower()
        computed: dict[str, Any] = {
            "arn": f"arn:aws:{kind}:eu-central-1:{ACCOUNT}:{kind}/{args.name}",
            "keyId": f"key-{args.name}",
        }
        if args.typ == "aws:eks/cluster:Cluster":
            computed |= {
                "endpoint": "https://ABC.gr7.eu-central-1.eks.amazonaws.com",
                "certificateAuthority": {"data": "LS0tLQ=="},
                "vpcConfig": {**args.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-cluster"},
            }
        if args.typ == "aws:rds/instance:Instance":
            computed |= {
                "port": 26021,
                "address": "db.example",
                "resourceId": "db-ABC",
                "masterUserSecrets": [{"secretArn": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:rds!db"}],
            }
        if args.typ == "aws:ecr/repository:Repository":
            computed["repositoryUrl"] = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/{args.inputs['name']}"
        if args.typ == "aws:ec2/launchTemplate:LaunchTemplate":
            computed["latestVersion"] = 1
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Remember a look-up."""
        self.calls.append(args.token)
        return {}, None

    def of(self, type_: str) -> list[Recorded]:
        """Resources whose type ends so, for example ``ec2/subnet:Subnet``."""
        return [resource for resource in self.resources if resource.type.endswith(type_)]

    def one(self, type_: str, name: str) -> Recorded:
        """The resource of that type and logical name."""
        (found,) = [resource for resource in self.of(type_) if resource.name == name]
        return found

    def below(self, prefix: str) -> list[Recorded]:
        """Resources whose type begins so, for example ``aws:``."""
        return [resource for resource in self.resources if resource.type.startswith(prefix)]


def record(description: Mapping[str, Any]) -> Recording:
    """Compose the environment of a description; everything that it registers."""
    recording = Recording()
    spec = load(description)

    def remember(args: pulumi.ResourceTransformationArgs) -> None:
        parent = args.opts.parent
        recording.options[(args.type_, args.name)] = (
            f"{parent.pulumi_resource_type}::{parent.pulumi_resource_name}" if parent else "",
            bool(args.opts.protect),
            bool(args.opts.retain_on_delete),
            str(args.opts.import_ or ""),
        )

    def program() -> None:
        pulumi.runtime.register_stack_transformation(remember)
        environment = Environment(spec.name, EnvironmentArgs(spec))

        def keep(outputs: dict[str, Any]) -> None:
            recording.outputs = outputs

        pulumi.Output.from_input(environment.outputs).apply(keep)

    async def run() -> None:
        await run_pulumi_func(program)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_mocks(recording, project="freehold", stack=spec.name)
    try:
        loop.run_until_complete(run())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return recording
