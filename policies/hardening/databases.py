"""RDS: encryption, exposure, resilience, authentication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import (
    Test,
    Truth,
    at_least,
    both,
    equals,
    expect,
    holds,
    is_false,
    is_set,
    is_true,
    require,
    setting,
    some,
)
from policies.engine.resource import Resource
from policies.engine.rule import Finding, Judge, Rule, Undecided, Violation, mandatory_in
from policies.engine.standards import checkov, cis, fsbp
from policies.engine.values import Node

_INSTANCE: Final = ("aws:rds/instance:*",)
_STORES: Final = ("aws:rds/instance:*", "aws:rds/cluster:*")
_LEAST_BACKUP_DAYS: Final = 7

TLS_PARAMETERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "postgres": ("rds.force_ssl", ("1",)),
        "aurora-postgresql": ("rds.force_ssl", ("1",)),
        "sqlserver": ("rds.force_ssl", ("1",)),
        "mysql": ("require_secure_transport", ("1", "ON")),
        "mariadb": ("require_secure_transport", ("1", "ON")),
        "aurora-mysql": ("require_secure_transport", ("1", "ON")),
    }
)
"""Which parameter refuses unencrypted connections, by family (RDS user guide, "Using SSL/TLS", per engine)."""


def _is_restored(resource: Resource) -> bool:
    """It takes storage and credentials over from another instance or snapshot."""
    sources = ("replicateSourceDb", "snapshotIdentifier", "restoreToPointInTime")
    return any(not resource.at(source).absent for source in sources)


def _judge_password(resource: Resource, _: Context) -> Iterator[Finding]:
    if _is_restored(resource):
        return
    for password in ("password", "passwordWo", "masterPassword", "masterPasswordWo"):
        given = resource.at(password)
        if given.unknown:
            yield Undecided(given)
        elif given.present:
            yield Violation(Node.of("(not shown)", given.path), "no password in the program")
    yield from expect(resource.at("manageMasterUserPassword"), is_true, "true")


def _judge_tls(resource: Resource, _: Context) -> Iterator[Finding]:
    family = resource.at("family")
    if family.unknown:
        yield Undecided(family)
        return
    found = next((TLS_PARAMETERS[name] for name in TLS_PARAMETERS if (family.text or "").startswith(name)), None)
    if found is None:
        return
    parameter, values = found
    forced = some(_sets(entry, parameter, values) for entry in resource.at("parameters").each())
    yield from require(forced, resource.at("parameters"), f"{parameter} = {values[0]} among them")


def _sets(entry: Node, parameter: str, values: tuple[str, ...]) -> Truth:
    return both(holds(entry.at("name"), equals(parameter)), holds(entry.at("value"), equals(*values)))


def _judge_final_snapshot(resource: Resource, _: Context) -> Iterator[Finding]:
    if resource.at("replicateSourceDb").absent:
        yield from expect(resource.at("skipFinalSnapshot"), is_false, "false", absent_passes=True)


def _judge_encryption(resource: Resource, _: Context) -> Iterator[Finding]:
    yield from expect(
        resource.at("storageEncrypted"), is_true, "true", absent_passes=not resource.at("replicateSourceDb").absent
    )


def _of_sources(steps: str, test: Test, allowed: str) -> Judge:
    """A judge of a property that a read replica may leave to its source."""

    def judge(resource: Resource, _: Context) -> Iterator[Finding]:
        replica = not resource.at("replicateSourceDb").absent
        yield from expect(resource.at(steps), test, allowed, absent_passes=replica)

    return judge


def _judge_key(resource: Resource, _: Context) -> Iterator[Finding]:
    """A replica within a region has its source's key; one from another region, named by ARN, needs one of its own."""
    source = resource.at("replicateSourceDb")
    within = source.present and not str(source.value).startswith("arn:")
    yield from expect(resource.at("kmsKeyId"), is_set, "the ARN of a key of the client", absent_passes=within)


RULES: Final = (
    Rule(
        id="rds-encrypted",
        title="Databases are encrypted at rest",
        types=_STORES,
        asks="`storageEncrypted` is true.",
        why="Disks, snapshots and backups of an unencrypted database can be read by whoever gets hold of them; "
        "encryption cannot be switched on later.",
        fix="set storage_encrypted=True",
        absent="Unset means unencrypted: refused. A read replica takes its source's setting: passes.",
        judge=_judge_encryption,
        standards=(cis("2.2.1"), fsbp("RDS.3"), checkov("CKV_AWS_16")),
    ),
    Rule(
        id="rds-cmk",
        title="Databases use a key of the client",
        types=_STORES,
        asks="`kmsKeyId` names a KMS key.",
        why="AWS's own key cannot be disabled, its policy cannot be changed, its use cannot be withdrawn.",
        fix="set kms_key_id to the ARN of the environment's data key",
        absent="Unset means AWS's own key: refused. A read replica within a region has its source's: passes.",
        judge=_judge_key,
    ),
    Rule(
        id="rds-private",
        title="Databases are not publicly accessible",
        types=("aws:rds/instance:*", "aws:rds/clusterInstance:*"),
        asks="`publiclyAccessible` is not true.",
        why="A public address puts the database's login in reach of the whole internet.",
        fix="remove publicly_accessible, or set it to False",
        absent="Unset means private, by the provider's default: passes.",
        judge=setting("publiclyAccessible", test=is_false, allowed="false", absent_passes=True),
        standards=(cis("2.2.3"), fsbp("RDS.2"), checkov("CKV_AWS_17")),
    ),
    Rule(
        id="rds-multi-az",
        title="Databases survive the loss of a zone",
        types=_INSTANCE,
        asks="`multiAz` is true.",
        why="Without a standby in another zone, a zone's failure is an outage until a restore is done.",
        fix="set multi_az=True (database.multi_az of the spec)",
        absent="Unset means one zone: refused. A read replica is a copy already: passes.",
        judge=_of_sources("multiAz", is_true, "true"),
        severity=mandatory_in("prod", reason="a standby doubles the cost of environments that may be down"),
        standards=(cis("2.2.4"), fsbp("RDS.5"), checkov("CKV_AWS_157")),
    ),
    Rule(
        id="rds-backups",
        title="Databases keep automated backups for a week or more",
        types=_STORES,
        asks=f"`backupRetentionPeriod` is at least {_LEAST_BACKUP_DAYS} days.",
        why="Point-in-time restore reaches back only as far as automated backups are kept.",
        fix="set backup_retention_period (backups.retention_days of the spec)",
        absent="Unset means none for an instance and one day for a cluster: refused. A read replica's "
        "source is backed up: passes.",
        judge=_of_sources("backupRetentionPeriod", at_least(_LEAST_BACKUP_DAYS), "7 or more days"),
        standards=(fsbp("RDS.11"), checkov("CKV_AWS_133")),
    ),
    Rule(
        id="rds-deletion-protection",
        title="Databases cannot be deleted by accident",
        types=_STORES,
        asks="`deletionProtection` is true.",
        why="One wrong `destroy` would take the client's data with it.",
        fix="set deletion_protection=True; to delete on purpose, switch it off in a change of its own first",
        absent="Unset means unprotected: refused.",
        judge=setting("deletionProtection", test=is_true, allowed="true"),
        severity=mandatory_in("prod", reason="environments for trials are torn down as a matter of course"),
        standards=(fsbp("RDS.8"), checkov("CKV_AWS_293")),
    ),
    Rule(
        id="rds-final-snapshot",
        title="A deleted database leaves a snapshot",
        types=_STORES,
        asks="`skipFinalSnapshot` is not true.",
        why="The final snapshot is the last way back after a deletion.",
        fix="remove skip_final_snapshot and set final_snapshot_identifier",
        absent="Unset means that a snapshot is taken: passes. A read replica has nothing of its own: passes.",
        judge=_judge_final_snapshot,
        severity=mandatory_in("prod", reason="environments for trials are torn down as a matter of course"),
    ),
    Rule(
        id="rds-iam-auth",
        title="Databases accept IAM authentication",
        types=_STORES,
        asks="`iamDatabaseAuthenticationEnabled` is true.",
        why="People then log in with short-lived tokens of their own identity, not with shared passwords.",
        fix="set iam_database_authentication_enabled=True",
        absent="Unset means disabled: refused.",
        judge=setting("iamDatabaseAuthenticationEnabled", test=is_true, allowed="true"),
        standards=(fsbp("RDS.10"), checkov("CKV_AWS_161")),
    ),
    Rule(
        id="rds-managed-password",
        title="The master password is made and rotated by AWS",
        types=_STORES,
        asks="`manageMasterUserPassword` is true and no password is given.",
        why="A password in the program ends up in state, in logs and in people's heads, and is never rotated.",
        fix="set manage_master_user_password=True and remove the password",
        absent="Unset means that a password is given: refused. Replicas and restores keep their source's: passes.",
        judge=_judge_password,
    ),
    Rule(
        id="rds-tls-forced",
        title="Parameter groups refuse unencrypted connections",
        types=("aws:rds/parameterGroup:*", "aws:rds/clusterParameterGroup:*"),
        asks="`parameters` set rds.force_ssl = 1 (PostgreSQL, SQL Server) or require_secure_transport = 1 (MySQL).",
        why="A client that does not ask for TLS would send queries, and passwords, in the clear.",
        fix='add ParameterGroupParameterArgs(name="rds.force_ssl", value="1")',
        absent="Unset leaves the family's default, which older families have switched off: refused. Families "
        "without such a parameter are not judged.",
        judge=_judge_tls,
        standards=(fsbp("RDS.38"), checkov("CKV2_AWS_69")),
    ),
    Rule(
        id="rds-own-parameter-group",
        title="Databases use a parameter group of the program",
        types=_INSTANCE,
        asks="`parameterGroupName` names a group other than AWS's `default.*`.",
        why="Only a group of the program is judged by rds-tls-forced; defaults change between versions.",
        fix="make an rds.ParameterGroup that forces TLS, and set parameter_group_name to its name",
        absent="Unset means AWS's default group: refused.",
        judge=setting(
            "parameterGroupName",
            test=lambda node: not str(node.value).startswith("default."),
            allowed="a parameter group of the program",
        ),
        standards=(fsbp("RDS.38"),),
    ),
)
