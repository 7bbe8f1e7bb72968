"""What an account holds before Freehold comes is there, the same in every sandbox, and stays the client's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sandbox.cloud import landing, part
from sandbox.settings import REPOSITORY
from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import aws

OWNER, REGION = "444444444444", "us-east-1"


def described() -> dict[str, Any]:
    """The network that the example of a production environment names."""
    said = yaml.safe_load(Path(REPOSITORY / "stacks/Pulumi.globex-prod.yaml").read_text())
    found: dict[str, Any] = said["config"]["freehold:environment"]["network"]["existing"]
    return found


def seen(cloud: Surroundings) -> dict[str, Any]:
    """Every id of the network, by what it is."""
    ec2 = aws(cloud, "ec2", REGION, OWNER)
    name = {"Name": "tag:managed-by", "Values": ["globex"]}
    tables = ec2.describe_route_tables(Filters=[name])["RouteTables"]
    return {
        "vpcs": [row["VpcId"] for row in ec2.describe_vpcs(Filters=[name])["Vpcs"]],
        "subnets": sorted(row["SubnetId"] for row in ec2.describe_subnets(Filters=[name])["Subnets"]),
        "gateways": sorted(row["NatGatewayId"] for row in ec2.describe_nat_gateways(Filters=[name])["NatGateways"]),
        "tables": sorted(row["RouteTableId"] for row in tables),
    }


def test_the_example_names_what_is_there(own_cloud: Surroundings) -> None:
    (network,) = landing.networks()
    said, found = described(), seen(own_cloud)

    assert (network.account, network.region, network.cidr) == (OWNER, REGION, said["cidr"])
    assert found["vpcs"] == [said["vpc_id"]]
    assert found["subnets"] == sorted(
        id_ for tier in ("public", "private", "data") for id_ in said[f"{tier}_subnet_ids"].values()
    )
    assert set(said["private_route_table_ids"].values()) < set(found["tables"])
    assert len(found["gateways"]) == 3


def test_a_start_finds_it_as_it_was_left(own_cloud: Surroundings) -> None:
    ec2 = aws(own_cloud, "ec2", REGION, OWNER)
    before = seen(own_cloud)
    vpc = before["vpcs"][0]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "touched", "Value": "yes"}])

    part.stop(own_cloud.settings)
    part.start(own_cloud.settings)

    assert seen(own_cloud) == before
    (row,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert {"Key": "touched", "Value": "yes"} in row["Tags"]
