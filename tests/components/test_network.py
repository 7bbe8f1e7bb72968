"""Routes, endpoints, groups."""

from __future__ import annotations

import json

from components.network_endpoints import ESSENTIAL, FURTHER
from tests.components.conftest import example
from tests.components.recording import ACCOUNT, Recording, record


def routes(environment: Recording) -> dict[str, str]:
    """Where the default route of each route table leads: table to gateway."""
    return {
        found.inputs["routeTableId"]: found.inputs.get("natGatewayId") or found.inputs["gatewayId"]
        for found in environment.of("ec2/route:Route")
    }


def tables(environment: Recording) -> dict[str, str]:
    """The route table of each subnet."""
    return {
        found.inputs["subnetId"]: found.inputs["routeTableId"]
        for found in environment.of("ec2/routeTableAssociation:RouteTableAssociation")
    }


def test_every_subnet_has_a_table_of_its_tier(environment: Recording) -> None:
    by_subnet = tables(environment)
    assert set(by_subnet) == {f"{found.name}-id" for found in environment.of("ec2/subnet:Subnet")}
    assert all(table.startswith(subnet.partition("-")[0]) for subnet, table in by_subnet.items())


def test_data_subnets_have_no_way_to_the_internet(environment: Recording) -> None:
    data = [found for found in environment.of("ec2/subnet:Subnet") if found.inputs["tags"]["freehold:tier"] == "data"]
    assert len(data) == len(environment.outputs["network"]["data_subnet_ids"])
    for subnet in data:
        assert tables(environment)[f"{subnet.name}-id"] not in routes(environment)


def test_private_subnets_go_out_through_nat_only(environment: Recording) -> None:
    for subnet, table in tables(environment).items():
        if subnet.startswith("private"):
            assert routes(environment)[table].startswith("nat-")
        if subnet.startswith("public"):
            assert routes(environment)[table] == "internet-id"


def test_production_goes_out_through_the_gateway_of_its_own_zone(dev: Recording, prod: Recording) -> None:
    assert [found.name for found in dev.of("ec2/natGateway:NatGateway")] == ["nat-a"]
    for letter in "abc":
        assert routes(prod)[f"private-{letter}-id"] == f"nat-{letter}-id"
        assert prod.one("ec2/natGateway:NatGateway", f"nat-{letter}").inputs["subnetId"] == f"public-{letter}-id"


def test_subnets_lie_in_zones_of_the_home_region_and_give_out_no_public_address(environment: Recording) -> None:
    for subnet in environment.of("ec2/subnet:Subnet"):
        assert subnet.inputs["availabilityZone"] == f"eu-central-1{subnet.name[-1]}"
        assert subnet.inputs["mapPublicIpOnLaunch"] is False


def test_the_default_group_has_no_rules(environment: Recording) -> None:
    (group,) = environment.of("ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert group.inputs["ingress"] == []
    assert group.inputs["egress"] == []


def test_every_endpoint_answers_the_account_only(environment: Recording) -> None:
    endpoints = environment.of("ec2/vpcEndpoint:VpcEndpoint")
    services = {found.inputs["serviceName"].removeprefix("com.amazonaws.eu-central-1.") for found in endpoints}
    assert {"s3", "ecr.api", "ecr.dkr", "sts", "logs", "kms", "secretsmanager", "ec2", "eks", "eks-auth"} <= services
    for endpoint in endpoints:
        for statement in json.loads(endpoint.inputs["policy"])["Statement"]:
            if statement["Sid"] == "ImageLayers":
                assert statement["Action"] == ["s3:GetObject"]
                assert statement["Resource"] == "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*"
            else:
                assert statement["Condition"]["StringEquals"]["aws:PrincipalAccount"] == ACCOUNT


def test_the_s3_gateway_serves_private_and_data_subnets(environment: Recording) -> None:
    gateway = environment.one("ec2/vpcEndpoint:VpcEndpoint", "s3")
    assert gateway.inputs["vpcEndpointType"] == "Gateway"
    served = {table for subnet, table in tables(environment).items() if not subnet.startswith("public")}
    assert set(gateway.inputs["routeTableIds"]) == served


def test_security_groups_open_single_ports_to_the_vpc_or_a_group(environment: Recording) -> None:
    rules = environment.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {(rule.inputs["fromPort"], rule.inputs["toPort"]) for rule in rules} == {(443, 443), (5432, 5432)}
    for rule in rules:
        assert rule.inputs.get("cidrIpv4", "10.").startswith("10.")
        assert "cidrIpv6" not in rule.inputs
    assert not environment.of("vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert not [found for found in environment.of("ec2/securityGroup:SecurityGroup") if "egress" in found.inputs]


def test_flow_logs_see_all_traffic_and_go_to_the_locked_bucket(environment: Recording) -> None:
    (log,) = environment.of("ec2/flowLog:FlowLog")
    assert log.inputs["trafficType"] == "ALL"
    assert log.inputs["logDestinationType"] == "s3"
    assert "-logs" in log.inputs["logDestination"]


def test_flow_logs_go_to_a_group_of_the_account_where_it_is_asked_for() -> None:
    description = example()
    both = record(description | {"network": description["network"] | {"flow_logs": "both"}})
    kinds = {found.name: found.inputs["logDestinationType"] for found in both.of("ec2/flowLog:FlowLog")}
    assert kinds == {"flow-bucket": "s3", "flow": "cloud-watch-logs"}
    (role,) = [found for found in both.of("iam/role:Role") if found.name == "flow"]
    assert json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT}
    }
    (write,) = json.loads(both.one("iam/rolePolicy:RolePolicy", "flow").inputs["policy"])["Statement"]
    assert write["Resource"].endswith("/flow:*")


def test_each_tier_has_an_acl_that_admits_no_administration_from_the_world(environment: Recording) -> None:
    acls = {found.name: found.inputs for found in environment.of("ec2/networkAcl:NetworkAcl")}
    assert set(acls) == {"public", "private", "data"}
    for tier, acl in acls.items():
        assert all(subnet.startswith(tier) for subnet in acl["subnetIds"])
        for entry in acl["ingress"]:
            if entry["action"] == "allow" and entry["cidrBlock"] == "0.0.0.0/0" and entry["protocol"] != "1":
                assert not any(entry["fromPort"] <= port <= entry["toPort"] for port in (22, 3389))
        last = {direction: max(acl[direction], key=lambda one: one["ruleNo"]) for direction in ("ingress", "egress")}
        assert {(one["action"], one["protocol"], one["cidrBlock"]) for one in last.values()} == {
            ("deny", "-1", "0.0.0.0/0")
        }


def test_the_data_tier_hears_the_network_only(environment: Recording) -> None:
    acl = environment.one("ec2/networkAcl:NetworkAcl", "data").inputs
    allowed = [entry for entry in acl["ingress"] + acl["egress"] if entry["action"] == "allow"]
    assert all(entry["cidrBlock"].startswith("10.") for entry in allowed)
    whole = environment.one("ec2/vpc:Vpc", "vpc").inputs["cidrBlock"]
    assert [(e["fromPort"], e["toPort"]) for e in acl["ingress"] if e["cidrBlock"] == whole] == [(5432, 5432)]


def test_production_has_all_endpoints_and_development_the_essential_ones(dev: Recording, prod: Recording) -> None:
    def names(recording: Recording) -> set[str]:
        return {found.name for found in recording.of("ec2/vpcEndpoint:VpcEndpoint")}

    assert names(dev) == {name.replace(".", "-") for name in ESSENTIAL} | {"s3", "dynamodb"}
    assert names(prod) - names(dev) == set(FURTHER)


def test_a_network_that_the_client_brings_gets_nothing_but_flow_logs() -> None:
    zones = {"a": "1", "b": "2"}
    tiers = {
        f"{tier}_subnet_ids": {letter: f"subnet-{number}{digit * 16}" for letter, number in zones.items()}
        for tier, digit in (("public", "a"), ("private", "b"), ("data", "c"))
    }
    tables = {letter: f"rtb-{number}{'d' * 16}" for letter, number in zones.items()}
    existing = {"vpc_id": "vpc-" + "e" * 17, "cidr": "10.20.0.0/16", **tiers, "private_route_table_ids": tables}
    found = record(example() | {"network": {"existing": existing}})
    for kind in ("vpc:Vpc", "subnet:Subnet", "route:Route", "natGateway:NatGateway", "networkAcl:NetworkAcl"):
        assert not found.of(f"ec2/{kind}")
    assert not found.of("ec2/vpcEndpoint:VpcEndpoint")
    (log,) = found.of("ec2/flowLog:FlowLog")
    assert log.inputs["vpcId"] == existing["vpc_id"]
    assert found.outputs["network"]["data_subnet_ids"] == list(tiers["data_subnet_ids"].values())
