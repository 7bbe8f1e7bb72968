"""Alarms and who receives them."""

from __future__ import annotations

import json
import re

from stacks.spec.schema import ROOT
from tests.components.recording import ACCOUNT, Recording


def test_every_alarm_leads_to_a_section_that_exists(environment: Recording) -> None:
    page = (ROOT / "docs" / "alarms.md").read_text()
    sections = set(re.findall(r"^## (\S+)$", page, re.MULTILINE))
    alarms = environment.of("cloudwatch/metricAlarm:MetricAlarm")
    for alarm in alarms:
        (section,) = re.findall(r"docs/alarms\.md#(\S+)$", alarm.inputs["alarmDescription"])
        assert section in sections
        assert alarm.inputs["treatMissingData"] in {"breaching", "notBreaching"}
        assert alarm.inputs["alarmActions"] == [environment.outputs["alarm_topic_arn"]]
    named = {alarm.inputs["alarmDescription"].rpartition("#")[2] for alarm in alarms}
    assert named == sections


def test_alarms_watch_things_of_this_environment(environment: Recording) -> None:
    watched = {
        value
        for alarm in environment.of("cloudwatch/metricAlarm:MetricAlarm")
        for value in (alarm.inputs.get("dimensions") or {}).values()
    }
    nats = {f"{found.name}-id" for found in environment.of("ec2/natGateway:NatGateway")}
    outputs = environment.outputs
    assert watched == {outputs["database"]["identifier"], outputs["cluster"]["name"], *nats}


def test_only_alarms_and_database_events_of_the_account_may_publish_and_only_over_tls(environment: Recording) -> None:
    (policy,) = environment.of("sns/topicPolicy:TopicPolicy")
    allow, deny = json.loads(policy.inputs["policy"])["Statement"]
    assert allow["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com"]}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_on_call_is_subscribed(environment: Recording) -> None:
    (subscription,) = environment.of("sns/topicSubscription:TopicSubscription")
    assert subscription.inputs["protocol"] == "email"
    assert subscription.inputs["endpoint"] == "oncall@acme.example"
