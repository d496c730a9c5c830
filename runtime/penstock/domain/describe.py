"""
An entity as its events carry it: without unknown fields and without the e-mail address.

The ledger keeps events without the payer's name. Only the entity's state holds it, so that it can
be erased in one place. `named` adds it when the event is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from penstock.domain.dispute import Dispute
from penstock.domain.events import Event
from penstock.domain.money import Money
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payer, Payment
from penstock.domain.record import Record
from penstock.domain.signup import SignUp
from penstock.domain.subscription import Subscription, subscription_id


def describe(entity: Payment | Subscription | SignUp | Dispute | Record) -> dict[str, Any]:
    """The fields that every event of the entity holds (contracts/events/parts)."""
    match entity:
        case Payment():
            return _present(_payment(entity))
        case Subscription():
            return _present(_subscription(entity))
        case SignUp():
            # No event is about one: its subscription's are.
            return {}
        case Dispute():
            return _present(_dispute(entity))
        case Record():
            return _present(_record(entity))


def named(event: Event, entity: Payment | Subscription | SignUp | Dispute | Record) -> Event:
    """The event as it is published: with the name of the payer or subscriber, if known."""
    match entity:
        case Payment():
            return _naming(event, "payer", entity.payer)
        case Subscription():
            return _naming(event, "subscriber", entity.seen.subscriber)
        case _:
            return event


def unnamed(event: Event) -> Event:
    """The event without the name that earlier versions kept in it."""
    data = dict(event.data)
    for field in ("payer", "subscriber"):
        if "name" in (who := data.get(field, {})):
            data[field] = {name: value for name, value in who.items() if name != "name"}
            if not data[field]:
                del data[field]
    return replace(event, data=data)


def amount(money: Money) -> dict[str, Any]:
    """An amount as events carry it: minor units and currency."""
    return {"minor": money.minor, "currency": money.currency}


def _payment(payment: Payment) -> dict[str, Any]:
    transaction = payment.transaction
    invoice = payment.operation(OperationKind.invoice)
    return {
        "payment_id": payment.id,
        "status": payment.status.value,
        "amount": amount(payment.order.amount),
        "refunded": _amount(payment.refunded),
        "hold": payment.hold,
        "fee": _amount(payment.fee),
        "net": _amount(payment.net),
        "reason": payment.reason,
        "reference": payment.order.reference,
        "description": payment.order.description,
        "transaction_id": transaction.id if transaction else None,
        "subscription_id": subscription_id(payment.gateway, payment.subscription)
        if payment.subscription
        else None,
        "plan": _present({"id": payment.plan.id, "name": payment.plan.name})
        if payment.plan
        else None,
        "payer": _person(payment.payer),
        "invoice": _present({"number": payment.invoice_number, "id": invoice.reference})
        if invoice
        else None,
        "links": dict(payment.links),
    }


def _subscription(subscription: Subscription) -> dict[str, Any]:
    seen = subscription.seen
    return {
        "subscription_id": subscription.id,
        "status": seen.status.value,
        "access": subscription.access.value,
        "paid_through": _moment(subscription.paid_through),
        "trial_until": _moment(subscription.trial_until),
        "reference": seen.merchant_reference,
        "plan": _present({"id": seen.plan.id, "name": seen.plan.name}) if seen.plan else None,
        "subscriber": _person(seen.subscriber),
        "started_at": _moment(seen.started_at),
        "next_billing_at": _moment(seen.next_billing_at),
        "last_paid_at": _moment(seen.last_paid_at),
        "outstanding": _amount(seen.outstanding)
        if seen.outstanding and seen.outstanding.minor
        else None,
        "failures": seen.failures or None,
        "next_attempt_at": _moment(seen.next_attempt_at),
        # The link to approve it is the buyer's.
        "links": {name: url for name, url in seen.links.items() if name != "approve"},
    }


def _dispute(dispute: Dispute) -> dict[str, Any]:
    seen = dispute.seen
    return {
        "dispute_id": dispute.id,
        "status": seen.status,
        "confirmed": dispute.confirmed,
        "because": dispute.unconfirmed_because,
        "reason": seen.reason,
        "amount": _amount(seen.amount),
        "payments": list(seen.payments),
        "respond_by": _moment(seen.respond_by),
        "outcome": seen.outcome.value if seen.outcome else None,
        "opened_at": _moment(seen.opened_at),
        "links": dict(seen.links),
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "notification_id": record.id,
        "notification_type": record.type,
        "resource_type": record.resource_type,
        "resource_id": record.resource_id,
        "summary": record.summary,
        "occurred_at": _moment(record.occurred_at),
        "became": record.became.value,
        "because": record.because,
        "subject": record.subject,
        "confirmed": record.confirmed,
    }


def _naming(event: Event, field: str, who: Payer | None) -> Event:
    if who is None or who.name is None:
        return event
    return replace(event, data={**event.data, field: {**_person(who), "name": who.name}})


def _person(who: Payer | None) -> dict[str, Any]:
    return _present({"reference": who.reference}) if who else {}


def _amount(money: Money | None) -> dict[str, Any] | None:
    return amount(money) if money else None


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, {}, "", [])}
