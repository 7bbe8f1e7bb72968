"""The network: its range is free, or what the client brings is as the description says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Final

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
    ways = _ways(ec2, existing.vpc_id)
    for tier in TIERS:
        for letter, subnet_id in tier.ids(existing).items():
            found = _one(ec2.describe_subnets, "Subnets", "SubnetIds", subnet_id, "InvalidSubnetID")
            zone = f"{ground.spec.residency.home}{letter}"
            yield _subnet(f"{tier.name} subnet {letter}", subnet_id, found, existing, zone)
            if found is not None and found["VpcId"] == existing.vpc_id:
                yield _suits(tier, letter, found, ways.get(subnet_id, ways.get("", "")))
    for letter, table_id in existing.private_route_table_ids.items():
        found = _one(ec2.describe_route_tables, "RouteTables", "RouteTableIds", table_id, "InvalidRouteTableID")
        yield _table(letter, table_id, found, existing)
    yield _endpoints(ground, ec2, existing)


@dataclass(frozen=True, slots=True)
class Tier:
    """What a tier of subnets has to be like.

    Args:
        name: public, private or data.
        ids: its subnets by zone.
        free: addresses that must be free in each.
        source: where that number is from.
        tag: the tag by which load balancers find it, or ``""``.
    """

    name: str
    ids: Callable[[ExistingNetwork], Mapping[str, str]]
    free: int
    source: str
    tag: str = ""


TIERS: Final = (
    Tier(
        "public",
        lambda one: one.public_subnet_ids,
        8,
        "Application Load Balancers User Guide, «Subnets for your load balancer»",
        "kubernetes.io/role/elb",
    ),
    Tier(
        "private",
        lambda one: one.private_subnet_ids,
        16,
        "Amazon EKS User Guide, «Subnet requirements for clusters»",
        "kubernetes.io/role/internal-elb",
    ),
    Tier(
        "data",
        lambda one: one.data_subnet_ids,
        2,
        "one for the instance, one for its replacement: Amazon RDS User Guide, «Working with a DB instance in a VPC»",
    ),
)
"""What each tier must have free. Pods take their addresses from private subnets too: more is better there."""


def _ways(ec2: Any, vpc_id: str) -> dict[str, str]:
    """Where each subnet's traffic to anywhere goes: ``igw-...``, another target or ``""``. The main table is ``""``."""
    found = {}
    pages = ec2.get_paginator("describe_route_tables").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    for table in (table for page in pages for table in page["RouteTables"]):
        target = ""
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State", "active") == "active":
                keys = ("GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId")
                target = next((route[key] for key in keys if route.get(key)), "another target")
        for row in table.get("Associations", []):
            found["" if row.get("Main") else row.get("SubnetId", "")] = target
    return found


def _suits(tier: Tier, letter: str, found: Mapping[str, Any], way: str) -> Check:
    """The tier's own demands: its way out, room, and the tag that load balancers look for."""
    wrong = []
    if tier.name == "public" and not way.startswith("igw-"):
        wrong.append(f"its way out is {way or 'none'}, not an internet gateway")
    if tier.name == "private" and way.startswith("igw-"):
        wrong.append(f"it goes out through {way}: nodes would be on the internet")
    if tier.name == "data" and way:
        wrong.append(f"it has a way out ({way}); databases need none")
    if (free := found["AvailableIpAddressCount"]) < tier.free:
        wrong.append(f"{free} addresses are free, {tier.free} are needed ({tier.source})")
    tags = {row["Key"]: row["Value"] for row in found.get("Tags", [])}
    if tier.tag and tags.get(tier.tag) != "1":
        wrong.append(f"load balancers do not find it without the tag {tier.tag}=1")
    fix = "let the network's owner change it, or name another subnet"
    return _judged(f"{tier.name} subnet {letter} suits", found["SubnetId"], wrong, fix)


def _endpoints(ground: Ground, ec2: Any, existing: ExistingNetwork) -> Check:
    """No endpoint that is there already has the private name of one that is to be made: AWS refuses the second."""
    label, chosen = "endpoints", ground.spec.network.endpoints or "none"
    if chosen == "none":
        return Check(label, "pass", "none are to be made")
    where = [{"Name": "vpc-id", "Values": [existing.vpc_id]}]
    pages = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=where)
    theirs = []
    for row in (row for page in pages for row in page["VpcEndpoints"]):
        tags = {tag["Key"]: tag["Value"] for tag in row.get("Tags", [])}
        own = (tags.get("freehold:client"), tags.get("freehold:stage")) == (ground.spec.client, ground.spec.stage)
        if row.get("PrivateDnsEnabled") and not own and row.get("State", "available").lower() == "available":
            theirs.append(f"{row['VpcEndpointId']} ({row['ServiceName'].rpartition('.')[2]})")
    if theirs:
        fix = "write endpoints: none, or let their owner switch their private names off"
        return Check(label, "fail", f"the network has some with private names: {', '.join(theirs)}", fix)
    return Check(label, "pass", f"{chosen}; the network has none with private names")


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
