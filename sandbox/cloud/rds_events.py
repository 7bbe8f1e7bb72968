"""RDS's events: who subscribes to them, and their publication to a real topic of the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any, Final

from moto.rds import models
from moto.rds.exceptions import RDSClientError
from moto.sns.models import sns_backends

from sandbox.cloud.rds_groups import Groups

CATEGORIES: Final[dict[str, frozenset[str]]] = {
    "db-instance": frozenset(
        {
            "availability",
            "backup",
            "configuration change",
            "creation",
            "deletion",
            "failover",
            "failure",
            "low storage",
            "maintenance",
            "notification",
            "read replica",
            "recovery",
            "restoration",
            "security",
            "security patching",
        }
    ),
    "db-parameter-group": frozenset({"configuration change"}),
    "db-security-group": frozenset({"configuration change", "failure"}),
    "db-snapshot": frozenset({"creation", "deletion", "notification", "restoration"}),
}
"""Categories by source type (``DescribeEventCategories``), of the sources that a sandbox has."""

_MESSAGES: Final = {
    "DB_INSTANCE_DELETE": (["deletion"], "DB instance deleted"),
    "DB_INSTANCE_REBOOT": (["availability"], "DB instance restarted"),
    "DB_INSTANCE_STOP": (["availability"], "DB instance stopped"),
    "DB_INSTANCE_START": (["availability"], "DB instance started"),
    "DB_INSTANCE_PROMOTE": (["read replica"], "Replication for the Read Replica terminated: it was promoted"),
}
"""Events beside the emulator's own, with their categories."""


class EventSubscription(models.EventSubscription):
    """A subscription with the members that RDS tells and changes."""

    def __init__(self, backend: models.RDSBackend, **kwargs: Any) -> None:
        super().__init__(backend, **kwargs)
        self.enabled = kwargs.get("enabled", True)
        self.customer_aws_id = self.account_id
        self.subscription_creation_time = self.created_at.isoformat(sep=" ", timespec="milliseconds")

    @property
    def event_subscription_arn(self) -> str:
        """Its ARN."""
        return self.arn

    def wants(self, event: models.Event) -> bool:
        """Whether an event is of its sources and categories; none named means all."""
        return bool(
            self.enabled
            and self.source_type in {None, event.source_type}
            and (not self.source_ids or event.source_identifier in self.source_ids)
            and (not self.event_categories or set(self.event_categories) & set(event.event_categories))
        )


class Subscriptions(Groups):
    """The part of the backend that knows subscriptions to events."""

    def create_event_subscription(self, kwargs: Any) -> models.EventSubscription:
        """Subscribe a topic.

        Raises:
            RDSClientError: no such topic, source type, source or category; or the name is taken.
        """
        wanted = dict(kwargs)
        if wanted["subscription_name"] in self.event_subscriptions:
            raise RDSClientError(
                "SubscriptionAlreadyExist", f"Event subscription {wanted['subscription_name']} already exists."
            )
        self._check(wanted)
        made = EventSubscription(self, **wanted)
        self.event_subscriptions[made.subscription_name] = made
        return made

    def modify_event_subscription(self, changes: dict[str, Any]) -> EventSubscription:
        """Change topic, source type, categories, or whether it is on."""
        found = self._subscription(changes["subscription_name"])
        names = ("sns_topic_arn", "source_type", "event_categories", "enabled")
        wanted = {name: changes[name] for name in names if changes.get(name) is not None}
        now = {"sns_topic_arn": found.sns_topic_arn, "source_type": found.source_type, "source_ids": found.source_ids}
        self._check({**now, "event_categories": found.event_categories, **wanted})
        for name, value in wanted.items():
            setattr(found, name, value)
        return found

    def add_source(self, name: str, source: str) -> EventSubscription:
        """Watch one source more."""
        found = self._subscription(name)
        self._check_sources(found.source_type, [source])
        if source not in found.source_ids:
            found.source_ids = [*found.source_ids, source]
        return found

    def remove_source(self, name: str, source: str) -> EventSubscription:
        """Watch one source less.

        Raises:
            RDSClientError: it was not watched.
        """
        found = self._subscription(name)
        if source not in found.source_ids:
            raise RDSClientError("SourceNotFound", f"Source {source} is not in subscription {name}.")
        found.source_ids = [one for one in found.source_ids if one != source]
        return found

    def delete_event_subscription(self, subscription_name: str) -> models.EventSubscription:
        """Delete a subscription."""
        return self.event_subscriptions.pop(self._subscription(subscription_name).subscription_name)

    def describe_event_subscriptions(self, subscription_name: str) -> Iterable[models.EventSubscription]:
        """One subscription, or all."""
        if subscription_name:
            return [self._subscription(subscription_name)]
        return list(self.event_subscriptions.values())

    def add_event(self, event_type: str, resource: Any) -> None:
        """Keep an event, and publish it to the topics that want it."""
        if event_type in _MESSAGES:
            categories, message = _MESSAGES[event_type]
            models.Event.EVENT_MAP.setdefault(event_type, {"Categories": categories, "Message": message})
        super().add_event(event_type, resource)
        event = self.events[-1]
        for subscription in self.event_subscriptions.values():
            if isinstance(subscription, EventSubscription) and subscription.wants(event):
                self._publish(str(subscription.sns_topic_arn), event)

    def _publish(self, topic: str, event: models.Event) -> None:
        text = {
            "Event Source": event.source_type,
            "Event Time": event.date.replace(tzinfo=UTC).isoformat(),
            "Source ID": event.source_identifier,
            "Source ARN": event.source_arn,
            "Event Message": event.message,
        }
        sns = sns_backends[self.account_id][self.region_name]
        if topic in sns.topics:
            sns.publish(json.dumps(text), arn=topic, subject="RDS Notification Message")

    def _subscription(self, name: str) -> EventSubscription:
        found = self.event_subscriptions.get(name)
        if not isinstance(found, EventSubscription):
            raise RDSClientError("SubscriptionNotFound", f"Event subscription {name} not found.")
        return found

    def _check(self, wanted: dict[str, Any]) -> None:
        topic, kind = wanted["sns_topic_arn"], wanted.get("source_type")
        if topic not in sns_backends[self.account_id][self.region_name].topics:
            raise RDSClientError("SNSTopicArnNotFound", f"The SNS topic ARN {topic} does not exist.")
        if kind is not None and kind not in CATEGORIES:
            raise RDSClientError("InvalidParameterValue", f"Invalid source type: {kind}")
        known = CATEGORIES[kind] if kind else frozenset().union(*CATEGORIES.values())
        for category in wanted.get("event_categories") or []:
            if category not in known:
                raise RDSClientError("SubscriptionCategoryNotFound", f"The category {category} does not exist.")
        self._check_sources(kind, wanted.get("source_ids") or [])

    def _check_sources(self, kind: str | None, sources: Iterable[str]) -> None:
        known: dict[str, Any] = {
            "db-instance": self.databases,
            "db-parameter-group": self.db_parameter_groups,
            "db-snapshot": self.database_snapshots,
        }
        for source in sources:
            if kind is None:
                raise RDSClientError("InvalidParameterCombination", "A source type is needed where sources are named.")
            if source not in known.get(kind, ()):
                raise RDSClientError("SourceNotFound", f"The source {source} of type {kind} does not exist.")
