"""
The ports: what the pipeline needs of the world, each with an AWS and an in-memory adapter.

One module per port. `adapters/aws/`, `adapters/memory/` and `testing/ports/` have its adapters and
its conformance tests. Import the names from here.
"""

from penstock.ports.answers import Answers, Asked
from penstock.ports.attempts import Attempts, Trouble
from penstock.ports.audit import Audit
from penstock.ports.ledger import EventPage, Index, Ledger, Place
from penstock.ports.queues import (
    Channel,
    DeadLetters,
    Inbox,
    Message,
    Outgoing,
    Written,
    by_group,
)
from penstock.ports.restrictions import Restrictions
from penstock.ports.tokens import Token, Tokens
from penstock.ports.watermarks import Watermark, Watermarks

__all__ = [
    "Answers",
    "Asked",
    "Attempts",
    "Audit",
    "Channel",
    "DeadLetters",
    "EventPage",
    "Inbox",
    "Index",
    "Ledger",
    "Message",
    "Outgoing",
    "Place",
    "Restrictions",
    "Token",
    "Tokens",
    "Trouble",
    "Watermark",
    "Watermarks",
    "Written",
    "by_group",
]
