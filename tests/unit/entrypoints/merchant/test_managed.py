"""A subscription is read, suspended, resumed, revised and cancelled, on both hosts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import SubscriptionStatus
from penstock.domain import rules
from penstock.domain.change import change
from penstock.domain.money import Money
from penstock.domain.payment import Order, Payment, PaymentStatus, Transaction
from penstock.domain.subscription import PlanChange, Subscription
from tests.unit.entrypoints.merchant.backend import Backend, problem, shaped
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import NOON, Club

S = SubscriptionStatus


async def test_an_unknown_subscription_is_404_whatever_is_asked(backend: Backend):
    answers = [
        await backend.get("/subscriptions/club-I-9"),
        await backend.get("/subscriptions/club-I-9/payments"),
        await backend.post("/subscriptions/club-I-9/cancel", {"reason": "x"}),
        await backend.post("/subscriptions/club-I-9/revise", {"plan": "GOLD"}),
    ]

    assert [(404, "no-such-subscription", [])] * 4 == [problem(one) for one in answers]


async def test_a_reference_that_nobody_has_is_an_empty_list(backend: Backend):
    told = await backend.get("/subscriptions?reference=none")

    assert {"subscriptions": [], "cursor": None} == told.json


async def subscribed(backend: Backend, club: Club) -> None:
    await backend.subscribe()
    club.become("I-1", S.active, at=NOON + timedelta(seconds=1))


async def test_it_is_suspended_resumed_and_cancelled(backend: Backend, club: Club):
    await subscribed(backend, club)

    told = [
        await backend.post(f"/subscriptions/club-I-1/{action}", {"reason": "on holiday"})
        for action in ("suspend", "resume", "cancel")
    ]

    assert ["suspended", "active", "cancelled"] == [
        shaped(one, "Subscription")["status"] for one in told
    ]
    assert ["../club-I-1", "payments"] == [told[0].json["links"][n] for n in ("self", "payments")]


@pytest.mark.parametrize("action", ["cancel", "suspend", "resume"])
async def test_what_the_status_does_not_allow_is_409_and_not_sent(
    backend: Backend, club: Club, action: str
):
    await subscribed(backend, club)
    club.become("I-1", S.cancelled, at=NOON + timedelta(minutes=1))

    told = await backend.post(f"/subscriptions/club-I-1/{action}", {"reason": "again"})

    assert (409, "subscription-state", []) == problem(told)
    assert "its status is cancelled" in told.json["detail"]
    assert [] == club.asked_to


@pytest.mark.parametrize("reason", ["", "x" * 129, "a\nb", None])
async def test_a_reason_has_1_to_128_characters(backend: Backend, club: Club, reason: Any):
    await subscribed(backend, club)

    told = await backend.post("/subscriptions/club-I-1/cancel", {"reason": reason})

    assert (400, "bad-request", ["body.reason"]) == problem(told)
    assert [] == club.asked_to


async def test_a_revision_answers_the_address_where_the_buyer_approves(
    stand: Stand, backend: Backend, club: Club
):
    await subscribed(backend, club)

    told = await backend.post(
        "/subscriptions/club-I-1/revise", {"plan": "GOLD", "reason": "pays by the year"}
    )

    said = shaped(told, "SubscriptionRevised")
    assert said["approval_url"].startswith("https://club.test/revise/I-1")
    held = await stand.world.ledger.load(Subscription, "club-I-1")
    assert held is not None
    assert PlanChange("GOLD", "pays by the year") == held.asked


async def paid(stand: Stand, name: str = "SALE7") -> None:
    """A payment of the subscription, in the ledger."""
    amount, now = Money(990, "EUR"), stand.clock.now()
    sale = Transaction(name, "sale", PaymentStatus.succeeded, amount, now)
    payment = Payment(
        id=f"club-{name}",
        gateway="club",
        order=Order(amount),
        status=PaymentStatus.succeeded,
        created_at=now,
        updated_at=now,
        transactions=(sale,),
        subscription="I-1",
        paid=True,
    )
    await stand.world.ledger.commit(change(None, payment, now=now, new_id=stand.world.ids.new))
    ref = (await held(stand)).ref
    learned = rules.Learned(payment=payment)
    await stand.platform.observe_subscription(ref, "club", learned)


async def held(stand: Stand) -> Subscription:
    found = await stand.world.ledger.load(Subscription, "club-I-1")
    assert found is not None
    return found


async def test_its_payments_are_listed(backend: Backend, club: Club, stand: Stand):
    await subscribed(backend, club)
    await paid(stand)

    told = await backend.get("/subscriptions/club-I-1/payments")

    (one,) = shaped(told, "PaymentPage")["payments"]
    assert ("club-SALE7", "../../payments/club-SALE7") == (one["id"], one["links"]["self"])


async def test_subscriptions_with_a_reference_are_read_to_their_end_by_pages(
    backend: Backend, club: Club
):
    for number in range(5):
        await backend.subscribe(f"k-{number}")

    pages: list[list[str]] = []
    cursor = ""
    while cursor is not None:
        told = await backend.get(f"/subscriptions?reference=customer-42&limit=2{cursor}")
        page = shaped(told, "SubscriptionPage")
        pages.append([one["id"] for one in page["subscriptions"]])
        cursor = page["cursor"] and f"&cursor={page['cursor']}"

    assert [["club-I-5", "club-I-4"], ["club-I-3", "club-I-2"], ["club-I-1"]] == pages


async def test_payments_of_a_subscription_are_read_to_their_end_by_pages(
    backend: Backend, club: Club, stand: Stand
):
    await subscribed(backend, club)
    for name in ("SALE7", "SALE8"):
        await paid(stand, name)

    first = shaped(await backend.get("/subscriptions/club-I-1/payments?limit=1"), "PaymentPage")
    rest = await backend.get(f"/subscriptions/club-I-1/payments?cursor={first['cursor']}")

    assert ["club-SALE8"] == [one["id"] for one in first["payments"]]
    assert (["club-SALE7"], None) == (
        [one["id"] for one in rest.json["payments"]],
        rest.json["cursor"],
    )


@pytest.mark.parametrize("path", ["?reference=customer-42&", "/club-I-1/payments?"])
async def test_a_cursor_that_is_none_of_ours_is_named(backend: Backend, club: Club, path: str):
    await subscribed(backend, club)

    told = await backend.get(f"/subscriptions{path}cursor=AAAA")

    assert (400, "bad-request", ["query.cursor"]) == problem(told)


async def test_access_is_that_of_the_moment_of_reading(backend: Backend, club: Club, stand: Stand):
    await subscribed(backend, club)
    await paid(stand)

    seen: list[tuple[str, str]] = []
    for days in (0, 30, 3):
        stand.clock.advance(days * 86_400)
        shown = (await backend.get("/subscriptions/club-I-1")).json
        seen.append((shown["access"], shown["summary"]))

    assert [
        ("active", "active, paid through 2 December 2026, 12:00 UTC"),
        ("grace", "active, payment due, access until 5 December 2026, 12:00 UTC"),
        ("ended", "active, access ended"),
    ] == seen


async def test_a_cancelled_one_says_until_when_there_is_access(
    backend: Backend, club: Club, stand: Stand
):
    await subscribed(backend, club)
    await paid(stand)

    told = await backend.post("/subscriptions/club-I-1/cancel", {"reason": "moved away"})

    assert ("active", "cancelled, access until 2 December 2026, 12:00 UTC") == (
        told.json["access"],
        told.json["summary"],
    )
