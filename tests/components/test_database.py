"""RDS."""

from __future__ import annotations

from tests.components.recording import Recording


def test_only_the_cluster_may_connect(environment: Recording) -> None:
    rule = environment.one("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "database-cluster")
    assert rule.inputs["referencedSecurityGroupId"] == "sg-cluster"
    assert "cidrIpv4" not in rule.inputs
    (instance,) = environment.of("rds/instance:Instance")
    assert instance.inputs["vpcSecurityGroupIds"] == ["database-id"]
    assert instance.inputs["publiclyAccessible"] is False


def test_it_lives_in_the_data_subnets(environment: Recording) -> None:
    (group,) = environment.of("rds/subnetGroup:SubnetGroup")
    assert group.inputs["subnetIds"] == environment.outputs["network"]["data_subnet_ids"]


def test_tls_is_forced_and_passwords_are_scram(environment: Recording) -> None:
    (group,) = environment.of("rds/parameterGroup:ParameterGroup")
    values = {found["name"]: found["value"] for found in group.inputs["parameters"]}
    assert values["rds.force_ssl"] == "1"
    assert values["password_encryption"] == "scram-sha-256"


def test_no_password_is_in_the_program(environment: Recording) -> None:
    (instance,) = environment.of("rds/instance:Instance")
    assert instance.inputs["manageMasterUserPassword"] is True
    assert instance.inputs["iamDatabaseAuthenticationEnabled"] is True
    assert "password" not in instance.inputs


def test_retention_and_protection_follow_the_description(dev: Recording, prod: Recording) -> None:
    small, large = (found.one("rds/instance:Instance", "database").inputs for found in (dev, prod))
    assert small["backupRetentionPeriod"] == large["backupRetentionPeriod"] == 7
    assert (small["deletionProtection"], large["deletionProtection"]) == (False, True)
    assert (small["skipFinalSnapshot"], large["skipFinalSnapshot"]) == (True, False)
    assert large["finalSnapshotIdentifier"]
    assert (small["multiAz"], large["multiAz"]) == (False, True)
    assert large["copyTagsToSnapshot"] is True
    assert large["deleteAutomatedBackups"] is False


def test_its_logs_go_to_groups_of_the_client(environment: Recording) -> None:
    (instance,) = environment.of("rds/instance:Instance")
    groups = {found.inputs["name"] for found in environment.of("cloudwatch/logGroup:LogGroup")}
    exported = instance.inputs["enabledCloudwatchLogsExports"]
    assert exported
    for log in exported:
        assert f"/aws/rds/instance/{instance.inputs['identifier']}/{log}" in groups
