"""What goes wrong for long, or at the worst moment, ends well too."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.mark.timeout(400)
def test_paypal_down_for_more_than_thirty_retries_dead_letters_nothing(world: World) -> None:
    # What other tests left under way may be parked still.
    world.settle()

    def parked() -> set[str]:
        return {str(letter["MessageId"]) for letter in world.dead_letters()}

    before = parked()
    # At once, so that thirty of them take seconds.
    world.fault("paypal", path="^/(?!_simulator)", status=503, headers={"Retry-After": "0"})
    sent = world.send_webhook()

    def retries() -> int:
        stages = world.outcomes("verify") + world.outcomes("process")
        return stages.count("retry")

    at_first = retries()
    until(lambda: retries() - at_first > 30, within=180, what="the thirty-first retry")
    assert before == parked()

    world.heal()
    until(lambda: world.slack(sent.payment, "invoice.paid"), what="the invoice")
    assert before == parked()
    assert 1 == len(world.invoices_of(sent))


@pytest.fixture
def soon_visible(world: World) -> Iterator[None]:
    """What payments.fifo hid comes back soon after a function's time; else after six of it."""
    sqs, url = world.platform.client("sqs"), world.queue("payments")
    name = "VisibilityTimeout"
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={name: "15"})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=asked)


@pytest.mark.usefixtures("soon_visible")
@pytest.mark.timeout(300)
def test_functions_killed_in_the_middle_of_a_batch_come_back_and_end_once(world: World) -> None:
    world.fault("example", path="/charges$", method="POST", delay=2, after=True, times=1)
    payment = world.send_payment()
    until(lambda: world.charges(payment), what="the charge, whose answer is held back")

    killed = world.platform.emulator.workers("penstock-local-charge")
    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    # The sweep may settle it first. The message is back when its visibility timeout ends, after
    # the function's 11 seconds, and must find that nothing is left to do.
    until(lambda: world.slack(payment), within=120, what="the payment's end")
    payments = world.queue("payments")
    until(lambda: not world.waiting(payments, payment), within=120, what="the message's end")
    assert [] != killed
    assert 1 == len(world.charges(payment))
    assert [] == world.dead_letters(payment)


def test_a_payment_redriven_by_hand_into_the_same_failure_is_still_there(world: World) -> None:
    world.fault("example", path="/charges$", method="POST", status=500)
    payment = world.send_payment()
    (first,) = until(lambda: world.waiting(world.dlq("payments"), payment))

    world.redrive(world.dlq("payments"), world.queue("payments"), payment)

    (second,) = until(
        lambda: world.waiting(world.dlq("payments"), payment), what="the second parking"
    )
    assert first["MessageId"] != second["MessageId"]
    assert "ChargeCritical" in second["MessageAttributes"]["reason"]["StringValue"]

    world.heal()
    world.redrive(world.dlq("payments"), world.queue("payments"), payment)
    until(lambda: world.slack(payment, "payment.succeeded"), what="the charge at last")
    assert 1 == len(world.charges(payment))
