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


def test_its_parameter_group_audits_and_ends_idle_transactions(environment: Recording) -> None:
    (group,) = environment.of("rds/parameterGroup:ParameterGroup")
    values = {found["name"]: found["value"] for found in group.inputs["parameters"]}
    assert values["shared_preload_libraries"] == "pg_stat_statements,pgaudit"
    assert values["pgaudit.log"] == "ddl,role"
    assert values["pgaudit.role"] == "rds_pgaudit"
    assert values["idle_in_transaction_session_timeout"] == "600000"
    assert values["rds.logical_replication"] == "0"
    assert values["log_parameter_max_length"] == "0"
    names = [found["name"] for found in group.inputs["parameters"]]
    assert names == sorted(set(names))


def test_the_operating_system_is_watched_in_a_role_of_its_own(environment: Recording) -> None:
    (instance,) = environment.of("rds/instance:Instance")
    role = environment.one("iam/role:Role", "database-monitoring")
    assert instance.inputs["monitoringInterval"] == 60
    assert "monitoring.rds.amazonaws.com" in role.inputs["assumeRolePolicy"]
    assert role.inputs["permissionsBoundary"]
    attached = environment.one("iam/rolePolicyAttachment:RolePolicyAttachment", "database-monitoring")
    assert attached.inputs["policyArn"].endswith(":policy/service-role/AmazonRDSEnhancedMonitoringRole")
    assert "RDSOSMetrics" in {found.inputs["name"] for found in environment.of("cloudwatch/logGroup:LogGroup")}


def test_events_go_to_the_alarm_topic(environment: Recording) -> None:
    found = {one.inputs["sourceType"]: one.inputs for one in environment.of("rds/eventSubscription:EventSubscription")}
    assert set(found) == {"db-instance", "db-parameter-group", "db-security-group"}
    assert {one["snsTopic"] for one in found.values()} == {environment.outputs["alarm_topic_arn"]}
    assert {"failure", "failover", "low storage", "maintenance", "recovery", "availability"} <= set(
        found["db-instance"]["eventCategories"]
    )
    assert not any("sourceIds" in one for one in found.values())


def test_each_database_is_made_with_the_secret_of_the_master_and_no_password(environment: Recording) -> None:
    (database,) = environment.of("dynamic/postgres:Database")
    assert database.name == "shop"
    assert database.inputs["secret_arn"] == environment.outputs["database"]["master_secret_arn"]
    assert not [name for name in database.inputs if "password" in name]
    assert environment.outputs["database"]["roles"]["shop"] == {
        kind: f"shop_{kind}" for kind in ("owner", "migrate", "write", "read")
    }
