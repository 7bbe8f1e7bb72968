"""The account: whose it is, its regions and zones, and what the provisioning role may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import boto3

from scripts.preflight.result import PATIENCE, Check, Ground
from stacks.spec import ClientSpec

OPTED: Final = frozenset({"opt-in-not-required", "opted-in"})
"""States of a region that can be used (Amazon EC2 API Reference, *Region*, ``OptInStatus``)."""

ACTIONS: Final = (
    ("rds:CreateDBInstance", "arn:{partition}:rds:{region}:{account}:db:{name}"),
    ("eks:CreateCluster", "arn:{partition}:eks:{region}:{account}:cluster/{name}"),
    ("iam:CreateRole", "arn:{partition}:iam::{account}:role/{name}-cluster"),
    ("iam:PassRole", "arn:{partition}:iam::{account}:role/{name}-cluster"),
    ("logs:CreateLogGroup", "arn:{partition}:logs:{region}:{account}:log-group:/aws/eks/{name}/cluster"),
    ("sns:CreateTopic", "arn:{partition}:sns:{region}:{account}:{name}-alarms"),
    ("kms:CreateAlias", "arn:{partition}:kms:{region}:{account}:alias/{name}-data"),
    ("kms:CreateKey", "*"),
    ("ec2:CreateVpc", "arn:{partition}:ec2:{region}:{account}:vpc/*"),
    ("ec2:DescribeVpcs", "*"),
)
"""One action of each kind that a first `up` needs, with the resource that it is asked for."""


def enter(spec: ClientSpec) -> boto3.Session:
    """A session of the provisioning role.

    Raises:
        botocore.exceptions.ClientError: the role is not there, or does not trust the operator.
        botocore.exceptions.BotoCoreError: there are no credentials, or AWS does not answer.
    """
    home = spec.residency.home
    keys = boto3.client("sts", region_name=home, config=PATIENCE).assume_role(
        RoleArn=spec.provision_role_arn, RoleSessionName=f"freehold-preflight-{spec.name}"[:64]
    )["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=home)


def caller(ground: Ground) -> Check:
    """The guard against the wrong account."""
    found, wanted = ground.client("sts").get_caller_identity()["Account"], ground.spec.account_id
    if found == wanted:
        return Check("account", "pass", f"{wanted}, as {ground.spec.provision_role}")
    fix = "take the credentials of the client's account, or correct account_id"
    return Check("account", "fail", f"the credentials lead into {found}, the environment is for {wanted}", fix)


def regions(ground: Ground) -> Iterator[Check]:
    """Home and recovery region are enabled."""
    rows = ground.client("ec2").describe_regions(AllRegions=True)["Regions"]
    states = {row["RegionName"]: row.get("OptInStatus") for row in rows}
    for region in ground.spec.residency.regions:
        state, label = states.get(region, "not listed"), f"region {region}"
        if state is None:
            yield Check(label, "unknown", "DescribeRegions does not say whether it is enabled")
        elif state in OPTED:
            yield Check(label, "pass", state)
        else:
            yield Check(label, "fail", state, "enable it: aws account enable-region (it may take hours)")


def zones(ground: Ground) -> Iterator[Check]:
    """The chosen zones exist for this account, and are available."""
    rows = ground.client("ec2").describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
    states = {row["ZoneName"]: row["State"] for row in rows if row.get("ZoneType", "availability-zone") != "local-zone"}
    for zone in ground.zones:
        state = states.get(zone, "the account does not see it")
        there = ", ".join(sorted(name for name, found in states.items() if found == "available"))
        if state == "available":
            yield Check(f"zone {zone}", "pass", state)
        else:
            yield Check(f"zone {zone}", "fail", state, f"choose among: {there}")


def permissions(ground: Ground) -> Iterator[Check]:
    """What the provisioning role may do, by IAM's own simulation.

    The simulation knows no tags of requests: a denial that hangs on one is *unknown*, not a failure.
    """
    iam, spec = ground.client("iam"), ground.spec
    place = {
        "partition": spec.residency.partition,
        "region": spec.residency.home,
        "account": spec.account_id,
        "name": spec.name,
    }
    context = {
        "ContextKeyName": "aws:RequestedRegion",
        "ContextKeyType": "string",
        "ContextKeyValues": [spec.residency.home],
    }
    for action, pattern in ACTIONS:
        result = iam.simulate_principal_policy(
            PolicySourceArn=spec.provision_role_arn,
            ActionNames=[action],
            ResourceArns=[pattern.format(**place)],
            ContextEntries=[context],
        )["EvaluationResults"][0]
        label, decision = f"may {action}", result["EvalDecision"]
        missing = result.get("MissingContextValues", [])
        if decision == "allowed":
            yield Check(label, "pass", decision)
        elif decision == "implicitDeny" and missing:
            yield Check(label, "unknown", f"it hangs on {', '.join(missing)}, which a simulation does not know")
        else:
            fix = f"attach the documents of: python -m scripts.documents {spec.name} provision"
            yield Check(label, "fail", decision, fix)
