"""Which rows an event becomes: itself, and the newest copy of what it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock.api import Event, EventType
from penstock_postgres import told

Value = str | int | bool | datetime | list[str] | None
Values = Mapping[str, Value]

_PAID = frozenset(["succeeded", "partially_refunded", "refunded", "reversed"])
_MOVED = {
    EventType.payment_refunded: "refunded",
    EventType.payment_reversed: "reversed",
    EventType.payment_restored: "restored",
}
_ENDS = {
    EventType.subscription_cancelled: "cancelled_at",
    EventType.subscription_access_ended: "access_ended_at",
}


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row to write.

    Attributes:
        key: the column that names it.
        values: its columns, with the key.
        newest: whether several events write it, of which the newest wins (see `_stamp`).
        earliest: times of which the row keeps the earliest, whichever event comes first.
        latest: the same with the latest.
    """

    table: str
    key: str
    values: Values = field(repr=False)
    newest: bool = True
    earliest: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    latest: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


def rows(event: Event) -> Sequence[Row]:
    """
    The rows of one event; the event's own is the first.

    Names of payers and subscribers are left out: so there is nothing to erase when a payer is
    forgotten.

    Raises:
        Unfit: its data is not as its schema says.
    """
    data = told.storable(_nameless(event.data))
    return [_event(event, data), *_entity(event, data)]


def _entity(event: Event, data: Mapping[str, Any]) -> Iterator[Row]:
    match event.type.partition(".")[0] if event.known else "":
        case "payment":
            yield _payment(event, data)
            if event.type in _MOVED:
                yield _refund(event, data)
        case "invoice":
            yield _payment(event, data)
            yield _invoice(event, data)
        case "refund":
            yield _payment(event, data)
            yield _failure(event, data, "refund")
        case "subscription":
            yield _subscription(event, data)
        case "collection":
            yield _subscription(event, data)
            yield _failure(event, data, "collection")
        case "dispute":
            yield _dispute(event, data)
        case _:
            # A notification is about none of these. Of a type that only newer code knows, the
            # event is kept; replay it once this code knows it, too.
            return


def _nameless(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(data)
    for who in ("payer", "subscriber"):
        if isinstance(kept.get(who), dict):
            kept[who] = {name: value for name, value in kept[who].items() if name != "name"}
    return kept


def _event(event: Event, data: Mapping[str, Any]) -> Row:
    stamp = _stamp(event)
    return Row(
        "events",
        "id",
        {
            "id": stamp["event_id"],
            "type": told.storable(str(event.type)),
            "subject": _subject(event),
            "sequence": stamp["sequence"],
            "gateway": told.storable(event.gateway),
            "time": event.time,
            "data": json.dumps(data),
        },
        newest=False,
    )


def _payment(event: Event, data: Mapping[str, Any]) -> Row:
    status = told.needed(data, "status")
    amount, currency = told.money(data, "amount")
    if amount is None:
        raise told.Unfit("data.amount is missing")
    fee, net = told.money(data, "fee"), told.money(data, "net")
    return Row(
        "payments",
        "id",
        {
            "id": _subject(event),
            "gateway": told.storable(event.gateway),
            "status": status,
            "amount": amount,
            "currency": currency,
            "refunded": told.money(data, "refunded")[0] or 0,
            "fee": fee[0],
            "fee_currency": fee[1],
            "net": net[0],
            "net_currency": net[1],
            "hold": told.text(data, "hold"),
            "reason": told.text(data, "reason"),
            "reference": told.text(data, "reference"),
            "transaction_id": told.text(data, "transaction_id"),
            "subscription_id": told.text(data, "subscription_id"),
            "plan_id": told.text(data, "plan", "id"),
            "plan_name": told.text(data, "plan", "name"),
            "payer_reference": told.text(data, "payer", "reference"),
            **_stamp(event),
        },
        earliest={"paid_at": event.time} if status in _PAID else {},
    )


def _refund(event: Event, data: Mapping[str, Any]) -> Row:
    return Row(
        "refunds",
        "event_id",
        {
            "event_id": told.storable(event.id),
            "payment_id": _subject(event),
            "gateway": told.storable(event.gateway),
            "kind": _MOVED[EventType(event.type)],
            "amount": told.money(data, "moved")[0],
            "currency": told.needed(data, "amount", "currency"),
            "step_id": told.text(data, "step_id"),
            "moved_at": event.time,
        },
        newest=False,
    )


def _invoice(event: Event, data: Mapping[str, Any]) -> Row:
    return Row(
        "invoices",
        "payment_id",
        {
            "payment_id": _subject(event),
            "gateway": told.storable(event.gateway),
            "status": event.type.partition(".")[2],
            "number": told.text(data, "invoice", "number"),
            "invoice_id": told.text(data, "invoice", "id"),
            "because": told.text(data, "because"),
            "payable": told.text(data, "payable"),
            **_stamp(event),
        },
    )


def _failure(event: Event, data: Mapping[str, Any], kind: str) -> Row:
    amount, currency = told.money(data, kind, "amount")
    return Row(
        "failures",
        "operation_id",
        {
            "operation_id": told.needed(data, kind, "id"),
            "kind": kind,
            "subject": _subject(event),
            "gateway": told.storable(event.gateway),
            "status": event.type.partition(".")[2],
            "amount": amount,
            "currency": currency,
            "reason": told.text(data, kind, "reason"),
            "because": told.text(data, "because"),
            **_stamp(event),
        },
    )


def _dispute(event: Event, data: Mapping[str, Any]) -> Row:
    amount, currency = told.money(data, "amount")
    return Row(
        "disputes",
        "id",
        {
            "id": _subject(event),
            "gateway": told.storable(event.gateway),
            "status": told.needed(data, "status"),
            "confirmed": told.flag(data, "confirmed"),
            "because": told.text(data, "because"),
            "reason": told.text(data, "reason"),
            "amount": amount,
            "currency": currency,
            "payments": told.texts(data, "payments"),
            "respond_by": told.moment(data, "respond_by"),
            "outcome": told.text(data, "outcome"),
            "opened_at": _needed_moment(data, "opened_at"),
            **_stamp(event),
        },
    )


def _subscription(event: Event, data: Mapping[str, Any]) -> Row:
    outstanding, currency = told.money(data, "outstanding")
    return Row(
        "subscriptions",
        "id",
        {
            "id": _subject(event),
            "gateway": told.storable(event.gateway),
            "status": told.needed(data, "status"),
            "access": told.needed(data, "access"),
            "paid_through": told.moment(data, "paid_through"),
            "trial_until": told.moment(data, "trial_until"),
            "reference": told.text(data, "reference"),
            "plan_id": told.text(data, "plan", "id"),
            "plan_name": told.text(data, "plan", "name"),
            "subscriber_reference": told.text(data, "subscriber", "reference"),
            "started_at": _needed_moment(data, "started_at"),
            "next_billing_at": told.moment(data, "next_billing_at"),
            "last_paid_at": told.moment(data, "last_paid_at"),
            "outstanding": outstanding,
            "outstanding_currency": currency,
            "failures": told.integer(data, "failures") or 0,
            "next_attempt_at": told.moment(data, "next_attempt_at"),
            **_stamp(event),
        },
        latest={_ENDS[EventType(event.type)]: event.time} if event.type in _ENDS else {},
    )


def _stamp(event: Event) -> dict[str, Value]:
    """
    Which event a row shows. The greatest one wins.

    A sequence is enough, but for a ledger that was restored from a backup: it gives sequences
    again, to other events. Then the later one is right.
    """
    return {
        "sequence": told.integer({"sequence": event.sequence}, "sequence"),
        "changed_at": event.time,
        "event_id": told.storable(event.id),
    }


def _subject(event: Event) -> str:
    return told.storable(event.entity)


def _needed_moment(data: Mapping[str, Any], name: str) -> datetime:
    at = told.moment(data, name)
    if at is None:
        raise told.Unfit(f"data.{name} is missing")
    return at
