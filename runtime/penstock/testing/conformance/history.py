"""What a gateway must do that lists its notifications, or a subscription's payments."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from penstock.api import (
    Delivery,
    EntityKind,
    Evidence,
    GatewayUnavailable,
    Notification,
    Response,
)
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import GARBAGE, NO_ANSWERS
from penstock.testing.conformance.subscriptions import TakePayment
from penstock.testing.http import Always, response

_AN_HOUR = timedelta(hours=1)
_LATER = timedelta(days=400)
"""Providers' simulators bill when their clocks are moved."""


class HistoryConformance:
    """
    What holds for `History` in a gateway that has `Webhooks`.

    Fixtures: `bench`; `genuine`, a delivery that the gateway sent; `now`, soon after it.
    """

    async def test_what_it_sent_is_listed_as_what_was_fetched(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """With the webhook's own id and subject, so that both are one; and able to travel."""
        gateway = bench.build()
        sent: Notification = gateway.read(genuine)

        listed = await gateway.list_notifications(now - _AN_HOUR, now + _LATER)

        found = next((one for one in listed.notifications if one.id == sent.id), None)
        assert found is not None, "what it sent is not listed under the webhook's id"
        said = "the list says something else of it than the webhook"
        assert (sent.gateway, sent.type, sent.subject, sent.says, sent.resource) == (
            found.gateway,
            found.type,
            found.subject,
            found.says,
            found.resource,
        ), said
        marked = (found.evidence, found.digest, found.transmission)
        assert (Evidence.fetched, "", "") == marked, "make it with Notification.fetched"
        said = "the notification does not survive being written and read"
        assert found == Notification.loads(found.dumps()), said

    async def test_a_span_in_which_it_sent_nothing_is_whole(
        self, bench: Bench, genuine: Delivery, now: datetime
    ) -> None:
        """Nothing is listed, and nothing is left out."""
        begins = now - 20 * _AN_HOUR

        listed = await bench.build().list_notifications(begins, begins + _AN_HOUR)

        said = "a span without notifications is not whole, or lists some"
        assert (True, []) == (listed.whole, list(listed.notifications)), said

    def test_it_lists_them_for_a_day_at_least(self, bench: Bench) -> None:
        """An outage must not outlast the list."""
        assert timedelta(days=1) <= bench.build().listed_for, "listed_for is shorter than a day"

    @pytest.mark.parametrize("answer", [*NO_ANSWERS, response(404, GARBAGE[1])], ids=repr)
    async def test_without_an_answer_nothing_is_listed(
        self, bench: Bench, now: datetime, answer: Response | Exception
    ) -> None:
        """An outage is no empty list: the watermark would move past what was not looked at."""
        with pytest.raises(GatewayUnavailable):
            await bench.build(http=Always(answer)).list_notifications(now - _AN_HOUR, now)


class SubscriptionPaymentsConformance:
    """
    What holds for `SubscriptionPayments`.

    Fixtures: `bench`; `subscription`, `take_payment` and `unknown_subscription`, as in
    `SubscriptionsConformance`.
    """

    async def test_a_payment_is_listed_once(
        self, bench: Bench, subscription: str, take_payment: TakePayment
    ) -> None:
        """As a notification about that payment, whose id stays the same."""
        await take_payment(subscription)
        gateway, now = bench.build(), bench.clock.now()

        first, again = [
            await gateway.list_payments(subscription, now - _AN_HOUR, now + _LATER)
            for _ in range(2)
        ]

        assert first, "it lists no payment"
        said = "the same payment has another id the second time"
        assert [one.id for one in first] == [one.id for one in again], said
        assert len(first) == len({one.subject for one in first}), "a payment is listed twice"
        made = {(one.kind, one.evidence, one.gateway) for one in first}
        said = "a notification is not of a payment, fetched and of this gateway"
        assert {(EntityKind.payment, Evidence.fetched, gateway.name)} == made, said

    async def test_a_span_without_a_payment_lists_none(
        self, bench: Bench, subscription: str, take_payment: TakePayment
    ) -> None:
        """Or one from long ago would be found again and again."""
        await take_payment(subscription)
        begins = bench.clock.now() - 20 * _AN_HOUR

        found = await bench.build().list_payments(subscription, begins, begins + _AN_HOUR)

        assert [] == list(found), "it lists payments where there are none"

    async def test_a_subscription_it_does_not_know_has_no_payments(
        self, bench: Bench, unknown_subscription: str
    ) -> None:
        """And that is said so."""
        now = bench.clock.now()

        found = await bench.build().list_payments(unknown_subscription, now - _AN_HOUR, now)

        assert [] == list(found), "it lists payments where there are none"

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_no_payments_are_known(
        self, bench: Bench, subscription: str, answer: Response | Exception
    ) -> None:
        """An outage is no empty list."""
        now = bench.clock.now()

        with pytest.raises(GatewayUnavailable):
            await bench.build(http=Always(answer)).list_payments(subscription, now, now)
