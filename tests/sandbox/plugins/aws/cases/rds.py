"""RDS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sandbox.plugins.aws.cases.case import TAGS, Case, Inputs
from tests.sandbox.plugins.aws.world import World


def _instance(world: World, **changes: Any) -> Inputs:
    return {
        "identifier": "case",
        "engine": "postgres",
        "engineVersion": "17",
        "instanceClass": "db.t4g.small",
        "allocatedStorage": 20,
        "maxAllocatedStorage": 100,
        "storageType": "gp3",
        "storageEncrypted": True,
        "kmsKeyId": world.key.state["arn"],
        "dbName": "app",
        "username": "freehold",
        "manageMasterUserPassword": True,
        "masterUserSecretKmsKeyId": world.key.state["arn"],
        "dbSubnetGroupName": world.subnet_group.id,
        "vpcSecurityGroupIds": world.groups[:1],
        "parameterGroupName": world.parameter_groups[0],
        "iamDatabaseAuthenticationEnabled": True,
        "backupRetentionPeriod": 7,
        "backupWindow": "02:00-03:00",
        "maintenanceWindow": "Sun:04:00-Sun:05:00",
        "copyTagsToSnapshot": True,
        "autoMinorVersionUpgrade": True,
        "multiAz": False,
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": world.key.state["arn"],
        "performanceInsightsRetentionPeriod": 7,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "deletionProtection": False,
        "publiclyAccessible": False,
        "applyImmediately": True,
        "skipFinalSnapshot": True,
        "tags": TAGS,
        **changes,
    }


CASES: Sequence[Case] = (
    Case(
        "aws:rds/subnetGroup:SubnetGroup",
        lambda w: {"subnetIds": w.subnets[:2], "description": "data", "tags": TAGS},
        r"case-[0-9a-f]{7}",
        update=lambda w: {"subnetIds": w.subnets, "description": "data subnets"},
        replace=lambda w: {"name": "another", "subnetIds": w.subnets[:2]},
        tamper=lambda w, o: w.client("rds").modify_db_subnet_group(DBSubnetGroupName=o.id, SubnetIds=w.subnets),
        drifted=("subnetIds",),
        without=("supportedNetworkTypes",),
    ),
    Case(
        "aws:rds/parameterGroup:ParameterGroup",
        lambda w: {
            "family": "postgres17",
            "parameters": [
                {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"},
                {"name": "log_statement", "value": "ddl"},
            ],
            "tags": TAGS,
        },
        r"case-[0-9a-f]{7}",
        update=lambda w: {"family": "postgres17", "parameters": [{"name": "log_statement", "value": "all"}]},
        replace=lambda w: {"family": "postgres16"},
        tamper=lambda w, o: w.client("rds").modify_db_parameter_group(
            DBParameterGroupName=o.id,
            Parameters=[{"ParameterName": "log_statement", "ParameterValue": "none", "ApplyMethod": "immediate"}],
        ),
        drifted=("parameters",),
    ),
    Case(
        "aws:rds/eventSubscription:EventSubscription",
        lambda w: {
            "snsTopic": w.topic.state["arn"],
            "sourceType": "db-parameter-group",
            "sourceIds": w.parameter_groups[:1],
            "eventCategories": ["configuration change"],
            "tags": TAGS,
        },
        r"case-[0-9a-f]{7}",
        update=lambda w: {
            "snsTopic": w.other_topic.state["arn"],
            "sourceType": "db-parameter-group",
            "sourceIds": w.parameter_groups[1:2],
            "enabled": False,
        },
        replace=lambda w: {"name": "another", "snsTopic": w.topic.state["arn"]},
        tamper=lambda w, o: w.client("rds").modify_event_subscription(SubscriptionName=o.id, Enabled=False),
        drifted=("enabled",),
    ),
    Case(
        "aws:rds/instance:Instance",
        _instance,
        r"db-[A-Z0-9]+",
        update=lambda w: _instance(
            w,
            allocatedStorage=30,
            backupRetentionPeriod=14,
            deletionProtection=False,
            enabledCloudwatchLogsExports=["postgresql"],
            parameterGroupName=w.parameter_groups[1],
            tags={"Name": "other"},
        ),
        replace=lambda w: _instance(w, storageEncrypted=False),
        tamper=lambda w, o: w.client("rds").modify_db_instance(
            DBInstanceIdentifier=o.state["identifier"], BackupRetentionPeriod=1, ApplyImmediately=True
        ),
        drifted=("backupRetentionPeriod",),
        imports=("{identifier}",),
    ),
)
