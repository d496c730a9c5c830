"""
What each function asks of AWS for one webhook, one payment, one refund or one subscription, by
kind: counted, not assumed.

`tests/adapters/test_what_a_webhook_asks.py` runs the stages over the gateways' simulators, counts,
and fails when the code asks for more or less than `traffic.json` says; `make traffic` counts again
and writes that file. The bodies of webhooks that a kind consists of are as long as PayPal's
(1.6 KB), the payer's name and address as long as such things get. What follows from a request
counts too: the worker's call, the buyer's return and the gateway's webhooks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("traffic.json")


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What one function asks of AWS for one of a kind; `deliver`, for one event to one sink.

    Attributes:
        messages: how many it is handed: requests, or messages of its queue.
        aws_calls: calls of its own to DynamoDB, SNS and SQS.
        requests: to the gateway or the sink, out of AWS.
        sends: to a queue by itself.
        publishes: to a topic.
        reads: read units.
        writes: write units, those of the indexes among them; `due_writes`, of the index of what
            is due, and `archive_writes`, of the archive of events.
        kept_bytes: what the ledger has grown by; `indexed_bytes`, its indexes.
        log_bytes: of lines of its own, those of its plugins among them, at level INFO, untraced.
    """

    messages: int = 0
    aws_calls: int = 0
    requests: int = 0
    request_bytes: int = 0
    sends: int = 0
    publishes: int = 0
    published_bytes: int = 0
    reads: int = 0
    writes: int = 0
    due_writes: int = 0
    archive_writes: int = 0
    kept_bytes: int = 0
    indexed_bytes: int = 0
    log_lines: int = 0
    log_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of webhook, or of what a backend asks for.

    Attributes:
        events: the types of the events that it publishes, in order.
        asked: by function; `deliver` stands for each sink's.
    """

    means: str
    events: Sequence[str]
    asked: Mapping[str, Asked]


KINDS: Mapping[str, Kind] = {
    name: Kind(
        kind["means"],
        tuple(kind["events"]),
        {function: Asked(**asked) for function, asked in kind["asked"].items()},
    )
    for name, kind in json.loads(TABLE.read_bytes()).items()
}
"""Webhooks from the cheapest kind to the dearest, then what begins with a request of ours."""
