"""The ledger on the emulator's DynamoDB, whose transactions hold under concurrency."""

from __future__ import annotations

import pytest

from penstock.adapters.aws import Clients, DynamoLedger
from penstock.adapters.ids import RandomIds
from penstock.domain.change import Seen
from penstock.domain.payment import Payment
from penstock.errors import LedgerConflict
from penstock.testing.clock import FrozenClock
from penstock.testing.ports import LedgerConformance, LedgerEventsConformance
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
