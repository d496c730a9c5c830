"""What will become of a message that is sent by hand, said before it is."""

from __future__ import annotations

from penstock.operators.content import REJECTED, SINK, Content
from penstock.operators.knowledge import Known

_STAGES = {"deliveries": "verify", "verified": "process", "payments": "charge"}


def expected(queue: str, told: Content, known: Known) -> str:
    """What the consumer of a queue will do with a message, as far as that is known."""
    if queue == REJECTED:
        return "no function consumes this queue"
    stage = "deliver" if queue.startswith(SINK) else _STAGES.get(queue, "its consumer")
    if told.asked is None:
        return f"{stage} will park it: {told.facts.get('because', 'it cannot be read')}"
    if known.succeeded and queue.startswith(SINK):
        return f"it will end as a duplicate, {known.text}: see `penstock events replay --help`"
    if known.succeeded:
        return f"it will change nothing, the ledger has: {known.text}"
    return f"{stage} will take it; the ledger has: {known.text}"
