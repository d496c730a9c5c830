"""What has happened before an example's request is sent, by the rules and by other requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from penstock.api import Declined, DisputeObservation, Unanswered
from penstock.domain import rules
from penstock.domain.audit import Begun, Done, Ending
from penstock.domain.change import Fact
from penstock.domain.events import EventType
from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payer, Payment, PaymentStatus, Transaction
from penstock.domain.subscription import SubscriptionStatus
from tests.contract.shown.account import GOLD, NOON, PRICE, SUBSCRIPTION, shown
from tests.contract.shown.documents import CHARGE_KEY, example
from tests.contract.shown.house import Visit

SALE = "80021663DE681814L"
PAYMENT = f"paypal-{SALE}"
CAN = rules.Abilities(reread=True, invoices=True, invoice_refunds=True)
LEASE = timedelta(seconds=25)


async def nothing(visit: Visit) -> None:
    """The first request of all."""


async def sold(visit: Visit, email: str | None = "ada@example.com", **rest: Any) -> Payment:
    """PayPal took a subscription's payment, and Penstock has seen it."""
    house = visit.house
    seen = Observation(
        Transaction(SALE, "sale", PaymentStatus.succeeded, PRICE, NOON),
        SUBSCRIPTION,
        GOLD,
        Payer("8BL4VVSXPMHKQ", "Ada Lovelace", email),
        "customer-42",
        {"sale": f"https://api.paypal.com/v1/payments/sale/{SALE}"},
        fee=Money(66, "USD"),
        net=Money(1184, "USD"),
        **rest,
    )
    found = rules.observe(
        None,
        PAYMENT,
        "paypal",
        seen,
        can=CAN,
        now=house.clock.now(),
        new_id=house.world.ids.new,
    )
    assert found is not None
    await house.world.ledger.commit(found)
    return replace(found.entity, caused=())


async def paid(visit: Visit, **rest: Any) -> Payment:
    """The same, and its invoice is made."""
    house, sale = visit.house, await sold(visit, **rest)
    house.clock.advance(1.25)
    invoice = sale.operation(OperationKind.invoice)
    assert invoice is not None
    made = invoice.submit(house.clock.now(), LEASE).settle(
        OperationState.succeeded, reference="INV2-Z56S-5LLA-Q52L-CPZ5"
    )
    settled = rules.settle(
        sale,
        made,
        sale.status,
        now=house.clock.now(),
        new_id=house.world.ids.new,
        facts=[Fact(EventType.invoice_paid)],
    )
    await house.world.ledger.commit(settled)
    return replace(settled.entity, caused=())


async def held(visit: Visit) -> None:
    """PayPal holds the money back."""
    await paid(visit, hold="new_seller_payment_hold")


async def sold_without_address(visit: Visit) -> None:
    """There is no invoice: the payer has no e-mail address."""
    await sold(visit, email=None)


async def partly_refunded(visit: Visit) -> None:
    """A part of it was asked back, and went back."""
    house = visit.house
    await paid(visit)
    asked = await visit(
        "POST",
        f"/payments/{PAYMENT}/refunds",
        example("refund-request"),
        Idempotency_Key="order-4711-refund-1",
    )
    assert 202 == asked.status
    payment = await house.world.ledger.load(Payment, PAYMENT)
    assert payment is not None
    house.clock.advance(2.5)
    now = house.clock.now()
    refund = payment.operations[-1].submit(now, LEASE)
    gone = Transaction(
        "4CF18861HF410323U", "refund", PaymentStatus.refunded, Money(500, "USD"), now
    )
    settled = refund.settle(OperationState.succeeded, reference=gone.id)
    moved = rules.refund_moved(payment, settled, gone, CAN, now=now, new_id=house.world.ids.new)
    await house.world.ledger.commit(moved)


async def charged(visit: Visit) -> str:
    """A payment was asked for; its charge waits in the queue."""
    asked = await visit(
        "POST", "/payments", example("payment-request"), Idempotency_Key=CHARGE_KEY
    )
    assert 202 == asked.status
    return asked.json["id"]


async def declined(visit: Visit) -> None:
    """The gateway declined it."""
    visit.house.example.answers.append(Declined("insufficient funds"))
    await charged(visit)
    visit.house.clock.advance(1.25)
    await visit.house.work()


async def in_doubt(visit: Visit) -> None:
    """The gateway's answer to a charge was lost."""
    visit.house.example.answers.append(Unanswered("the gateway gave no answer"))
    await charged(visit)
    await visit.house.work()
    visit.house.clock.advance(600)


async def restricted(visit: Visit) -> None:
    """An operator restricted a payment before its charge was sent."""
    await charged(visit)
    done = await visit(
        "POST",
        "/operations/restrict",
        example("restrict-request"),
        Idempotency_Key="night-shift-16",
    )
    assert 200 == done.status
    await visit.house.work()


async def both(visit: Visit) -> None:
    """One payment was declined, and then another one paid."""
    await declined(visit)
    visit.house.clock.advance(60)
    await paid(visit)


async def subscribed(visit: Visit, **rest: Any) -> None:
    """A subscription is active, and its first payment came."""
    house = visit.house
    house.paypal.held[SUBSCRIPTION] = seen = shown(**rest)
    payment = await paid(visit)
    found = rules.observe_subscription(
        None,
        f"paypal-{SUBSCRIPTION}",
        "paypal",
        seen,
        rules.Learned(says=said(Lifecycle.created, "WH-1", NOON), payment=payment),
        policy=house.platform.settings.access_policy,
        now=house.clock.now(),
        new_id=house.world.ids.new,
    )
    assert found is not None
    await house.world.ledger.commit(found)


async def suspended(visit: Visit) -> None:
    """The same, suspended."""
    await subscribed(visit, status=SubscriptionStatus.suspended, next_billing_at=None)


async def owing(visit: Visit) -> None:
    """The last payment failed."""
    await subscribed(visit, outstanding=PRICE, failures=1)


async def cancelled(visit: Visit) -> None:
    """The customer cancelled ten days later, and keeps the access that is paid."""
    over = NOON + timedelta(days=10)
    await subscribed(
        visit,
        status=SubscriptionStatus.cancelled,
        next_billing_at=None,
        status_at=over,
        as_of=over,
    )
    visit.house.clock.advance(10 * 86400)


async def disputed(visit: Visit) -> None:
    """A refund, and a dispute that the gateway's API does not show."""
    house = visit.house
    await partly_refunded(visit)
    dispute = DisputeObservation(
        "PP-D-27803",
        "waiting_for_seller_response",
        NOON,
        reason="merchandise_or_service_not_received",
        amount=PRICE,
        payments=(PAYMENT,),
        respond_by=NOON + timedelta(days=10),
        links={"dispute": "https://www.paypal.com/resolutioncenter/PP-D-27803"},
    )
    house.clock.advance(60)
    claimed = rules.claim_dispute(
        None,
        "paypal-PP-D-27803",
        "paypal",
        dispute,
        "the gateway's API refuses to show it (403)",
        rereads=True,
        now=house.clock.now(),
        new_id=house.world.ids.new,
    )
    assert claimed is not None
    await house.world.ledger.commit(claimed)


async def watched(visit: Visit) -> None:
    """Two commands of an operator: one is done, one is not."""
    audit, ids = visit.house.world.audit, visit.house.world.ids
    actor = "arn:aws:iam::123456789012:user/ada"
    purge = Begun(
        ids.new(), NOON - timedelta(minutes=1), actor, "queue purge", ("queue#payments-dlq",)
    )
    made = Begun(
        ids.new(),
        NOON - timedelta(seconds=30),
        actor,
        "invoices make",
        (f"payment#{PAYMENT}",),
        "the payer's address was corrected",
        {"number": "none", "withheld": "no", "state": "declined"},
    )
    await audit.begin(purge)
    await audit.begin(made)
    number = f"PS-{SALE}"
    done = Done(
        NOON - timedelta(seconds=29.75),
        Ending.done,
        f"invoice {number} reserved; the sweep makes it",
        after={"number": number, "withheld": "no", "state": "reserved"},
    )
    await audit.finish(made, done)


async def signing_up(visit: Visit) -> str:
    """A buyer was sent to PayPal; the end of the address of return."""
    opened = await visit(
        "POST",
        "/subscriptions",
        example("subscription-request"),
        Idempotency_Key="customer-42-signup-1",
    )
    assert 201 == opened.status
    return visit.house.paypal.requests[-1].return_url.rpartition("/")[2]


async def buyer_suspended(visit: Visit) -> str:
    """The buyer is back, and PayPal has suspended the subscription."""
    token = await signing_up(visit)
    visit.house.paypal.held[SUBSCRIPTION] = shown(
        SubscriptionStatus.suspended,
        status_at=NOON + timedelta(minutes=1),
        as_of=NOON + timedelta(minutes=1),
        links={"wallet": "https://www.paypal.com/myaccount/autopay"},
    )
    visit.house.clock.advance(120)
    return token


async def key_taken(visit: Visit) -> None:
    """The key was used for another payment."""
    await charged(visit)
