"""
What one webhook makes each function ask of AWS, by what the webhook brings: measured, not assumed.

`tests/adapters/test_what_a_webhook_asks.py` runs the stages over PayPal's simulator, counts, and
fails when the code asks for more or less than what stands here. The bodies are as long as PayPal's
(1.6 KB), the payer's name and address as long as such things get.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What one function asks of AWS for one webhook; of a sink's, for one sink.

    Attributes:
        messages: how many it is handed: requests, or messages of its queue.
        aws_calls: calls of its own to DynamoDB, SNS and SQS.
        requests: to the gateway or the sink, out of AWS.
        sends: to a queue by itself.
        publishes: to a topic.
        reads: read units.
        writes: write units, those of the indexes among them.
        kept_bytes: what the ledger has grown by; `indexed_bytes`, its indexes.
        log_bytes: of lines of its own, at level INFO, untraced.
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
    kept_bytes: int = 0
    indexed_bytes: int = 0
    log_lines: int = 0
    log_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of webhook.

    Attributes:
        asked: by function; `deliver` stands for each sink's.
    """

    means: str
    asked: Mapping[str, Asked]


_RECEIVED = Asked(1, aws_calls=1, publishes=1, published_bytes=3000, log_lines=1, log_bytes=420)
_VERIFIED = Asked(1, aws_calls=1, sends=1, log_lines=1, log_bytes=512)

KINDS: Mapping[str, Kind] = {
    "refused": Kind(
        "refused at the door: no header of PayPal's, or no JSON",
        {"receive": Asked(1, log_lines=1, log_bytes=406)},
    ),
    "forged": Kind(
        "forged: let in, found out, kept apart",
        {
            "receive": _RECEIVED,
            "verify": Asked(1, aws_calls=1, sends=1, log_lines=2, log_bytes=786),
        },
    ),
    "ignored": Kind(
        "authentic, of a type that nothing follows from",
        {
            "receive": _RECEIVED,
            "verify": _VERIFIED,
            "process": Asked(1, aws_calls=1, reads=1, log_lines=1, log_bytes=541),
        },
    ),
    "duplicate": Kind(
        "authentic and known already: PayPal's second sending of a sale",
        {
            "receive": _RECEIVED,
            "verify": _VERIFIED,
            "process": Asked(1, aws_calls=2, reads=2, log_lines=1, log_bytes=515),
        },
    ),
    "refund": Kind(
        "a sale was refunded: looked up, one ledger write, an event to each sink",
        {
            "receive": replace(_RECEIVED, published_bytes=2680),
            "verify": _VERIFIED,
            "process": Asked(
                1,
                aws_calls=9,
                requests=3,
                request_bytes=560,
                publishes=1,
                published_bytes=800,
                reads=6,
                writes=12,
                kept_bytes=1716,
                indexed_bytes=1070,
                log_lines=1,
                log_bytes=513,
            ),
            "deliver": Asked(
                1,
                aws_calls=2,
                requests=1,
                request_bytes=1330,
                reads=1,
                writes=1,
                kept_bytes=261,
                log_lines=1,
                log_bytes=541,
            ),
        },
    ),
    "sale": Kind(
        "a sale: looked up, its invoice made, mailed and recorded, two events to each sink",
        {
            "receive": _RECEIVED,
            "verify": _VERIFIED,
            "process": Asked(
                1,
                aws_calls=16,
                requests=6,
                request_bytes=2210,
                publishes=2,
                published_bytes=1480,
                reads=8,
                writes=24,
                kept_bytes=3420,
                indexed_bytes=2020,
                log_lines=1,
                log_bytes=514,
            ),
            "deliver": Asked(
                2,
                aws_calls=4,
                requests=2,
                request_bytes=2650,
                reads=2,
                writes=2,
                kept_bytes=522,
                log_lines=2,
                log_bytes=1080,
            ),
        },
    ),
}
"""From the least that one can bring to the most."""
