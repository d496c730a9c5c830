"""A plan's billing cycles, in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from penstock.api import BillingCycle, Interval, IntervalUnit, Money, PlanOffer, PlanStatus
from penstock_paypal import shapes

_LAST = 99
"""PayPal's highest place of a cycle among the others."""


class UnknownPlan(ValueError):
    """A plan with a word or a number that is not known here."""


def offer(data: Mapping[str, Any]) -> PlanOffer:
    """
    A plan as PayPal offers it.

    Raises:
        UnknownPlan: it has no id, or a status or interval that is not known here.
    """
    identity = shapes.identity(data, "id")
    if identity is None:
        raise UnknownPlan("a plan without an id")
    try:
        status = PlanStatus((shapes.text(data, "status") or "").lower())
    except ValueError as exc:
        raise UnknownPlan("a plan in a status that is not known here") from exc
    fee = shapes.money(data, "payment_preferences", "setup_fee")
    return PlanOffer(
        id=identity,
        name=shapes.text(data, "name") or identity,
        status=status,
        cycles=cycles(data),
        description=shapes.text(data, "description"),
        setup_fee=fee if fee and fee.minor else None,
    )


def priced(data: Mapping[str, Any]) -> bool:
    """Whether a list shows the plan whole: lists may leave out cycles and prices."""
    raw = shapes.sequence(data.get("billing_cycles"))
    return any(shapes.mapping(shapes.at(one, "pricing_scheme")) for one in raw)


def cycles(
    data: Mapping[str, Any], base: Mapping[str, Any] | None = None
) -> tuple[BillingCycle, ...]:
    """
    A plan's billing cycles, in the order in which they run; empty where it shows none.

    Args:
        base: the plan that this one overrides: an override names what differs only.

    Raises:
        UnknownPlan: an interval that is not known here.
    """
    raw = _merged(_by_place(data), _by_place(base or {}))
    found = [(_cycle(one), bool(shapes.mapping(one.get("pricing_scheme")))) for one in raw]
    # A free trial needs no price. Where the regular price is not shown, none may be.
    currency = next((one.price.currency for one, _ in found if one.price and not one.trial), None)
    return tuple(
        replace(one, price=Money(0, currency)) if currency and one.trial and not priced else one
        for one, priced in found
    )


def _by_place(data: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for one in shapes.sequence(data.get("billing_cycles")):
        cycle = shapes.mapping(one)
        yield shapes.count(cycle, "sequence") or _LAST, cycle


def _merged(
    shown: Iterator[tuple[int, Mapping[str, Any]]], base: Iterator[tuple[int, Mapping[str, Any]]]
) -> Sequence[Mapping[str, Any]]:
    known = dict(base)
    merged = [(place, {**known.pop(place, {}), **cycle}) for place, cycle in shown]
    rest = [(place, dict(cycle)) for place, cycle in known.items()]
    return [cycle for _, cycle in sorted([*merged, *rest], key=_trials_first)]


def _trials_first(one: tuple[int, Mapping[str, Any]]) -> tuple[bool, int]:
    place, cycle = one
    return not _trial(cycle), place


def _trial(cycle: Mapping[str, Any]) -> bool:
    return shapes.text(cycle, "tenure_type") == "TRIAL"


def _cycle(data: Mapping[str, Any]) -> BillingCycle:
    total = shapes.count(data, "total_cycles")
    trial = _trial(data)
    return BillingCycle(
        interval=interval(
            shapes.text(data, "frequency", "interval_unit"),
            shapes.count(data, "frequency", "interval_count"),
        ),
        price=shapes.money(data, "pricing_scheme", "fixed_price"),
        trial=trial,
        # PayPal's default is 1; 0, without end, is for regular cycles only.
        cycles=max(1 if total is None else total, 1 if trial else 0),
    )


def interval(unit: str | None, count: int | None) -> Interval:
    """
    How long a cycle lasts; `unit` in either of PayPal's spellings (MONTH, Month).

    Raises:
        UnknownPlan: it is none of DAY, WEEK, MONTH and YEAR, or the count is below 1.
    """
    try:
        known = IntervalUnit((unit or "").lower())
    except ValueError as exc:
        raise UnknownPlan("a billing cycle with an interval that is not known here") from exc
    number = 1 if count is None else count
    if number < 1:
        raise UnknownPlan("a billing cycle with an interval below 1")
    return Interval(known, number)
