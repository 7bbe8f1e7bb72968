"""The client's PostgreSQL on RDS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.ec2 import SecurityGroup
from pulumi_aws.iam import Role, RolePolicyAttachment
from pulumi_aws.rds import Instance, ParameterGroup, SubnetGroup
from pulumi_aws.vpc import SecurityGroupIngressRule

from components.database_parameters import parameters
from components.documents import trust
from components.logs import log_group
from components.naming import PREFIX, ROLE_LONGEST, Scope
from stacks.spec.backups import BackupsSpec
from stacks.spec.database import DatabaseSpec
from stacks.spec.postgres import family

PORT: Final = 5432
"""PostgreSQL's port, RDS's default for it. What the instance listens on is in its endpoint."""

MASTER: Final = "freehold"
INSIGHTS_DAYS: Final = 7
LOGS: Final = ("postgresql", "upgrade")
"""Logs that RDS for PostgreSQL exports to CloudWatch."""

MONITORING_SECONDS: Final = 60
"""Interval of the operating system's figures (Enhanced Monitoring: AWS Foundational Security Best Practices v1.0.0,
RDS.6)."""

SYSTEM_LOG: Final = "RDSOSMetrics"
"""Log group of those figures: one an account and region, named by RDS."""


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

    Its parameter group logs connections, definitions, slow statements and (by pgaudit) changes of definitions and roles
    without the values of parameters, tunes autovacuum, and ends sessions that idle in a transaction. Figures of the
    operating system (Enhanced Monitoring) and of statements (Performance Insights) are kept under the client's keys.
    PostgreSQL needs no option group: its features are extensions and parameters (Amazon RDS User Guide, *Working with
    option groups*); the default one stays.

    Outputs: ``identifier``, ``arn``, ``resource_id``, ``host``, ``port``,
    ``master_secret_arn``; ``subnet_group``, ``parameter_group``, ``security_group_id``, ``monitoring_role_arn``,
    ``ready``: what has to be there before somebody can connect.
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
        group = ParameterGroup(
            "database",
            name=args.scope.named(family(args.spec.engine_version)),
            family=family(args.spec.engine_version),
            description=f"Settings of {args.scope.name}",
            parameters=parameters(args.spec),
            tags=self._tags("parameters"),
            opts=self._child,
        )
        security = self._security_group()
        role = self._monitoring_role()
        instance = self._instance(subnets, group, security, role)
        self.identifier: Final = instance.identifier
        self.arn: Final = instance.arn
        self.resource_id: Final = instance.resource_id
        self.host: Final = instance.address
        self.port: Final = instance.port
        self.master_secret_arn: Final = instance.master_user_secrets.apply(lambda secrets: str(secrets[0].secret_arn))
        self.subnet_group: Final = subnets.name
        self.parameter_group: Final = group.name
        self.ready: Final[list[pulumi.Resource]] = [instance, self._ingress]
        self.security_group_id: Final = security.id
        self.monitoring_role_arn: Final = role.arn
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
        self._ingress = SecurityGroupIngressRule(
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

    def _monitoring_role(self) -> Role:
        """Role in which RDS writes the operating system's figures, and nothing else."""
        role = Role(
            "database-monitoring",
            name=self._scope.named("database-monitoring", limit=ROLE_LONGEST),
            description="RDS Enhanced Monitoring",
            assume_role_policy=trust("monitoring.rds.amazonaws.com", self._scope.account_id),
            permissions_boundary=self._scope.boundary,
            tags=self._tags("database", "monitoring"),
            opts=self._child,
        )
        self._monitored = RolePolicyAttachment(
            "database-monitoring",
            role=role.name,
            policy_arn=f"arn:{self._scope.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
            opts=self._child,
        )
        return role

    def _instance(
        self, subnets: SubnetGroup, settings: ParameterGroup, group: SecurityGroup, monitoring: Role
    ) -> Instance:
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
        system = log_group(
            "database-system", SYSTEM_LOG, scope=self._scope, component="database", key=self._args.logs_key, parent=self
        )
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
            db_name=spec.first,
            username=MASTER,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=self._args.data_key,
            iam_database_authentication_enabled=True,
            db_subnet_group_name=subnets.name,
            parameter_group_name=settings.name,
            vpc_security_group_ids=[group.id],
            publicly_accessible=False,
            multi_az=spec.multi_az,
            auto_minor_version_upgrade=True,
            backup_retention_period=self._args.backups.retention_days,
            backup_window=spec.backup_window,
            maintenance_window=spec.maintenance_window,
            ca_cert_identifier=spec.authority,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=monitoring.arn,
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
            opts=pulumi.ResourceOptions(parent=self, protect=protect, depends_on=[*logs, system, self._monitored]),
        )
