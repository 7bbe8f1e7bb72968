"""Routes, endpoints, groups."""

from __future__ import annotations

import json

from tests.components.recording import ACCOUNT, Recording


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


def test_flow_logs_see_all_traffic(environment: Recording) -> None:
    (log,) = environment.of("ec2/flowLog:FlowLog")
    assert log.inputs["trafficType"] == "ALL"
    (role,) = [found for found in environment.of("iam/role:Role") if found.name == "flow"]
    assert json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT}
    }
    (write,) = json.loads(environment.one("iam/rolePolicy:RolePolicy", "flow").inputs["policy"])["Statement"]
    assert write["Resource"].endswith("/flow:*")
