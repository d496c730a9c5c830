"""AcmePay broken in one thing of what it lists."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from penstock.api import EntityKind, Listed, Notification, Ref
from penstock.testing.clock import NOON
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.breaking import answering, blind

_COUNT = itertools.count()


class Forgetful(AcmePay):
    """Forgets what it sent after an hour."""

    @property
    def listed_for(self) -> timedelta:
        return timedelta(hours=1)


class Timeless(AcmePay):
    """Lists every payment, whenever it was made."""

    async def list_payments(self, subscription: str, since: Any, until: Any) -> Any:
        ever = timedelta(days=9)
        return await super().list_payments(subscription, since - ever, until + ever)


class Inventing(AcmePay):
    """Lists a payment of a subscription that it does not know."""

    async def list_payments(self, subscription: str, since: Any, until: Any) -> Any:
        found = await super().list_payments(subscription, since, until)
        if await self.read_subscription(subscription, until):
            return found
        paid = Ref(EntityKind.payment, f"{self.name}-s-0")
        return [Notification.fetched(self.name, "payment-s-0", "paid", {}, NOON, paid)]


def _renamed(listed: Listed) -> Listed:
    return replace(listed, notifications=[replace(n, id="other") for n in listed.notifications])


HISTORY: Mapping[str, type] = {
    "test_what_it_sent_is_listed_as_what_was_fetched": answering(
        "lists what it sent under another id", "list_notifications", _renamed
    ),
    "test_a_span_in_which_it_sent_nothing_is_whole": answering(
        "never says that a list is whole",
        "list_notifications",
        lambda listed: replace(listed, whole=False),
    ),
    "test_it_lists_them_for_a_day_at_least": Forgetful,
    "test_without_an_answer_nothing_is_listed": blind(
        "takes an outage for an empty list", "list_notifications", Listed((), whole=True)
    ),
    "test_a_payment_is_listed_once": answering(
        "has another id for a payment each time",
        "list_payments",
        lambda found: [replace(n, id=f"n-{next(_COUNT)}") for n in found],
    ),
    "test_a_span_without_a_payment_lists_none": Timeless,
    "test_a_subscription_it_does_not_know_has_no_payments": Inventing,
    "test_without_an_answer_no_payments_are_known": blind(
        "takes an outage for an empty list", "list_payments", ()
    ),
}
