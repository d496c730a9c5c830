"""The simulated Example gateway as `penstock.simulation` plays it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from random import Random
from typing import Any

from penstock.api import Clock, Money
from penstock.testing.stand import Ask, Entry, Letters, Stand, Webhook
from penstock_example.notifying import SIGNATURE
from penstock_example.simulator import ExampleSimulator

_PAID = ("succeeded", "captured")


@dataclass
class ExampleStand(Stand):
    """The simulator, its buyers and its books."""

    simulator: ExampleSimulator
    plans: Sequence[str] = ("plan-monthly", "plan-trial")
    references: Sequence[str] = ("pending", "decline", "conflict", "busy", "badgateway", "once")
    _taken: int = 0

    def webhooks(self) -> Sequence[Webhook]:
        """The webhooks made since the last call."""
        told = self.simulator.notices.told
        made = [
            Webhook(
                json.loads(one["body"])["id"],
                {"content-type": "application/json", SIGNATURE: one["signature"]},
                one["body"].encode(),
            )
            for one in islice(told, self._taken, None)
        ]
        self._taken = len(told)
        return made

    async def decide(self, approval_url: str, decision: str, ask: Ask) -> str | None:
        """Press a button of the page at that address, if it is still there."""
        token = approval_url.rpartition("/")[2]
        subscription = self.simulator.desk.waiting(token)
        if subscription:
            if decision != "approve":
                return subscription.cancel_url
            self.simulator.desk.approve(subscription)
            return subscription.return_url
        checkout = self.simulator.checkouts.waiting(token)
        if checkout is None:
            return None
        if decision == "cancel":
            return str(checkout.request["cancel_url"])
        self.simulator.checkouts.approve(checkout, declines=decision == "decline")
        return str(checkout.request["return_url"])

    async def time_passes(self, ask: Ask) -> None:
        """Bill what is due."""
        self.simulator.desk.settle()

    async def happens(self, choose: Random, ask: Ask) -> None:
        """The bank refuses a subscription's payments, or takes them again."""
        if held := list(self.simulator.desk.held.values()):
            one = choose.choice(held)
            one.fails = not one.fails

    def books(self) -> Sequence[Entry]:
        """Charges, captures, the payments of subscriptions, and refunds."""
        one = self.simulator
        charges = (held.shown for held in one.charges.charges.values())
        refunds = (held.shown for held in one.refunds.refunds.values())
        sales = chain.from_iterable(held.paid for held in one.desk.held.values())
        captured = ((held.money, held.request) for held in one.checkouts.held.values())
        return [
            *(_entry(it, it["payment_id"], "amount") for it in charges if it["status"] in _PAID),
            *(_entry(money, of["payment"], "minor") for money, of in captured if money),
            *(_entry(it, it["subscription"], "minor") for it in sales),
            *(_entry(it, it["payment"], "amount", back=True) for it in refunds),
        ]

    def done(self, operation_id: str) -> str | None:
        """What the operation's key stands for: a charge or a refund."""
        charge = self.simulator.charges.charges.get(operation_id)
        refund = self.simulator.refunds.refunds.get(operation_id)
        if charge and charge.shown["status"] in _PAID:
            return str(charge.shown["id"])
        return str(refund.shown["id"]) if refund else None

    def subscriptions(self) -> Mapping[str, str]:
        """The status of each subscription."""
        return {one.id: one.status.value for one in self.simulator.desk.held.values()}


def stand(clock: Clock, letters: Letters) -> ExampleStand:
    """The gateway on that clock, with those names."""
    return ExampleStand(ExampleSimulator(letters(16), clock.now(), clock.now, letters))


def _entry(shown: Mapping[str, Any], of: str, amount: str, *, back: bool = False) -> Entry:
    return Entry(shown["id"], of, Money(shown[amount], shown["currency"]), back)
