"""Rules on queues, topics and subscriptions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.rules.view import Graph, dead_letter_queues, of, referred

TERMINAL = frozenset(["rejected"])
FORTNIGHT = 14 * 24 * 3600


def queues_have_a_dead_letter_queue_of_their_kind(graph: Graph) -> Iterator[str]:
    """Every queue but the terminal one: a failing message must not be lost or block others."""
    queues, parked = of(graph, "Queue"), dead_letter_queues(graph)
    for name in queues.keys() - parked.values() - TERMINAL:
        dlq = parked.get(name)
        if dlq is None or dlq not in queues:
            yield f"queue {name} has no dead-letter queue"
        elif queues[dlq].get("fifoQueue") != queues[name].get("fifoQueue"):
            yield f"queue {name} and its dead-letter queue {dlq} are not both FIFO"


def what_a_queue_took_can_be_parked_with_its_reason(graph: Graph) -> Iterator[str]:
    """The dead-letter queue takes larger messages, by the longest reason in four-byte letters."""
    queues = of(graph, "Queue")
    for name, dlq in dead_letter_queues(graph).items():
        larger = _limit(queues.get(dlq, {})) - _limit(queues.get(name, {}))
        if larger < 4 * 512 + 64:
            yield f"queue {name} takes messages that {dlq} does not take with a reason"


def nothing_is_parked_at_its_first_receipt(graph: Graph) -> Iterator[str]:
    """The count is the net for crashes; 0 is accepted by AWS's provider, and by AWS refused."""
    for name, one in of(graph, "RedrivePolicy").items():
        if json.loads(one["redrivePolicy"])["maxReceiveCount"] < 10:
            yield f"queue {name} parks what was received a few times"


def queues_are_encrypted(graph: Graph) -> Iterator[str]:
    """At rest, by SQS's own keys or one of ours."""
    for name, one in of(graph, "Queue").items():
        if not one.get("sqsManagedSseEnabled") and not one.get("kmsMasterKeyId"):
            yield f"queue {name} is not encrypted"


def topics_are_encrypted(graph: Graph) -> Iterator[str]:
    """At rest, as their queues are, by SNS's own key or one of ours."""
    for name, one in of(graph, "Topic").items():
        if not one.get("kmsMasterKeyId"):
            yield f"topic {name} is not encrypted"


def queues_and_topics_are_fifo_by_name_too(graph: Graph) -> Iterator[str]:
    """`.fifo` is part of the name, and of no other's."""
    for kind, flag in (("Queue", "fifoQueue"), ("Topic", "fifoTopic")):
        for name, one in of(graph, kind).items():
            if bool(one.get(flag)) != one["name"].endswith(".fifo"):
                yield f"{kind.lower()} {name} is FIFO by name or by kind only"


def high_throughput_is_set_in_pairs(graph: Graph) -> Iterator[str]:
    """One without the other has no effect, or none that was meant."""
    for name, one in of(graph, "Queue").items():
        pair = one.get("deduplicationScope"), one.get("fifoThroughputLimit")
        if pair not in (("messageGroup", "perMessageGroupId"), (None, None)):
            yield f"queue {name} has one of the two high-throughput settings only"
        if one.get("fifoQueue") and pair == (None, None):
            yield f"queue {name} is not set for high throughput"
    for name, one in of(graph, "Topic").items():
        if one.get("fifoTopic") and one.get("fifoThroughputScope") != "MessageGroup":
            yield f"topic {name} is limited as a whole"


def queues_keep_messages_for_a_fortnight(graph: Graph) -> Iterator[str]:
    """As long as SQS can: an outage over a holiday must lose nothing."""
    for name, one in of(graph, "Queue").items():
        if one.get("messageRetentionSeconds") != FORTNIGHT:
            yield f"queue {name} does not keep messages for 14 days"


def subscriptions_have_a_dead_letter_queue(graph: Graph) -> Iterator[str]:
    """Its queue's own: without, a wrong queue policy loses every message at once."""
    queues, parked = of(graph, "Queue"), dead_letter_queues(graph)
    for name, one in of(graph, "TopicSubscription").items():
        if one["protocol"] != "sqs":
            continue
        target = json.loads(one.get("redrivePolicy") or "{}").get("deadLetterTargetArn", "")
        dlq = referred(target, "Queue")
        own = parked.get(referred(one["endpoint"], "Queue") or "")
        if dlq is None or dlq != own or not queues.get(dlq, {}).get("fifoQueue"):
            yield f"subscription {name} has no dead-letter queue that is FIFO and its queue's own"


def subscriptions_are_of_one_kind(graph: Graph) -> Iterator[str]:
    """[aws] A FIFO queue behind a standard topic is refused, or gets no order; and raw: the
    message is what was published."""
    queues, topics = of(graph, "Queue"), of(graph, "Topic")
    for name, one in of(graph, "TopicSubscription").items():
        if one["protocol"] != "sqs":
            continue
        topic = topics.get(referred(one["topic"], "Topic") or "", {})
        queue = queues.get(referred(one["endpoint"], "Queue") or "", {})
        if not topic.get("fifoTopic") or not queue.get("fifoQueue"):
            yield f"subscription {name} is not from a FIFO topic to a FIFO queue"
        if not one.get("rawMessageDelivery"):
            yield f"subscription {name} wraps what was published"


def dead_letter_queues_take_from_their_own_queue_only(graph: Graph) -> Iterator[str]:
    """So that a redrive cannot carry another queue's messages past what guards this one."""
    allowed = {
        referred(one["queueUrl"], "Queue"): json.loads(one["redriveAllowPolicy"])
        for one in of(graph, "RedriveAllowPolicy").values()
    }
    for queue, dlq in dead_letter_queues(graph).items():
        sources = allowed.get(dlq, {}).get("sourceQueueArns", [])
        if [queue] != [referred(arn, "Queue") for arn in sources]:
            yield f"dead-letter queue {dlq} takes from others than {queue}"


def main_queues_are_no_dead_letter_queues(graph: Graph) -> Iterator[str]:
    """
    Of no queue of the account: SQS moves letters itself, and asks no Deny on SendMessage.

    [aws] Without a policy every queue of the account may name another as its dead-letter queue.
    """
    queues, parked = of(graph, "Queue"), dead_letter_queues(graph)
    allowing = {
        referred(one["queueUrl"], "Queue") for one in of(graph, "RedriveAllowPolicy").values()
    }
    for name in sorted((parked.keys() | TERMINAL) & queues.keys()):
        policy = json.loads(queues[name].get("redriveAllowPolicy") or "{}")
        denied = policy.get("redrivePermission") == "denyAll"
        if not denied or name in allowing or name in parked.values():
            yield f"queue {name} may be the dead-letter queue of another"


def _limit(queue: Mapping[str, Any]) -> int:
    # What AWS's provider says where nothing is said.
    return int(queue.get("maxMessageSize", 256 * 1024))


RULES = (
    queues_have_a_dead_letter_queue_of_their_kind,
    what_a_queue_took_can_be_parked_with_its_reason,
    nothing_is_parked_at_its_first_receipt,
    queues_are_encrypted,
    topics_are_encrypted,
    queues_and_topics_are_fifo_by_name_too,
    high_throughput_is_set_in_pairs,
    queues_keep_messages_for_a_fortnight,
    subscriptions_have_a_dead_letter_queue,
    subscriptions_are_of_one_kind,
    dead_letter_queues_take_from_their_own_queue_only,
    main_queues_are_no_dead_letter_queues,
)
