"""RDS: upgrades, logs, figures, events, names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.context import Context
from policies.engine.demand import (
    Truth,
    at_least,
    both,
    equals,
    every,
    expect,
    holds,
    is_false,
    is_set,
    is_true,
    require,
    setting,
    some,
)
from policies.engine.resource import Resource, Stack
from policies.engine.rule import Finding, Rule, Undecided
from policies.engine.standards import checkov, fsbp
from policies.engine.values import Node
from policies.hardening.messaging import is_own_key

_INSTANCE: Final = "aws:rds/instance:*"
_SUBSCRIPTION: Final = "aws:rds/eventSubscription:*"
_GROUP: Final = "aws:rds/parameterGroup:*"

_EVENTS: Final = {
    "db-instance": ("maintenance", "configuration change", "failure"),
    "db-parameter-group": ("configuration change",),
    "db-security-group": ("configuration change", "failure"),
}
"""Categories that Security Hub asks for, by kind of source (RDS.20 to RDS.22)."""

_COMMON_NAMES: Final = ("admin", "postgres", "root", "administrator", "master", "awsuser")
_LOGS: Final = "postgresql"
_AUTHORITIES: Final = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
_OPEN_ENDED: Final = "idle_in_transaction_session_timeout"


def _replica(resource: Resource) -> bool:
    return not resource.at("replicateSourceDb").absent


def _judge_name(resource: Resource, _: Context) -> Iterator[Finding]:
    if not _replica(resource):
        yield from expect(
            resource.at("username"),
            lambda node: str(node.value).lower() not in _COMMON_NAMES,
            f"a name of its own, none of {', '.join(_COMMON_NAMES)}",
            absent_passes=not resource.at("snapshotIdentifier").absent,
        )


def _judge_logs(resource: Resource, _: Context) -> Iterator[Finding]:
    exported = resource.at("enabledCloudwatchLogsExports")
    yield from require(some(holds(one, equals(_LOGS)) for one in exported.each()), exported, f"{_LOGS} among them")


def _judge_insights(resource: Resource, _: Context) -> Iterator[Finding]:
    yield from expect(resource.at("performanceInsightsEnabled"), is_true, "true")
    yield from expect(resource.at("performanceInsightsKmsKeyId"), is_own_key, "a key of the client")


def _parameter(entry: Node, name: str, value: Truth) -> Truth:
    return both(holds(entry.at("name"), equals(name)), value)


def _judge_audit(resource: Resource, _: Context) -> Iterator[Finding]:
    family = resource.at("family")
    if family.unknown:
        yield Undecided(family)
        return
    if not (family.text or "").startswith("postgres"):
        return
    given = resource.at("parameters")
    for name, test, allowed in (
        ("shared_preload_libraries", lambda node: "pgaudit" in str(node.value).split(","), "pgaudit"),
        ("pgaudit.log", lambda node: {"ddl", "role"} <= set(str(node.value).split(",")), "ddl and role"),
        (_OPEN_ENDED, _positive, "more than 0"),
    ):
        found = some(_parameter(entry, name, holds(entry.at("value"), test)) for entry in given.each())
        yield from require(found, given, f"{name} with {allowed}")


def _positive(node: Node) -> bool:
    return str(node.value).isdecimal() and int(str(node.value)) > 0


def _hears(subscription: Resource, source: str) -> Truth:
    """Whether a subscription hears the critical events of every source of a kind."""
    categories = subscription.at("eventCategories")
    wanted = every(some(holds(one, equals(name)) for one in categories.each()) for name in _EVENTS[source])
    every_one = not categories.unknown and not categories.each()
    return every(
        (
            holds(subscription.at("sourceType"), equals(source), absent=True),
            holds(subscription.at("enabled"), is_true, absent=True),
            holds(subscription.at("sourceIds"), lambda node: not node.each(), absent=True),
            True if every_one else wanted,
        )
    )


def _judge_events(stack: Stack, _: Context) -> Iterator[Finding]:
    instances, subscriptions = stack.of(_INSTANCE), stack.of(_SUBSCRIPTION)
    for instance in instances[:1]:
        for source, categories in _EVENTS.items():
            heard = some(_hears(one, source) for one in subscriptions)
            nothing = Node.of(None, f"(event subscription of {source})")
            allowed = f"an rds.EventSubscription of all sources of type {source} for {', '.join(categories)}"
            yield from require(heard, nothing, allowed, resource=instance)


RULES: Final = (
    Rule(
        id="rds-minor-upgrades",
        title="Databases get minor upgrades by themselves",
        types=(_INSTANCE,),
        asks="`autoMinorVersionUpgrade` is not false.",
        why="Minor versions mend security holes; nobody remembers to install them by hand.",
        fix="remove auto_minor_version_upgrade, or set it to True; the maintenance window says when",
        absent="Unset means that upgrades are installed: passes.",
        judge=setting(
            "autoMinorVersionUpgrade", test=lambda node: not is_false(node), allowed="true", absent_passes=True
        ),
        standards=(fsbp("RDS.13"), checkov("CKV_AWS_226")),
    ),
    Rule(
        id="rds-logs",
        title="Databases export their logs",
        types=(_INSTANCE,),
        asks="`enabledCloudwatchLogsExports` holds postgresql.",
        why="Logs on the instance are lost after days, and with the instance.",
        fix='set enabled_cloudwatch_logs_exports=["postgresql", "upgrade"]',
        absent="Unset means that none is exported: refused.",
        judge=_judge_logs,
        standards=(fsbp("RDS.36"), checkov("CKV_AWS_129")),
    ),
    Rule(
        id="rds-enhanced-monitoring",
        title="Databases report the operating system's figures",
        types=(_INSTANCE,),
        asks="`monitoringInterval` is at least 1 second.",
        why="Without Enhanced Monitoring, nobody sees which process takes memory, processor or disk.",
        fix="set monitoring_interval=60 and monitoring_role_arn",
        absent="Unset means none: refused.",
        judge=setting("monitoringInterval", test=at_least(1), allowed="1, 5, 10, 15, 30 or 60 seconds"),
        standards=(fsbp("RDS.6"), checkov("CKV_AWS_118")),
    ),
    Rule(
        id="rds-insights",
        title="Databases keep figures of statements, under a key of the client",
        types=(_INSTANCE,),
        asks="`performanceInsightsEnabled` is true and `performanceInsightsKmsKeyId` names a key of the client.",
        why="Figures of statements tell what was slow afterwards; they hold the statements' text.",
        fix="set performance_insights_enabled=True and performance_insights_kms_key_id",
        absent="Unset means none, or AWS's own key: refused.",
        judge=_judge_insights,
        standards=(checkov("CKV_AWS_353"), checkov("CKV_AWS_354")),
    ),
    Rule(
        id="rds-admin-name",
        title="The master user has a name of its own",
        types=(_INSTANCE,),
        asks="`username` is none of the names that attackers try first.",
        why="A well-known name is half of a guessed login.",
        fix="set username to a name of the kit's own",
        absent="Unset is refused; a replica and a restore take their source's: pass.",
        judge=_judge_name,
        standards=(fsbp("RDS.25"),),
    ),
    Rule(
        id="rds-snapshot-tags",
        title="Snapshots carry their database's tags",
        types=(_INSTANCE, "aws:rds/cluster:*"),
        asks="`copyTagsToSnapshot` is true.",
        why="A snapshot without tags belongs to nobody: it is neither found nor judged nor deleted in time.",
        fix="set copy_tags_to_snapshot=True",
        absent="Unset means that tags are not copied: refused.",
        judge=setting("copyTagsToSnapshot", test=is_true, allowed="true"),
        standards=(fsbp("RDS.17"), checkov("CKV2_AWS_60")),
    ),
    Rule(
        id="rds-authority",
        title="The authority of a database's certificate is pinned",
        types=(_INSTANCE,),
        asks=f"`caCertIdentifier` is one of {', '.join(_AUTHORITIES)}.",
        why="Clients verify the server by its authority; a new default of RDS must not surprise them.",
        fix="set ca_cert_identifier (database.authority of the spec)",
        absent="Unset means whatever RDS's default is when the instance is made: refused.",
        judge=setting("caCertIdentifier", test=equals(*_AUTHORITIES), allowed=" or ".join(_AUTHORITIES)),
    ),
    Rule(
        id="rds-audit",
        title="PostgreSQL audits definitions and roles, and ends idle transactions",
        types=(_GROUP,),
        asks=f"`parameters` preload pgaudit, set pgaudit.log with ddl and role, and {_OPEN_ENDED} above 0.",
        why="Who changed a table or a privilege is asked long afterwards; a transaction left open blocks others and "
        "keeps dead rows.",
        fix="add the parameters (components/database_parameters.py)",
        absent="Unset means no audit and no end: refused. Other families are not judged.",
        judge=_judge_audit,
        standards=(checkov("CKV2_AWS_27"),),
    ),
    Rule(
        id="rds-events",
        title="Critical events of databases are heard",
        types=(_INSTANCE, _SUBSCRIPTION),
        asks="A stack with an instance has enabled event subscriptions, of all sources, for the critical categories of "
        "instances, parameter groups and security groups.",
        why="RDS announces failures and maintenance by events alone; unheard, they are outages.",
        fix="make an rds.EventSubscription a source type, without source_ids",
        absent="No subscription is refused; unset categories, sources and `enabled` mean all, all and true.",
        judge_stack=_judge_events,
        standards=(fsbp("RDS.20"), fsbp("RDS.21"), fsbp("RDS.22")),
    ),
    Rule(
        id="rds-event-topic",
        title="Event subscriptions name a topic",
        types=(_SUBSCRIPTION,),
        asks="`snsTopic` is set.",
        why="A subscription without a topic tells nobody.",
        fix="set sns_topic to the environment's alarm topic",
        absent="Unset is refused.",
        judge=setting("snsTopic", test=is_set, allowed="the ARN of the alarm topic"),
    ),
)
