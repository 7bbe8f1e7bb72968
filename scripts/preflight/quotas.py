"""Service quotas against what the environment needs and what the account uses already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.preflight.result import Check, Ground, reason


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota.

    Args:
        name: what is counted.
        service: code of the service, as Service Quotas has it.
        code: code of the quota (AWS, *Service endpoints and quotas*, of the service).
        need: how many the environment makes.
        used: how many there are.
    """

    name: str
    service: str
    code: str
    need: Callable[[Ground], int]
    used: Callable[[Ground], int]


def _rows(client: Any, operation: str, key: str, **asked: Any) -> list[Any]:
    return [row for page in client.get_paginator(operation).paginate(**asked) for row in page[key]]


def _gateways(ground: Ground) -> int:
    network = ground.spec.network
    if network.existing is not None:
        return 0
    return len(network.letters) if network.nat == "per-zone" else 1


def _gateways_a_zone(ground: Ground) -> int:
    """NAT gateways in the zone that has most of them."""
    ec2 = ground.client("ec2")
    states = [{"Name": "state", "Values": ["pending", "available"]}]
    gateways = _rows(ec2, "describe_nat_gateways", "NatGateways", Filter=states)
    subnets = {row["SubnetId"]: row["AvailabilityZone"] for row in _rows(ec2, "describe_subnets", "Subnets")}
    zones = [subnets.get(row["SubnetId"]) for row in gateways]
    return max((zones.count(zone) for zone in ground.zones), default=0)


def _storage(ground: Ground) -> int:
    return sum(row["AllocatedStorage"] for row in _databases(ground))


def _databases(ground: Ground) -> list[Any]:
    return _rows(ground.client("rds"), "describe_db_instances", "DBInstances")


QUOTAS: Final = (
    Quota(
        "VPCs",
        "vpc",
        "L-F678F1CE",
        lambda ground: int(ground.spec.network.existing is None),
        lambda ground: len(_rows(ground.client("ec2"), "describe_vpcs", "Vpcs")),
    ),
    Quota("NAT gateways a zone", "vpc", "L-FE5A380F", lambda ground: min(_gateways(ground), 1), _gateways_a_zone),
    Quota(
        "Elastic IP addresses",
        "ec2",
        "L-0263D0A3",
        _gateways,
        lambda ground: len(ground.client("ec2").describe_addresses()["Addresses"]),
    ),
    Quota(
        "EKS clusters",
        "eks",
        "L-1194D53C",
        lambda _: 1,
        lambda ground: len(_rows(ground.client("eks"), "list_clusters", "clusters")),
    ),
    Quota("RDS instances", "rds", "L-7B6409FD", lambda _: 1, lambda ground: len(_databases(ground))),
    Quota(
        "RDS storage in GiB",
        "rds",
        "L-7ADDB58A",
        lambda ground: ground.spec.database.max_storage_gib or ground.spec.database.storage_gib,
        _storage,
    ),
)
"""Quotas that a new account of a client may meet. What an environment has made already counts as used."""


def quotas(ground: Ground) -> Iterator[Check]:
    """Each quota has room for what the environment needs."""
    for quota in QUOTAS:
        yield _room(ground, quota)


def _room(ground: Ground, quota: Quota) -> Check:
    label, need = f"quota: {quota.name}", quota.need(ground)
    if not need:
        return Check(label, "pass", "none is needed")
    try:
        client = ground.client("service-quotas")
        try:
            row = client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)
        except client.exceptions.NoSuchResourceException:  # nobody asked for more: the default holds
            row = client.get_aws_default_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)
        most, used = row["Quota"]["Value"], quota.used(ground)
    except (BotoCoreError, ClientError) as error:
        return Check(label, "unknown", f"{need} needed; {reason(error)}", f"look at {quota.service} {quota.code}")
    said = f"{need} needed, {used} used, {most:g} allowed"
    if used + need <= most:
        return Check(label, "pass", said)
    fix = f"aws service-quotas request-service-quota-increase --service-code {quota.service} --quota-code {quota.code}"
    return Check(label, "fail", said, f"{fix} --desired-value {used + need}")
