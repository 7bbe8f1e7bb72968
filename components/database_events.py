"""Events of RDS that the on-call hears of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws.rds import EventSubscription

from components.naming import PREFIX, Scope

CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "db-instance": (
        "availability",
        "configuration change",
        "deletion",
        "failover",
        "failure",
        "low storage",
        "maintenance",
        "notification",
        "read replica",
        "recovery",
        "security",
        "security patching",
    ),
    "db-parameter-group": ("configuration change",),
    "db-security-group": ("configuration change", "failure"),
}
"""Categories by kind of source: all that may want somebody's hand, without the daily noise of backups (AWS Foundational
Security Best Practices v1.0.0, RDS.20 to RDS.22; names: Amazon RDS User Guide, *Amazon RDS event categories and event
messages*)."""


@dataclass(frozen=True, slots=True)
class DatabaseEventsArgs:
    """Arguments of :class:`DatabaseEvents`.

    Args:
        scope: the environment.
        topic_arn: topic of alarms.
    """

    scope: Scope
    topic_arn: pulumi.Input[str]


class DatabaseEvents(pulumi.ComponentResource):
    """Subscriptions of the alarm topic to RDS's events: failures, failovers, maintenance, changes of settings.

    They name no instance: instances of the account that are made later (restores, drills) are heard of too.

    Outputs: none.
    """

    def __init__(self, name: str, args: DatabaseEventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PREFIX}DatabaseEvents", name, None, opts)
        for source, categories in CATEGORIES.items():
            self._subscribe(args, source, categories)
        self.register_outputs({})

    def _subscribe(self, args: DatabaseEventsArgs, source: str, categories: Sequence[str]) -> None:
        title = f"{source.removeprefix('db-')}-events"
        EventSubscription(
            title,
            name=args.scope.named(title),
            sns_topic=args.topic_arn,
            source_type=source,
            event_categories=list(categories),
            enabled=True,
            tags=args.scope.tags("database-events", title),
            opts=pulumi.ResourceOptions(parent=self),
        )
