"""The client's PostgreSQL on RDS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.ec2 import SecurityGroup
from pulumi_aws.rds import Instance, ParameterGroup, SubnetGroup
from pulumi_aws.vpc import SecurityGroupIngressRule

from components.logs import log_group
from components.naming import PREFIX, Scope
from stacks.spec.backups import BackupsSpec
from stacks.spec.database import DatabaseSpec

PORT: Final = 5432
"""PostgreSQL's port, RDS's default for it. What the instance listens on is in its endpoint."""

MASTER: Final = "freehold"
INSIGHTS_DAYS: Final = 7
LOGS: Final = ("postgresql", "upgrade")
"""Logs that RDS for PostgreSQL exports to CloudWatch."""

PARAMETERS: Final = {
    "log_connections": ("1", "immediate"),
    "log_disconnections": ("1", "immediate"),
    "log_lock_waits": ("1", "immediate"),
    "log_min_duration_statement": ("1000", "immediate"),
    "log_statement": ("ddl", "immediate"),
    "password_encryption": ("scram-sha-256", "immediate"),
    "rds.force_ssl": ("1", "immediate"),
    "shared_preload_libraries": ("pg_stat_statements", "pending-reboot"),
}
"""TLS only (AWS Foundational Security Best Practices v1.0.0, RDS.38), SCRAM, and logs of who connects, what changes the
schema, and what takes longer than a second."""


@dataclass(frozen=True, slots=True)
class DatabaseArgs:
    """Arguments of :class:`Database`.

    Args:
        scope: the environment.
        spec, backups: the database's description and the targets of its backups.
        vpc_id, data_subnet_ids: where it lives: subnets without a way to the internet.
        client_security_group_id: the group whose members may connect, and nobody else.
        data_key, logs_key: ARNs of the keys for storage, backups, insights and the master secret, and for logs.
        protect: refuse deletion, by the engine and by RDS.
    """

    scope: Scope
    spec: DatabaseSpec
    backups: BackupsSpec
    vpc_id: pulumi.Input[str]
    data_subnet_ids: list[pulumi.Output[str]]
    client_security_group_id: pulumi.Input[str]
    data_key: pulumi.Input[str]
    logs_key: pulumi.Input[str]
    protect: bool = True


class Database(pulumi.ComponentResource):
    """One RDS instance: encrypted, TLS only, reachable from the cluster alone, point-in-time recovery, managed secret.

    Outputs: ``identifier``, ``arn``, ``resource_id``, ``host``, ``port``,
    ``master_secret_arn``; ``subnet_group``, ``parameter_group``.
    """

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Database", name, None, opts)
        self._scope, self._args = args.scope, args
        self._child = pulumi.ResourceOptions(parent=self)
        subnets = SubnetGroup(
            "database",
            name=args.scope.named("database"),
            description=f"Data subnets of {args.scope.name}",
            subnet_ids=args.data_subnet_ids,
            tags=self._tags("database"),
            opts=self._child,
        )
        parameters = ParameterGroup(
            "database",
            name=args.scope.named(f"postgres{args.spec.engine_version}"),
            family=f"postgres{args.spec.engine_version}",
            description=f"Settings of {args.scope.name}",
            parameters=[
                {"name": key, "value": value, "apply_method": method} for key, (value, method) in PARAMETERS.items()
            ],
            tags=self._tags("parameters"),
            opts=self._child,
        )
        instance = self._instance(subnets, parameters, self._security_group())
        self.identifier: Final = instance.identifier
        self.arn: Final = instance.arn
        self.resource_id: Final = instance.resource_id
        self.host: Final = instance.address
        self.port: Final = instance.port
        self.master_secret_arn: Final = instance.master_user_secrets.apply(lambda secrets: secrets[0].secret_arn)
        self.subnet_group: Final = subnets.name
        self.parameter_group: Final = parameters.name
        self.register_outputs({"identifier": self.identifier, "host": self.host, "port": self.port})

    def _tags(self, *parts: str) -> dict[str, str]:
        return dict(self._scope.tags("database", *parts))

    def _security_group(self) -> SecurityGroup:
        group = SecurityGroup(
            "database",
            name=self._scope.named("database"),
            description="PostgreSQL from the cluster; no way out",
            vpc_id=self._args.vpc_id,
            tags=self._tags("database"),
            opts=self._child,
        )
        SecurityGroupIngressRule(
            "database-cluster",
            security_group_id=group.id,
            description="PostgreSQL from the cluster",
            referenced_security_group_id=self._args.client_security_group_id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            tags=self._tags("database", "cluster"),
            opts=self._child,
        )
        return group

    def _instance(self, subnets: SubnetGroup, parameters: ParameterGroup, group: SecurityGroup) -> Instance:
        spec, protect, identifier = self._args.spec, self._args.protect, self._scope.named("database")
        # RDS would make these itself, without the client's key and without an end
        logs = [
            log_group(
                f"database-{log}",
                f"/aws/rds/instance/{identifier}/{log}",
                scope=self._scope,
                component="database",
                key=self._args.logs_key,
                parent=self,
            )
            for log in LOGS
        ]
        return Instance(
            "database",
            identifier=identifier,
            engine="postgres",
            engine_version=spec.engine_version,
            instance_class=spec.instance_class,
            allocated_storage=spec.storage_gib,
            max_allocated_storage=spec.max_storage_gib,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=self._args.data_key,
            db_name=spec.databases[0],
            username=MASTER,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=self._args.data_key,
            iam_database_authentication_enabled=True,
            db_subnet_group_name=subnets.name,
            parameter_group_name=parameters.name,
            vpc_security_group_ids=[group.id],
            publicly_accessible=False,
            multi_az=spec.multi_az,
            auto_minor_version_upgrade=True,
            backup_retention_period=self._args.backups.retention_days,
            backup_window="01:00-02:00",
            maintenance_window="sun:03:00-sun:04:00",
            copy_tags_to_snapshot=True,
            delete_automated_backups=False,
            deletion_protection=protect,
            skip_final_snapshot=not protect,
            final_snapshot_identifier=self._scope.named("database", "final") if protect else None,
            enabled_cloudwatch_logs_exports=list(LOGS),
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._args.data_key,
            performance_insights_retention_period=INSIGHTS_DAYS,
            tags=self._tags("database"),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, depends_on=logs),
        )
