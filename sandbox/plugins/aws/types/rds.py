"""Database instances, and the groups of subnets and parameters that they are made with."""

from __future__ import annotations

import re
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Ready, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.protocol import ProviderError

_PARAMETERS_A_CALL: Final = 20
"""Most parameters that one ModifyDBParameterGroup takes (Amazon RDS API Reference)."""
_RESOURCE_ID: Final = re.compile(r"db-[A-Z0-9]{2,}")


def _tagging(arn: str) -> Tagging:
    return Tagging("AddTagsToResource", "RemoveTagsFromResource", ("ResourceName", arn))


def _tags(arn: str) -> Call:
    return Call("ListTagsForResource", {"ResourceName": arn}, "{Tags: TagList}")


# -- subnet groups and parameter groups -------------------------------------------------------------------------------

_SUBNET_GROUP_ARN: Final = "arn:{partition}:rds:{region}:{account}:subgrp:{id}"

SUBNET_GROUP: Final = Resource(
    type="aws:rds/subnetGroup:SubnetGroup",
    service="rds",
    identity="{name}",
    properties={
        "description": Property("DBSubnetGroupDescription", default="Managed by Pulumi"),
        "name": Property("DBSubnetGroupName", form=Form.NOCASE, replace=True),
        "namePrefix": Property(read="", replace=True),
        "subnetIds": Property(read="Subnets[].SubnetIdentifier", form=Form.SET),
    },
    outputs={"arn": Output("DBSubnetGroupArn"), "supportedNetworkTypes": Output(), "vpcId": Output()},
    create=Call("CreateDBSubnetGroup"),
    read=(
        Call("DescribeDBSubnetGroups", {"DBSubnetGroupName": "{id}"}, "DBSubnetGroups[0]"),
        _tags(_SUBNET_GROUP_ARN),
    ),
    update=(
        Update(("description", "subnetIds"), Call("ModifyDBSubnetGroup", {"DBSubnetGroupName": "{id}"}), whole=True),
    ),
    delete=Call("DeleteDBSubnetGroup", {"DBSubnetGroupName": "{id}"}),
    naming=Naming(limit=255, prefix_property="namePrefix", lower=True),
    tagging=_tagging(_SUBNET_GROUP_ARN),
)


def _parameters(op: Operation) -> dict[str, Any]:
    """The parameters that somebody set: AWS's own defaults are none of the program's business."""
    found: list[dict[str, Any]] = []
    request = {"DBParameterGroupName": op.id, "Source": "user"}
    while True:
        answer = op.call("DescribeDBParameters", request)
        found += [
            {
                "name": one["ParameterName"],
                "value": one.get("ParameterValue"),
                "applyMethod": one.get("ApplyMethod") or "immediate",
            }
            for one in answer.get("Parameters") or []
        ]
        if not answer.get("Marker"):
            return {"Parameters": found}
        request["Marker"] = answer["Marker"]


def _set_parameters(op: Operation) -> None:
    """Set what is asked for and is not so; reset what was set and is asked for no more."""
    wanted = {one["name"].lower(): one for one in op.inputs.get("parameters") or []}
    live = {one["name"].lower(): one for one in op.document.get("Parameters") or []}
    new = [
        one
        for name, one in wanted.items()
        if name not in live
        or str(live[name]["value"]) != str(one["value"])
        or live[name]["applyMethod"] != (one.get("applyMethod") or "immediate")
    ]
    gone = [one for name, one in live.items() if name not in wanted]
    for verb, changed in (("ResetDBParameterGroup", gone), ("ModifyDBParameterGroup", new)):
        for first in range(0, len(changed), _PARAMETERS_A_CALL):
            op.call(
                verb,
                {
                    "DBParameterGroupName": op.id,
                    "Parameters": [
                        {
                            "ParameterName": one["name"],
                            "ParameterValue": str(one["value"]),
                            "ApplyMethod": one.get("applyMethod") or "immediate",
                        }
                        for one in changed[first : first + _PARAMETERS_A_CALL]
                    ],
                },
            )


_PARAMETER_GROUP_ARN: Final = "arn:{partition}:rds:{region}:{account}:pg:{id}"


def _delete_parameter_group(op: Operation) -> None:
    if not op.inputs.get("skipDestroy", op.state.get("skipDestroy")):
        op.call("DeleteDBParameterGroup", {"DBParameterGroupName": op.id})


PARAMETER_GROUP: Final = Resource(
    type="aws:rds/parameterGroup:ParameterGroup",
    service="rds",
    identity="{name}",
    properties={
        "description": Property(default="Managed by Pulumi", replace=True),
        "family": Property("DBParameterGroupFamily", replace=True),
        "name": Property("DBParameterGroupName", form=Form.NOCASE, replace=True),
        "namePrefix": Property(read="", replace=True),
        "parameters": Property(form=Form.SET),
        "skipDestroy": Property(read="", default=False),
    },
    outputs={"arn": Output("DBParameterGroupArn")},
    create=Call("CreateDBParameterGroup"),
    read=(
        Call("DescribeDBParameterGroups", {"DBParameterGroupName": "{id}"}, "DBParameterGroups[0]"),
        _parameters,
        _tags(_PARAMETER_GROUP_ARN),
    ),
    update=(Update(("parameters",), _set_parameters),),
    delete=_delete_parameter_group,
    minutes=(10, 3),
    naming=Naming(limit=255, prefix_property="namePrefix", lower=True),
    tagging=_tagging(_PARAMETER_GROUP_ARN),
)


# -- subscriptions to events ------------------------------------------------------------------------------------------

_SUBSCRIPTION_ARN: Final = "arn:{partition}:rds:{region}:{account}:es:{id}"


def _change_sources(op: Operation) -> None:
    """Watch what is asked for and no more; sources are added and removed one by one."""
    wanted, live = set(op.inputs.get("sourceIds") or []), set(op.document.get("SourceIdsList") or [])
    for verb, sources in (
        ("RemoveSourceIdentifierFromSubscription", live - wanted),
        ("AddSourceIdentifierToSubscription", wanted - live),
    ):
        for source in sorted(sources):
            op.call(verb, {"SubscriptionName": op.id, "SourceIdentifier": source})


EVENT_SUBSCRIPTION: Final = Resource(
    type="aws:rds/eventSubscription:EventSubscription",
    service="rds",
    identity="{name}",
    properties={
        "enabled": Property(default=True),
        "eventCategories": Property(read="EventCategoriesList", form=Form.SET),
        "name": Property("SubscriptionName", read="CustSubscriptionId", replace=True),
        "namePrefix": Property(read="", replace=True),
        "snsTopic": Property("SnsTopicArn"),
        "sourceIds": Property(read="SourceIdsList", form=Form.SET),
        "sourceType": Property(),
    },
    outputs={"arn": Output("EventSubscriptionArn"), "customerAwsId": Output()},
    create=Call("CreateEventSubscription"),
    read=(
        Call("DescribeEventSubscriptions", {"SubscriptionName": "{id}"}, "EventSubscriptionsList[0]"),
        _tags(_SUBSCRIPTION_ARN),
    ),
    update=(
        Update(
            ("enabled", "eventCategories", "snsTopic", "sourceType"),
            Call("ModifyEventSubscription", {"SubscriptionName": "{id}", "SourceType": "{sourceType}"}),
        ),
        Update(("sourceIds",), _change_sources),
    ),
    delete=Call("DeleteEventSubscription", {"SubscriptionName": "{id}"}),
    ready=Ready("Status", good=("active",), bad=("no-permission", "topic-not-exist")),
    gone=True,
    minutes=(40, 40),
    naming=Naming(limit=255, prefix_property="namePrefix"),
    tagging=_tagging(_SUBSCRIPTION_ARN),
)


# -- instances --------------------------------------------------------------------------------------------------------


def _create_instance(op: Operation) -> Any:
    """A new instance; or one out of a snapshot, out of another instance's past, or as a replica of it."""
    given = op.inputs
    parameters: dict[str, Any] = {}
    if given.get("snapshotIdentifier"):
        verb, parameters = "RestoreDBInstanceFromDBSnapshot", {"DBSnapshotIdentifier": given["snapshotIdentifier"]}
    elif given.get("restoreToPointInTime"):
        verb, parameters = "RestoreDBInstanceToPointInTime", _past(given["restoreToPointInTime"])
        parameters["TargetDBInstanceIdentifier"] = given["identifier"]
    elif given.get("replicateSourceDb"):
        verb, parameters = "CreateDBInstanceReadReplica", {"SourceDBInstanceIdentifier": given["replicateSourceDb"]}
    else:
        verb = "CreateDBInstance"
        missing = [name for name in ("engine", "allocatedStorage", "username") if given.get(name) is None]
        if missing:
            raise ProviderError(f"{', '.join(missing)}: needed for an instance that is not made out of another")
    call = Call(verb)
    for name in op.resource.properties:
        if given.get(name) is not None:
            op.put(parameters, call, name)
    return op.call(verb, parameters)["DBInstance"]


def _past(point: dict[str, Any]) -> dict[str, Any]:
    names = {
        "restoreTime": "RestoreTime",
        "sourceDbInstanceAutomatedBackupsArn": "SourceDBInstanceAutomatedBackupsArn",
        "sourceDbInstanceIdentifier": "SourceDBInstanceIdentifier",
        "sourceDbiResourceId": "SourceDbiResourceId",
        "useLatestRestorableTime": "UseLatestRestorableTime",
    }
    return {names[key]: value for key, value in point.items() if value is not None}


def _find_instance(op: Operation) -> dict[str, Any] | None:
    """An instance by its resource id, which outlives a change of its name; imported, by its name."""
    if _RESOURCE_ID.fullmatch(op.id):
        request: dict[str, Any] = {"Filters": [{"Name": "dbi-resource-id", "Values": [op.id]}]}
    else:
        request = {"DBInstanceIdentifier": op.id}
    instances = op.call("DescribeDBInstances", request)["DBInstances"]
    return instances[0] if instances else None


def _modify_instance(op: Operation) -> None:
    call = Call("ModifyDBInstance")
    live = op.document
    changed: dict[str, Any] = {
        "DBInstanceIdentifier": live["DBInstanceIdentifier"],
        "ApplyImmediately": bool(op.inputs.get("applyImmediately")),
    }
    for name in sorted(op.changed):
        op.put(changed, call, name)
    if "identifier" in op.changed:
        changed["NewDBInstanceIdentifier"] = op.inputs["identifier"]
    if "enabledCloudwatchLogsExports" in op.changed:
        wanted = op.inputs.get("enabledCloudwatchLogsExports") or []
        there = live.get("EnabledCloudwatchLogsExports") or []
        exports = {
            "EnableLogTypes": [one for one in wanted if one not in there],
            "DisableLogTypes": [one for one in there if one not in wanted],
        }
        changed["CloudwatchLogsExportConfiguration"] = {key: value for key, value in exports.items() if value}
    if "engineVersion" in op.changed and op.inputs.get("allowMajorVersionUpgrade"):
        changed["AllowMajorVersionUpgrade"] = True
    if "manageMasterUserPassword" in op.changed and not op.inputs.get("manageMasterUserPassword"):
        changed["ManageMasterUserPassword"] = False
    op.call(call.operation, changed)


def _other_source(live: Any, wanted: Any) -> bool:
    """A replica of another instance is another replica; one of none is promoted."""
    return bool(wanted) and str(live or "").rpartition(":")[2] != str(wanted).rpartition(":")[2]


def _promote(op: Operation) -> None:
    if op.inputs.get("replicateSourceDb"):
        return
    request: dict[str, Any] = {"DBInstanceIdentifier": op.document["DBInstanceIdentifier"]}
    for name, parameter in (
        ("backupRetentionPeriod", "BackupRetentionPeriod"),
        ("backupWindow", "PreferredBackupWindow"),
    ):
        if op.inputs.get(name) is not None:
            request[parameter] = op.inputs[name]
    op.call("PromoteReadReplica", request)


def _delete_instance(op: Operation) -> None:
    asked = {**op.state, **op.inputs}
    instance = _find_instance(op)
    if instance is None or instance.get("DBInstanceStatus") == "deleting":
        return
    request: dict[str, Any] = {
        "DBInstanceIdentifier": instance["DBInstanceIdentifier"],
        "DeleteAutomatedBackups": bool(asked.get("deleteAutomatedBackups", True)),
        "SkipFinalSnapshot": bool(asked.get("skipFinalSnapshot", False)),
    }
    if not request["SkipFinalSnapshot"]:
        if not asked.get("finalSnapshotIdentifier"):
            raise ProviderError("finalSnapshotIdentifier is needed to delete it, unless skipFinalSnapshot is true")
        request["FinalDBSnapshotIdentifier"] = asked["finalSnapshotIdentifier"]
    op.call("DeleteDBInstance", request)


_CHANGEABLE: Final = {
    "allocatedStorage": Property(computed=True),
    "autoMinorVersionUpgrade": Property(default=True),
    "backupRetentionPeriod": Property(computed=True),
    "backupWindow": Property("PreferredBackupWindow", computed=True),
    "caCertIdentifier": Property("CACertificateIdentifier", computed=True),
    "copyTagsToSnapshot": Property(default=False),
    "databaseInsightsMode": Property(computed=True),
    "dbSubnetGroupName": Property(read="DBSubnetGroup.DBSubnetGroupName", computed=True),
    "dedicatedLogVolume": Property(default=False),
    "deletionProtection": Property(cleared=False),
    "enabledCloudwatchLogsExports": Property(
        "EnableCloudwatchLogsExports", read="EnabledCloudwatchLogsExports", form=Form.SET
    ),
    "engineVersion": Property(computed=True, form=Form.VERSION),
    "iamDatabaseAuthenticationEnabled": Property(
        "EnableIAMDatabaseAuthentication", read="IAMDatabaseAuthenticationEnabled", cleared=False
    ),
    "identifier": Property("DBInstanceIdentifier"),
    "instanceClass": Property("DBInstanceClass"),
    "iops": Property(computed=True),
    "licenseModel": Property(computed=True),
    "maintenanceWindow": Property("PreferredMaintenanceWindow", computed=True, form=Form.NOCASE),
    "manageMasterUserPassword": Property(read="MasterUserSecret && `true`"),
    "masterUserSecretKmsKeyId": Property(read="MasterUserSecret.KmsKeyId", computed=True, form=Form.KEY),
    "maxAllocatedStorage": Property(cleared=0),
    "monitoringInterval": Property(default=0),
    "monitoringRoleArn": Property(computed=True),
    "multiAz": Property(computed=True),
    "networkType": Property(computed=True),
    "optionGroupName": Property(read="OptionGroupMemberships[0].OptionGroupName", computed=True),
    "parameterGroupName": Property(
        "DBParameterGroupName", read="DBParameterGroups[0].DBParameterGroupName", computed=True
    ),
    "password": Property("MasterUserPassword", read="", secret=True),
    "performanceInsightsEnabled": Property(
        "EnablePerformanceInsights", read="PerformanceInsightsEnabled", default=False
    ),
    "performanceInsightsKmsKeyId": Property(computed=True, form=Form.KEY),
    "performanceInsightsRetentionPeriod": Property(computed=True),
    "port": Property("Port|DBPortNumber", read="Endpoint.Port", computed=True),
    "publiclyAccessible": Property(default=False),
    "storageThroughput": Property(computed=True),
    "storageType": Property(computed=True),
    "vpcSecurityGroupIds": Property(read="VpcSecurityGroups[].VpcSecurityGroupId", computed=True, form=Form.SET),
}
_AT_BIRTH: Final = {
    "availabilityZone": Property(computed=True, replace=True),
    "backupTarget": Property(computed=True, replace=True),
    "characterSetName": Property(computed=True, replace=True),
    "dbName": Property(computed=True, replace=True),
    "engine": Property(computed=True, replace=True),
    "engineLifecycleSupport": Property(computed=True, replace=True),
    "identifierPrefix": Property(read="", replace=True),
    "kmsKeyId": Property(computed=True, replace=True, form=Form.KEY),
    "replicaMode": Property(replace=True),
    "replicateSourceDb": Property(
        "SourceDBInstanceIdentifier", read="ReadReplicaSourceDBInstanceIdentifier", replace=_other_source
    ),
    "restoreToPointInTime": Property(read="", replace=True),
    "snapshotIdentifier": Property(read="", replace=True),
    "storageEncrypted": Property(replace=True),
    "timezone": Property(computed=True, replace=True),
    "username": Property("MasterUsername", computed=True, replace=True),
}
_OURS: Final = {
    "allowMajorVersionUpgrade": Property(read=""),
    "applyImmediately": Property(read=""),
    "deleteAutomatedBackups": Property(read="", default=True),
    "finalSnapshotIdentifier": Property(read=""),
    "skipFinalSnapshot": Property(read="", default=False),
}
"""What the provider itself goes by. (``latestRestorableTime`` is no output here: it changes at every look.)"""

INSTANCE: Final = Resource(
    type="aws:rds/instance:Instance",
    service="rds",
    identity="DbiResourceId",
    properties=dict(sorted({**_CHANGEABLE, **_AT_BIRTH, **_OURS}.items())),
    outputs={
        "address": Output("Endpoint.Address"),
        "arn": Output("DBInstanceArn"),
        "endpoint": Output(template="{address}:{port}"),
        "engineVersionActual": Output("EngineVersion", volatile=True),
        "hostedZoneId": Output("Endpoint.HostedZoneId"),
        "masterUserSecrets": Output("[MasterUserSecret][?@]", volatile=True),
        "replicas": Output("ReadReplicaDBInstanceIdentifiers"),
        "resourceId": Output("DbiResourceId"),
        "status": Output("DBInstanceStatus"),
    },
    create=_create_instance,
    read=(_find_instance,),
    update=(Update(("replicateSourceDb",), _promote), Update(tuple(_CHANGEABLE), _modify_instance)),
    delete=_delete_instance,
    ready=Ready(
        "DBInstanceStatus",
        good=("available", "storage-optimization"),
        bad=("failed", "incompatible-network", "incompatible-parameters", "incompatible-restore", "storage-full"),
        reason="StatusInfos[0].Message",
    ),
    gone=True,
    minutes=(80, 60),
    naming=Naming("identifier", limit=63, prefix_property="identifierPrefix", lower=True),
    tagging=Tagging("AddTagsToResource", "RemoveTagsFromResource", ("ResourceName", "{arn}"), read="TagList"),
)

RESOURCES: Final = (SUBNET_GROUP, PARAMETER_GROUP, EVENT_SUBSCRIPTION, INSTANCE)
