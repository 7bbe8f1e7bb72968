"""Whether an environment's cluster can go to the Kubernetes version that its file asks for.

EKS updates a control plane by one minor version at a time, and never back. This compares what is deployed with the
environment's file, and asks the client's account what it offers and what it has found; it changes nothing.

Exit codes: 0 the update can go ahead (or nothing is to be updated), 1 something stands against it, 2 it cannot be told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import click
from botocore.exceptions import BotoCoreError, ClientError

from scripts import environments
from stacks.spec import ClientSpec, SpecError, load, neighbours
from stacks.spec.kubernetes_versions import VERSIONS, advice, minor

STACKS: Final = Path(__file__).resolve().parent.parent / "stacks"

AGAINST: Final = 1
UNTOLD: Final = 2

SKEW: Final = 3
"""Minor versions that nodes may be behind the control plane (Kubernetes documentation, *Version Skew Policy*)."""

Verdict = Literal["pass", "warn", "fail", "unknown"]


class Untold(click.ClickException):
    """It cannot be told whether the update can go ahead."""

    exit_code = UNTOLD


@dataclass(frozen=True, slots=True)
class Check:
    """One answer.

    Args:
        name: what was looked at.
        verdict: ``fail`` stands against the update; ``warn`` and ``unknown`` want a look.
        found: what was found.
        fix: what to do, where there is something to do.
    """

    name: str
    verdict: Verdict
    found: str
    fix: str = ""


def checks(spec: ClientSpec, deployed: str, eks: Any, name: str, today: date) -> Iterator[Check]:
    """Everything that speaks for or against the update.

    Args:
        spec: what the environment's file asks for.
        deployed: Kubernetes version of the control plane as it is.
        eks: an EKS client in the client's account.
        name: the cluster.
        today: the day on which support is judged.
    """
    target = spec.cluster.version
    yield _supported(target, today)
    yield _step(deployed, target)
    yield from _nodes(eks, name, target)
    yield from _addons(eks, name, target, spec.cluster.addon_versions)
    yield from _insights(eks, name, target, updating=target != deployed)


def _supported(target: str, today: date) -> Check:
    phase, said = VERSIONS[target].phase(today), advice(target, today)
    verdict: Verdict = "fail" if phase == "ended" else "pass" if said is None else "warn"
    return Check(
        "target is supported", verdict, said or f"{target}: standard support until {VERSIONS[target].standard}"
    )


def _step(deployed: str, target: str) -> Check:
    step = minor(target) - minor(deployed)
    if step in {0, 1}:
        return Check("one minor step", "pass", f"{deployed} -> {target}" if step else f"{deployed} is deployed")
    following = f"1.{minor(deployed) + 1}"
    fix = f"write {following} in cluster.version first" if step > 1 else f"write {deployed} in cluster.version"
    return Check("one minor step", "fail", f"{deployed} -> {target}: EKS goes one step at a time, never back", fix)


def _nodes(eks: Any, name: str, target: str) -> Iterator[Check]:
    for page in eks.get_paginator("list_nodegroups").paginate(clusterName=name):
        for group in page["nodegroups"]:
            found = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
            label, version, status = f"node group {group}", found.get("version"), found["status"]
            if version is None:
                yield Check(label, "unknown", "its image is its own: its version is not known", "look at its kubelets")
            elif minor(target) - minor(version) > SKEW:
                yield Check(label, "fail", f"{version} is more than {SKEW} behind {target}", "update its nodes first")
            elif status != "ACTIVE":
                yield Check(label, "fail", f"it is {status}", "wait, or mend it, before the update")
            else:
                yield Check(label, "pass", f"{version}, {status}")


def _addons(eks: Any, name: str, target: str, wanted: Mapping[str, str]) -> Iterator[Check]:
    there = {one for page in eks.get_paginator("list_addons").paginate(clusterName=name) for one in page["addons"]}
    for addon in sorted(there | wanted.keys()):
        label = f"add-on {addon}"
        if addon not in wanted:
            yield Check(label, "warn", "it is there, and the kit does not install it", f"see that it suits {target}")
            continue
        present = (
            eks.describe_addon(clusterName=name, addonName=addon)["addon"]["addonVersion"] if addon in there else "none"
        )
        pages = eks.get_paginator("describe_addon_versions").paginate(addonName=addon, kubernetesVersion=target)
        offered = [
            version["addonVersion"] for page in pages for one in page["addons"] for version in one["addonVersions"]
        ]
        step = f"{present} -> {wanted[addon]}" if present != wanted[addon] else present
        if wanted[addon] in offered:
            yield Check(label, "pass", step)
        else:
            fix = f"name one in cluster.addons: {', '.join(offered[:3]) or 'none is offered'}"
            yield Check(label, "fail", f"{step}: EKS does not offer it for {target}", fix)


def _insights(eks: Any, name: str, target: str, *, updating: bool) -> Iterator[Check]:
    """What EKS itself has found: version skew, and calls of APIs that the next version removes."""
    verdicts: Mapping[str, Verdict] = {
        "PASSING": "pass",
        "WARNING": "warn",
        "ERROR": "fail" if updating else "warn",
        "UNKNOWN": "unknown",
    }
    wanted = {"categories": ["UPGRADE_READINESS"]}
    for page in eks.get_paginator("list_insights").paginate(clusterName=name, filter=wanted):
        for one in page["insights"]:
            if updating and one.get("kubernetesVersion", target) != target:
                continue
            status = one["insightStatus"]
            yield Check(f"insight: {one['name']}", verdicts[status["status"]], status.get("reason", ""))


def described(name: str) -> ClientSpec:
    """What the environment's file asks for.

    Raises:
        Untold: it cannot be read, or has mistakes.
    """
    path = STACKS / f"Pulumi.{name}.yaml"
    data = neighbours.described_in(path)
    if data is None:
        raise Untold(f"{path}: there is no such file, or no description in it")
    try:
        return load(data)
    except SpecError as error:
        raise Untold(str(error)) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Plan updates of an environment's Kubernetes version.

    \b
    Examples:
      python -m scripts.upgrade check acme-dev
      python -m scripts.upgrade check acme-prod --json
    """


@main.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", metavar="CLIENT-STAGE")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def check(name: str, as_json: bool) -> None:
    """Say whether the cluster can go to the version in the environment's file. Changes nothing.

    \b
    Examples:
      python -m scripts.upgrade check acme-dev
      python -m scripts.upgrade check acme-prod --json

    Exit codes: 0 it can (or is there already), 1 something stands against it, 2 it cannot be told.
    """
    spec = described(name)
    try:
        found = environments.outputs(name)
        eks = environments.session(found, "upgrade").client("eks")
        # the control plane itself: the outputs say what was asked for last
        deployed = eks.describe_cluster(name=found.cluster.name)["cluster"]["version"]
        results = list(checks(spec, deployed, eks, found.cluster.name, datetime.now(UTC).date()))
    except click.ClickException as error:
        raise Untold(error.message) from error
    except (BotoCoreError, ClientError) as error:
        raise Untold(f"AWS does not answer: {error}") from error
    against = [one for one in results if one.verdict == "fail"]
    if as_json:
        document = {
            "environment": name,
            "deployed": deployed,
            "target": spec.cluster.version,
            "ready": not against,
            "checks": [asdict(one) for one in results],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(f"{name}: Kubernetes {deployed}, its file asks for {spec.cluster.version}")
        for one in results:
            fix = f"  Fix: {one.fix}" if one.fix else ""
            click.echo(f"  {one.verdict:<7}  {one.name}: {one.found}{fix}")
        click.echo("something stands against it" if against else "nothing stands against it")
    sys.exit(AGAINST if against else 0)


if __name__ == "__main__":
    main()
