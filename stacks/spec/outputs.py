"""What a stack exports, and all that runbooks and scripts know of an environment.

The engine records these values when it makes the environment; whoever operates it reads them from there, so there is
never a second description that could differ.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Outputs(BaseModel):
    """Base: unknown keys of a newer kit are ignored, missing ones are an error."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class KeysOutputs(_Outputs):
    """ARNs of the client's keys, one a purpose."""

    data: str
    """Key of the database, its backups and its credentials."""
    cluster: str
    """Key of Kubernetes secrets and nodes' disks."""
    logs: str
    """Key of log groups."""
    notifications: str
    """Key of alarm notifications."""
    registry: str
    """Key of container images."""
    archive: str
    """Key of the buckets of logs and evidence."""


class ArchiveOutputs(_Outputs):
    """Where logs and evidence are kept."""

    logs_bucket: str
    """Bucket of trail, configuration history and flow logs, below `AWSLogs/ACCOUNT/`; locked."""
    evidence_bucket: str
    """Bucket of the records of deliveries, drills and approvals; locked."""
    access_bucket: str
    """Bucket of access logs: who read the other two."""
    retention_days: int
    """Days that logs are kept and locked."""
    evidence_retention_days: int
    """Days that evidence is kept and locked."""


class AuditOutputs(_Outputs):
    """Who watches the account."""

    trail_arn: str
    """The audit trail over all regions."""
    trail_log_group: str
    """Log group in which the trail can be searched."""
    recorder: str | None = None
    """AWS Config's recorder, if switched on."""
    detector_id: str | None = None
    """GuardDuty's detector, if switched on."""
    hub_arn: str | None = None
    """Security Hub, if switched on."""


class NetworkOutputs(_Outputs):
    """The client's network."""

    vpc_id: str
    """Id of the VPC."""
    private_subnet_ids: list[str]
    """Subnets of nodes and pods, one a zone."""
    data_subnet_ids: list[str]
    """Subnets without a way to the internet, one a zone."""
    public_subnet_ids: list[str]
    """Subnets of NAT gateways and load balancers, one a zone."""


class ClusterOutputs(_Outputs):
    """The client's Kubernetes cluster."""

    name: str
    """Name of the EKS cluster."""
    arn: str
    """Its ARN."""
    endpoint: str
    """https address of the Kubernetes API."""
    version: str
    """Kubernetes version."""
    kubeconfig: str
    """A kubeconfig (JSON) that asks `aws eks get-token` for a token: it holds no secret."""
    namespaces: list[str]
    """Namespaces of the client's applications."""


class DatabaseOutputs(_Outputs):
    """The client's PostgreSQL instance."""

    identifier: str
    """RDS instance identifier."""
    arn: str
    """Its ARN."""
    resource_id: str
    """Region-unique, immutable id (`db-...`), the one that backups and IAM authentication name."""
    host: str
    """Host name."""
    port: int
    """TCP port."""
    databases: list[str]
    """Names of the databases; the first was made with the instance."""
    roles: dict[str, dict[str, str]]
    """Of each database, its roles by kind: owner, migrate, write, read. Nobody logs in with them: users are members."""
    engine_version: str
    """Major version of PostgreSQL."""
    master_secret_arn: str
    """Secrets Manager secret that RDS keeps the master user's credentials in."""
    subnet_group: str
    """DB subnet group."""
    parameter_group: str
    """DB parameter group."""
    kms_key_arn: str
    """Key that encrypts storage and backups."""


class RegistryOutputs(_Outputs):
    """The client's container registry."""

    host: str
    """Host name of the registry."""
    repositories: dict[str, str]
    """Addresses of the client's own repositories, without a tag, by name."""
    allowed_registries: list[str]
    """Registries that pods may pull from, as HOST or HOST/PATH."""


class VaultOutputs(_Outputs):
    """Where the client's secrets are."""

    address: str | None
    """Address of the server; empty: the operator's VAULT_ADDR."""
    namespace: str | None
    """The client's namespace."""
    mount: str
    """Path of the KV version 2 secrets engine."""
    auth_path: str
    """Path of the Kubernetes auth method."""
    roles: list[str]
    """Roles of the auth method, one an application namespace."""


class GroupOutputs(_Outputs):
    """People of one kind."""

    principal_arn: str
    """Role that they come with."""
    permissions: list[str]
    """What they may do in the cluster: see, change, approve, export."""


class IdentityOutputs(_Outputs):
    """Who may do what."""

    boundary_arn: str
    """Permissions boundary that every role of the environment carries."""
    roles: dict[str, str]
    """ARNs of the operations' roles: maintain, drill, audit, and where enabled deprovision and delivery."""
    groups: dict[str, GroupOutputs]
    """Groups of people by name."""


class TargetOutputs(_Outputs):
    """What was promised; drills hold the environment to it."""

    rpo_minutes: int
    """Recovery point objective in minutes."""
    rto_minutes: int
    """Recovery time objective in minutes."""
    retention_days: int
    """Days that point-in-time recovery reaches back."""
    drill_schedule: str
    """When restore drills are due: a cron expression of five fields, in UTC."""


class EnvironmentOutputs(_Outputs):
    """One client environment as the engine made it."""

    client: str
    """Short name of the client."""
    stage: str
    """Stage."""
    account_id: str
    """The client's AWS account."""
    jurisdiction: str
    """Legal area of the residency boundary."""
    region: str
    """Home region."""
    recovery_region: str | None
    """Region that may hold copies of backups."""
    provision_role_arn: str
    """Role in the client's account that the operator assumes."""
    kit_version: str
    """Version of Freehold that made the environment."""
    keys: KeysOutputs
    """Keys."""
    archive: ArchiveOutputs
    audit: AuditOutputs
    """Logs and evidence."""
    network: NetworkOutputs
    """Network."""
    cluster: ClusterOutputs
    """Cluster."""
    database: DatabaseOutputs
    """Database."""
    registry: RegistryOutputs
    """Container registry."""
    vault: VaultOutputs
    """Secrets."""
    alarm_topic_arn: str
    """SNS topic of alarms."""
    identity: IdentityOutputs
    """People, operations and delivery."""
    targets: TargetOutputs
    """Promises."""

    @classmethod
    def read(cls, outputs: dict[str, Any]) -> EnvironmentOutputs:
        """Outputs of a stack, as `pulumi stack output --json` gives them.

        Raises:
            pydantic.ValidationError: the stack was made by a kit that exports other values, or not to its end.
        """
        return cls.model_validate(outputs)
