"""
What becomes of subscriptions at the simulated Example gateway, and when.

    approve ──► active, billed ──► each period: paid, or failed and tried again, thrice at most
    cancel, suspend, resume, another plan ──► as the state allows it
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.api import Money, PlanOffer, PlanStatus, SubscriptionStatus
from penstock_example.simulator.held import Held, money_of, written
from penstock_example.simulator.plans import PLANS, period

Tell = Callable[[str, str, Mapping[str, Any], datetime], None]
"""Send a notification: where to, its type, its data, and when that happened."""
TRY_AGAIN_AFTER = timedelta(days=5)
MOST_FAILURES = 3
_PENDING, _ACTIVE, _SUSPENDED, _CANCELLED, _EXPIRED = (
    SubscriptionStatus.approval_pending,
    SubscriptionStatus.active,
    SubscriptionStatus.suspended,
    SubscriptionStatus.cancelled,
    SubscriptionStatus.expired,
)
_ALLOWED = {
    "cancel": ((_ACTIVE, _SUSPENDED), _CANCELLED, "cancelled"),
    "suspend": ((_ACTIVE,), _SUSPENDED, "suspended"),
    "resume": ((_SUSPENDED,), _ACTIVE, "resumed"),
}


class NotAllowed(Exception):
    """The subscription's state does not allow it."""


@dataclass(slots=True)
class Desk:
    """
    All subscriptions, by id and by the key they were opened under.

    Attributes:
        began: its time at the start.
        machine: this machine's time; a test gives its own.
        letters: makes that many random bytes in hexadecimal; a test gives its own.
    """

    tell: Tell
    began: datetime
    machine: Callable[[], datetime] = lambda: datetime.now(UTC)
    letters: Callable[[int], str] = secrets.token_hex
    held: dict[str, Held] = field(default_factory=dict[str, Held])
    opened: dict[str, Held] = field(default_factory=dict[str, Held])
    _ahead: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self._ahead = self.began - self.machine()

    def now(self) -> datetime:
        """Its time, to the second."""
        return (self.machine() + self._ahead).replace(microsecond=0)

    def advance(self, span: timedelta) -> None:
        """Let time pass, and bill what is due."""
        self._ahead += span
        self.settle()

    def plan(self, identity: object) -> PlanOffer | None:
        """A plan that can be subscribed to."""
        return next((p for p in PLANS if p.id == identity and p.status is PlanStatus.active), None)

    def open(self, key: str, plan: PlanOffer, request: Mapping[str, Any]) -> Held:
        """Open a subscription that waits for the buyer."""
        made = Held(f"sub_{self.letters(8)}", plan, self.now(), request)
        self.held[made.id] = self.opened[key] = made
        self._ask(made, request)
        self._tell(made, "created", made.opened_at)
        return made

    def payment(self, identity: str) -> Mapping[str, Any] | None:
        """A subscription's payment, by its id."""
        for one in self.held.values():
            for paid in one.paid:
                if paid["id"] == identity:
                    return {"amount": paid["minor"], "currency": paid["currency"]}
        return None

    def waiting(self, token: str) -> Held | None:
        """The one whose buyer has that approval address."""
        return next((one for one in self.held.values() if one.token == token), None)

    def approve(self, one: Held) -> None:
        """The buyer agrees: to the subscription, or to its other plan."""
        now, one.token = self.now(), None
        if one.moving_to:
            # The old plan's period is paid: the new one begins where that ends.
            one.plan, one.moving_to = one.moving_to, None
            one.cycles = tuple(cycle for cycle in one.plan.cycles if not cycle.trial)
            one.anchor, one.number, one.updated_at = one.due_at or now, -1, now
            self._tell(one, "revised", now)
            return
        one.become(_ACTIVE, now)
        one.started_at = one.anchor = one.due_at = now
        one.number = -1
        self._tell(one, "activated", now)
        self.settle()

    def change(self, one: Held, what: str) -> None:
        """
        Cancel, suspend or resume it.

        Raises:
            NotAllowed: its state does not allow it.
        """
        states, becomes, told = _ALLOWED[what]
        if one.status not in states:
            raise NotAllowed
        now = self.now()
        one.become(becomes, now)
        if becomes is _CANCELLED:
            one.due_at = None
        if becomes is _ACTIVE:
            self._go_on(one, now)
        self._tell(one, told, now)
        self.settle()

    def revise(self, one: Held, plan: PlanOffer, request: Mapping[str, Any]) -> None:
        """
        Have the buyer asked whether it may move to another plan.

        Raises:
            NotAllowed: it is not active.
        """
        if not one.active:
            raise NotAllowed
        one.moving_to = plan
        self._ask(one, request)

    def settle(self) -> None:
        """Bill what is due, in the order of time."""
        now = self.now()
        while due := [one for one in self.held.values() if _is_due(one, now)]:
            first = min(due, key=lambda one: one.due_at or now)
            self._bill(first, first.due_at or now)

    def _ask(self, one: Held, request: Mapping[str, Any]) -> None:
        one.token = self.letters(16)
        one.return_url, one.cancel_url = request["return_url"], request["cancel_url"]

    def _go_on(self, one: Held, now: datetime) -> None:
        """Bill a resumed one when its present period ends; what it owes, at once."""
        if one.owed:
            one.failures, one.due_at = 0, now
            return
        while (found := period(one.cycles, one.anchor, one.number)) and found[1] <= now:
            one.number += 1
        one.due_at = found[1] if found else now

    def _bill(self, one: Held, at: datetime) -> None:
        if not one.owed:
            one.number += 1
        found = period(one.cycles, one.anchor, one.number)
        if found is None:
            one.due_at = None
            one.become(_EXPIRED, at)
            self._tell(one, "expired", at)
            return
        cycle, ends = found
        price = one.owed or cycle.price
        if price is None or price.minor == 0:
            one.due_at, one.updated_at = ends, at
        elif one.fails:
            self._failed(one, price, at)
        else:
            # What this one held up is taken now; no payment is dated before it.
            one.due_at, one.owed, one.failures, one.updated_at = max(ends, at), None, 0, at
            self._paid(one, price, at)

    def _paid(self, one: Held, price: Money, at: datetime) -> None:
        payment = {
            "id": f"pay_{self.letters(8)}",
            "at": written(at),
            **money_of(price),
            "status": "succeeded",
            "subscription": one.id,
            "plan": one.plan.id,
            "plan_name": one.plan.name,
            "reference": one.request["reference"],
        }
        one.paid.append(payment)
        self.tell(one.request["notify_url"], "payment.succeeded", payment, at)
        if len(one.paid) > 1:
            self._tell(one, "renewed", at)

    def _failed(self, one: Held, price: Money, at: datetime) -> None:
        one.owed, one.failures, one.updated_at = price, one.failures + 1, at
        one.due_at = at + TRY_AGAIN_AFTER
        self._tell(one, "payment_failed", at)
        if one.failures == MOST_FAILURES:
            one.become(_SUSPENDED, at)
            self._tell(one, "suspended", at)

    def _tell(self, one: Held, what: str, at: datetime) -> None:
        # A buyer's approval address is in no notification.
        self.tell(one.request["notify_url"], f"subscription.{what}", one.shown(), at)


def _is_due(one: Held, now: datetime) -> bool:
    return one.active and one.due_at is not None and one.due_at <= now
