"""What a buyer's page shows, asks the gateway and sends, when all is well and when it is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from penstock.api import (
    CheckoutSeen,
    GatewayUnavailable,
    PaymentStatus,
    SubscriptionObservation,
    Unconfirmable,
)
from penstock.domain.change import Change, change
from penstock.domain.rules.buyer import Standpoint
from penstock.errors import ChannelUnavailable
from penstock.ports import Outgoing
from penstock.testing import builders
from tests.unit.pages.scene import Gate, Scene, payment, seen, subscription
from tests.unit.pipeline.approving import approved, opened, paid, standpoint
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import DECLINED

FAILURES = [GatewayUnavailable("away"), Unconfirmable("odd"), TimeoutError()]
kinds = pytest.mark.parametrize("error", FAILURES, ids=lambda one: type(one).__name__)


async def messages(store: Store) -> int:
    return (await store.payments.depth())["visible"]


@kinds
async def test_a_checkout_that_cannot_be_read_leaves_the_page_as_it_was_and_is_told(
    error: Exception,
):
    store = await approved()
    store.till.down = error

    with capture_logs() as logs:
        assert Standpoint.waiting is await standpoint(store, arrived=True)

    assert [("till", type(error).__name__)] == [
        (line["gateway"], line["because"]) for line in logs if line["event"] == "return.not_reread"
    ]


async def test_what_another_worker_wrote_meanwhile_is_shown():
    """
    It has captured the money while this page asked the gateway.
    """
    store = await approved()
    read = store.till.read_checkout
    again = [True]

    async def overtaken(reference: str, now: datetime) -> CheckoutSeen | None:
        found = await read(reference, now)
        if again:
            again.clear()
            await store.tell("approved")
            store.clock.advance(61)
            await store.sweep()
            await store.work()
        return found

    store.till.read_checkout = overtaken  # type: ignore[method-assign]  # somebody is faster

    assert Standpoint.paid is await standpoint(store, arrived=True)
    await paid(store)


async def test_a_capture_whose_message_is_not_taken_is_left_to_the_sweep():
    store = await approved()
    queue = store.payments

    class Down:
        async def send(self, message: Outgoing) -> None:
            raise ChannelUnavailable("the queue is away")

    store.wrap = lambda port: Down() if port is queue else port
    returned = await store.back()

    assert returned is not None
    assert (Standpoint.waiting, None) == (returned.view.standpoint, returned.approve)
    assert 1 == len(await store.captures())


async def test_a_reserved_capture_is_sent_by_the_page_once():
    store = await approved()

    for _ in range(3):
        await store.back()
        store.clock.advance(6)

    assert 1 == await messages(store)


async def test_what_a_notification_reserved_is_sent_by_the_page_that_looks_for_news():
    store = await approved()
    await store.tell("approved")
    assert 0 == await messages(store)

    await store.back(arrived=False)

    assert 1 == await messages(store)


async def test_a_capture_that_was_begun_is_not_sent_again_by_a_page():
    store = await approved()
    await store.tell("approved")
    held, (capture,) = await store.payment(), await store.captures()
    tried = replace(capture, attempts=1)
    now = store.clock.now()
    await store.ledger.commit(
        change(held, held.with_operation(tried), now=now, new_id=store.ids.new)
    )

    await store.back(arrived=False)

    assert 0 == await messages(store)


async def test_the_address_of_approval_is_shown_while_there_is_something_to_approve():
    store = await opened()
    before = await store.back(arrived=False)
    store.till.approve()
    store.clock.advance(6)
    under_way = await store.back()
    await store.work()
    done = await store.back()

    assert ["https://till.test/approve/C-1", None, None] == [
        one and one.approve for one in (before, under_way, done)
    ]


async def test_a_page_that_only_looks_tries_no_declined_payment_again():
    store = await approved()
    store.till.capture_answers = [DECLINED]
    await store.back()
    await store.work()
    store.clock.advance(30)
    reads = store.till.reads

    await store.returning(store.token)
    assert (1, reads) == (len(await store.captures()), store.till.reads)
    await store.returning(store.token, arrived=True)
    assert 2 == len(await store.captures())


async def test_a_buyer_who_is_back_at_once_after_a_decline_is_tried_again_at_once():
    store = await approved()
    store.till.capture_answers = [DECLINED]
    await store.back()
    await store.work()

    await store.back()
    await store.back()

    assert 2 == len(await store.captures())


async def test_the_token_of_a_payment_that_needs_no_approval_shows_nothing():
    store = await opened()
    await store.ledger.commit(
        Change(replace(builders.payment("pay-" + "1" * 32), status=PaymentStatus.accepted), None)
    )

    token = "p-" + "1" * 32 + "-" + "2" * 32

    assert await store.returning(token) is None


class TestASubscription:
    """What is behind the way back of a sign-up."""

    @pytest.mark.parametrize("gateway", ["a-gate", "other"])
    async def test_another_gateways_payment_of_its_name_does_not_count(self, gateway: str):
        scene = Scene()
        token = await scene.signed_up(subscription(), payment("declined", gateway=gateway))

        returned = await scene.returning(token)

        assert returned is not None
        assert Standpoint.waiting is returned.view.standpoint

    @pytest.mark.parametrize("shows", [None, seen("approval_pending")])
    async def test_that_the_gateway_may_not_show_yet_can_be_approved(
        self, shows: SubscriptionObservation | None
    ):
        scene = Scene(Gate(shows=shows))
        token = await scene.signed_up()

        returned = await scene.returning(token)

        assert returned is not None
        assert "https://gate.example/approve?ba_token=BA-1" == returned.approve

    async def test_that_the_gateway_shows_no_more_is_as_the_ledger_holds_it(self):
        scene = Scene(Gate(shows=None))
        token = await scene.signed_up(subscription("approval_pending"))

        returned = await scene.returning(token)

        assert returned is not None
        assert Standpoint.waiting is returned.view.standpoint

    @kinds
    async def test_that_cannot_be_read_is_as_the_ledger_holds_it(self, error: Exception):
        @dataclass
        class Failing(Gate):
            async def read_subscription(
                self, reference: str, now: datetime
            ) -> SubscriptionObservation | None:
                raise error

        scene = Scene(Failing())
        token = await scene.signed_up(subscription("approval_pending"))

        with capture_logs() as logs:
            returned = await scene.returning(token)

        assert returned is not None
        assert Standpoint.waiting is returned.view.standpoint
        assert [type(error).__name__] == [line["because"] for line in logs]
