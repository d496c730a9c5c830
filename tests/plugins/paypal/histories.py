"""Histories of one sale, and orders in which they are told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from penstock.api import Delivery
from penstock.domain.payment import Payment
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import FixedSecrets, context
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.webhooks import door
from tests.plugins.paypal.fakes import Shown
from tests.plugins.paypal.platform import Platform
from tests.plugins.paypal.told import SECRET

SALE = "SALE0000000ORD111"
PAID = 100
Document = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """Something happened at PayPal: what its API shows from then on, and the event it sends."""

    shown: dict[str, Document]
    delivery: Delivery


@dataclass
class History:
    """
    What happens to one sale of 100.00 USD.

    Attributes:
        tells: whether the sale's state shows reversals; the specification names no such state.
    """

    tells: bool
    sale: Document = field(default_factory=Document)
    steps: dict[str, Document] = field(default_factory=dict[str, Document])
    moments: list[Moment] = field(default_factory=list[Moment])

    @property
    def now(self) -> datetime:
        return NOON + timedelta(hours=len(self.moments))

    @property
    def paid(self) -> bool:
        return self.sale["state"] not in ("pending", "denied")

    def begin(self, state: str) -> None:
        self.sale = {"id": SALE, "state": state, "amount": _usd(PAID), "create_time": _at(NOON)}
        event = "PENDING" if state == "pending" else "COMPLETED"
        self._happened(f"PAYMENT.SALE.{event}", self.sale)

    def decide(self, state: str) -> None:
        if self.sale["state"] == "pending":
            self.sale["state"] = state
            self._happened(f"PAYMENT.SALE.{state.upper()}", self.sale)

    def send_back(self, kind: str, amount: int, state: str) -> None:
        """A refund of what is left, at most; a reversal may take what was refunded before."""
        if kind == "REFUNDED":
            standing = ("pending", "completed")
            amount = min(amount, PAID - self._sum(standing, ("REFUNDED", "REVERSED")))
        if not self.paid or amount <= 0:
            return
        identity = f"{kind[:3]}T0000000ORD{len(self.steps):03}"
        state = "completed" if kind == "REVERSED" else state
        step = {"id": identity, "state": state, "amount": _usd(-amount), "sale_id": SALE}
        self.steps[identity] = step | {"kind": kind, "create_time": _at(self.now)}
        self._happened(f"PAYMENT.SALE.{kind}", self.steps[identity])

    def go_on(self, pick: int, state: str, quiet: bool) -> None:
        """A refund completes or fails, also one that was complete; a reversal is cancelled."""
        names = list(self.steps)
        if not names:
            return
        step = self.steps[names[pick % len(names)]]
        if step["state"] in ("failed", "cancelled") or step["state"] == state:
            return
        if step["kind"] == "REVERSED":
            step["state"] = "cancelled"
            # PayPal tells it by the sale, or by the step itself.
            event = "PAYMENT.SALE.COMPLETED" if quiet else "PAYMENT.REFUND.FAILED"
            self._happened(event, self.sale if quiet else step)
            return
        step["state"] = state
        event = "PAYMENT.SALE.REFUNDED" if state == "completed" else "PAYMENT.REFUND.FAILED"
        self._happened(event, step)

    def _sum(self, states: Iterable[str], kinds: Iterable[str]) -> int:
        return sum(
            -int(float(one["amount"]["total"]))
            for one in self.steps.values()
            if one["state"] in states and one["kind"] in kinds
        )

    def _happened(self, event_type: str, resource: Document) -> None:
        if self.paid:
            kinds = ("REFUNDED", "REVERSED") if self.tells else ("REFUNDED",)
            gone = self._sum(("completed",), kinds)
            reversals = self.tells and self._sum(("completed",), ("REVERSED",))
            whole = "reversed" if reversals else "refunded"
            self.sale["state"] = (
                whole if gone >= PAID else "partially_refunded" if gone else "completed"
            )
        self.sale["update_time"] = _at(self.now)
        shown = {f"/v1/payments/sale/{SALE}": dict(self.sale)}
        for identity, step in self.steps.items():
            shown[f"/v1/payments/refund/{identity}"] = {
                name: value for name, value in step.items() if name != "kind"
            }
        self.moments.append(Moment(shown, self._event(event_type, resource)))

    def _event(self, event_type: str, resource: Document) -> Delivery:
        number = len(self.moments)
        event = {
            "id": f"WH-{number}",
            "event_type": event_type,
            "create_time": _at(self.now),
            "resource": resource,
        }
        headers = {door.ID: f"transmission-{number}", door.TIME: _at(self.now)}
        return Delivery.of("paypal", headers, json.dumps(event).encode(), self.now)


@dataclass(frozen=True)
class Look:
    """One delivery: of which event, after how many more moments, with how old a sale."""

    event: int
    delay: int
    place: int
    behind: int = 0


def _usd(amount: int) -> Document:
    return {"total": f"{amount}.00", "currency": "USD"}


def _at(time: datetime) -> str:
    return time.isoformat()


async def told(moments: list[Moment], looks: list[Look], *, closing: bool = False) -> Platform:
    """The platform once everything was told, and whatever it wanted to ask again was asked."""
    api, clock = Shown(), FrozenClock()
    plugin = context(
        PayPalSettings(environment="sandbox", extra_certificates=""),
        secrets=FixedSecrets(SECRET),
        clock=clock,
        http=api,
    )
    platform, numbers, last = Platform(PayPal(plugin), clock), count(), len(moments) - 1
    for look in sorted(looks, key=lambda one: (min(one.event + one.delay, last), one.place)):
        at = min(look.event + look.delay, last)
        clock.advance(max(0.0, (NOON + timedelta(hours=at) - clock.now()).total_seconds()))
        path = f"/v1/payments/sale/{SALE}"
        older = moments[max(0, at - look.behind)].shown[path]
        api.resources = {**moments[at].shown, path: older}
        delivery = moments[look.event].delivery
        await platform.tell(platform.paypal.read(delivery), next(numbers))
        agrees(await payment_of_it(platform), platform)
    api.resources = dict(moments[-1].shown)
    if closing:
        newest = platform.paypal.read(moments[-1].delivery)
        await platform.tell(replace(newest, id="WH-CLOSING"), next(numbers))
    for _ in range(4):
        clock.advance(timedelta(days=2).total_seconds())
        await platform.again()
        await platform.sweep()
    return platform


async def payment_of_it(platform: Platform) -> Payment:
    payment = await platform.payment(SALE)
    assert payment is not None
    return payment


def agrees(payment: Payment, platform: Platform) -> None:
    """What the events say went back, less what came back, is what the payment says."""
    went = moved_by(platform, "payment.refunded", "payment.reversed")
    came = moved_by(platform, "payment.restored")
    refunded = payment.refunded.minor if payment.refunded else 0

    assert refunded == went - came
    assert refunded <= PAID * 100
    assert all(
        event.data["moved"]["minor"] > 0 for event in platform.events if "moved" in event.data
    )
    succeeded = [event for event in platform.events if event.type == "payment.succeeded"]
    assert payment.paid == bool(succeeded)
    assert len(succeeded) <= 1


def moved_by(platform: Platform, *types: str) -> int:
    return sum(one.data["moved"]["minor"] for one in platform.events if one.type in types)
