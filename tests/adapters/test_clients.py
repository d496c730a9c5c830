"""Clients of AWS: their threads, and what is said without an answer."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.dynamodb import DynamoLedger
from penstock.adapters.aws.inbox import SqsInbox
from penstock.adapters.aws.sns import SnsChannel
from penstock.adapters.aws.sqs import SqsChannel
from penstock.adapters.aws.threads import Threads
from penstock.adapters.ids import RandomIds
from penstock.domain.payment import Payment
from penstock.errors import ChannelUnavailable, GatewayUnavailable, LedgerUnavailable
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from penstock.testing.ports.samples import accepted, first
from tests.adapters.answering import MESSAGE
from tests.adapters.bench import PointedSession
from tests.adapters.wire import answer, says, wire

REGION = "us-east-1"


@pytest.fixture
def nowhere():
    """Clients of an AWS that does not answer."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
    clients = Clients(session=PointedSession(url, REGION))
    yield clients
    clients.close()


async def test_no_more_threads_than_were_allowed():
    """
    Calls beyond the limit wait their turn.
    """
    threads = Threads(2)
    all_asked = threading.Event()
    names: set[str] = set()

    def work() -> None:
        names.add(threading.current_thread().name)
        all_asked.wait(5)

    asked = [asyncio.create_task(threads.run(work)) for _ in range(6)]
    await asyncio.sleep(0)
    all_asked.set()
    await asyncio.gather(*asked)
    threads.close()

    assert 2 == len(names)


async def test_nothing_is_started_before_the_first_call():
    """
    Making clients costs no thread, no client and no look at the environment.
    """
    before = threading.active_count()

    Clients().close()

    assert before == threading.active_count()


async def test_long_polls_leave_the_senders_their_threads():
    """
    With every poll thread waiting, an ordinary call is made at once.
    """
    ended = threading.Event()
    clients = Clients(calls=1, polls=1)

    def wait_long() -> dict[str, str]:
        ended.wait(10)
        return {}

    polling = asyncio.create_task(clients.poll(wait_long))
    async with wire(says(answer("400 No", "x-amzn-errortype: Nope", body=b"{}"))) as it:
        quick = Clients(calls=1, session=PointedSession(it.url, REGION))
        with pytest.raises(ChannelUnavailable):
            await SqsChannel(quick, it.url).send(Outgoing("b", "g", "d"))
        quick.close()

    assert not polling.done()
    ended.set()
    await polling
    clients.close()


async def test_no_answer_is_told_by_what_was_asked(nowhere):
    """
    Each port says in its own words that AWS gave no answer; all of them are worth a retry.
    """
    ledger = DynamoLedger(nowhere, "table", FrozenClock(), RandomIds())
    inbox = SqsInbox(nowhere, "http://queue.invalid/q.fifo", "http://queue.invalid/d.fifo")
    outgoing = Outgoing("body", "g", "d")

    answers = await asyncio.gather(
        nowhere.call("sesv2", "get_account"),
        ledger.load(Payment, "pay-1"),
        ledger.commit(first(accepted())),
        SnsChannel(nowhere, "arn:aws:sns:us-east-1:000000000000:t.fifo").send(outgoing),
        inbox.receive(1, 0),
        inbox.delete(MESSAGE),
        inbox.postpone([MESSAGE], 0),
        inbox.park(MESSAGE, "because"),
        return_exceptions=True,
    )

    expected = [GatewayUnavailable, *[LedgerUnavailable] * 2, *[ChannelUnavailable] * 5]
    assert expected == [type(answer) for answer in answers]


async def test_a_terminal_queue_parks_nothing(nowhere):
    """
    Parking without a dead-letter queue is an error of ours, not a lost message.
    """
    with pytest.raises(ValueError, match="no dead-letter queue"):
        await SqsInbox(nowhere, "http://queue.invalid/q.fifo").park(MESSAGE, "because")
