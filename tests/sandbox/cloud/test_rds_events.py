"""RDS's events reach the topics that subscribe to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Surroundings
from tests.sandbox.cloud.conftest import ACME, aws, instance_when

NAME = "watched"


@pytest.fixture(scope="module")
def rds(cloud: Surroundings) -> Any:
    return aws(cloud, "rds", account=ACME)


@pytest.fixture(scope="module")
def topic(cloud: Surroundings) -> str:
    return str(aws(cloud, "sns", account=ACME).create_topic(Name="events")["TopicArn"])


@pytest.fixture(scope="module")
def queue(cloud: Surroundings, topic: str) -> str:
    """A queue that hears the topic."""
    sqs = aws(cloud, "sqs", account=ACME)
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws(cloud, "sns", account=ACME).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return str(url)


def heard(cloud: Surroundings, queue: str) -> list[str]:
    """Messages of the events that came."""
    found = aws(cloud, "sqs", account=ACME).receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(json.loads(one["Body"])["Message"])["Event Message"] for one in found]


def test_a_subscription_hears_its_categories_and_no_others(
    cloud: Surroundings, rds: Any, topic: str, queue: str
) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier=NAME,
        Engine="postgres",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        ManageMasterUserPassword=True,
    )
    instance_when(rds, NAME, "available")
    made = rds.create_event_subscription(
        SubscriptionName="watch", SnsTopicArn=topic, SourceType="db-instance", EventCategories=["availability"]
    )["EventSubscription"]
    assert (made["Status"], made["Enabled"], made["CustomerAwsId"]) == ("active", True, ACME)
    rds.reboot_db_instance(DBInstanceIdentifier=NAME)
    assert heard(cloud, queue) == ["DB instance restarted"]
    rds.modify_event_subscription(SubscriptionName="watch", EventCategories=["deletion"])
    instance_when(rds, NAME, "available")
    rds.reboot_db_instance(DBInstanceIdentifier=NAME)
    assert heard(cloud, queue) == []
    instance_when(rds, NAME, "available")
    rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    assert heard(cloud, queue) == ["DB instance deleted"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SnsTopicArn": "arn:aws:sns:eu-central-1:111111111111:none"}, "SNSTopicArnNotFound"),
        ({"EventCategories": ["weather"]}, "SubscriptionCategoryNotFound"),
        ({"SourceType": "db-snapshot", "EventCategories": ["failover"]}, "SubscriptionCategoryNotFound"),
        ({"SourceIds": ["nobody"]}, "SourceNotFound"),
    ],
)
def test_what_there_is_none_of_cannot_be_subscribed_to(
    rds: Any, topic: str, changes: dict[str, Any], code: str
) -> None:
    wanted = {"SubscriptionName": "refused", "SnsTopicArn": topic, "SourceType": "db-instance", **changes}
    with pytest.raises(ClientError) as caught:
        rds.create_event_subscription(**wanted)
    assert caught.value.response["Error"]["Code"] == code
