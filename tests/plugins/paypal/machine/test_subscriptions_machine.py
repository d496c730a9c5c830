"""
Hypothesis drives the simulated PayPal against the whole platform in memory.

Whatever buyers, the bank, the merchant and the faults do, in whatever order: once everything has
settled, what we hold is what PayPal's books say, and everything was published once.
`pytest -rP` prints how many of each were played, and what came of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from penstock import problems
from penstock.errors import RequestRefused, TransientError
from penstock.pipeline.manage import Action
from tests.depth import examples
from tests.leaving import logging_restored
from tests.plugins.paypal.machine.balance import Balance
from tests.plugins.paypal.machine.life import SHORT, Life, beginning
from tests.plugins.paypal.simulator_billing.shop import MONTHLY, TRIAL, YEARLY

SETTLES = timedelta(days=3)
"""A stale copy is waited out for a day, and a pending payment asked about once a day."""
API_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "503": ("faults", {"status": 503}),
    "no answer": ("faults", {"drop": True}),
    "answer lost": ("faults", {"drop": True, "after": True, "method": "POST", "times": 1}),
    "rate limit": ("throttle", {"retry_after": 30}),
}
places = st.integers(0, 5)
plans = st.sampled_from([MONTHLY, TRIAL, YEARLY, SHORT])


class Machine(RuleBasedStateMachine):
    """
    One shop, from its first customer on.

    Every rule is something that somebody does; then a minute passes, and what it caused is done.
    """

    def __init__(self, sign: Any, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.life: Life = self.run(self.stack.enter_async_context(beginning(*sign, counts)))
        counts["examples"] += 1

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def passes(self, **span: float) -> None:
        self.run(self.life.until(self.life.now + timedelta(**span)))

    def did(self, what: str) -> None:
        self.counts[what] += 1

    # Buyers and the bank

    @initialize(plan=plans, how=st.sampled_from(["pay", "pay", "pay", "pending", "hold"]))
    def begin(self, plan: str, how: str) -> None:
        """There is a customer."""
        self.open(1, plan)
        self.approve(0, how)

    @rule(number=st.integers(1, 3), plan=plans)
    def open(self, number: int, plan: str) -> None:
        again = f"key-{number}" in self.life.keys
        self.did("open again" if again else "open")
        before = self.life.signed_up.get(f"key-{number}")
        try:
            made = self.run(self.life.sign_up(f"key-{number}", plan))
        except RequestRefused as refused:
            self.did(f"answer: {refused.kind.name}")
            made = None
        if before and made:
            assert (before.opened, before.id) == (made.opened, made.id)
        self.passes(minutes=1)

    @precondition(lambda self: self.approvable())
    @rule(
        place=places,
        how=st.sampled_from(["pay", "pay", "pending", "denied", "hold", "fail", "late"]),
    )
    def approve(self, place: int, how: str) -> None:
        self.did(f"approve: {how}")
        pending = self.approvable()
        self.order(f"subscriptions/{pending[place % len(pending)]}/approve", {"how": how})
        self.passes(minutes=1)

    @precondition(lambda self: self.named("ACTIVE"))
    @rule(
        place=places,
        how=st.sampled_from(["fail", "fail", "pending", "denied", "hold"]),
        times=st.integers(1, 5),
    )
    def bank(self, place: int, how: str, times: int) -> None:
        self.did(f"bank: {how}")
        identity = self.one(place, "ACTIVE")
        self.order(f"subscriptions/{identity}/payments", {"next": how, "times": times})
        self.passes(days=36)

    @precondition(lambda self: self.named("ACTIVE", "SUSPENDED"))
    @rule(place=places)
    def cancel_at_paypal(self, place: int) -> None:
        self.did("cancel at PayPal")
        self.order(f"subscriptions/{self.one(place, 'ACTIVE', 'SUSPENDED')}/cancel")
        self.passes(minutes=1)

    @precondition(lambda self: self.sales())
    @rule(place=places)
    def refund(self, place: int) -> None:
        self.did("refund")
        sales = self.sales()
        sale = self.life.books.sales[sales[place % len(sales)]]
        back = {"resource.sale_id": sale["id"], "resource.amount": sale["amount"]}
        order = {"event_type": "PAYMENT.SALE.REFUNDED", "set": back, "target": self.life.door}
        self.order("webhooks", order)
        self.passes(minutes=1)

    # The merchant

    @precondition(lambda self: self.life.signed_up)
    @rule(place=places, action=st.sampled_from(list(Action)), plan=plans, agrees=st.booleans())
    def manage(self, place: int, action: Action, plan: str, agrees: bool) -> None:
        self.did(f"{action}")
        opened = sorted(one.opened or "" for one in self.life.signed_up.values())
        identity = opened[place % len(opened)]

        async def asked() -> Any:
            manage = self.life.process.platform.manage
            if action is Action.revise:
                return await manage.revise(identity, plan)
            return await manage(action, identity, "because")

        try:
            done = self.run(self.life.alive(asked))
        except RequestRefused as refused:
            self.did(f"answer: {refused.kind.name}")
        except TransientError:
            self.did("answer: 503")
        else:
            self.did("answer: done" if done else "answer: none")
            if done and action is Action.revise and agrees:
                self.did("revise: approved")
                self.order(f"subscriptions/{identity.removeprefix('paypal-')}/approve")
        self.passes(minutes=1)

    # Time

    @rule(span=st.sampled_from([{"hours": 1}, {"days": 5}, {"days": 8}, {"days": 31}]))
    def time(self, span: dict[str, float]) -> None:
        self.did("time")
        self.passes(**span)

    # Faults

    @rule(
        how=st.sampled_from(["lost", "lost", "reorder", "reorder", "duplicate"]),
        number=st.integers(1, 3),
    )
    def webhook_fault(self, how: str, number: int) -> None:
        """Webhooks are lost, overtaken by later ones, or sent again by somebody."""
        self.did(f"fault: {how} webhook")
        if how == "duplicate":
            kept = self.life.kept[-number:]
            for one in kept[:1]:
                self.run(self.life.take(*one, again=True))
            self.passes(minutes=6)
            return
        fault = {"lost": True, "times": number} if how == "lost" else {"hold": number, "times": 1}
        self.order("deliveries/faults", [fault])

    @rule(how=st.sampled_from(list(API_FAULTS)), times=st.integers(1, 6))
    def api_fault(self, how: str, times: int) -> None:
        """PayPal's API is away, limits our rate, or does what it is asked and does not say so."""
        self.did(f"fault: {how}")
        path, fault = API_FAULTS[how]
        order = {"path": "^/v[12]/", "times": times, **fault}
        self.order(path, [order] if path == "faults" else order)

    @precondition(lambda self: self.life.books.subscriptions)
    @rule(place=places, reads=st.integers(1, 3), of_sale=st.booleans())
    def stale(self, place: int, reads: int, of_sale: bool) -> None:
        """PayPal shows how something was."""
        collection = "sales" if of_sale and self.life.books.sales else "subscriptions"
        self.did(f"fault: stale {collection}")
        ids = list(self.life.books.collection(collection))
        order = {"collection": collection, "id": ids[place % len(ids)], "reads": reads}
        self.order("stale", order)

    @rule(calls=st.integers(1, 25), after=st.booleans())
    def crash(self, calls: int, after: bool) -> None:
        """Our process dies at one of its next calls, before or after the call's effect."""
        self.life.process.mortal.dies(calls, after=after)

    # What they have in common

    def order(self, path: str, body: Any = None, method: str = "POST") -> Any:
        return self.run(self.life.order(method, path, body))

    def named(self, *statuses: str) -> list[str]:
        held = self.life.books.subscriptions.items()
        return [identity for identity, one in held if one["status"] in statuses]

    def one(self, place: int, *statuses: str) -> str:
        named = self.named(*statuses)
        return named[place % len(named)]

    def approvable(self) -> list[str]:
        """Those that wait, and whose link reached the buyer."""
        opened = {one.opened for one in self.life.signed_up.values()}
        return [one for one in self.named("APPROVAL_PENDING") if f"paypal-{one}" in opened]

    def sales(self) -> list[str]:
        held = self.life.books.sales.items()
        return [identity for identity, one in held if one["state"] == "completed"]

    def teardown(self) -> None:
        try:
            self._settle()
            found = self.run(Balance.of(self.life))
            self.counts["sales"] += len(self.life.books.sales)
            self.counts["subscriptions"] += len(self.life.books.subscriptions)
            for event in self.life.events.values():
                self.counts[f"published: {event.type.value}"] += 1
            assert not found.complaints, "; ".join(found.complaints)
        finally:
            self.run(self.stack.aclose())
            self.runner.close()

    def _settle(self) -> None:
        """Faults end, what is outstanding is delivered, callers repeat what has no answer."""
        self.life.process.mortal.lives()
        for name in ("faults", "throttle", "stale", "deliveries/faults"):
            self.order(name, method="DELETE")
        self.order("subscriptions/late")
        self.passes(minutes=30)
        for key, plan in self.life.keys.items():
            if key not in self.life.signed_up:
                self.run(self._repeat(key, plan))
        self.run(self.life.until(self.life.now + SETTLES))

    async def _repeat(self, key: str, plan: str) -> None:
        try:
            opened = await self.life.sign_up(key, plan)
        except RequestRefused as refused:
            # Its answer was lost more than 72 hours ago.
            opened = refused.kind is problems.KEY_TOO_OLD
        assert opened, f"{key} opens nothing"


def test_everything_happens_once_whatever_happens(sign: Any):
    counts: Counter[str] = Counter({"lost": 0, "doubled": 0, "wrong": 0})
    try:
        with logging_restored():
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
            run_state_machine_as_test(
                lambda: Machine(sign, counts),
                settings=settings(
                    max_examples=examples(20),
                    stateful_step_count=12,
                    deadline=None,
                    derandomize=True,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.generate, Phase.shrink],
                ),
            )
    finally:
        for what, number in sorted(counts.items()):
            print(f"{number:6}  {what}")
