"""Checkouts of the till, opened and approved, and how they stand."""

from __future__ import annotations

from penstock.api import (
    PaymentStatus,
)
from penstock.domain.payment import Payment
from penstock.domain.rules.buyer import Standpoint
from tests.unit.pipeline.store import Store

SUCCEEDED = ["payment.succeeded"]


async def opened() -> Store:
    store = Store()
    await store.pay()
    return store


async def approved() -> Store:
    store = await opened()
    store.till.approve()
    return store


async def standpoint(store: Store, *, arrived: bool = False) -> Standpoint:
    returned = await store.back(arrived=arrived)
    assert returned is not None
    return returned.view.standpoint


async def paid(store: Store) -> Payment:
    """The payment, which must have been captured once."""
    held = await store.payment()
    assert (PaymentStatus.succeeded, ["CAP-1"]) == (held.status, store.till.moved)
    assert ["CAP-1"] == [one.id for one in held.transactions]
    return held
