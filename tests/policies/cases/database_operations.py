"""Cases of the hardening pack: upgrades, logs, figures and events of RDS."""

from __future__ import annotations

from tests.policies.cases.table import FAILS, PASSES, UNDECIDED, Cases, one
from tests.policies.harness import ACCOUNT, HOME, UNKNOWN, Res

DATABASE = "aws:rds/instance:Instance"
GROUP = "aws:rds/parameterGroup:ParameterGroup"
SUBSCRIPTION = "aws:rds/eventSubscription:EventSubscription"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/1234"


def audited(
    library: object = "pg_stat_statements,pgaudit",
    log: object = "ddl,role",
    idle: object = "600000",
    family: object = "postgres18",
) -> dict[str, object]:
    """A parameter group."""
    values = {"shared_preload_libraries": library, "pgaudit.log": log, "idle_in_transaction_session_timeout": idle}
    return {"family": family, "parameters": [{"name": name, "value": value} for name, value in values.items()]}


def heard(**instances: object) -> list[Res]:
    """An instance, and subscriptions of each kind of source; ``instances`` changes that of instances."""
    critical = {"sourceType": "db-instance", "eventCategories": ["maintenance", "failure", "configuration change"]}
    return [
        Res(DATABASE),
        Res(SUBSCRIPTION, {**critical, "enabled": True, **instances}, name="instances"),
        Res(SUBSCRIPTION, {"sourceType": "db-parameter-group"}, name="groups"),
        Res(
            SUBSCRIPTION,
            {"sourceType": "db-security-group", "eventCategories": ["failure", "configuration change"]},
            name="security",
        ),
    ]


CASES: tuple[Cases, ...] = (
    one(
        "rds-minor-upgrades",
        DATABASE,
        good={"autoMinorVersionUpgrade": True},
        bad={"autoMinorVersionUpgrade": False},
        at="autoMinorVersionUpgrade",
        unset=PASSES,
        unknown={"autoMinorVersionUpgrade": UNKNOWN},
        other=SUBNETS,
    ),
    one(
        "rds-logs",
        DATABASE,
        good={"enabledCloudwatchLogsExports": ["postgresql", "upgrade"]},
        bad={"enabledCloudwatchLogsExports": ["upgrade"]},
        at="enabledCloudwatchLogsExports",
        unset=FAILS,
        unknown={"enabledCloudwatchLogsExports": UNKNOWN},
        other=SUBNETS,
        more=[({"enabledCloudwatchLogsExports": ["upgrade", UNKNOWN]}, UNDECIDED)],
    ),
    one(
        "rds-enhanced-monitoring",
        DATABASE,
        good={"monitoringInterval": 60.0},
        bad={"monitoringInterval": 0.0},
        at="monitoringInterval",
        unset=FAILS,
        unknown={"monitoringInterval": UNKNOWN},
        other=SUBNETS,
    ),
    one(
        "rds-insights",
        DATABASE,
        good={"performanceInsightsEnabled": True, "performanceInsightsKmsKeyId": KEY},
        bad={"performanceInsightsEnabled": False, "performanceInsightsKmsKeyId": KEY},
        at="performanceInsightsEnabled",
        unset=FAILS,
        unknown={"performanceInsightsEnabled": True, "performanceInsightsKmsKeyId": UNKNOWN},
        other=SUBNETS,
        more=[({"performanceInsightsEnabled": True}, FAILS)],
    ),
    one(
        "rds-admin-name",
        DATABASE,
        good={"username": "freehold"},
        bad={"username": "Postgres"},
        at="username",
        unset=FAILS,
        unknown={"username": UNKNOWN},
        other=SUBNETS,
        more=[({"replicateSourceDb": "acme"}, PASSES), ({"snapshotIdentifier": "before"}, PASSES)],
    ),
    one(
        "rds-snapshot-tags",
        DATABASE,
        good={"copyTagsToSnapshot": True},
        bad={"copyTagsToSnapshot": False},
        at="copyTagsToSnapshot",
        unset=FAILS,
        unknown={"copyTagsToSnapshot": UNKNOWN},
        other=SUBNETS,
    ),
    one(
        "rds-authority",
        DATABASE,
        good={"caCertIdentifier": "rds-ca-ecc384-g1"},
        bad={"caCertIdentifier": "rds-ca-2019"},
        at="caCertIdentifier",
        unset=FAILS,
        unknown={"caCertIdentifier": UNKNOWN},
        other=SUBNETS,
    ),
    one(
        "rds-audit",
        GROUP,
        good=audited(),
        bad=audited(library="pg_stat_statements"),
        at="parameters",
        unset=FAILS,
        unset_props={"family": "postgres18"},
        unknown={"family": "postgres18", "parameters": UNKNOWN},
        other=SUBNETS,
        more=[
            (audited(log="ddl,role,write"), PASSES),
            (audited(log="write"), FAILS),
            (audited(idle="0"), FAILS),
            (audited(idle=UNKNOWN), UNDECIDED),
            (audited(family=UNKNOWN), UNDECIDED),
            (audited(log="none", family="mysql8.4"), PASSES),
        ],
    ),
    Cases(
        "rds-events",
        good=heard(),
        bad=heard(eventCategories=["maintenance", "failure"]),
        at="(event subscription of db-instance)",
        unset=([Res(DATABASE)], FAILS),
        unknown=(heard(eventCategories=UNKNOWN), UNDECIDED),
        other=[Res(SUBNETS)],
        more=[
            (heard(eventCategories=[]), PASSES),
            (heard(enabled=False), FAILS),
            (heard(sourceIds=["acme"]), FAILS),
            (heard(sourceType="db-snapshot"), FAILS),
            (heard(sourceType=UNKNOWN), UNDECIDED),
            (heard()[:2], FAILS),
        ],
    ),
    one(
        "rds-event-topic",
        SUBSCRIPTION,
        good={"snsTopic": f"arn:aws:sns:{HOME}:{ACCOUNT}:alarms"},
        bad={"snsTopic": ""},
        at="snsTopic",
        unset=FAILS,
        unknown={"snsTopic": UNKNOWN},
        other=SUBNETS,
    ),
)
