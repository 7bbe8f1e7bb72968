"""The network: its range is free, or what the client brings is as the description says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from botocore.exceptions import ClientError

from scripts.preflight.result import Check, Ground
from stacks.spec.existing_network import ExistingNetwork


def network(ground: Ground) -> Iterator[Check]:
    """The range that is to be made, or the network that is there."""
    existing = ground.spec.network.existing
    if existing is None:
        yield _free(ground)
        return
    ec2 = ground.client("ec2")
    vpc = _one(ec2.describe_vpcs, "Vpcs", "VpcIds", existing.vpc_id, "InvalidVpcID")
    yield _vpc(ec2, existing, vpc)
    tiers = (
        ("public", existing.public_subnet_ids),
        ("private", existing.private_subnet_ids),
        ("data", existing.data_subnet_ids),
    )
    for tier, ids in tiers:
        for letter, subnet_id in ids.items():
            found = _one(ec2.describe_subnets, "Subnets", "SubnetIds", subnet_id, "InvalidSubnetID")
            zone = f"{ground.spec.residency.home}{letter}"
            yield _subnet(f"{tier} subnet {letter}", subnet_id, found, existing, zone)
    for letter, table_id in existing.private_route_table_ids.items():
        found = _one(ec2.describe_route_tables, "RouteTables", "RouteTableIds", table_id, "InvalidRouteTableID")
        yield _table(letter, table_id, found, existing)


def _free(ground: Ground) -> Check:
    """No VPC of the account has an address of the new one. Its own, made already, bears its name."""
    own = IPv4Network(ground.spec.network.address_range)
    label, taken = f"range {own}", []
    for page in ground.client("ec2").get_paginator("describe_vpcs").paginate():
        for vpc in page["Vpcs"]:
            names = [tag["Value"] for tag in vpc.get("Tags", []) if tag["Key"] == "Name"]
            if any(name.startswith(f"{ground.spec.name}-") or name == ground.spec.name for name in names):
                continue
            taken += [f"{one} of {vpc['VpcId']}" for one in _ranges(vpc) if IPv4Network(one).overlaps(own)]
    if taken:
        return Check(label, "fail", f"it overlaps {', '.join(taken)}", "choose another range, or remove the VPC")
    return Check(label, "pass", "no VPC of the account overlaps it")


def _ranges(vpc: Mapping[str, Any]) -> list[str]:
    rows = vpc.get("CidrBlockAssociationSet", [])
    found = [row["CidrBlock"] for row in rows if row["CidrBlockState"]["State"] in {"associated", "associating"}]
    return found or [vpc["CidrBlock"]]


def _one(operation: Any, key: str, by: str, wanted: str, absent: str) -> Mapping[str, Any] | None:
    """One resource; ``None`` where EC2 says that there is no such one."""
    try:
        rows = operation(**{by: [wanted]})[key]
    except ClientError as error:
        if error.response["Error"]["Code"].lower() == f"{absent}.NotFound".lower():
            return None
        raise
    return rows[0] if rows else None


def _judged(label: str, name: str, wrong: list[str], fix: str) -> Check:
    return Check(label, "fail", f"{name}: {'; '.join(wrong)}", fix) if wrong else Check(label, "pass", name)


def _vpc(ec2: Any, existing: ExistingNetwork, found: Mapping[str, Any] | None) -> Check:
    if found is None:
        return Check("VPC", "fail", f"{existing.vpc_id} is not in this account and region", "correct existing.vpc_id")
    wrong = []
    if existing.cidr not in (ranges := _ranges(found)):
        wrong.append(f"its ranges are {', '.join(ranges)}, not {existing.cidr}")
    for attribute, key in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        if not ec2.describe_vpc_attribute(VpcId=existing.vpc_id, Attribute=attribute)[key]["Value"]:
            wrong.append(f"{attribute} is off")
    return _judged("VPC", existing.vpc_id, wrong, "correct existing.cidr, or let the VPC's owner change it")


def _subnet(label: str, name: str, found: Mapping[str, Any] | None, existing: ExistingNetwork, zone: str) -> Check:
    if found is None:
        return Check(label, "fail", f"{name} is not in this account and region", "correct its id")
    wrong = []
    if found["VpcId"] != existing.vpc_id:
        wrong.append(f"it is in {found['VpcId']}, not {existing.vpc_id}")
    if found["AvailabilityZone"] != zone:
        wrong.append(f"it is in {found['AvailabilityZone']}, not {zone}")
    if not IPv4Network(found["CidrBlock"]).subnet_of(IPv4Network(existing.cidr)):
        wrong.append(f"its range {found['CidrBlock']} is outside {existing.cidr}")
    return _judged(label, name, wrong, "correct its id or its zone's letter")


def _table(letter: str, name: str, found: Mapping[str, Any] | None, existing: ExistingNetwork) -> Check:
    label = f"private route table {letter}"
    if found is None:
        return Check(label, "fail", f"{name} is not in this account and region", "correct its id")
    wrong = [] if found["VpcId"] == existing.vpc_id else [f"it is in {found['VpcId']}, not {existing.vpc_id}"]
    subnet = existing.private_subnet_ids[letter]
    rows = found.get("Associations", [])
    # a subnet that no table names has the main one
    if not wrong and not any(row.get("Main") or row.get("SubnetId") == subnet for row in rows):
        wrong.append(f"it is not the table of {subnet}")
    return _judged(label, name, wrong, "name the table of the private subnet")
