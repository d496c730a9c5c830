"""What PayPal knows of a subscription and does not show."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document

Outcome = Literal["pay", "pending", "denied", "hold", "fail"]
"""
How a payment goes: taken, pending and later cleared (an e-check), pending and later denied, taken
and held by PayPal until later, declined.
"""


@dataclass(slots=True)
class Contract:
    """
    The private half of a subscription.

    Attributes:
        base: the simulator's address, for links.
        context: the `application_context` it was created with.
        override: what it changes of its plan.
        token: the one in the approval link.
        anchor: when the first of the current kind of cycle began.
        elapsed: periods since the anchor that have begun.
        due: what the cycle under way costs, as long as it is unpaid.
        due_at: when that was tried first.
        attempts: how often that was tried in vain.
        retry_at: when it is tried again.
        ends_at: when the last cycle is over.
        outcomes: how the next payments go; then they are taken.
        failed_out: it was suspended for its failures, not by a person.
        revision: a change that waits for the buyer's approval, under the token.
        refused: the payments that failed, as its transactions show them.
    """

    base: str = ""
    context: Document = field(default_factory=dict[str, Any])
    override: Document = field(default_factory=dict[str, Any])
    token: str = ""
    anchor: datetime | None = None
    elapsed: int = 0
    due: Decimal = Decimal(0)
    due_at: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    ends_at: datetime | None = None
    outcomes: deque[Outcome] = field(default_factory=deque[Outcome])
    failed_out: bool = False
    revision: Document | None = None
    refused: list[Document] = field(default_factory=list[Document])

    def forget_payment(self) -> None:
        """Nothing is unpaid any more, or nothing is tried any more."""
        self.due, self.due_at, self.attempts, self.retry_at = Decimal(0), None, 0, None


class Contracts:
    """The contracts by the subscription's id; a subscription from elsewhere gets an empty one."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._kept: dict[str, Contract] = {}
        self.settling: dict[str, datetime] = {}
        self.denied: set[str] = set()

    def of(self, subscription: Document) -> Contract:
        """The subscription's own."""
        return self._kept.setdefault(str(subscription["id"]), Contract())

    def plan(self, subscription: Document) -> Document:
        """Its plan as it applies to it: its own overrides included."""
        plan = self._books.plans.get(str(subscription.get("plan_id")), {})
        return overridden(plan, self.of(subscription).override)

    def approvable(self, token: str) -> Document | None:
        """The subscription that the approval link's token belongs to."""
        for identity, contract in self._kept.items():
            if token and contract.token == token:
                return self._books.subscriptions.get(identity)
        return None


def overridden(plan: Document, override: Document) -> Document:
    """The plan with a subscription's overrides; cycles are matched by their sequence."""
    own = {
        cycle.get("sequence"): cycle for cycle in shapes.sequence(override.get("billing_cycles"))
    }
    return {
        **plan,
        **{name: override[name] for name in ("taxes",) if name in override},
        "billing_cycles": [
            {**cycle, **own.get(cycle.get("sequence"), {})} for cycle in cycles(plan)
        ],
        "payment_preferences": {
            **shapes.mapping(plan.get("payment_preferences")),
            **shapes.mapping(override.get("payment_preferences")),
        },
    }


def cycles(plan: Document) -> list[Document]:
    """The plan's billing cycles in the order they are executed."""
    found: Iterable[Document] = shapes.sequence(plan.get("billing_cycles"))
    return sorted(found, key=lambda cycle: int(cycle.get("sequence", 0)))
