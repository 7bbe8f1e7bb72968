"""RDS's rules for what may be asked of an instance."""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue, RDSClientError

from sandbox.cloud.rds_groups import Groups
from sandbox.cloud.rds_instance import ENGINE, DBInstance, major_of, resolve_version
from sandbox.cloud.rds_parameters import family_of

_RESERVED_USERS: Final = frozenset({"admin", "rdsadmin", "rds_superuser", "rds_iam", "rds_replication", "rds_password"})


def require(instance: DBInstance, statuses: set[str], verb: str) -> None:
    """An instance has one of the statuses in which it can be changed so."""
    if instance.status not in statuses:
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Cannot {verb} instance {instance.db_instance_identifier}: it is {instance.status}, "
            f"not {' or '.join(sorted(statuses))}.",
        )


def check_creation(backend: Groups, wanted: dict[str, Any]) -> None:
    """The rules of CreateDBInstance; the key is completed to its ARN."""
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
        raise InvalidParameterValue(f"DBName {name} must begin with a letter and contain only alphanumeric characters")
    if not 20 <= int(wanted.get("allocated_storage") or 20) <= 65536:
        raise InvalidParameterValue(
            f"Invalid storage size for engine name {ENGINE} and storage type: {wanted['allocated_storage']}"
        )
    check_retention(wanted)
    check_group(backend, wanted.get("db_parameter_group_name"), version)
    if wanted.get("storage_encrypted"):
        wanted["kms_key_id"] = backend._validate_kms_key(wanted.get("kms_key_id") or "alias/aws/rds")
    elif wanted.get("kms_key_id"):
        raise InvalidParameterCombination("KmsKeyId can only be specified when StorageEncrypted is true.")


def check_modification(backend: Groups, instance: DBInstance, changes: dict[str, Any], *, at_once: bool) -> None:
    """The rules of ModifyDBInstance; the engine version is completed."""
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
            unavailable("an upgrade to another major version")
    if instance.follows and (changes.get("master_user_password") or changes.get("manage_master_user_password")):
        raise InvalidParameterCombination(
            f"Cannot change master user password on an RDS {ENGINE} Read Replica because it uses physical replication "
            "and therefore cannot differ from its parent."
        )
    if changes.get("manage_master_user_password") and instance.followers:
        raise InvalidParameterValue("ManageMasterUserPassword isn't supported for an instance with read replicas.")
    if changes.get("master_user_password"):
        if instance.manage_master_user_password and changes.get("manage_master_user_password") is not False:
            raise InvalidParameterCombination(
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
            )
        check_password(changes["master_user_password"])
    if changes.get("rotate_master_user_password") and not at_once:
        raise InvalidParameterCombination("You must specify apply immediately when rotating the master user password.")
    if int(changes.get("allocated_storage", instance.allocated_storage)) < instance.allocated_storage:
        raise InvalidParameterCombination(
            f"Invalid storage modification: {changes['allocated_storage']} GiB is less than the "
            f"{instance.allocated_storage} GiB that are allocated."
        )
    check_retention(changes)
    check_group(backend, changes.get("db_parameter_group_name"), instance.engine_version)


def check_group(backend: Groups, name: str | None, version: str) -> None:
    """A parameter group fits the engine version.

    Raises:
        InvalidParameterCombination: it is of another family.
    """
    if name is None or name == f"default.{family_of(major_of(version))}":
        return
    group = backend.group_named(name)
    if group.major != major_of(version):
        raise InvalidParameterCombination(
            f"The parameter group {name} with DBParameterGroupFamily {group.family} can't be used for this "
            f"instance. Please use a parameter group with DBParameterGroupFamily {family_of(major_of(version))}"
        )


def check_retention(wanted: dict[str, Any]) -> None:
    """Backups are kept for 0 to 35 days."""
    days = wanted.get("backup_retention_period")
    if days is not None and not 0 <= int(days) <= 35:
        raise InvalidParameterValue(f"Invalid backup retention period: {days}. It must be between 0 and 35 days.")


def unavailable(what: str) -> NoReturn:
    """Refuse what the sandbox cannot do for real."""
    raise RDSClientError("InvalidAction", f"The sandbox cannot make {what}: it would move no data.")


def check_password(password: str) -> None:
    """RDS's rules for a master password.

    Raises:
        InvalidParameterValue: it is too short, too long, or has a character that RDS forbids.
    """
    if not 8 <= len(password) <= 128:
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password because it is "
            f"{len(password)} characters long; it must have 8 to 128."
        )
    if any(character in '/@" ' or not 32 < ord(character) < 127 for character in password):
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password. "
            "Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        )
