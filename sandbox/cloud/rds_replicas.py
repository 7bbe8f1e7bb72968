"""RDS's read replicas: made of a running instance, in its region or another, promoted, and left behind."""

from __future__ import annotations

from typing import Any, Final

from moto.rds import models
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)

from sandbox.cloud.journal import replaying
from sandbox.cloud.rds_checks import check_group, check_retention, require
from sandbox.cloud.rds_events import Subscriptions
from sandbox.cloud.rds_instance import ENGINE, DBInstance, Service

MOST: Final = 15
"""Read replicas of one instance (Amazon RDS User Guide, *Working with DB instance read replicas*)."""

_OF_SOURCE: Final = (
    "allocated_storage",
    "auto_minor_version_upgrade",
    "ca_certificate_identifier",
    "copy_tags_to_snapshot",
    "db_instance_class",
    "db_name",
    "engine_version",
    "iops",
    "master_username",
    "max_allocated_storage",
    "storage_encrypted",
    "storage_type",
)
"""What a replica takes from its source where the request says nothing."""


class Replicas(Subscriptions):
    """The part of the backend that knows read replicas."""

    def create_db_instance_read_replica(self, db_kwargs: Any) -> models.DBInstance:
        """Make a replica; its server copies the source in the background.

        Raises:
            RDSClientError: as RDS, when the request breaks one of its rules.
        """
        wanted = {name: value for name, value in dict(db_kwargs).items() if value is not None}
        name = wanted["db_instance_identifier"]
        if name in self.databases:
            raise DBInstanceAlreadyExists
        self._validate_db_identifier(name)
        source = self._source(wanted.pop("source_db_instance_identifier"))
        abroad = source.region != self.region_name
        self._check_replica(source, wanted, abroad=abroad)
        base = {field: getattr(source, field) for field in _OF_SOURCE}
        if not abroad:
            base |= {
                "db_parameter_group_name": source.db_parameter_group_name,
                "db_subnet_group_name": getattr(getattr(source, "db_subnet_group", None), "name", None),
                "kms_key_id": source.kms_key_id,
            }
        given = {"backup_retention_period": 0, **base, **wanted, "engine": ENGINE, "master_user_password": "unused"}
        replica = DBInstance(self, **given)  # type: ignore[abstract]
        replica.follow(source)
        self.databases[name] = replica
        replica.add_event("DB_INSTANCE_CREATE")
        if not replaying():
            Service.plane.reserve(replica.wanted())
        replica.submit("creating")
        return replica

    def promote_read_replica(self, db_kwargs: Any) -> models.DBInstance:
        """Make a replica an instance of its own.

        Raises:
            RDSClientError: it is none, or not available.
        """
        wanted = dict(db_kwargs)
        replica = self.instance_named(wanted["db_instance_identifier"])
        require(replica, {"available"}, "promote")
        if replica.follows is None:
            raise RDSClientError(
                "InvalidDBInstanceState", f"DB Instance {replica.db_instance_identifier} is not a read replica."
            )
        check_retention(wanted)
        self._promote(replica)
        days = wanted.get("backup_retention_period")
        replica.backup_retention_period = 1 if days is None else int(days)
        if window := wanted.get("preferred_backup_window"):
            replica.preferred_backup_window = window
        replica.submit("modifying")
        return replica

    def abandon(self, source: DBInstance) -> None:
        """A source is being deleted: its replicas in its region are promoted, those abroad stay behind."""
        for replica in source.followers:
            if replica.region == source.region:
                self._promote(replica)
                replica.submit("modifying")

    @staticmethod
    def _promote(replica: DBInstance) -> None:
        replica.follow(None)
        replica.add_event("DB_INSTANCE_PROMOTE")

    def _source(self, name: str) -> DBInstance:
        """The source by name, or by ARN in another region of the account."""
        if not name.startswith("arn:"):
            return self.instance_named(name)
        region, account = name.split(":")[3:5]
        backend = models.rds_backends[account][region]
        if account != self.account_id or not isinstance(backend, Replicas):
            raise InvalidParameterValue(f"Invalid source DB instance: {name}")
        return backend.instance_named(name.rpartition(":")[2])

    def _check_replica(self, source: DBInstance, wanted: dict[str, Any], *, abroad: bool) -> None:
        require(source, {"available", "modifying", "rebooting"}, "replicate")
        if source.manage_master_user_password:
            raise InvalidParameterValue(
                f"Creating read replicas for source instance with engine {ENGINE} where ManageMasterUserPassword is "
                "enabled is not supported."
            )
        if not source.backup_retention_period:
            raise RDSClientError(
                "InvalidDBInstanceState",
                "Automated backups are not enabled for this database instance. To enable automated backups, use "
                "ModifyDBInstance to set the backup retention period to a non-zero value.",
            )
        if len(source.followers) >= MOST:
            raise RDSClientError("InstanceQuotaExceeded", f"An instance has at most {MOST} read replicas.")
        key = wanted.get("kms_key_id")
        if abroad:
            if source.storage_encrypted and not key:
                raise InvalidParameterCombination(
                    "Cannot create a cross region unencrypted read replica from an encrypted source: specify KmsKeyId."
                )
            if key:
                wanted["kms_key_id"] = self._validate_kms_key(key)
        elif key and self._validate_kms_key(key) != source.kms_key_id:
            raise InvalidParameterCombination(
                "A read replica in the region of its source is encrypted with the source's key."
            )
        check_group(self, wanted.get("db_parameter_group_name"), source.engine_version)
