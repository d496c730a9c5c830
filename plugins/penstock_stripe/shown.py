"""An intent as Stripe's API shows it, with what was sent back of it, in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.api import Money, Observation, Payer, PaymentStatus, Transaction
from penstock_stripe import money, names, shapes

SETTLED = "latest_charge.balance_transaction"
"""Expands what Stripe booked of the charge, with its fee: a right of its own."""
REFUNDS = "latest_charge.refunds"
_AT_CAPTURE = timedelta(minutes=1)
_STATUS: Mapping[str, PaymentStatus] = {
    "succeeded": PaymentStatus.succeeded,
    "canceled": PaymentStatus.declined,
    "processing": PaymentStatus.pending,
    "requires_action": PaymentStatus.pending,
    "requires_capture": PaymentStatus.pending,
    "requires_confirmation": PaymentStatus.pending,
}
_REFUNDS: Mapping[str, PaymentStatus] = {
    "succeeded": PaymentStatus.refunded,
    "pending": PaymentStatus.pending,
    "requires_action": PaymentStatus.pending,
    "failed": PaymentStatus.declined,
    "canceled": PaymentStatus.declined,
}
_PAGES = "https://dashboard.stripe.com"


class Unreadable(ValueError):
    """A value that means nothing to us: waiting will not help."""


def observation(
    intent: Mapping[str, Any],
    refunds: Sequence[Any],
    disputes: Sequence[Any],
    subscription: str | None,
) -> Observation:
    """
    An intent's money.

    Args:
        refunds: all refunds of it, as Stripe shows them.
        disputes: all disputes about it.
        subscription: Stripe's id of the subscription that it pays for.

    Raises:
        Unreadable: its status or its amount is none that is known here.
    """
    status, charge = status_of(intent), shapes.mapping(intent, "latest_charge")
    taken = "amount_received" if status is PaymentStatus.succeeded else "amount"
    identity, amount = shapes.identity(intent, "id"), money.read(intent, taken)
    at = shapes.moment(charge, "created") or shapes.moment(intent, "created")
    if identity is None or amount is None or at is None:
        raise Unreadable("the payment's id, amount or time cannot be read")
    fee, net = _settled(shapes.mapping(charge, "balance_transaction"))
    return Observation(
        Transaction(identity, "charge", status, amount, at),
        subscription=subscription,
        payer=_payer(intent, charge),
        reference=shapes.text(intent, "metadata", names.REFERENCE),
        links={"stripe": page(intent, f"payments/{identity}")},
        # Of money that was only authorised nothing goes back: such a "refund" releases it.
        refunds=tuple(_steps([one for one in refunds if not _releases(charge, one)], disputes))
        if status is PaymentStatus.succeeded
        else (),
        reason=None if status is PaymentStatus.succeeded else why(intent),
        fee=fee,
        net=net,
    )


def status_of(intent: Mapping[str, Any]) -> PaymentStatus:
    """
    What became of the money.

    Raises:
        Unreadable: a status that is not known here.
    """
    word = shapes.text(intent, "status")
    if word == "requires_payment_method":
        # So it begins, and so it is after an attempt that failed.
        tried = shapes.mapping(intent, "last_payment_error")
        return PaymentStatus.declined if tried else PaymentStatus.pending
    found = _STATUS.get(word or "")
    if found is None:
        raise Unreadable("a payment in a status that is not known here")
    return found


def why(intent: Mapping[str, Any]) -> str | None:
    """Why it is not paid, in Stripe's short words."""
    error = shapes.mapping(intent, "last_payment_error")
    said = shapes.code(error, "decline_code") or shapes.code(error, "code")
    return said or shapes.code(intent, "cancellation_reason") or shapes.code(intent, "status")


def refund_status(refund: Any) -> PaymentStatus | None:
    """What became of a refund; None for a status that is not known here."""
    return _REFUNDS.get(shapes.text(refund, "status") or "")


def page(shown: Mapping[str, Any], path: str) -> str:
    """Where the merchant sees it in Stripe's dashboard."""
    return f"{_PAGES}/{'' if shapes.at(shown, 'livemode') is True else 'test/'}{path}"


def withdrawn(dispute: Any) -> bool | None:
    """
    Whether Stripe holds the disputed money; None if it never did.

    A dispute shows up to two movements: the money withdrawn, then reinstated.
    """
    moved = len(shapes.listed(dispute, "balance_transactions"))
    return bool(moved % 2) if moved else None


def _releases(charge: Mapping[str, Any], refund: Any) -> bool:
    """
    Whether a "refund" is the rest that a partial capture released.

    A capture in a version before 2025-03-31.basil made one
    (docs.stripe.com/changelog/basil/2025-03-31), at the moment that the charge was booked.
    """
    whole, captured = shapes.number(charge, "amount"), shapes.number(charge, "amount_captured")
    booked = shapes.moment(charge, "balance_transaction", "created")
    made = shapes.moment(refund, "created")
    if whole is None or captured is None or booked is None or made is None:
        return False
    ours = shapes.text(refund, "metadata", names.OPERATION) is not None
    rest = whole - captured
    same = rest > 0 and rest == shapes.number(refund, "amount")
    return same and not ours and abs(made - booked) <= _AT_CAPTURE


def _steps(refunds: Sequence[Any], disputes: Sequence[Any]) -> Sequence[Transaction]:
    back = [
        _step(one, "refund", status, shapes.text(one, "metadata", names.OPERATION))
        for one in refunds
        if (status := refund_status(one)) is not None
    ]
    taken = [
        _step(one, "reversal", PaymentStatus.refunded if gone else PaymentStatus.declined)
        for one in disputes
        if (gone := withdrawn(one)) is not None
    ]
    return sorted((one for one in (*back, *taken) if one), key=_in_time)


def _step(
    shown: Any, kind: str, status: PaymentStatus, operation: str | None = None
) -> Transaction | None:
    identity, amount = shapes.identity(shown, "id"), money.read(shown)
    at = shapes.moment(shown, "created")
    if identity is None or amount is None or at is None:
        return None
    return Transaction(identity, kind, status, amount, at, operation)


def _in_time(step: Transaction) -> tuple[datetime, str]:
    return step.at, step.id


def _payer(intent: Mapping[str, Any], charge: Mapping[str, Any]) -> Payer | None:
    bill = shapes.mapping(charge, "billing_details")
    found = Payer(
        shapes.identity(intent, "customer"), shapes.text(bill, "name"), shapes.text(bill, "email")
    )
    return found if found != Payer() else None


def _settled(movement: Mapping[str, Any]) -> tuple[Money | None, Money | None]:
    """The fee and what is left, in the currency that Stripe settles in."""
    return money.read(movement, "fee"), money.read(movement, "net")
