"""A replay: which events reach the sink again, and in which order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.adapters.memory import MemoryLedger
from penstock.api import Event, EventType
from penstock.errors import CommandRefused, LedgerUnavailable
from penstock.ports import Outgoing
from penstock.queries.chosen import oldest_first
from penstock.testing.clock import NOON
from tests.unit.operators.replaying import ID, WHY, Sink, event
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.world import World


async def test_events_that_the_sink_has_had_reach_it_again_in_order(sink: Sink):
    for one in sink.events:
        await sink.attempts.record("board", one.id, sink.clock.now())

    done = await sink.replay()
    await sink.deliver()

    assert (6, 0) == (len(done.sent), done.had)
    for entity in ("p1", "p2"):
        own = [name for name in sink.board.had if name.startswith(entity)]
        assert [f"{entity}-1", f"{entity}-2", f"{entity}-3"] == own


async def test_a_replay_run_again_sends_nothing_that_was_delivered_under_it(sink: Sink):
    await sink.replay()
    await sink.deliver()
    sink.clock.advance(3600)

    again = await sink.replay()
    other = await sink.replay("20261102T130000000000Z-2")
    await sink.deliver()

    assert (0, 6, 6, 12) == (len(again.sent), again.had, len(other.sent), len(sink.board.had))


async def test_a_replayed_event_has_the_payers_name_as_the_published_one(sink: Sink):
    """
    The archive has no names: they are in the payment's state only, until the payer is forgotten.
    """
    world = World(Acme())
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), one.group, "1"))
    await world.consume(world.verified, world.process)
    published = (await world.published())[0]
    archived = (await world.ledger.events(10)).events[-1]
    sink.ledger, sink.events = world.ledger, [archived]

    await sink.replay()

    (message,) = await sink.queue.receive(10, 0)
    assert published.dumps() == message.body
    assert published.data["payer"] != archived.data.get("payer")


async def test_the_sinks_filter_applies_to_a_replay(sink: Sink):
    sink.events.append(event("p1", 4, EventType.invoice_paid))

    done = await sink.replay(selected=["invoice.paid"])

    assert (["p1-4"], 6) == (done.sent, done.left_out)


async def test_a_dry_run_sends_nothing(sink: Sink):
    done = await sink.replay(dry_run=True)

    assert "6 would be sent to board" == done.effect
    assert {"visible": 0, "in_flight": 0} == await sink.queue.depth()
    assert [] == list(await sink.audit.of_day(sink.clock.now().date(), 10))


async def test_a_replay_is_in_the_audit_trail_under_its_id(sink: Sink):
    await sink.replay()

    (entry,) = await sink.audit.of_day(sink.clock.now().date(), 10)
    assert ("events replay", ("queue#sink-board", f"replay#{ID}"), WHY) == (
        entry.begun.command,
        entry.begun.subjects,
        entry.begun.reason,
    )
    assert entry.done is not None
    assert "6 sent to board" == entry.done.effect


def test_an_entitys_events_keep_their_order_though_a_hosts_clock_is_behind():
    early = event("p1", 1)
    late = Event("p1-2", early.type, "p1", "acme", 2, NOON - timedelta(minutes=1), {})
    other = event("p2", 1)

    assert ["p1-1", "p2-1", "p1-2"] == [one.id for one in oldest_first([late, other, early])]


@pytest.mark.parametrize(("number", "too_many"), [(20_000, False), (20_001, True)])
async def test_a_replay_takes_20000_events_at_once(sink: Sink, number: int, too_many: bool):
    sink.events = [event("p1", 1)] * number
    if too_many:
        with pytest.raises(CommandRefused, match="20001 events are too many"):
            await sink.replay(selected=[])
    else:
        assert number == (await sink.replay(selected=[], dry_run=True)).left_out


async def test_a_replayed_event_goes_to_its_entitys_group_with_its_type_and_its_replay(
    sink: Sink,
):
    sink.events = [event("p1", 1)]
    await sink.replay()
    (message,) = await sink.queue.receive(10, 0)

    assert ("p1", event("p1", 1).dumps()) == (message.group, message.body)
    assert {"type": "payment.succeeded", "gateway": "acme", "replay": ID} == message.attributes


async def test_a_dry_run_reads_no_payers(sink: Sink):
    class Away(MemoryLedger):
        async def find(self, ref: object) -> None:
            raise LedgerUnavailable("no answer")

    assert 6 == len((await sink.replay(ledger=Away(), dry_run=True)).sent)
