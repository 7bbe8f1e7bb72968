"""RDS whose instances are real PostgreSQL servers.

What moves data and is not real here yet (manual snapshots, restores) is refused, so that nothing claims to
have happened that did not.
"""

from __future__ import annotations

import shutil
from typing import Any, Final, NoReturn

from moto.core.utils import get_pagination_model
from moto.rds import models
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBSnapshotAlreadyExistsError,
    InvalidParameterCombination,
    RDSClientError,
)
from moto.rds.models import rds_backends

from sandbox.cloud import extend, postgres
from sandbox.cloud.databases import DataPlane
from sandbox.cloud.journal import replaying
from sandbox.cloud.rds_checks import check_creation, check_modification, require, unavailable
from sandbox.cloud.rds_instance import (
    DEFERRED,
    DBInstance,
    DBSnapshot,
    MasterUserSecret,
    Service,
    instances,
)
from sandbox.cloud.rds_parameters import DBParameterGroup
from sandbox.cloud.rds_replicas import Replicas
from sandbox.cloud.rds_response import RdsResponse
from sandbox.settings import Settings

_IMMEDIATE: Final = frozenset(
    {
        "auto_minor_version_upgrade",
        "copy_tags_to_snapshot",
        "deletion_protection",
        "enable_iam_database_authentication",
        "max_allocated_storage",
        "monitoring_interval",
        "monitoring_role_arn",
        "option_group_name",
        "performance_insights_kms_key_id",
        "performance_insights_retention_period",
        "preferred_backup_window",
        "preferred_maintenance_window",
        "publicly_accessible",
        "vpc_security_group_ids",
    }
)


class Rds(Replicas):
    """Moto's RDS with a data plane."""

    def create_db_instance(self, db_kwargs: Any) -> models.DBInstance:
        """Create an instance; its server is made in the background.

        Raises:
            RDSClientError: as RDS, when the request breaks one of its rules, or the engine is not PostgreSQL.
        """
        wanted = dict(db_kwargs)
        identifier = wanted["db_instance_identifier"]
        if identifier in self.databases:
            raise DBInstanceAlreadyExists
        self._validate_db_identifier(identifier)
        check_creation(self, wanted)
        instance = DBInstance(self, **wanted)  # type: ignore[abstract]
        self.databases[identifier] = instance
        instance.add_event("DB_INSTANCE_CREATE")
        if not replaying():
            Service.plane.reserve(instance.wanted())
        instance.submit("creating")
        return instance

    def modify_db_instance(self, db_instance_identifier: str, db_kwargs: Any) -> models.DBInstance:
        """Change an instance, at once or (see :data:`DEFERRED`) with its next reboot."""
        instance = self.instance_named(db_instance_identifier)
        changes = {name: value for name, value in dict(db_kwargs).items() if value is not None}
        require(instance, {"available"}, "modify")
        at_once = bool(changes.pop("apply_immediately", False))
        check_modification(self, instance, changes, at_once=at_once)
        if name := changes.pop("new_db_instance_identifier", None):
            self._validate_db_identifier(name)
            if name in self.databases:
                raise DBInstanceAlreadyExists
            del self.databases[instance.db_instance_identifier]
            instance.db_instance_identifier = name
            self.databases[name] = instance
        self._change_password(instance, changes)
        if "db_parameter_group_name" in changes:
            instance.change_group(changes["db_parameter_group_name"])
        if "enable_performance_insights" in changes:
            instance.performance_insights_enabled = changes["enable_performance_insights"]
        if logs := changes.get("cloudwatch_logs_export_configuration"):
            kept = set(instance.enabled_cloudwatch_logs_exports) - set(logs.get("DisableLogTypes", []))
            instance.enabled_cloudwatch_logs_exports = sorted(kept | set(logs.get("EnableLogTypes", [])))
        instance.apply({name: value for name, value in changes.items() if name in _IMMEDIATE})
        deferred = {
            name: value for name, value in changes.items() if name in DEFERRED and value != getattr(instance, name)
        }
        if at_once:
            instance.apply(deferred)
        else:
            instance.pending |= deferred
        instance.submit("modifying")
        return instance

    def reboot_db_instance(self, db_instance_identifier: str) -> models.DBInstance:
        """Restart the server; pending changes and static parameters take effect."""
        instance = self.instance_named(db_instance_identifier)
        require(instance, {"available", "incompatible-parameters", "failed"}, "reboot")
        instance.restart()
        instance.add_event("DB_INSTANCE_REBOOT")
        instance.submit("rebooting")
        return instance

    def stop_db_instance(
        self, db_instance_identifier: str, db_snapshot_identifier: str | None = None
    ) -> models.DBInstance:
        """Stop the server; its data stays."""
        instance = self.instance_named(db_instance_identifier)
        if db_snapshot_identifier:
            unavailable("a snapshot of a running instance")
        require(instance, {"available"}, "stop")
        if instance.follows or instance.followers:
            raise RDSClientError(
                "InvalidDBInstanceState", "An instance that is or has a read replica cannot be stopped."
            )
        instance.run(running=False)
        instance.add_event("DB_INSTANCE_STOP")
        instance.submit("stopping")
        return instance

    def start_db_instance(self, db_instance_identifier: str) -> models.DBInstance:
        """Start a stopped server; what waited for a reboot takes effect."""
        instance = self.instance_named(db_instance_identifier)
        require(instance, {"stopped"}, "start")
        instance.restart()
        instance.run(running=True)
        instance.add_event("DB_INSTANCE_START")
        instance.submit("starting")
        return instance

    def delete_db_instance(
        self,
        db_instance_identifier: str,
        final_db_snapshot_identifier: str | None = None,
        skip_final_snapshot: bool | None = False,
        delete_automated_backups: bool | None = True,
    ) -> models.DBInstance:
        """Delete an instance; a final snapshot takes the real, cleanly stopped data."""
        instance = self.instance_named(db_instance_identifier)
        if instance.deletion_protection:
            raise InvalidParameterCombination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
        if instance.follows and final_db_snapshot_identifier:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier can not be specified when deleting a replica instance."
            )
        if skip_final_snapshot and final_db_snapshot_identifier:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier can not be specified when deleting a DB instance with SkipFinalSnapshot."
            )
        if not skip_final_snapshot and not final_db_snapshot_identifier:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            )
        keep_as = None
        if final_db_snapshot_identifier:
            if final_db_snapshot_identifier in self.database_snapshots:
                raise DBSnapshotAlreadyExistsError(final_db_snapshot_identifier)
            snapshot = DBSnapshot(self, instance, final_db_snapshot_identifier)
            self.database_snapshots[final_db_snapshot_identifier] = snapshot
            keep_as = snapshot.data
        self.abandon(instance)
        if instance.manage_master_user_password:
            instance.master_user_secret.delete_secret()
        del self.databases[instance.db_instance_identifier]
        instance.add_event("DB_INSTANCE_DELETE")
        if not replaying():
            Service.plane.destroy(instance.dbi_resource_id, keep_as)
        return instance

    def delete_db_snapshot(self, db_snapshot_identifier: str) -> models.DBSnapshot:
        """Delete a snapshot and its data."""
        snapshot = super().delete_db_snapshot(db_snapshot_identifier)
        if isinstance(snapshot, DBSnapshot) and not replaying():
            shutil.rmtree(snapshot.data.parent, ignore_errors=True)
        return snapshot

    def create_db_snapshot(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: needs a copy of a running server's data."""
        unavailable("a snapshot of a running instance")

    def copy_db_snapshot(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: would copy no data."""
        unavailable("a copy of a snapshot")

    def restore_db_instance_from_db_snapshot(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: would restore no data."""
        unavailable("a restore from a snapshot")

    def restore_db_instance_to_point_in_time(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: would restore no data."""
        unavailable("a restore to a point in time")

    @staticmethod
    def _change_password(instance: DBInstance, changes: dict[str, Any]) -> None:
        if changes.get("master_user_password") or changes.get("rotate_master_user_password"):
            instance.add_event("DB_INSTANCE_RESET_MASTER_CREDENTIALS")
        managed = changes.get("manage_master_user_password")
        if managed is True and not instance.manage_master_user_password:
            instance.manage_master_user_password = True
            instance.master_user_secret = MasterUserSecret(instance, changes.get("master_user_secret_kms_key_id"))
        elif managed is False and instance.manage_master_user_password:
            if not changes.get("master_user_password"):
                raise InvalidParameterCombination(
                    "MasterUserPassword is required when ManageMasterUserPassword is turned off."
                )
            instance.master_user_secret.delete_secret()
            del instance.master_user_secret
            instance.manage_master_user_password = False
        elif changes.get("rotate_master_user_password"):
            instance.master_user_secret.rotate_secret()
        if changes.get("master_user_password"):
            instance.master_user_password = changes["master_user_password"]


_PAGED_BY: Final = {"DescribeDBParameters": "ParameterName", "DescribeDBEngineVersions": "EngineVersion"}
"""What tells the rows of a long answer apart, so that its pages can be continued."""


def install(settings: Settings) -> DataPlane:
    """Serve RDS from these classes; returns what works on the servers."""
    Service.settings = settings
    postgres.ensure_authority(settings)
    Service.plane = DataPlane(settings)
    vars(models)["MasterUserSecret"] = MasterUserSecret
    vars(models)["DBParameterGroup"] = DBParameterGroup
    for operation, identity in _PAGED_BY.items():
        get_pagination_model("rds")[operation]["unique_attribute"] = identity
    extend.use("rds", rds_backends, backend=Rds, response=RdsResponse)
    return Service.plane


def reconcile() -> None:
    """Bring every server to the state of the model: after a replay, and when asked to look for killed servers."""
    found = instances()
    Service.plane.sweep([instance.dbi_resource_id for instance in found])
    for instance in found:
        if Service.plane.phase(instance.dbi_resource_id) is None:
            instance.submit(instance.status if instance.status in {"available", "stopped"} else "starting")
