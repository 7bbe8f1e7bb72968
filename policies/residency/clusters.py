"""Which cluster a Kubernetes provider speaks to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

import yaml

from policies.engine import arn
from policies.engine.context import Boundary, Context
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Rule, Undecided, Violation
from policies.engine.standards import ccc
from policies.engine.values import EACH, Node
from policies.residency.providers import KUBERNETES_PROVIDER

_EKS_SUFFIX: Final = ".eks.amazonaws.com"


def option(args: Sequence[object], name: str) -> str | None:
    """The value of ``--name value`` or ``--name=value`` in a command's arguments."""
    for place, given in enumerate(args):
        if given == name and place + 1 < len(args):
            return str(args[place + 1])
        if isinstance(given, str) and given.startswith(f"{name}="):
            return given.removeprefix(f"{name}=")
    return None


def _parsed(kubeconfig: Node) -> Node:
    """The document in the setting; absent when it is none (a path, for one, names a file of the shell's machine)."""
    try:
        found = yaml.safe_load(kubeconfig.text or "")
    except yaml.YAMLError:
        found = None
    return Node.of(found if isinstance(found, dict) else None, kubeconfig.path)


def _judge_servers(document: Node, boundary: Boundary) -> Iterator[Finding]:
    for server in document.every("clusters", EACH, "cluster", "server"):
        host = urlsplit(server.text or "").hostname or ""
        if host.endswith(_EKS_SUFFIX) and not any(label in boundary.regions for label in host.split(".")):
            yield Violation(server, f"a cluster in {boundary.allowed}")


def _judge_users(document: Node, boundary: Boundary) -> Iterator[Finding]:
    for args in document.every("users", EACH, "user", "exec", "args"):
        given = [node.value for node in args.each()]
        region, role = option(given, "--region"), option(given, "--role-arn")
        if region not in boundary.regions:
            yield Violation(args, f"--region {' or '.join(boundary.regions)}", detail=f"it names region {region}")
        assumed = arn.parse(role)
        if role is not None and (assumed is None or assumed.account != boundary.account):
            yield Violation(args, f"--role-arn of account {boundary.account}", detail=f"it assumes {role}")


def _judge(resource: Resource, context: Context) -> Iterator[Finding]:
    kubeconfig = resource.at("kubeconfig")
    if kubeconfig.unknown:
        yield Undecided(kubeconfig)
        return
    document = _parsed(kubeconfig)
    if not document.every("users", EACH) or not document.every("clusters", EACH):
        secret = Node(kubeconfig.path, kubeconfig.state, "(not shown)" if kubeconfig.present else None)
        yield Violation(secret, "the text of a kubeconfig whose users run aws eks get-token")
        return
    yield from _judge_servers(document, context.within)
    yield from _judge_users(document, context.within)


RULES: Final = (
    Rule(
        id="residency-kubernetes-cluster",
        title="Kubernetes providers speak to the client's cluster within the boundary",
        types=(KUBERNETES_PROVIDER,),
        asks="`kubeconfig` is given as text; its users run `aws eks get-token` with `--region` of the boundary and, "
        "where they assume a role, a role of the client's account; servers of EKS are in the boundary's regions.",
        why="Objects and the data in them go to whatever cluster the kubeconfig names.",
        fix="build the kubeconfig from the outputs of the client's own cluster: users in exec form with "
        "aws eks get-token --cluster-name ... --region <home> --role-arn <role of the account>",
        absent="Unset, or a path, the cluster comes from the machine that runs the program: refused.",
        judge=_judge,
        standards=(ccc("CN06.AR01"),),
        needs_boundary=True,
    ),
)
