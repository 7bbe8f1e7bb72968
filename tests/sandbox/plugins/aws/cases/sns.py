"""SNS."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.sandbox.plugins.aws.cases.case import TAGS, Case
from tests.sandbox.plugins.aws.world import policy

CASES: Sequence[Case] = (
    Case(
        "aws:sns/topic:Topic",
        lambda w: {
            "displayName": "alarms",
            "kmsMasterKeyId": w.key.id,
            "policy": policy("sns:Publish"),
            "tags": TAGS,
        },
        r"arn:aws:sns:eu-central-1:555555555555:case-[0-9a-f]{7}",
        update=lambda w: {"displayName": "Alarms", "kmsMasterKeyId": w.other_key.id, "policy": policy("sns:*")},
        replace=lambda w: {"name": "another"},
        tamper=lambda w, o: w.client("sns").set_topic_attributes(
            TopicArn=o.id, AttributeName="KmsMasterKeyId", AttributeValue=""
        ),
        drifted=("kmsMasterKeyId",),
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda w: {"arn": w.topic.state["arn"], "policy": policy("sns:Publish", w.topic.state["arn"])},
        r"arn:aws:sns:eu-central-1:555555555555:world-[0-9a-f]{7}",
        update=lambda w: {"arn": w.topic.state["arn"], "policy": policy("sns:Subscribe", w.topic.state["arn"])},
        replace=lambda w: {"arn": w.other_topic.state["arn"], "policy": policy("sns:Publish")},
        tamper=lambda w, o: w.client("sns").set_topic_attributes(
            TopicArn=o.id, AttributeName="Policy", AttributeValue=policy("*")
        ),
        drifted=("policy",),
        stays=True,
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda w: {
            "topic": w.topic.state["arn"],
            "protocol": "https",
            "endpoint": "https://oncall.example.test/hook",
            "filterPolicy": json.dumps({"severity": ["high"]}),
            "rawMessageDelivery": True,
        },
        r"arn:aws:sns:eu-central-1:555555555555:world-[0-9a-f]{7}:[0-9a-f-]{36}",
        update=lambda w: {
            "topic": w.topic.state["arn"],
            "protocol": "https",
            "endpoint": "https://oncall.example.test/hook",
            "filterPolicy": json.dumps({"severity": ["high", "low"]}),
        },
        replace=lambda w: {
            "topic": w.topic.state["arn"],
            "protocol": "https",
            "endpoint": "https://other.example.test/hook",
        },
        tamper=lambda w, o: w.client("sns").set_subscription_attributes(
            SubscriptionArn=o.id, AttributeName="RawMessageDelivery", AttributeValue="false"
        ),
        drifted=("rawMessageDelivery",),
    ),
)
