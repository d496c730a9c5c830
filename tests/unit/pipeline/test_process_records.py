"""What the ledger keeps of each notification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from penstock.api import (
    CheckoutNews,
    Confirmation,
    Confirmed,
    InvoiceObservation,
    Notification,
    Observation,
    Unconfirmable,
)
from penstock.domain.payment import Payment
from penstock.domain.record import Became
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.recording import arrive, record
from tests.unit.pipeline.world import World


async def test_what_is_parked_names_its_subject_and_is_not_confirmed():
    world = World(Acme(unavailable=Unconfirmable("odd")))
    await arrive(world, notification())
    first = await record(world)
    await arrive(world, notification(), "again")

    assert (Became.parked, "payment#acme-SALE1", False, "odd") == (
        first.became,
        first.subject,
        first.confirmed,
        first.because,
    )
    assert first == await record(world)


@pytest.mark.parametrize(
    ("confirmation", "because"),
    [
        (Confirmed(InvoiceObservation("INV-9")), "the invoice is not ours"),
        (Confirmed(CheckoutNews()), "the payment has no checkout"),
    ],
)
async def test_what_is_true_and_about_nothing_that_is_kept_is_recorded_as_confirmed(
    confirmation: Confirmation, because: str
):
    world = World(Acme(confirmations=[confirmation]))

    assert ("done", None) == await arrive(world, notification())

    found = await record(world)
    assert (Became.recorded, because, True) == (found.became, found.because, found.confirmed)
    assert await world.ledger.load(Payment, "acme-SALE1") is None


@pytest.mark.parametrize(
    ("confirmation", "because"),
    [
        (Confirmed(InvoiceObservation("INV-9")), "the invoice is not ours"),
        (Confirmed(CheckoutNews()), "the payment has no checkout"),
    ],
)
async def test_the_same_beside_a_payment_leaves_it_as_it_is(
    confirmation: Confirmation, because: str
):
    world = World()
    await arrive(world, notification())
    before = await world.payment()
    world.acme.confirmations = [confirmation]

    await arrive(world, notification("WH-2"), "2")

    assert (before, because) == (await world.payment(), (await record(world, "WH-2")).because)


async def test_news_of_our_invoice_that_change_nothing_are_applied():
    world = World()
    await arrive(world, notification())
    before = await world.payment()
    world.acme.confirmations = [Confirmed(InvoiceObservation("INV-1"))]

    await arrive(world, notification("WH-2"), "2")

    found = await record(world, "WH-2")
    assert (before, Became.applied) == (await world.payment(), found.became)


async def test_a_notification_that_shows_nothing_new_writes_nothing_of_its_payment():
    world = World()
    await arrive(world, notification())
    before = await world.payment()

    await arrive(world, notification("WH-2"), "2")

    assert before == await world.payment()


async def test_a_repeat_of_what_concerns_nothing_is_a_duplicate():
    world = World()
    await arrive(world, notification(entity=None))

    assert ("done", None) == await arrive(world, notification(entity=None), "again")
    assert 1 == len(await world.published())


@dataclass
class Plain:
    """A gateway that sends notifications and can be asked nothing."""

    name: str = "acme"


@dataclass
class Believed(Plain):
    """A gateway whose signature covers the body."""

    says: Observation | None = None

    def observe(self, notification: Notification) -> Observation | None:
        return self.says


@pytest.mark.parametrize(
    ("gateway", "entity", "became", "because"),
    [
        (Plain(), "acme-SALE1", Became.recorded, "the gateway has no way to confirm it"),
        (Plain(), None, Became.recorded, "it concerns no payment, subscription or dispute"),
        (Believed(), "acme-SALE1", Became.recorded, "the gateway has no way to confirm it"),
        (Believed(says=Observation(Acme().sale)), "acme-SALE1", Became.applied, None),
    ],
)
async def test_what_a_gateway_can_say_decides_what_its_notification_is_worth(
    gateway: Any, entity: str | None, became: Became, because: str | None
):
    world = World(gateway)

    assert "done" == (await arrive(world, notification(entity=entity)))[0]

    found = await record(world)
    assert (became, because) == (found.became, found.because)
