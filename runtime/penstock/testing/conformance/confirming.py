"""What a gateway must do that is asked about its notifications, or believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from penstock.api import (
    AnyObservation,
    Confirmed,
    Delivery,
    GatewayUnavailable,
    Money,
    Notification,
    Observation,
    Response,
    Transaction,
)
from penstock.testing.conformance.amounts import AMOUNTS
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import NO_ANSWERS
from penstock.testing.http import Always


class ConfirmConformance:
    """
    What holds for `Confirm`.

    Fixtures: `bench`; `notification`, a true one; `now`, soon after it.
    """

    async def test_a_true_notification_is_confirmed(
        self, bench: Bench, notification: Notification, now: datetime
    ) -> None:
        """With the state as fetched."""
        said = "it does not confirm a true notification"
        assert isinstance(await bench.build().confirm(notification, now), Confirmed), said

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_nothing_is_said(
        self,
        bench: Bench,
        notification: Notification,
        now: datetime,
        answer: Response | Exception,
    ) -> None:
        """An outage confirms nothing and contradicts nothing."""
        with pytest.raises(GatewayUnavailable):
            await bench.build(http=Always(answer)).confirm(notification, now)


class RereadConformance:
    """
    What holds for `Reread` in a gateway that has `Confirm`.

    Fixtures: `bench`; `notification`, a true one; `now`, soon after it.
    """

    async def test_what_was_confirmed_is_seen_again(
        self, bench: Bench, notification: Notification, now: datetime
    ) -> None:
        """Asked again, with what is known, it says the same."""
        gateway = bench.build()
        confirmed = await gateway.confirm(notification, now)
        assert isinstance(confirmed, Confirmed)

        seen = confirmed.observation
        again = await gateway.reread(notification.subject, steps(seen), now)

        assert seen == again, "asked again, it says something else"

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_nothing_is_seen(
        self,
        bench: Bench,
        notification: Notification,
        now: datetime,
        answer: Response | Exception,
    ) -> None:
        """An outage is no state of a payment."""
        with pytest.raises(GatewayUnavailable):
            await bench.build(http=Always(answer)).reread(notification.subject, (), now)


class ObservesConformance:
    """
    What holds for `Observes`.

    Fixtures: `bench`; `genuine`, a delivery that the gateway signed; `paid`, which makes one that
    says that an amount was paid (default: that check is skipped).
    """

    @pytest.fixture
    def paid(self) -> Callable[[Money], Delivery]:
        """Makes a delivery that says that this was paid."""
        pytest.skip("say how a payment of any amount is told: give the fixture `paid`")

    def test_a_signed_body_says_how_things_stand(self, bench: Bench, genuine: Delivery) -> None:
        """The same each time, without asking anybody."""
        gateway = bench.build()
        notification = gateway.read(genuine)
        seen = gateway.observe(notification)

        assert seen is not None, "it observes nothing"
        assert seen == gateway.observe(notification), "asked again, it says something else"

    def test_an_amount_keeps_its_digits(
        self, bench: Bench, paid: Callable[[Money], Delivery]
    ) -> None:
        """Of currencies with no, two and three decimal digits."""
        gateway = bench.build()

        for amount in AMOUNTS:
            seen = gateway.observe(gateway.read(paid(amount)))
            assert isinstance(seen, Observation), f"{amount}: it observes nothing"
            read = seen.transaction.amount
            assert amount == read, f"{amount} is read as {read}"


def steps(seen: AnyObservation) -> tuple[Transaction, ...]:
    """The money steps of what was seen."""
    return (seen.transaction, *seen.refunds) if isinstance(seen, Observation) else ()
