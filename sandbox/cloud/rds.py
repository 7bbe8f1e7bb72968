"""RDS whose instances are real PostgreSQL servers.

What moves data and is not real here yet (manual snapshots, restores, replicas) is refused, so that nothing claims to
have happened that did not.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from moto.core.responses import ActionResult, PaginatedResult
from moto.core.utils import get_pagination_model
from moto.rds import models
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBInstanceNotFoundError,
    DBParameterGroupNotFoundError,
    DBSnapshotAlreadyExistsError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.models import rds_backends
from moto.rds.responses import RDSResponse

from sandbox.cloud import binaries, extend, postgres
from sandbox.cloud.databases import DataPlane
from sandbox.cloud.journal import replaying
from sandbox.cloud.rds_instance import (
    DEFERRED,
    ENGINE,
    DBInstance,
    DBSnapshot,
    MasterUserSecret,
    Service,
    check_password,
    instances,
    major_of,
    resolve_version,
)
from sandbox.cloud.rds_parameters import DBParameterGroup, family_of
from sandbox.cloud.rds_parameters import major_of as family_major
from sandbox.settings import Settings

_RESERVED_USERS: Final = frozenset({"admin", "rdsadmin", "rds_superuser", "rds_iam", "rds_replication", "rds_password"})
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


class Rds(models.RDSBackend):
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
        self._check_creation(wanted)
        instance = DBInstance(self, **wanted)  # type: ignore[abstract]
        self.databases[identifier] = instance
        instance.add_event("DB_INSTANCE_CREATE")
        if not replaying():
            Service.plane.reserve(instance.wanted())
        instance.submit("creating")
        return instance

    def modify_db_instance(self, db_instance_identifier: str, db_kwargs: Any) -> models.DBInstance:
        """Change an instance, at once or (see :data:`DEFERRED`) with its next reboot."""
        instance = self._instance(db_instance_identifier)
        changes = {name: value for name, value in dict(db_kwargs).items() if value is not None}
        self._require(instance, {"available"}, "modify")
        at_once = bool(changes.pop("apply_immediately", False))
        self._check_modification(instance, changes, at_once=at_once)
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
        instance = self._instance(db_instance_identifier)
        self._require(instance, {"available", "incompatible-parameters", "failed"}, "reboot")
        instance.restart()
        instance.submit("rebooting")
        return instance

    def stop_db_instance(
        self, db_instance_identifier: str, db_snapshot_identifier: str | None = None
    ) -> models.DBInstance:
        """Stop the server; its data stays."""
        instance = self._instance(db_instance_identifier)
        if db_snapshot_identifier:
            _unavailable("a snapshot of a running instance")
        self._require(instance, {"available"}, "stop")
        instance.run(running=False)
        instance.submit("stopping")
        return instance

    def start_db_instance(self, db_instance_identifier: str) -> models.DBInstance:
        """Start a stopped server; what waited for a reboot takes effect."""
        instance = self._instance(db_instance_identifier)
        self._require(instance, {"stopped"}, "start")
        instance.restart()
        instance.run(running=True)
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
        instance = self._instance(db_instance_identifier)
        if instance.deletion_protection:
            raise InvalidParameterCombination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
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
        if instance.manage_master_user_password:
            instance.master_user_secret.delete_secret()
        del self.databases[instance.db_instance_identifier]
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
        _unavailable("a snapshot of a running instance")

    def copy_db_snapshot(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: would copy no data."""
        _unavailable("a copy of a snapshot")

    def restore_db_instance_from_db_snapshot(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: would restore no data."""
        _unavailable("a restore from a snapshot")

    def restore_db_instance_to_point_in_time(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: would restore no data."""
        _unavailable("a restore to a point in time")

    def create_db_instance_read_replica(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: would replicate no data."""
        _unavailable("a read replica")

    def create_db_parameter_group(self, db_parameter_group_kwargs: Any) -> models.DBParameterGroup:
        """Create a parameter group of a family the sandbox has."""
        family_major(db_parameter_group_kwargs.get("db_parameter_group_family"))
        made = super().create_db_parameter_group(db_parameter_group_kwargs)
        group = DBParameterGroup(  # type: ignore[abstract]
            backend=self,
            db_parameter_group_name=made.name,
            description=made.description,
            db_parameter_group_family=made.family,
            tags=made.tags,
        )
        self.db_parameter_groups[made.name] = group
        return group

    def modify_db_parameter_group(
        self, db_parameter_group_name: str, db_parameter_group_parameters: Iterable[dict[str, Any]]
    ) -> models.DBParameterGroup:
        """Set values and bring them to the servers that use the group."""
        if db_parameter_group_name.startswith("default."):
            raise InvalidParameterValue(f"The parameter group {db_parameter_group_name} cannot be modified.")
        group = super().modify_db_parameter_group(db_parameter_group_name, db_parameter_group_parameters)
        self._propagate(group)
        return group

    def reset_db_parameter_group(self, name: str, parameters: list[str] | None) -> models.DBParameterGroup:
        """Take values back; ``None`` resets the whole group."""
        group = self._group(name)
        group.reset_parameters(parameters)
        self._propagate(group)
        return group

    def delete_db_parameter_group(self, name: str) -> models.DBParameterGroup:
        """Delete a parameter group that no instance is in."""
        users = [found.db_instance_identifier for found in self._mine() if found.db_parameter_group_name == name]
        if users or name.startswith("default."):
            raise RDSClientError(
                "InvalidDBParameterGroupState",
                f"One or more database instances are still members of this parameter group {name}, "
                "so the group cannot be deleted",
            )
        return super().delete_db_parameter_group(name)

    def create_subnet_group(self, subnet_name: str, description: str, subnets: Any, tags: Any) -> models.DBSubnetGroup:
        """Create a subnet group that covers two zones at least."""
        zones = {subnet.availability_zone for subnet in subnets}
        if len(zones) < 2:
            raise RDSClientError(
                "DBSubnetGroupDoesNotCoverEnoughAZs",
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
                f"Current AZ coverage: {', '.join(sorted(zones))}. Add subnets to cover at least 2 AZs.",
            )
        return super().create_subnet_group(subnet_name, description, subnets, tags)

    def modify_db_subnet_group(self, subnet_name: str, description: str, subnets: Any) -> models.DBSubnetGroup:
        """Change description and subnets of a group, which stays (the emulator's own forgets it)."""
        group = self.describe_db_subnet_groups(subnet_name)[0]
        group.subnets = subnets
        if description is not None:
            group.description = description
        return group

    def delete_subnet_group(self, subnet_name: str) -> models.DBSubnetGroup:
        """Delete a subnet group that no instance is in."""
        for found in self._mine():
            group = getattr(found, "db_subnet_group", None)
            if group is not None and group.name == subnet_name.lower():
                raise RDSClientError(
                    "InvalidDBSubnetGroupStateFault",
                    f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: "
                    f"{found.db_instance_identifier} is still using it.",
                )
        return super().delete_subnet_group(subnet_name)

    def _mine(self) -> list[DBInstance]:
        return [found for found in self.databases.values() if isinstance(found, DBInstance)]

    def _instance(self, identifier: str) -> DBInstance:
        found = self.databases.get(identifier)
        if not isinstance(found, DBInstance):
            raise DBInstanceNotFoundError(identifier)
        return found

    def _group(self, name: str) -> DBParameterGroup:
        found = self.db_parameter_groups.get(name)
        if not isinstance(found, DBParameterGroup):
            raise DBParameterGroupNotFoundError(name)
        return found

    def _propagate(self, group: models.DBParameterGroup) -> None:
        for instance in self._mine():
            if instance.parameter_group is group:
                instance.submit("modifying")

    @staticmethod
    def _require(instance: DBInstance, statuses: set[str], verb: str) -> None:
        if instance.status not in statuses:
            raise RDSClientError(
                "InvalidDBInstanceState",
                f"Cannot {verb} instance {instance.db_instance_identifier}: it is {instance.status}, "
                f"not {' or '.join(sorted(statuses))}.",
            )

    def _check_creation(self, wanted: dict[str, Any]) -> None:
        if wanted.get("engine") != ENGINE or wanted.get("db_cluster_identifier"):
            raise InvalidParameterValue(
                f"Invalid DB engine: {wanted.get('engine')}. The sandbox runs {ENGINE} instances only."
            )
        version = resolve_version(wanted.get("engine_version"))
        user = str(wanted.get("master_username") or "")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", user) or user.lower() in _RESERVED_USERS:
            raise InvalidParameterValue(f"MasterUsername {user} cannot be used as it is a reserved word or not valid")
        managed, password = wanted.get("manage_master_user_password"), wanted.get("master_user_password")
        if managed and password:
            raise InvalidParameterCombination(
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
            )
        if not managed:
            check_password(str(password or ""))
        name = wanted.get("db_name")
        if name is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", name):
            raise InvalidParameterValue(
                f"DBName {name} must begin with a letter and contain only alphanumeric characters"
            )
        if not 20 <= int(wanted.get("allocated_storage") or 20) <= 65536:
            raise InvalidParameterValue(
                f"Invalid storage size for engine name {ENGINE} and storage type: {wanted['allocated_storage']}"
            )
        _check_retention(wanted)
        self._check_group(wanted.get("db_parameter_group_name"), version)
        if wanted.get("storage_encrypted"):
            wanted["kms_key_id"] = self._validate_kms_key(wanted.get("kms_key_id") or "alias/aws/rds")
        elif wanted.get("kms_key_id"):
            raise InvalidParameterCombination("KmsKeyId can only be specified when StorageEncrypted is true.")

    def _check_modification(self, instance: DBInstance, changes: dict[str, Any], *, at_once: bool) -> None:
        if "engine_version" in changes:
            changes["engine_version"] = resolve_version(changes["engine_version"])
            before, after = (
                tuple(map(int, text.split("."))) for text in (instance.engine_version, changes["engine_version"])
            )
            if after < before:
                raise InvalidParameterCombination(
                    f"Cannot upgrade {ENGINE} from {instance.engine_version} to {changes['engine_version']}"
                )
            if after[0] != before[0]:
                _unavailable("an upgrade to another major version")
        if changes.get("master_user_password"):
            if instance.manage_master_user_password and changes.get("manage_master_user_password") is not False:
                raise InvalidParameterCombination(
                    "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
                )
            check_password(changes["master_user_password"])
        if changes.get("rotate_master_user_password") and not at_once:
            raise InvalidParameterCombination(
                "You must specify apply immediately when rotating the master user password."
            )
        if int(changes.get("allocated_storage", instance.allocated_storage)) < instance.allocated_storage:
            raise InvalidParameterCombination(
                f"Invalid storage modification: {changes['allocated_storage']} GiB is less than the "
                f"{instance.allocated_storage} GiB that are allocated."
            )
        _check_retention(changes)
        self._check_group(changes.get("db_parameter_group_name"), instance.engine_version)

    def _check_group(self, name: str | None, version: str) -> None:
        if name is None or name == f"default.{family_of(major_of(version))}":
            return
        group = self._group(name)
        if group.major != major_of(version):
            raise InvalidParameterCombination(
                f"The parameter group {name} with DBParameterGroupFamily {group.family} can't be used for this "
                f"instance. Please use a parameter group with DBParameterGroupFamily {family_of(major_of(version))}"
            )

    @staticmethod
    def _change_password(instance: DBInstance, changes: dict[str, Any]) -> None:
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


class RdsResponse(RDSResponse):
    """Moto's RDS responses, and the operations it lacks."""

    @property
    def rds(self) -> Rds:
        """The backend of the caller's account and region."""
        backend = self.backend
        if not isinstance(backend, Rds):
            raise TypeError("RDS was not installed")
        return backend

    def describe_db_engine_versions(self) -> ActionResult:
        """The versions of PostgreSQL that an instance can have."""
        engine, asked = self.params.get("Engine"), self.params.get("EngineVersion")
        family = self.params.get("DBParameterGroupFamily")
        newest_only = self.params.get("DefaultOnly") and not asked
        found: list[dict[str, Any]] = []
        for major in binaries.MAJORS if engine in {None, ENGINE} else ():
            minors = int(binaries.pinned(major).partition(".")[2])
            found += [_described_version(major, minor, minors) for minor in range(1, minors + 1)]
        if asked:
            found = [one for one in found if one["EngineVersion"] == asked or one["MajorEngineVersion"] == asked]
        if family:
            found = [one for one in found if one["DBParameterGroupFamily"] == family]
        return PaginatedResult({"DBEngineVersions": found[-1:] if newest_only else found})

    def describe_db_parameters(self) -> ActionResult:
        """The parameters of a group, of all sources or of one."""
        name = self.params["DBParameterGroupName"]
        group = self.rds.db_parameter_groups.get(name)
        if not isinstance(group, DBParameterGroup):
            raise DBParameterGroupNotFoundError(name)
        return PaginatedResult({"Parameters": group.describe(self.params.get("Source"))})

    def reset_db_parameter_group(self) -> ActionResult:
        """Take values of a group back."""
        everything = self.params.get("ResetAllParameters")
        names = [parameter["ParameterName"] for parameter in self.params.get("Parameters", [])]
        group = self.rds.reset_db_parameter_group(
            self.params["DBParameterGroupName"], None if everything and not names else names
        )
        return ActionResult({"DBParameterGroupName": group.name})


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


def _check_retention(wanted: dict[str, Any]) -> None:
    days = wanted.get("backup_retention_period")
    if days is not None and not 0 <= int(days) <= 35:
        raise InvalidParameterValue(f"Invalid backup retention period: {days}. It must be between 0 and 35 days.")


def _described_version(major: int, minor: int, newest: int) -> dict[str, Any]:
    return {
        "Engine": ENGINE,
        "MajorEngineVersion": str(major),
        "EngineVersion": f"{major}.{minor}",
        "DBParameterGroupFamily": family_of(major),
        "DBEngineDescription": "PostgreSQL",
        "DBEngineVersionDescription": f"PostgreSQL {major}.{minor}",
        "Status": "available",
        "SupportsReadReplica": False,
        "SupportsLogExportsToCloudwatchLogs": True,
        "ExportableLogTypes": ["postgresql", "upgrade"],
        "ValidUpgradeTarget": [
            {
                "Engine": ENGINE,
                "EngineVersion": f"{major}.{later}",
                "Description": f"PostgreSQL {major}.{later}",
                "AutoUpgrade": later == newest,
                "IsMajorVersionUpgrade": False,
            }
            for later in range(minor + 1, newest + 1)
        ],
    }


def _unavailable(what: str) -> NoReturn:
    raise RDSClientError("InvalidAction", f"The sandbox cannot make {what}: it would move no data.")
