"""The ledger on the emulator's DynamoDB, whose transactions hold under concurrency."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.adapters.aws import items
from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.dynamodb import DynamoLedger
from penstock.adapters.ids import RandomIds
from penstock.api import GatewayUnavailable
from penstock.domain.change import Seen
from penstock.domain.payment import Payment
from penstock.errors import EntityTooLarge, LedgerConflict, LedgerUnavailable
from penstock.testing.clock import FrozenClock
from penstock.testing.ports import (
    LedgerConformance,
    LedgerEventsConformance,
    LedgerListingsConformance,
)
from penstock.testing.ports.samples import accepted, first, full, step

pytestmark = pytest.mark.emulator


@pytest.fixture
async def table(bench) -> str:
    return await bench.table()


@pytest.fixture
def ledger(bench, table) -> DynamoLedger:
    return DynamoLedger(bench.clients, table, FrozenClock(), RandomIds())


class TestDynamoLedger(LedgerConformance):
    @pytest.fixture
    def ledger(self, ledger):
        return ledger


class TestDynamoLedgerEvents(LedgerEventsConformance):
    @pytest.fixture
    def ledger(self, ledger):
        return ledger


class TestDynamoLedgerListings(LedgerListingsConformance):
    @pytest.fixture
    def ledger(self, ledger):
        return ledger


class Repeating:
    """Makes every write twice, as boto3 does when the first one's answer was lost."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def call(self, service, operation, **arguments):
        if operation in ("put_item", "transact_write_items"):
            await self._clients.call(service, operation, **arguments)
        return await self._clients.call(service, operation, **arguments)


@pytest.mark.parametrize("events", [0, 1])
async def test_a_write_repeated_by_boto3_is_not_its_own_conflict(bench, table, events):
    """
    A commit whose answer was lost, and that boto3 repeats, has succeeded.
    """
    ledger = DynamoLedger(Repeating(bench.clients), table, FrozenClock(), RandomIds())
    made = first(accepted())
    await ledger.commit(made)

    await ledger.commit(step(made.entity, events))

    assert 2 == (await ledger.load(Payment, "pay-1")).version


async def test_a_repeated_write_does_not_hide_a_real_conflict(bench, table):
    """
    Another worker's write of the very same state is still another worker's.
    """
    ledger = DynamoLedger(Repeating(bench.clients), table, FrozenClock(), RandomIds())
    made = first(accepted())
    await ledger.commit(made)
    await ledger.commit(step(made.entity))

    with pytest.raises(LedgerConflict):
        await ledger.commit(step(made.entity))


class Losing(Repeating):
    """Loses the answers to writes, whether they were carried out or not."""

    carried_out = True

    async def call(self, service, operation, **arguments):
        if operation not in ("put_item", "transact_write_items"):
            return await self._clients.call(service, operation, **arguments)
        if self.carried_out:
            await self._clients.call(service, operation, **arguments)
        raise GatewayUnavailable("no answer")


@pytest.mark.parametrize("events", [0, 1])
async def test_a_lost_commit_answer_is_settled_by_reading_back_the_commit(
    bench, table, ledger, events
):
    """
    The answer is lost, the write is not: what is there says which commit wrote it.
    """
    made = first(accepted())
    await ledger.commit(made)
    # The day is noted by a write of its own, which is not the one to lose here.
    await ledger.commit(step(made.entity, 1))
    before = await ledger.load(Payment, "pay-1")
    losing = DynamoLedger(Losing(bench.clients), table, FrozenClock(), RandomIds())
    losing._archive = ledger._archive

    await losing.commit(step(before, events))

    assert 3 == (await ledger.load(Payment, "pay-1")).version


@pytest.mark.parametrize("events", [0, 1])
async def test_a_commit_that_was_not_written_is_not_taken_for_written(
    bench, table, ledger, events
):
    """
    Without an answer and without our commit there, nobody knows: the message comes back.
    """
    made = first(accepted())
    await ledger.commit(made)
    clients = Losing(bench.clients)
    clients.carried_out = False
    losing = DynamoLedger(clients, table, FrozenClock(), RandomIds())

    with pytest.raises(LedgerUnavailable):
        await losing.commit(step(made.entity, events))
    assert 1 == (await ledger.load(Payment, "pay-1")).version


async def test_a_state_above_two_hundred_kilobytes_is_refused_whole(ledger):
    """
    The message is parked with the reason; nothing is written.
    """
    big = replace(accepted(), reason="x" * 201 * 1024)

    with pytest.raises(EntityTooLarge, match="pay-1: its state has"):
        await ledger.commit(first(big))
    assert await ledger.load(Payment, "pay-1") is None


class Conflicting(Repeating):
    """Another transaction holds the item at this moment."""

    async def call(self, service, operation, **arguments):
        if operation == "put_item":
            raise Refusal("TransactionConflictException", status=400, details={})
        return await self._clients.call(service, operation, **arguments)


async def test_a_put_that_meets_a_transaction_is_a_conflict(bench, table, ledger):
    """
    Read again and decide again, as with any other conflict.
    """
    made = first(accepted())
    await ledger.commit(made)
    conflicting = DynamoLedger(Conflicting(bench.clients), table, FrozenClock(), RandomIds())

    with pytest.raises(LedgerConflict):
        await conflicting.commit(step(made.entity))


async def test_the_archive_reads_what_was_written_before_there_were_shards(bench, table, ledger):
    """
    Events of a day stay in the archive when the day's partition is split.
    """
    made = first(accepted())
    change = step(made.entity, 2)
    await ledger.commit(made)
    await ledger.commit(change)
    old = {**items.event_item(change.events[0]), "events_pk": {"S": "2026-11-02"}}
    await bench.clients.call("dynamodb", "put_item", TableName=table, Item=old)

    assert tuple(reversed(change.events)) == (await ledger.events(10)).events


async def test_the_state_is_readable_in_the_table(bench, table, ledger):
    """
    A person finds status, amount and version under their names, in minor units.
    """
    await ledger.commit(first(full()))

    answer = await bench.clients.call(
        "dynamodb",
        "get_item",
        TableName=table,
        Key={"pk": {"S": "payment#pay-full"}, "sk": {"S": "state"}},
    )

    item = answer["Item"]
    assert {"S": "partially_refunded"} == item["status"]
    assert {"N": "1000000000000001"} == item["order"]["M"]["amount"]["M"]["minor"]
    assert {"N": "1"} == item["version"]


async def test_a_seen_id_expires_after_ninety_days(bench, table, ledger):
    """
    Seen ids go when no gateway sends them again; payments and events carry no expiry.
    """
    await ledger.commit(first(accepted()))
    await ledger.remember(Seen("note-1", "d1"))

    answer = await bench.clients.call("dynamodb", "scan", TableName=table)

    expiring = {
        item["pk"]["S"]: item["expires_at"]["N"]
        for item in answer["Items"]
        if "expires_at" in item
    }
    ninety_days_on = str(int(FrozenClock().now().timestamp()) + 90 * 86400)
    assert {"seen#note-1": ninety_days_on} == expiring


async def test_a_plain_change_is_no_transaction(bench, table):
    """
    A change without events is written at half the price.
    """
    called = []

    class Noting(Repeating):
        async def call(self, service, operation, **arguments):
            called.append(operation)
            return await bench.clients.call(service, operation, **arguments)

    ledger = DynamoLedger(Noting(bench.clients), table, FrozenClock(), RandomIds())
    made = first(accepted())
    await ledger.commit(made)
    await ledger.commit(step(made.entity))

    assert ["put_item", "put_item"] == called
