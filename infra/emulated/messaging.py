"""Handlers of queues, topics and subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.emulated.access import sessions_of_roles_too
from infra.emulated.kind import Clients, Inputs, Kind, found, tag_list
from infra.graph.monitor import Made

QUEUE = {
    "fifoQueue": "FifoQueue",
    "deduplicationScope": "DeduplicationScope",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "redriveAllowPolicy": "RedriveAllowPolicy",
}
TOPIC = {
    "fifoTopic": "FifoTopic",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "fifoThroughputScope": "FifoThroughputScope",
    "kmsMasterKeyId": "KmsMasterKeyId",
}
SUBSCRIPTION = {
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
}


def _attributes(inputs: Inputs, names: Mapping[str, str]) -> dict[str, str]:
    return {theirs: _text(inputs[ours]) for ours, theirs in names.items() if ours in inputs}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _put_queue(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    sqs, tags = clients("sqs"), dict(inputs.get("tags", {}))
    attributes = _attributes(inputs, QUEUE)
    if there := found(sqs.get_queue_url, QueueName=inputs["name"]):
        url = there["QueueUrl"]
        # A queue is FIFO or not for ever; to say so again is refused.
        attributes.pop("FifoQueue", None)
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
        if tags:
            sqs.tag_queue(QueueUrl=url, Tags=tags)
    else:
        url = sqs.create_queue(QueueName=inputs["name"], Attributes=attributes, tags=tags)[
            "QueueUrl"
        ]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return Made(url, {"url": url, "arn": answer["Attributes"]["QueueArn"]})


def _drop_queue(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("sqs").delete_queue, QueueUrl=id_)


def _queue_attribute(
    ours: str, theirs: str, asked: Callable[[str], str] = lambda value: value
) -> Kind:
    """One attribute of a queue as a resource of its own: so two queues may name each other."""

    def put(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
        url = inputs["queueUrl"]
        clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={theirs: asked(inputs[ours])})
        return Made(url, {})

    def drop(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
        found(clients("sqs").set_queue_attributes, QueueUrl=id_, Attributes={theirs: ""})

    return Kind(put, drop, frozenset(["queueUrl", ours]), replacing=frozenset(["queueUrl"]))


def _put_topic(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    sns, attributes = clients("sns"), _attributes(inputs, TOPIC)
    fixed = {name: value for name, value in attributes.items() if name == "FifoTopic"}
    # Answers with the topic of that name if there is one, as it is.
    answer = sns.create_topic(Name=inputs["name"], Attributes=fixed, Tags=tag_list(inputs))
    arn = answer["TopicArn"]
    for name in attributes.keys() - fixed.keys():
        sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=attributes[name])
    return Made(arn, {"arn": arn})


def _drop_topic(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("sns").delete_topic, TopicArn=id_)


def _put_topic_policy(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    arn = inputs["arn"]
    clients("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=inputs["policy"]
    )
    return Made(arn, {})


def _drop_topic_policy(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    """Nothing: a topic is never without a policy, and it goes with the topic."""


def _put_subscription(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    sns, attributes = clients("sns"), _attributes(inputs, SUBSCRIPTION)
    arn = _subscribed(clients, inputs)
    if arn is None:
        arn = sns.subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return Made(arn, {"arn": arn})
    for name in SUBSCRIPTION.values():
        unset = "{}" if name == "FilterPolicy" else None
        value = attributes.get(name, unset)
        if value is not None:
            sns.set_subscription_attributes(
                SubscriptionArn=arn, AttributeName=name, AttributeValue=value
            )
    return Made(arn, {"arn": arn})


def _subscribed(clients: Clients, inputs: Inputs) -> str | None:
    pages = clients("sns").get_paginator("list_subscriptions_by_topic")
    for page in pages.paginate(TopicArn=inputs["topic"]):
        for one in page["Subscriptions"]:
            if (one["Protocol"], one["Endpoint"]) == (inputs["protocol"], inputs["endpoint"]):
                return one["SubscriptionArn"]
    return None


def _drop_subscription(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("sns").unsubscribe, SubscriptionArn=id_)


def _named(
    put: Callable[[Clients, Inputs, str | None], Made],
    drop: Callable[[Clients, str, Mapping[str, Any]], None],
    names: Mapping[str, str],
    computed: frozenset[str],
    replacing: frozenset[str],
) -> Kind:
    return Kind(
        put,
        drop,
        frozenset([*names, "name", "tags"]),
        replacing=replacing | {"name"},
        computed=computed,
    )


KINDS: Mapping[str, Kind] = {
    "aws:sqs/queue:Queue": _named(
        _put_queue, _drop_queue, QUEUE, frozenset(["url", "arn"]), frozenset(["fifoQueue"])
    ),
    "aws:sqs/queuePolicy:QueuePolicy": _queue_attribute("policy", "Policy", sessions_of_roles_too),
    "aws:sqs/redrivePolicy:RedrivePolicy": _queue_attribute("redrivePolicy", "RedrivePolicy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _queue_attribute(
        "redriveAllowPolicy", "RedriveAllowPolicy"
    ),
    "aws:sns/topic:Topic": _named(
        _put_topic, _drop_topic, TOPIC, frozenset(["arn"]), frozenset(["fifoTopic"])
    ),
    "aws:sns/topicPolicy:TopicPolicy": Kind(
        _put_topic_policy,
        _drop_topic_policy,
        frozenset(["arn", "policy"]),
        replacing=frozenset(["arn"]),
    ),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        _put_subscription,
        _drop_subscription,
        frozenset([*SUBSCRIPTION, "topic", "protocol", "endpoint"]),
        replacing=frozenset(["topic", "protocol", "endpoint"]),
        computed=frozenset(["arn"]),
    ),
}
