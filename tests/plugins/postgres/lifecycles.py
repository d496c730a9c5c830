"""Lifecycles of payments, subscriptions and disputes, at random, as their events tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from penstock.api import Event, EventType
from penstock.testing import NOON

_PRICES = (1250, 99, 2**53 + 1)
_PAYMENT_STEPS = ("refund", "reverse", "restore", "hold", "release", "invoice", "withhold", "fail")
_SUBSCRIPTION_STEPS = ("renew", "miss", "suspend", "resume", "cancel", "end", "collect", "revise")


@st.composite
def lifecycles(draw: st.DrawFn, *, restored: bool = True) -> Sequence[Event]:
    """
    The events of a few entities, each entity's in order.

    Args:
        restored: whether the ledger may have been restored from a backup: then some sequences
            come again, with other events.
    """
    told: list[Event] = []
    for number in range(draw(st.integers(1, 3))):
        told += draw(_payment(f"pay-{number}", restored))
    for number in range(draw(st.integers(0, 2))):
        told += draw(_subscription(f"example-sub_{number}", restored))
    if draw(st.booleans()):
        told += draw(_dispute("example-dp_1", restored))
    return told


@st.composite
def _payment(draw: st.DrawFn, id: str, restored: bool) -> Sequence[Event]:
    paid, gone = draw(st.sampled_from(_PRICES)), 0
    data: dict[str, Any] = {
        "payment_id": id,
        "status": draw(st.sampled_from(["pending", "succeeded"])),
        "amount": _money(paid),
        "payer": {"reference": f"payer-of-{id}", "name": "Ada Lovelace"},
        "plan": {"id": "gold", "name": "Gold"},
    }
    begun = f"payment.{data['status']}"
    told: list[tuple[str, Mapping[str, Any]]] = [(begun, dict(data))]
    if begun == "payment.pending":
        data["status"] = "succeeded"
        told.append(("payment.succeeded", dict(data)))
    for number, step in enumerate(draw(st.lists(st.sampled_from(_PAYMENT_STEPS), max_size=7))):
        own: dict[str, Any] = {}
        match step:
            case "refund" | "reverse" if gone < paid:
                moved = draw(st.integers(1, paid - gone))
                gone += moved
                type = (
                    EventType.payment_refunded if step == "refund" else EventType.payment_reversed
                )
                own = {"moved": _money(moved), "step_id": f"{id}-step-{number}"}
            case "restore" if gone:
                moved = draw(st.integers(1, gone))
                gone -= moved
                type, own = EventType.payment_restored, {"moved": _money(moved)}
            case "hold":
                type, data["hold"] = EventType.payment_on_hold, "new_seller"
            case "release":
                type, _ = EventType.payment_released, data.pop("hold", None)
            case "invoice":
                type = EventType.invoice_paid
                data["invoice"] = {"number": f"PS-{id}", "id": "INV-1"}
            case "withhold":
                type, own = EventType.invoice_withheld, {"because": "no e-mail address"}
            case _:
                type = draw(st.sampled_from([EventType.refund_failed, EventType.refund_parked]))
                own = {"refund": {"id": f"{id}-op", "amount": _money(5)}, "because": "a reason"}
        data["refunded"] = _money(gone)
        whole = {0: "succeeded", paid: "refunded"}
        data["status"] = whole.get(gone, "partially_refunded")
        told.append((type, {**data, **own}))
    return draw(_numbered(id, told, restored))


@st.composite
def _subscription(draw: st.DrawFn, id: str, restored: bool) -> Sequence[Event]:
    data: dict[str, Any] = {
        "subscription_id": id,
        "status": "active",
        "access": "none",
        "started_at": "2026-11-02T11:59:00Z",
        "subscriber": {"reference": f"subscriber-of-{id}", "name": "Ada Lovelace"},
    }
    told: list[tuple[str, Mapping[str, Any]]] = [("subscription.created", dict(data))]
    for step in draw(st.lists(st.sampled_from(_SUBSCRIPTION_STEPS), max_size=7)):
        own: dict[str, Any] = {}
        match step:
            case "renew":
                type, own = EventType.subscription_renewed, {"payment_id": "pay-0", "first": False}
                data |= {"access": "active", "paid_through": "2026-12-02T11:59:00Z"}
            case "miss":
                type = EventType.subscription_payment_failed
                data |= {"access": "grace", "failures": 1, "outstanding": _money(1250)}
            case "suspend" | "resume":
                status = {"suspend": "suspended", "resume": "active"}[step]
                type, data["status"] = f"subscription.{step.rstrip('e')}ed", status
            case "cancel":
                type, data["status"] = EventType.subscription_cancelled, "cancelled"
            case "end":
                type, data["access"] = EventType.subscription_access_ended, "ended"
            case "collect":
                type = draw(
                    st.sampled_from([EventType.collection_failed, EventType.collection_parked])
                )
                own = {"collection": {"id": f"{id}-op", "amount": _money(1250)}, "because": "no"}
            case _:
                type, data["plan"] = EventType.subscription_revised, {"id": "yearly"}
        told.append((type, {**data, **own}))
    return draw(_numbered(id, told, restored))


@st.composite
def _dispute(draw: st.DrawFn, id: str, restored: bool) -> Sequence[Event]:
    data = {
        "dispute_id": id,
        "status": "waiting_for_seller_response",
        "confirmed": False,
        "opened_at": "2026-11-02T11:59:00Z",
        "payments": ["pay-0"],
        "amount": _money(1250),
    }
    told = [("dispute.opened", data)]
    if draw(st.booleans()):
        told.append(("dispute.updated", {**data, "confirmed": True}))
    if draw(st.booleans()):
        told.append(("dispute.resolved", {**data, "status": "resolved", "outcome": "buyer"}))
    return draw(_numbered(id, told, restored))


@st.composite
def _numbered(
    draw: st.DrawFn, id: str, told: Sequence[tuple[str, Mapping[str, Any]]], restored: bool
) -> Sequence[Event]:
    """As events in order. Several may be of one moment."""
    restored_at = draw(st.integers(1, len(told)) | st.none()) if restored else None
    at, sequence, events = NOON, 0, list[Event]()
    for number, (type, data) in enumerate(told):
        again = number == restored_at
        sequence = max(sequence - 1, 1) if again else sequence + 1
        at += timedelta(seconds=draw(st.integers(1 if again else 0, 3)))
        events.append(_event(f"{id}-event-{number}", type, id, sequence, at, data))
    return events


def _event(
    id: str, type: str, entity: str, sequence: int, at: datetime, data: Mapping[str, Any]
) -> Event:
    return Event(id, EventType(type), entity, "example", sequence, at, data)


def _money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}
