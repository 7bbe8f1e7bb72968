"""One client's environment: composes the components, owns their order and wiring, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.account import Account, AccountArgs
from components.account_defaults import AccountDefaults, AccountDefaultsArgs
from components.archive import Archive, ArchiveArgs
from components.audit_trail import AuditTrail, AuditTrailArgs
from components.baseline import Baseline, BaselineArgs
from components.boundary import Boundary, BoundaryArgs
from components.cluster import Cluster, ClusterArgs
from components.cluster_access import ClusterAccess, ClusterAccessArgs
from components.configuration_history import ConfigurationHistory, ConfigurationHistoryArgs
from components.database import Database, DatabaseArgs
from components.database_events import DatabaseEvents, DatabaseEventsArgs
from components.databases import Databases, DatabasesArgs
from components.egress import Egress, EgressArgs
from components.identity.place import Place
from components.identity.roles import Identities, IdentitiesArgs
from components.keys import Keys, KeysArgs
from components.monitoring import Monitoring, MonitoringArgs, blocked_names
from components.naming import PREFIX, Scope
from components.network import Network, NetworkArgs
from components.pod_networks import reach
from components.registry import Registry, RegistryArgs, allowed_registries
from components.threat_detection import ThreatDetection, ThreatDetectionArgs
from components.vault.resources import dynamic_provider
from components.vault_secrets import AUDIENCE, VaultSecrets, VaultSecretsArgs
from components.workload import Workload, WorkloadArgs
from stacks.spec.client import ClientSpec


@dataclass(frozen=True, slots=True)
class EnvironmentArgs:
    """Arguments of :class:`Environment`: the validated description."""

    spec: ClientSpec


class Environment(pulumi.ComponentResource):
    """Everything of one client: keys, network, cluster, baseline, database, registry, secrets, monitoring.

    Providers are explicit, bound to the client's account and home region. Data and keys of production are protected
    from deletion.

    Outputs: ``outputs``: what ``stacks.spec.outputs.EnvironmentOutputs`` reads.
    """

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}Environment", name, None, opts)
        spec = args.spec
        scope = Scope(
            spec.name,
            spec.account_id,
            spec.residency.home,
            spec.residency.partition,
            recovery=spec.residency.recovery,
            production=spec.production,
        )
        protect = spec.protected
        provider = self._aws(spec)
        within = pulumi.ResourceOptions(parent=self, providers=[provider])
        keys = Keys("keys", KeysArgs(scope, protect, spec.audit.adopt), within)
        place = Place.of(spec)
        boundary = Boundary("boundary", BoundaryArgs(scope, place), within)
        scope = replace(scope, boundary=boundary.arn)
        Account("account", AccountArgs(scope, spec.identity, place), within)
        identities = Identities("identities", IdentitiesArgs(scope, spec.identity, place), within)
        archive = Archive("archive", ArchiveArgs(scope, spec.audit, keys.archive, protect), within)
        audit = self._watch(spec, scope, keys, archive, provider)
        network = Network("network", NetworkArgs(scope, spec.network, keys.logs, archive.logs_bucket_arn), within)
        egress = Egress(
            "egress",
            EgressArgs(scope, spec.integrations, network.vpc_id, keys.logs, _vault_host(spec), protect),
            within,
        )
        cluster = Cluster(
            "cluster",
            ClusterArgs(
                scope,
                spec.cluster,
                network.private_subnet_ids,
                keys.cluster,
                keys.logs,
                spec.provision_role_arn,
                protect,
            ),
            within,
        )
        ClusterAccess(
            "access", ClusterAccessArgs(scope, cluster.name, spec.identity.groups, identities.principals), within
        )
        in_cluster = self._kubernetes(cluster)
        baseline = Baseline(
            "baseline",
            BaselineArgs(
                spec.cluster.namespaces,
                spec.cluster.version,
                allowed_registries(scope, spec.registry),
                reach(spec),
                spec.production,
                self._kubernetes(cluster, "kubernetes-adopting", upsert=True),
            ),
            pulumi.ResourceOptions(parent=self, providers=[in_cluster]),
        )
        database = Database(
            "database",
            DatabaseArgs(
                scope,
                spec.database,
                spec.backups,
                network.vpc_id,
                network.data_subnet_ids,
                cluster.security_group_id,
                keys.data,
                keys.logs,
                protect,
            ),
            within,
        )
        databases = Databases(
            "databases",
            DatabasesArgs(
                scope,
                spec.database.databases,
                database.host,
                database.port,
                database.master_secret_arn,
                spec.provision_role_arn,
                database.ready,
            ),
            pulumi.ResourceOptions(parent=self, providers=[dynamic_provider("postgres", self)]),
        )
        registry = Registry(
            "registry",
            RegistryArgs(
                scope, spec.registry, list(spec.cluster.namespaces), keys.registry, cluster.node_role_name, protect
            ),
            within,
        )
        vault = VaultSecrets(
            "vault",
            VaultSecretsArgs(
                spec.name,
                spec.vault,
                cluster.endpoint,
                cluster.ca,
                spec.cluster.namespaces,
                protect=spec.protected,
            ),
            pulumi.ResourceOptions(parent=self, providers=[dynamic_provider("vault", self)], depends_on=[baseline]),
        )
        for application, workload in spec.workloads.items():
            settings = {
                "FREEHOLD_VAULT_MOUNT": vault.mount,
                "FREEHOLD_VAULT_AUTH": vault.auth_path,
                "FREEHOLD_VAULT_NAMESPACE": spec.vault.namespace or "",
                "FREEHOLD_VAULT_ROLE": workload.namespace,
            }
            if spec.vault.address:
                settings["FREEHOLD_VAULT_ADDRESS"] = spec.vault.address
            account = spec.cluster.namespaces[workload.namespace].service_account
            Workload(
                application,
                WorkloadArgs(application, workload, spec.client, account, settings, AUDIENCE),
                pulumi.ResourceOptions(parent=self, providers=[in_cluster], depends_on=[baseline, vault]),
            )
        monitoring = Monitoring(
            "monitoring",
            MonitoringArgs(
                scope,
                spec.monitoring,
                spec.database,
                database.identifier,
                cluster.name,
                network.nat_gateway_ids,
                keys.notifications,
                more=(blocked_names(egress.namespace, egress.metric),),
            ),
            within,
        )
        DatabaseEvents("database-events", DatabaseEventsArgs(scope, monitoring.topic_arn), within)
        self.outputs: Final = _outputs(
            spec=spec,
            keys=keys,
            archive=archive,
            audit=audit,
            network=network,
            cluster=cluster,
            database=database,
            databases=databases,
            registry=registry,
            vault=vault,
            monitoring=monitoring,
            boundary=boundary,
            identities=identities,
        )
        self.register_outputs(self.outputs)

    def _watch(
        self, spec: ClientSpec, scope: Scope, keys: Keys, archive: Archive, provider: aws.Provider
    ) -> dict[str, Any]:
        """Trail, history, detection and defaults of the account; all that delivers to the archive waits for it."""
        within = pulumi.ResourceOptions(parent=self, providers=[provider], depends_on=[archive])
        trail = AuditTrail(
            "trail",
            AuditTrailArgs(
                scope,
                archive.logs_bucket,
                keys.archive,
                keys.logs,
                data_buckets=[archive.evidence_bucket_arn],
                insights=spec.audit.insights,
                protect=spec.protected,
            ),
            within,
        )
        history = None
        if spec.audit.config:
            arguments = ConfigurationHistoryArgs(scope, archive.logs_bucket, keys.archive, spec.protected)
            history = ConfigurationHistory("history", arguments, within)
        detection = ThreatDetection(
            "detection",
            ThreatDetectionArgs(scope, spec.audit.threat_detection, spec.audit.security_hub, spec.protected),
            pulumi.ResourceOptions(parent=self, providers=[provider], depends_on=[history] if history else []),
        )
        AccountDefaults(
            "defaults", AccountDefaultsArgs(keys.cluster), pulumi.ResourceOptions(parent=self, providers=[provider])
        )
        return {
            "trail_arn": trail.trail_arn,
            "trail_log_group": trail.log_group,
            "recorder": history.recorder if history else None,
            "detector_id": detection.detector_id,
            "hub_arn": detection.hub_arn,
        }

    def _aws(self, spec: ClientSpec) -> aws.Provider:
        """The provider of the client's account and home region; any other account's credentials are refused."""
        return aws.Provider(
            "aws",
            region=spec.residency.home,
            allowed_account_ids=[spec.account_id],
            assume_roles=[
                aws.ProviderAssumeRoleArgs(role_arn=spec.provision_role_arn, session_name=f"freehold-{spec.name}")
            ],
            default_tags=aws.ProviderDefaultTagsArgs(
                tags={
                    "freehold:client": spec.client,
                    "freehold:stage": spec.stage,
                    "freehold:jurisdiction": spec.residency.jurisdiction,
                }
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _kubernetes(self, cluster: Cluster, name: str = "kubernetes", upsert: bool = False) -> kubernetes.Provider:
        """A provider of the client's cluster, once its nodes and the operator's access exist; with ``upsert`` it takes
        over what is there already."""
        return kubernetes.Provider(
            name,
            kubeconfig=cluster.kubeconfig,
            enable_server_side_apply=True,
            upsert_existing_objects=upsert or None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=cluster.ready),
        )


def _vault_host(spec: ClientSpec) -> tuple[str, ...]:
    """Name of the Vault server, which pods ask for their secrets, where it is not the operator's own."""
    found = urlsplit(spec.vault.address or "").hostname
    return (found,) if found and not found[-1].isdigit() else ()


def _outputs(
    *,
    spec: ClientSpec,
    keys: Keys,
    archive: Archive,
    audit: dict[str, Any],
    network: Network,
    cluster: Cluster,
    database: Database,
    databases: Databases,
    registry: Registry,
    vault: VaultSecrets,
    monitoring: Monitoring,
    boundary: Boundary,
    identities: Identities,
) -> dict[str, Any]:
    """The values of :class:`stacks.spec.outputs.EnvironmentOutputs`."""
    return {
        "client": spec.client,
        "stage": spec.stage,
        "account_id": spec.account_id,
        "jurisdiction": spec.residency.jurisdiction,
        "region": spec.residency.home,
        "recovery_region": spec.residency.recovery,
        "provision_role_arn": spec.provision_role_arn,
        "kit_version": version("freehold"),
        "keys": {
            "data": keys.data,
            "cluster": keys.cluster,
            "logs": keys.logs,
            "notifications": keys.notifications,
            "registry": keys.registry,
            "archive": keys.archive,
        },
        "archive": {
            "logs_bucket": archive.logs_bucket,
            "evidence_bucket": archive.evidence_bucket,
            "access_bucket": archive.access_bucket,
            "retention_days": spec.audit.retention_days,
            "evidence_retention_days": spec.audit.evidence_retention_days,
        },
        "audit": audit,
        "network": {
            "vpc_id": network.vpc_id,
            "private_subnet_ids": network.private_subnet_ids,
            "data_subnet_ids": network.data_subnet_ids,
            "public_subnet_ids": network.public_subnet_ids,
        },
        "cluster": {
            "name": cluster.name,
            "arn": cluster.arn,
            "endpoint": cluster.endpoint,
            "version": spec.cluster.version,
            "kubeconfig": cluster.kubeconfig,
            "namespaces": list(spec.cluster.namespaces),
        },
        "database": {
            "identifier": database.identifier,
            "arn": database.arn,
            "resource_id": database.resource_id,
            "host": database.host,
            "port": database.port,
            "databases": list(spec.database.databases),
            "roles": databases.roles,
            "engine_version": spec.database.engine_version,
            "master_secret_arn": database.master_secret_arn,
            "subnet_group": database.subnet_group,
            "parameter_group": database.parameter_group,
            "kms_key_arn": keys.data,
        },
        "registry": {
            "host": registry.host,
            "repositories": registry.repositories,
            "allowed_registries": registry.allowed_registries,
        },
        "vault": {
            "address": spec.vault.address,
            "namespace": spec.vault.namespace,
            "mount": vault.mount,
            "auth_path": vault.auth_path,
            "roles": vault.roles,
        },
        "alarm_topic_arn": monitoring.topic_arn,
        "identity": {
            "boundary_arn": boundary.arn,
            "roles": identities.roles,
            "groups": {
                group: {"principal_arn": identities.principals[group], "permissions": sorted(described.permissions)}
                for group, described in spec.identity.groups.items()
            },
        },
        "targets": spec.backups.model_dump(),
    }
