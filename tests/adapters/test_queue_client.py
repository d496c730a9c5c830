"""The client of SQS: long polls, groups, batches and delays."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest

from penstock.adapters.aws.inbox import SqsInbox, portions
from penstock.adapters.aws.sqs import SqsChannel
from penstock.errors import ChannelUnavailable
from penstock.ports import Message, Outgoing
from tests.adapters.answering import MESSAGE


class Answering:
    """Clients that answer from a list, and keep what they were asked."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked = []

    async def call(self, service, operation, **arguments):
        self.asked.append(arguments)
        return self.answers.pop(0)


async def test_a_group_is_named_as_sqs_takes_it():
    """
    SQS refuses other than 1 to 128 letters, digits and punctuation marks (AWS, SendMessage).
    """
    clients = Answering({}, {}, {})
    for group in ("pay-1", "p\u00e4y 1", "x" * 129):
        await SqsChannel(clients, "url").send(Outgoing("body", group, group + "!"))

    plain, odd, long = clients.asked
    assert ("pay-1", "pay-1!") == (plain["MessageGroupId"], plain["MessageDeduplicationId"])
    for asked in (odd, long):
        assert re.fullmatch("[0-9a-f]{64}", asked["MessageGroupId"])
        assert re.fullmatch("[0-9a-f]{64}", asked["MessageDeduplicationId"])


class Polling(Answering):
    """Clients whose polls are answered when the test says so, in a thread as real ones are."""

    def __init__(self, *answers) -> None:
        super().__init__(*answers)
        self.begun, self.go = threading.Event(), threading.Event()
        self.waits, self.visible = [], []

        self.answered = threading.Event()

    async def poll(self, work):
        def and_tell():
            try:
                return work()
            finally:
                self.answered.set()

        return await asyncio.get_running_loop().run_in_executor(None, and_tell)

    def call_now(self, service, operation, arguments, *, patient=False):
        if operation == "change_message_visibility_batch":
            self.visible += [
                (e["ReceiptHandle"], e["VisibilityTimeout"]) for e in arguments["Entries"]
            ]
            return {}
        self.waits.append(arguments["WaitTimeSeconds"])
        self.begun.set()
        self.go.wait(5)
        return self.answers.pop(0)


RAW = {
    "MessageId": "id-1",
    "Body": "body",
    "ReceiptHandle": "receipt-1",
    "Attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "g"},
}


async def test_a_long_poll_is_asked_for_in_portions():
    """
    As many as make up the wait, and none after the first messages.
    """
    clients = Polling({}, {}, {"Messages": [RAW]})
    clients.go.set()

    (message,) = await SqsInbox(clients, "url").receive(10, 20)

    assert ("id-1", [3, 3, 3]) == (message.id, clients.waits)
    assert [3, 3, 3, 3, 3, 3, 2] == portions(20)
    assert [0] == portions(0)
    assert [2] == portions(2.5)


@pytest.mark.parametrize("answer", [{}, {"Messages": [RAW]}], ids=["nothing", "a message"])
async def test_a_poll_that_was_given_up_ends_with_its_portion(answer):
    """
    It asks no more, so that its process can end; what it still got is visible again at once.
    """
    clients = Polling(answer)
    receiving = asyncio.create_task(SqsInbox(clients, "url").receive(10, 20))
    await asyncio.to_thread(clients.begun.wait, 5)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    clients.go.set()
    await asyncio.get_running_loop().shutdown_default_executor()

    assert [3] == clients.waits
    assert [("receipt-1", 0) for _ in answer] == clients.visible


async def test_an_answer_that_crossed_with_giving_up_is_given_back():
    """
    The thread has its messages and is done, the loop has not heard of it and is told to stop.
    """
    clients = Polling({"Messages": [RAW]}, {})
    receiving = asyncio.create_task(SqsInbox(clients, "url").receive(10, 20))
    # In this order and without a turn of the loop in between.
    await asyncio.to_thread(clients.begun.wait, 5)
    clients.go.set()
    clients.answered.wait(5)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving

    assert [[("receipt-1", 0)]] == [seen(asked) for asked in clients.asked]


def seen(asked):
    return [(entry["ReceiptHandle"], entry["VisibilityTimeout"]) for entry in asked["Entries"]]


def failed(place: int, code: str):
    return {"Failed": [{"Id": str(place), "Code": code, "SenderFault": False}]}


@pytest.mark.parametrize("odd", ["\x00", "\x1b[2J", "\ufffe", "\uffff", "\ud800"])
async def test_a_reason_that_quotes_a_stranger_is_sent_all_the_same(odd):
    """
    SQS refuses what XML 1.0 has no character for (AWS, SendMessage).
    """
    clients = Answering({}, {})
    await SqsChannel(clients, "url").send(Outgoing("b", "g", "d", {"reason": f"no {odd}!"}))
    await SqsInbox(clients, "url", "dead").park(Message("id", "b", "g", "r"), f"no {odd}!")

    for asked in clients.asked:
        told = asked["MessageAttributes"]["reason"]["StringValue"]
        assert "no ?" == told[:4]
        assert odd not in told


@pytest.mark.parametrize("again", [False, True], ids=["first", "redriven"])
async def test_a_message_with_all_the_attributes_there_are_is_parked_with_its_reason(again):
    """
    SQS takes ten (AWS, quotas of messages): ours come first, then those that we read. A place is
    kept for the time at which it was first parked, which its renewal adds.
    """
    clients = Answering({})
    theirs = {f"x{n}": "1" for n in range(8)} | {"type": "t", "delivery_id": "d"}
    theirs |= {"reason": "an older one"} if again else {}

    await SqsInbox(clients, "url", "dead").park(Message("id", "b", "g", "r", 1, theirs), "no JSON")

    (asked,) = clients.asked
    sent = {name: value["StringValue"] for name, value in asked["MessageAttributes"].items()}
    assert (9, "t", "d") == (len(sent), sent["type"], sent["delivery_id"])
    assert "no JSON (without its attributes x5, x6, x7)" == sent["reason"]
    assert "1" == sent["attempts"]


async def test_what_failed_of_a_batch_is_tried_again():
    """
    A group is back only when all of it is: the part that failed is postponed once more.
    """
    clients = Answering(failed(1, "InternalError"), {})
    batch = [Message(f"id-{n}", "b", "g", f"receipt-{n}") for n in range(3)]

    await SqsInbox(clients, "url").postpone(batch, 1.2)

    assert [
        [("receipt-0", 2), ("receipt-1", 2), ("receipt-2", 2)],
        [("receipt-1", 2)],
    ] == [seen(asked) for asked in clients.asked]


async def test_what_fails_twice_is_said():
    """
    A batch that could not be postponed as a whole is not passed off as postponed.
    """
    clients = Answering(failed(0, "InternalError"), failed(0, "InternalError"))

    with pytest.raises(ChannelUnavailable, match="1 of 1"):
        await SqsInbox(clients, "url").postpone([MESSAGE], 1)


async def test_a_stale_receipt_in_a_batch_is_left_alone():
    """
    Somebody else has it by now: trying again would change nothing.
    """
    clients = Answering(failed(0, "ReceiptHandleIsInvalid"))

    await SqsInbox(clients, "url").postpone([MESSAGE], 1)

    assert 1 == len(clients.asked)


async def test_a_delay_stays_within_what_sqs_allows():
    """
    SQS refuses more than twelve hours from the receipt.
    """
    clients = Answering({})

    await SqsInbox(clients, "url").postpone([MESSAGE], 10**6)

    assert 42_300 == clients.asked[0]["Entries"][0]["VisibilityTimeout"]
