"""Topics, who may use them, and who hears of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Naming, Output, Property, Resource, Tagging, Update
from sandbox.plugins.aws.operation import Operation

_TOPIC: Final = {"TopicArn": "{id}"}
_OPERATIONS: Final = [
    "Publish",
    "RemovePermission",
    "SetTopicAttributes",
    "DeleteTopic",
    "ListSubscriptionsByTopic",
    "GetTopicAttributes",
    "AddPermission",
    "Subscribe",
]


def _attributes(op: Operation, names: Mapping[str, Property]) -> dict[str, str]:
    """The attributes that the inputs give, all of them text. A ``False`` is what there is without saying so."""
    found = {name: op.inputs.get(name) for name, prop in names.items() if prop.api.startswith("Attributes.")}
    return {_attribute(names[name]): _text(value) for name, value in found.items() if value not in (None, False)}


def _attribute(prop: Property) -> str:
    return prop.api.rpartition(".")[2]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _feedback(protocol: str, theirs: str) -> dict[str, Property]:
    return {
        f"{protocol}FailureFeedbackRoleArn": Property(f"Attributes.{theirs}FailureFeedbackRoleArn"),
        f"{protocol}SuccessFeedbackRoleArn": Property(f"Attributes.{theirs}SuccessFeedbackRoleArn"),
        f"{protocol}SuccessFeedbackSampleRate": Property(f"Attributes.{theirs}SuccessFeedbackSampleRate"),
    }


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _create_topic(op: Operation) -> Any:
    return op.call("CreateTopic", {"Name": op.inputs["name"], "Attributes": _attributes(op, TOPIC.properties)})


def _set_topic(name: str) -> Update:
    def set_attribute(op: Operation) -> None:
        value = op.inputs.get(name)
        op.call(
            "SetTopicAttributes",
            {
                "TopicArn": op.id,
                "AttributeName": _attribute(TOPIC.properties[name]),
                "AttributeValue": "" if value is None else _text(value),
            },
        )

    return Update((name,), set_attribute)


def _set_subscription(name: str) -> Update:
    def set_attribute(op: Operation) -> None:
        value = op.inputs.get(name)
        op.call(
            "SetSubscriptionAttributes",
            {
                "SubscriptionArn": op.id,
                "AttributeName": _attribute(SUBSCRIPTION.properties[name]),
                "AttributeValue": ("{}" if "Policy" in name else "") if value is None else _text(value),
            },
        )

    return Update((name,), set_attribute)


def _subscribe(op: Operation) -> Any:
    return op.call(
        "Subscribe",
        {
            "TopicArn": op.inputs["topic"],
            "Protocol": op.inputs["protocol"],
            "Endpoint": op.inputs["endpoint"],
            "Attributes": _attributes(op, SUBSCRIPTION.properties),
            "ReturnSubscriptionArn": True,
        },
    )


def _reset_policy(op: Operation) -> None:
    """A topic cannot be without a policy: it gets the one that it was born with."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{one}" for one in _OPERATIONS],
        "Resource": op.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": op.cloud.account}},
    }
    policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    op.call("SetTopicAttributes", {"TopicArn": op.id, "AttributeName": "Policy", "AttributeValue": json.dumps(policy)})


_TOPIC_ATTRIBUTES: Final = {
    **_feedback("application", "Application"),
    **_feedback("firehose", "Firehose"),
    **_feedback("http", "HTTP"),
    **_feedback("lambda", "Lambda"),
    **_feedback("sqs", "SQS"),
    "archivePolicy": Property("Attributes.ArchivePolicy", form=Form.JSON),
    "contentBasedDeduplication": Property("Attributes.ContentBasedDeduplication", default=False, decode=_truth),
    "deliveryPolicy": Property("Attributes.DeliveryPolicy", form=Form.JSON),
    "displayName": Property("Attributes.DisplayName"),
    "fifoThroughputScope": Property("Attributes.FifoThroughputScope", computed=True),
    "kmsMasterKeyId": Property("Attributes.KmsMasterKeyId"),
    "policy": Property("Attributes.Policy", form=Form.POLICY, computed=True, asked=True),
    "signatureVersion": Property("Attributes.SignatureVersion", computed=True),
    "tracingConfig": Property("Attributes.TracingConfig", computed=True),
}

TOPIC: Final = Resource(
    type="aws:sns/topic:Topic",
    service="sns",
    identity="TopicArn",
    parse=("arn:{partition}:sns:{region}:{account}:{name}",),
    properties={
        **_TOPIC_ATTRIBUTES,
        "fifoTopic": Property("Attributes.FifoTopic", default=False, replace=True, decode=_truth),
        "name": Property(read="", replace=True),
        "namePrefix": Property(read="", replace=True),
    },
    outputs={"arn": Output("TopicArn"), "owner": Output()},
    create=_create_topic,
    read=(
        Call("GetTopicAttributes", _TOPIC, "Attributes"),
        Call("ListTagsForResource", {"ResourceArn": "{id}"}, "{Tags: Tags}"),
    ),
    update=tuple(_set_topic(name) for name in _TOPIC_ATTRIBUTES),
    delete=Call("DeleteTopic", _TOPIC),
    naming=Naming(limit=256, prefix_property="namePrefix"),
    tagging=Tagging("TagResource", "UntagResource", ("ResourceArn", "{id}")),
)

_SET_POLICY: Final = Call(
    "SetTopicAttributes", {"TopicArn": "{arn}", "AttributeName": "Policy", "AttributeValue": "{policy}"}
)

POLICY: Final = Resource(
    type="aws:sns/topicPolicy:TopicPolicy",
    service="sns",
    identity="{arn}",
    parse=("{arn}",),
    properties={
        "arn": Property("TopicArn", replace=True),
        "policy": Property(form=Form.POLICY),
    },
    outputs={"owner": Output()},
    create=_SET_POLICY,
    read=(Call("GetTopicAttributes", _TOPIC, "Attributes"),),
    update=(Update(("policy",), _SET_POLICY),),
    delete=_reset_policy,
)

_SUBSCRIPTION_ATTRIBUTES: Final = {
    "deliveryPolicy": Property("Attributes.DeliveryPolicy", form=Form.JSON),
    "filterPolicy": Property("Attributes.FilterPolicy", form=Form.JSON),
    "filterPolicyScope": Property("Attributes.FilterPolicyScope", computed=True),
    "rawMessageDelivery": Property("Attributes.RawMessageDelivery", default=False, decode=_truth),
    "redrivePolicy": Property("Attributes.RedrivePolicy", form=Form.JSON),
    "replayPolicy": Property("Attributes.ReplayPolicy", form=Form.JSON),
    "subscriptionRoleArn": Property("Attributes.SubscriptionRoleArn"),
}

SUBSCRIPTION: Final = Resource(
    type="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    identity="SubscriptionArn",
    properties={
        **_SUBSCRIPTION_ATTRIBUTES,
        "confirmationTimeoutInMinutes": Property(read="", default=1),
        "endpoint": Property(replace=True),
        "endpointAutoConfirms": Property(read="", default=False),
        "protocol": Property(replace=True),
        "topic": Property("TopicArn", replace=True),
    },
    outputs={
        "arn": Output("SubscriptionArn"),
        "confirmationWasAuthenticated": Output(decode=_truth),
        "ownerId": Output("Owner"),
        "pendingConfirmation": Output(decode=_truth),
    },
    create=_subscribe,
    read=(Call("GetSubscriptionAttributes", {"SubscriptionArn": "{id}"}, "Attributes"),),
    update=tuple(_set_subscription(name) for name in _SUBSCRIPTION_ATTRIBUTES),
    delete=Call("Unsubscribe", {"SubscriptionArn": "{id}"}),
)

RESOURCES: Final = (TOPIC, POLICY, SUBSCRIPTION)
