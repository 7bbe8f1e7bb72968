"""An RDS instance whose data plane is a real PostgreSQL server, and the snapshot of one."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any, Final

from moto.moto_api._internal import mock_random
from moto.rds import models
from moto.rds.exceptions import InvalidParameterCombination

from sandbox.cloud import binaries, postgres
from sandbox.cloud.databases import DataPlane
from sandbox.cloud.journal import replaying
from sandbox.cloud.postgres import Wanted
from sandbox.cloud.rds_parameters import DBParameterGroup, family_of, is_static
from sandbox.settings import HOST, Settings

ENGINE: Final = "postgres"

DEFERRED: Final = frozenset(
    {
        "allocated_storage",
        "backup_retention_period",
        "ca_certificate_identifier",
        "db_instance_class",
        "engine_version",
        "iops",
        "multi_az",
        "storage_throughput",
        "storage_type",
    }
)
"""What ``ModifyDBInstance`` changes in the maintenance window (here: at the next reboot) unless told «at once»."""

_MODEL_NAMES: Final = {
    "allocated_storage": "AllocatedStorage",
    "backup_retention_period": "BackupRetentionPeriod",
    "ca_certificate_identifier": "CACertificateIdentifier",
    "db_instance_class": "DBInstanceClass",
    "engine_version": "EngineVersion",
    "iops": "Iops",
    "multi_az": "MultiAZ",
    "storage_throughput": "StorageThroughput",
    "storage_type": "StorageType",
}
_PASSWORD_ALPHABET: Final = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"
_GP3_IOPS, _GP3_THROUGHPUT = 3000, 125  # baseline of gp3 volumes below 400 GiB


class Service:
    """What every instance of this process stands on: the settings and the data plane."""

    settings: Settings
    plane: DataPlane


def resolve_version(asked: str | None) -> str:
    """The engine version that a request means: a major alone means its newest minor, none the newest of all.

    Raises:
        InvalidParameterCombination: there is none such.
    """
    if not asked:
        return binaries.pinned(max(binaries.MAJORS))
    major, _, minor = asked.partition(".")
    if major.isdecimal() and int(major) in binaries.MAJORS:
        newest = binaries.pinned(int(major))
        if not minor:
            return newest
        if minor.isdecimal() and 1 <= int(minor) <= int(newest.partition(".")[2]):
            return asked
    raise InvalidParameterCombination(f"Cannot find version {asked} for {ENGINE}")


def major_of(version: str) -> int:
    """Major version of an engine version."""
    return int(version.partition(".")[0])


class MasterUserSecret(models.MasterUserSecret):
    """The managed password of a master user, in a real secret of the same account and region."""

    def _generate_secret_string(self) -> str:
        return self._fresh()

    def _fresh(self) -> str:
        password = "".join(mock_random.choice(_PASSWORD_ALPHABET) for _ in range(28))
        return json.dumps({"username": self.resource.master_username, "password": password})

    @property
    def password(self) -> str:
        """The present password, as the secret holds it."""
        value = self.secretsmanager.get_secret_value(self.secret.arn, "", "AWSCURRENT")
        return str(json.loads(value["SecretString"])["password"])

    @property
    def secret_status(self) -> str:
        """``active``: a secret is there as soon as its instance is."""
        return "active"

    def rotate_secret(self) -> None:
        """Put a new password into the secret."""
        self.secretsmanager.put_secret_value(
            self.secret.arn, self._fresh(), "", str(mock_random.uuid4()), ["AWSCURRENT"]
        )


class DBInstance(models.DBInstance):
    """One instance: the model of what is wanted; the data plane knows what is."""

    def __init__(self, backend: models.RDSBackend, **kwargs: Any) -> None:
        self._desired_running = True
        self.dbi_resource_id = ""
        self.follows: str | None = None
        self._source_port = 0
        kwargs["engine_version"] = resolve_version(kwargs.get("engine_version"))
        kwargs.setdefault("storage_type", "io1" if kwargs.get("iops") else "gp3")
        kwargs.setdefault("ca_certificate_identifier", "rds-ca-rsa2048-g1")
        kwargs.setdefault("license_model", "postgresql-license")
        kwargs.setdefault("publicly_accessible", False)
        super().__init__(backend, **kwargs)
        alphabet = string.ascii_uppercase + string.digits
        self.dbi_resource_id = "db-" + "".join(mock_random.choice(alphabet) for _ in range(26))
        self.server_name = f"rds-{self.db_instance_identifier}-{self.dbi_resource_id[3:9].lower()}"
        self.boot = 0
        self.pending: dict[str, Any] = {}
        self.booted = self.parameter_group.values()
        self._group_changed = False
        if not kwargs.get("option_group_name"):
            self.option_group_name = f"default:{ENGINE}-{major_of(self.engine_version)}"
        self.backup_target = "region"
        self.network_type = kwargs.get("network_type") or "IPV4"
        self.dedicated_log_volume = kwargs.get("dedicated_log_volume", False)
        self.engine_lifecycle_support = kwargs.get("engine_lifecycle_support", "open-source-rds-extended-support")
        self.performance_insights_enabled = kwargs.get("enable_performance_insights", False)
        self.database_insights_mode = kwargs.get("database_insights_mode", "standard")
        self.performance_insights_kms_key_id = kwargs.get("performance_insights_kms_key_id")
        self.performance_insights_retention_period = kwargs.get("performance_insights_retention_period") or (
            7 if self.performance_insights_enabled else None
        )
        if self.storage_type == "gp3":
            self.iops = self.iops or _GP3_IOPS  # type: ignore[assignment]
            self.storage_throughput = self.storage_throughput or _GP3_THROUGHPUT
        self.certificate_details = {"CAIdentifier": self.ca_certificate_identifier}
        self.port = Service.plane.port_for(self.dbi_resource_id, ports_in_use())

    @property
    def status(self) -> str:
        """The status as RDS tells it: what is being done, else how the server really is."""
        settled = "available" if self._desired_running else "stopped"
        if replaying() or not self.dbi_resource_id:
            return settled
        phase = Service.plane.phase(self.dbi_resource_id)
        if phase is not None:
            return phase
        problem = Service.plane.problem(self.dbi_resource_id)
        if problem is not None:
            return problem.status
        return settled if not self._desired_running or Service.plane.alive(self.server_name) else "failed"

    @status.setter
    def status(self, value: str) -> None:
        """What moto assigns says nothing about the server."""

    @property
    def status_infos(self) -> list[dict[str, Any]]:
        """The cause of a failure in words, and how a read replica's replication is."""
        problem = Service.plane.problem(self.dbi_resource_id)
        if problem is None:
            return [self._replication()] if self.follows and self.status == "available" else []
        return [{"StatusType": "server", "Normal": False, "Status": "error", "Message": problem.message}]

    @property
    def address(self) -> str:
        """Host of the server."""
        return HOST

    @property
    def endpoint(self) -> dict[str, Any] | None:  # type: ignore[override]
        """Where the server answers; none before it first did."""
        if self.status == "creating":
            return None
        return {"Address": HOST, "Port": self.port, "HostedZoneId": "Z1SANDBOX"}

    @property
    def db_instance_port(self) -> int:
        """Always 0, as RDS answers; the port stands in the endpoint."""
        return 0

    @property
    def parameter_group(self) -> DBParameterGroup:
        """The parameter group the instance is in; a default one is made at first use."""
        groups = self.backend.db_parameter_groups
        name = self.db_parameter_group_name or f"default.{family_of(major_of(self.engine_version))}"
        if name not in groups:
            family = family_of(major_of(self.engine_version))
            groups[name] = DBParameterGroup(  # type: ignore[abstract]
                backend=self.backend,
                db_parameter_group_name=name,
                db_parameter_group_family=family,
                description=f"Default parameter group for {family}",
            )
        group = groups[name]
        if not isinstance(group, DBParameterGroup):
            raise TypeError(f"parameter group {name} was not made here")
        return group

    def db_parameter_groups(self) -> list[models.DBParameterGroup]:
        """The one parameter group of an instance."""
        return [self.parameter_group]

    @property
    def db_parameter_group_status_list(self) -> list[dict[str, str]]:
        """The group and whether all of its values are in force."""
        return [
            {
                "DBParameterGroupName": self.parameter_group.name,
                "ParameterApplyStatus": "in-sync" if self._in_sync() else "pending-reboot",
            }
        ]

    @property
    def pending_modified_values(self) -> dict[str, Any]:
        """What waits for the maintenance window."""
        return {_MODEL_NAMES[name]: value for name, value in self.pending.items()}

    def parameters_in_force(self) -> dict[str, str]:
        """Values the server runs with: immediate ones as they are now, the others as of the last boot."""
        if self._group_changed:
            return dict(self.booted)
        group, now = self.parameter_group, self.parameter_group.values()
        major = major_of(self.engine_version)
        kept = {name: value for name, value in self.booted.items() if name in now or is_static(major, name)}
        return {**kept, **{name: value for name, value in now.items() if group.immediate(name)}}

    def change_group(self, name: str) -> None:
        """Associate another parameter group; its values take effect with the next reboot."""
        if name != self.db_parameter_group_name:
            self.db_parameter_group_name = name
            self._group_changed = True

    def restart(self) -> None:
        """Count a boot: pending changes and every parameter take effect."""
        self.boot += 1
        self.apply(self.pending)
        self.pending = {}
        self._group_changed = False
        self.booted = self.parameter_group.values()

    def apply(self, changes: dict[str, Any]) -> None:
        """Make changes of the model now."""
        if int(changes.get("allocated_storage", self.allocated_storage)) > (self.max_allocated_storage or 0):
            changes = {**changes}
            self._max_allocated_storage = int(changes.get("allocated_storage", self.allocated_storage))
        for name, value in changes.items():
            setattr(self, name, value)

    def run(self, *, running: bool) -> None:
        """Whether the server shall run."""
        self._desired_running = running

    @property
    def source(self) -> DBInstance | None:
        """The instance that this one is a read replica of, while there is one."""
        return next((one for one in instances() if self.follows and one.dbi_resource_id == self.follows), None)

    @property
    def followers(self) -> list[DBInstance]:
        """Its read replicas, in every region."""
        return [one for one in instances() if one.follows and one.follows == self.dbi_resource_id]

    @property
    def read_replica_source_db_instance_identifier(self) -> str | None:
        """Its source: by name within the region, else by ARN."""
        source = self.source
        if source is None:
            return self.source_db_instance_identifier if self.follows else None
        return source.db_instance_identifier if source.region == self.region else source.arn

    @property
    def read_replica_db_instance_identifiers(self) -> list[str]:
        """Its read replicas: by name within the region, else by ARN."""
        return sorted(one.db_instance_identifier if one.region == self.region else one.arn for one in self.followers)

    def follow(self, source: DBInstance | None) -> None:
        """Become a read replica of an instance; of none, an instance of its own with the same master user."""
        if source is None and (former := self.source) is not None:
            self._master_user_password = former.password()
        self.follows = source.dbi_resource_id if source else None
        self.source_db_instance_identifier = source.arn if source else None

    def _replication(self) -> dict[str, Any]:
        told = {"StatusType": "read replication"}
        if self.source is None:
            return {**told, "Normal": False, "Status": "terminated", "Message": "The source is gone."}
        if postgres.replicating(Service.settings, self.wanted()):
            return {**told, "Normal": True, "Status": "replicating"}
        return {**told, "Normal": False, "Status": "error", "Message": "The replica receives no changes."}

    def password(self) -> str:
        """The master user's password; a read replica has its source's."""
        if (source := self.source) is not None:
            return source.password()
        if self.manage_master_user_password:
            secret = self.master_user_secret
            if not isinstance(secret, MasterUserSecret):
                raise TypeError("the master user's secret was not made here")
            return secret.password
        return str(self._master_user_password)

    def wanted(self) -> Wanted:
        """The state the data plane has to bring the server to."""
        parameters = self.parameters_in_force()
        return Wanted(
            identity=self.dbi_resource_id,
            name=self.server_name,
            port=int(self.port or 0),
            major=major_of(self.engine_version),
            username=str(self.master_username),
            password=self.password(),
            database=self.db_name,
            running=self._desired_running,
            boot=self.boot,
            force_ssl=parameters.get("rds.force_ssl", "1") == "1",
            parameters=parameters,
            source=self.follows,
            source_port=self._port_of_source(),
        )

    def _port_of_source(self) -> int:
        if (source := self.source) is not None:
            self._source_port = int(source.port or 0)
        return self._source_port

    def submit(self, phase: str) -> None:
        """Hand the wanted state to the data plane, which does nothing while the journal is replayed."""
        if not replaying():
            Service.plane.submit(self.wanted(), phase)

    def save_automated_backup(self) -> None:
        """Nothing: a snapshot that holds no data would be a lie."""

    def _in_sync(self) -> bool:
        return not self._group_changed and self.parameters_in_force() == self.parameter_group.values()


class DBSnapshot(models.DBSnapshot):
    """A snapshot with real data behind it: the cleanly stopped data directory of the instance it was taken of."""

    @property
    def data(self) -> Path:
        """Directory of the snapshot's data."""
        name = f"{self.account_id}-{self.region}-{self.db_snapshot_identifier}"
        return Service.settings.cloud / "rds-snapshots" / name / "data"

    @property
    def status(self) -> str:
        """``available`` once the data is there."""
        if replaying() or self.data.exists():
            return "available"
        return "creating" if Service.plane.phase(self.dbi_resource_id) else "failed"

    @status.setter
    def status(self, value: str) -> None:
        """What moto assigns says nothing about the data."""

    @property
    def percent_progress(self) -> int:
        """All or nothing: the data is moved, not copied."""
        return 100 if self.status == "available" else 0


def instances() -> list[DBInstance]:
    """Every instance of every account and region."""
    return [
        instance
        for _, _, backend in models.rds_backends.iter_backends()
        if isinstance(backend, models.RDSBackend)
        for instance in backend.databases.values()
        if isinstance(instance, DBInstance)
    ]


def ports_in_use() -> set[int]:
    """Ports that instances of the model have."""
    return {int(instance.port or 0) for instance in instances()}
