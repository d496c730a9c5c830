"""What a gateway must do that can be asked how a subscription stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from penstock.api import GatewayUnavailable, Response, SubscriptionStatus
from penstock.testing.builders import PERSONAL
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import NO_ANSWERS
from penstock.testing.http import Always

TakePayment = Callable[[str], Awaitable[None]]
"""Have the provider take the next payment of the subscription with that reference."""


class SubscriptionsConformance:
    """
    What holds for `Subscriptions`.

    Fixtures: `bench`; `subscription`, the gateway's id of an active one at the provider, whose
    buyer has the name and address of `builders.subscription_request`; `take_payment`, which has
    the provider take its next payment; `unknown_subscription`, an id that the provider does not
    know (default: one that looks like PayPal's).
    """

    @pytest.fixture
    def unknown_subscription(self) -> str:
        """An id of no subscription."""
        return "I-0000000000ZZ"

    async def test_a_subscription_is_read_with_its_cycles(
        self, bench: Bench, subscription: str
    ) -> None:
        """Its plan, its start and what each cycle costs: access is computed from them."""
        seen = await bench.build().read_subscription(subscription, bench.clock.now())

        assert seen is not None, "it reads no subscription"
        said = "it is not shown as active under its own id"
        assert (subscription, SubscriptionStatus.active) == (seen.reference, seen.status), said
        assert seen.plan is not None, "it shows no plan"
        assert seen.cycles, "it shows no cycles"
        assert not seen.cycles[-1].trial, "its last cycle is a trial"
        assert all(cycle.price is not None for cycle in seen.cycles), "a cycle has no price"
        assert seen.started_at.tzinfo is not None, "started_at has no time zone"

    async def test_asked_again_it_says_the_same(self, bench: Bench, subscription: str) -> None:
        """Reading changes nothing."""
        gateway, now = bench.build(), bench.clock.now()

        first, again = [await gateway.read_subscription(subscription, now) for _ in range(2)]

        assert first is not None, "it reads no subscription"
        assert first == again, "asked again, it says something else"

    async def test_a_payment_is_shown(
        self, bench: Bench, subscription: str, take_payment: TakePayment
    ) -> None:
        """When it came, how much it was, and when the next one is due."""
        await take_payment(subscription)

        seen = await bench.build().read_subscription(subscription, bench.clock.now())

        assert seen is not None, "it reads no subscription"
        assert seen.last_paid_at is not None, "it does not show when it was paid"
        said = "what was paid is the price of no cycle"
        assert seen.last_paid in [cycle.price for cycle in seen.cycles], said
        assert seen.next_billing_at is not None, "it does not show when the next payment is due"
        said = "the next payment is due before the last one"
        assert seen.last_paid_at < seen.next_billing_at, said

    async def test_one_it_does_not_know_is_none(
        self, bench: Bench, unknown_subscription: str
    ) -> None:
        """And said so, not guessed."""
        seen = await bench.build().read_subscription(unknown_subscription, bench.clock.now())

        assert seen is None, "it read a subscription that it does not know"

    async def test_its_representation_shows_nobody(self, bench: Bench, subscription: str) -> None:
        """It ends up in a log one day."""
        shown = repr(await bench.build().read_subscription(subscription, bench.clock.now()))

        assert subscription in shown, "its repr does not show its id"
        assert not [word for word in PERSONAL if word in shown], "its repr shows the buyer"

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_nothing_is_known_of_it(
        self, bench: Bench, subscription: str, answer: Response | Exception
    ) -> None:
        """An outage is neither a state nor "unknown here"."""
        gateway = bench.build(http=Always(answer))

        with pytest.raises(GatewayUnavailable):
            await gateway.read_subscription(subscription, bench.clock.now())
