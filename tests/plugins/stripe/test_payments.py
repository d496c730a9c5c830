"""How payments and disputes stand at Stripe, whatever its webhooks say first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Claimed,
    Confirmed,
    Contradicted,
    DisputeObservation,
    DisputeOutcome,
    EntityKind,
    GatewayUnavailable,
    Money,
    Notification,
    NotYet,
    Observation,
    Payer,
    PaymentStatus,
    Ref,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.context import RecordingLog
from penstock.testing.http import Always, response
from tests.plugins.stripe.account import PAYMENT, Account, charge


async def said(account: Account, type: str) -> Notification:
    """The newest webhook of a type, read."""
    return account.gateway.read(account.last(type))


async def seen(account: Account, notification: Notification) -> Any:
    """What the notification is confirmed as."""
    confirmed = await account.gateway.confirm(notification, NOON)
    assert isinstance(confirmed, Confirmed), confirmed
    return confirmed.observation


async def test_a_payment_of_ours_is_known_by_our_id(stripe_account: Account):
    charged = await stripe_account.gateway.charge(charge(reference="order-7"))

    told = await said(stripe_account, "payment_intent.succeeded")
    observed = await seen(stripe_account, told)

    assert Ref(EntityKind.payment, PAYMENT) == told.subject
    assert isinstance(observed, Observation)
    assert (charged.reference, "charge", PaymentStatus.succeeded, Money(1250, "USD")) == (
        observed.transaction.id,
        observed.transaction.kind,
        observed.transaction.status,
        observed.transaction.amount,
    )
    assert (Payer("cus_ada", "Ada Lovelace", "ada@example.test"), "order-7", None) == (
        observed.payer,
        observed.reference,
        observed.subscription,
    )
    assert (Money(30, "USD"), Money(1220, "USD")) == (observed.fee, observed.net)


async def test_a_payment_that_began_at_stripe_has_stripes_id(stripe_account: Account):
    told = stripe_account.gateway.read(stripe_account.pays())

    (intent,) = stripe_account.simulator.books.intents.values()
    assert f"stripe-{intent['id']}" == told.entity
    assert Money(1250, "EUR") == (await seen(stripe_account, told)).transaction.amount


async def test_a_declined_card_says_why(stripe_account: Account):
    await stripe_account.gateway.charge(charge(method="pm_card_visa_chargeDeclined"))

    observed = await seen(
        stripe_account, await said(stripe_account, "payment_intent.payment_failed")
    )

    assert (PaymentStatus.declined, "generic_decline") == (observed.status, observed.reason)


async def test_old_news_of_a_payment_shows_how_it_stands_now(stripe_account: Account):
    """
    Stripe sends events in any order.
    """
    await stripe_account.gateway.charge(charge(method="pm_usBankAccount_success"))
    told = await said(stripe_account, "payment_intent.processing")

    assert PaymentStatus.succeeded is (await seen(stripe_account, told)).status


@pytest.mark.parametrize("type", ["refund.created", "charge.refunded"])
async def test_a_refund_made_at_stripe_is_found_with_its_payment(
    stripe_account: Account, type: str
):
    await stripe_account.gateway.charge(charge())
    (intent,) = stripe_account.simulator.books.intents.values()
    refund = stripe_account.simulator.refunds.make(intent, 500, {})
    told = await said(stripe_account, type)

    owner = told.entity or await stripe_account.gateway.locate(told, NOON)
    again = await stripe_account.gateway.reread(
        Ref(EntityKind.payment, PAYMENT), [(await _sale(stripe_account)).transaction], NOON
    )

    assert PAYMENT == owner
    (step,) = again.refunds
    assert (refund["id"], "refund", PaymentStatus.refunded, Money(500, "USD"), None) == (
        step.id,
        step.kind,
        step.status,
        step.amount,
        step.operation,
    )


async def test_a_refund_of_ours_names_its_operation(stripe_account: Account):
    await stripe_account.gateway.charge(charge())
    (intent,) = stripe_account.simulator.books.intents.values()
    stripe_account.simulator.refunds.make(
        intent, 500, {"penstock_operation": "re-0", "penstock_payment": PAYMENT}
    )

    told = await said(stripe_account, "refund.created")
    (step,) = (await seen(stripe_account, told)).refunds

    assert (PAYMENT, "re-0") == (told.entity, step.operation)


async def test_more_refunds_than_stripe_expands_are_all_shown(stripe_account: Account):
    await stripe_account.gateway.charge(charge())
    (intent,) = stripe_account.simulator.books.intents.values()
    for _ in range(12):
        stripe_account.simulator.refunds.make(intent, 100, {})

    assert 12 == len((await _sale(stripe_account)).refunds)


@pytest.mark.parametrize(
    ("later", "metadata", "shown"),
    [
        (0, {}, False),
        (3600, {}, True),
        (0, {"penstock_operation": "re-0"}, True),
    ],
    ids=["at the capture", "an hour later", "asked by us"],
)
async def test_what_a_partial_capture_releases_is_no_refund(
    stripe_account: Account, later: int, metadata: dict[str, str], shown: bool
):
    """
    Captures in versions before 2025-03-31.basil made a refund of the rest, at the same moment.
    """
    await stripe_account.gateway.charge(charge())
    books = stripe_account.simulator.books
    (intent,), (shown_charge,) = books.intents.values(), books.charges.values()
    intent["amount_received"] = shown_charge["amount_captured"] = 750
    made = stripe_account.simulator.refunds.make(intent, 500, metadata)
    made["created"] += later

    seen = await _sale(stripe_account)

    assert Money(750, "USD") == seen.transaction.amount
    assert shown is bool(seen.refunds)


async def test_a_key_that_may_not_read_balance_transactions_shows_payments_without_their_fee(
    stripe_account: Account,
):
    await stripe_account.gateway.charge(charge())
    told = await said(stripe_account, "payment_intent.succeeded")
    log = RecordingLog()
    stripe_account.simulator.gate.may_not.add("balance_transaction_source_read")

    seen = await stripe_account.bench.build(log=log).confirm(told, NOON)

    assert isinstance(seen, Confirmed)
    assert (Money(1250, "USD"), None, None) == (
        seen.observation.transaction.amount,
        seen.observation.fee,
        seen.observation.net,
    )
    assert ["rak_balance_transaction_source_read"] == [
        fields["lacks"] for _, event, fields in log.lines if event == "gateway.denied"
    ]


async def test_a_key_that_may_not_read_payments_is_told_which_right_it_lacks(
    stripe_account: Account,
):
    await stripe_account.gateway.charge(charge())
    told = await said(stripe_account, "payment_intent.succeeded")
    stripe_account.simulator.gate.may_not.add("payment_intent_read")

    with pytest.raises(GatewayUnavailable, match="the API key lacks rak_payment_intent_read"):
        await stripe_account.gateway.confirm(told, NOON)


async def test_an_intent_that_names_another_payment_now_is_a_contradiction(
    stripe_account: Account,
):
    await stripe_account.gateway.charge(charge())
    told = await said(stripe_account, "payment_intent.succeeded")
    (intent,) = stripe_account.simulator.books.intents.values()
    intent["metadata"]["penstock_payment"] = "pay-other"

    answer = await stripe_account.gateway.confirm(told, NOON)

    assert isinstance(answer, Contradicted)
    assert ("metadata.penstock_payment",) == answer.fields


async def test_a_payment_that_stripe_does_not_show_is_waited_for_a_quarter_of_an_hour(
    stripe_account: Account,
):
    await stripe_account.gateway.charge(charge())
    told = await said(stripe_account, "payment_intent.succeeded")
    stripe_account.simulator.books.intents.clear()

    assert isinstance(await stripe_account.gateway.confirm(told, NOON), NotYet)
    with pytest.raises(Unconfirmable):
        await stripe_account.gateway.confirm(told, NOON + timedelta(minutes=16))


async def test_a_dispute_takes_the_money_and_names_the_payment(stripe_account: Account):
    await stripe_account.gateway.charge(charge(method="pm_card_createDispute"))

    told = await said(stripe_account, "charge.dispute.created")
    observed = await seen(stripe_account, told)
    (step,) = (await _sale(stripe_account)).refunds

    assert EntityKind.dispute is told.kind
    assert isinstance(observed, DisputeObservation)
    assert ("needs_response", "fraudulent", Money(1250, "USD"), (PAYMENT,), None) == (
        observed.status,
        observed.reason,
        observed.amount,
        observed.payments,
        observed.outcome,
    )
    assert NOON + timedelta(days=7) == observed.respond_by
    assert (observed.reference, "reversal", PaymentStatus.refunded) == (
        step.id,
        step.kind,
        step.status,
    )


@pytest.mark.parametrize(
    ("status", "outcome", "stands"),
    [
        ("won", DisputeOutcome.seller, PaymentStatus.declined),
        ("lost", DisputeOutcome.buyer, PaymentStatus.refunded),
        ("under_review", None, PaymentStatus.refunded),
    ],
)
async def test_how_a_dispute_ends_decides_whose_the_money_is(
    stripe_account: Account, status: str, outcome: DisputeOutcome | None, stands: PaymentStatus
):
    await stripe_account.gateway.charge(charge(method="pm_card_createDispute"))
    (dispute,) = stripe_account.simulator.books.disputes.values()
    stripe_account.simulator.disputes.move(dispute, status)

    found = await stripe_account.gateway.reread(
        Ref(EntityKind.dispute, f"stripe-{dispute['id']}"), [], NOON
    )
    (step,) = (await _sale(stripe_account)).refunds

    assert (status, outcome, stands) == (found.status, found.outcome, step.status)


async def test_an_inquiry_leaves_the_money_where_it_is(stripe_account: Account):
    await stripe_account.gateway.charge(charge())
    (intent,) = stripe_account.simulator.books.intents.values()
    stripe_account.simulator.disputes.open(intent, inquiry=True)

    assert () == (await _sale(stripe_account)).refunds


async def test_a_dispute_that_the_key_may_not_read_is_published_from_its_body(
    stripe_account: Account,
):
    await stripe_account.gateway.charge(charge(method="pm_card_createDispute"))
    told = await said(stripe_account, "charge.dispute.created")
    denied = Always(response(403, {"error": {"type": "invalid_request_error"}}))

    answer = await stripe_account.bench.build(http=denied).confirm(told, NOON)

    assert isinstance(answer, Claimed)
    assert ("needs_response", Money(1250, "USD")) == (
        answer.observation.status,
        answer.observation.amount,
    )


@pytest.mark.parametrize(
    ("latest", "metadata", "entity"),
    [
        (None, {}, None),
        ("ch_1", {}, "stripe-pi_1"),
        (None, {"penstock_payment": PAYMENT}, PAYMENT),
    ],
)
async def test_a_page_that_a_buyer_left_makes_no_payment(
    stripe_account: Account, latest: str | None, metadata: dict[str, str], entity: str | None
):
    shown = {"id": "pi_1", "object": "payment_intent", "latest_charge": latest}
    data = {"object": {**shown, "metadata": metadata}}
    event = {"id": "evt_1", "type": "payment_intent.canceled", "created": 1, "data": data}

    assert entity == stripe_account.gateway.read(stripe_account.sent(event)).entity


async def test_news_of_an_old_charge_without_an_intent_concerns_no_payment(
    stripe_account: Account,
):
    data = {"object": {"id": "ch_1", "object": "charge", "payment_intent": None}}
    event = {"id": "evt_1", "type": "charge.refunded", "created": 1, "data": data}
    told = stripe_account.gateway.read(stripe_account.sent(event))

    assert (None, None) == (told.entity, await stripe_account.gateway.locate(told, NOON))


async def test_a_refund_of_a_payment_that_is_not_shown_yet_waits(stripe_account: Account):
    data = {"object": {"id": "re_1", "object": "refund", "payment_intent": "pi_unknown"}}
    created = int(NOON.timestamp())
    event = {"id": "evt_1", "type": "refund.created", "created": created, "data": data}
    told = stripe_account.gateway.read(stripe_account.sent(event))

    with pytest.raises(GatewayUnavailable):
        await stripe_account.gateway.locate(told, NOON)


async def _sale(account: Account) -> Any:
    """How the one payment stands."""
    (intent,) = account.simulator.books.intents.values()
    found = await account.gateway.reread(
        Ref(EntityKind.payment, f"stripe-{intent['id']}"), [], NOON
    )
    assert isinstance(found, Observation)
    return found
