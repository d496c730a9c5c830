"""A merchant's day after which the ledger is put back to where it was an hour ago."""

from __future__ import annotations

import asyncio
import copy
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from penstock.adapters.memory import MemoryQueue
from penstock.domain.payment import Payment
from penstock.domain.ref import Ref
from penstock.entrypoints.http.message import Answer, Request
from penstock.ports import Outgoing
from penstock.simulation.loop import VirtualLoop
from penstock.simulation.run import HOUR, Outcome, Run
from penstock.testing.stand import Webhook

BEFORE, AFTER = 60, 40
"""Customers of the two hours before the moment that is restored, and of the hour that is lost."""
ROUNDS = 4
"""How often the merchant's backend repeats the requests of the lost hour."""
_TABLE = ("ledger", "attempts", "tokens", "audit", "restrictions", "answers", "watermarks")
"""The stores that are one table on AWS, and so are restored together."""
_EXPECTED = (
    # What the sinks have heard in the lost hour they may hear again.
    r"(sink|event) .*",
    # A copy of a message whose refund or capture is forgotten waits for a person.
    r"dead letter of payments: (PaymentConflict|UnknownPayment): .*",
    # The first charge is forgotten; the gateway keeps its key, and its books show one.
    r"charge [0-9a-f-]+: sent again without a look-up",
    # The gateway's webhook told of it first, so that its repeat found nothing left: 409. What went
    # back agrees to the minor unit, or another finding says so.
    r"pay-\w+: its refund [0-9a-f-]+ was accepted and is not in the ledger",
    # Banks take days for it.
    r"pay-\w+: is pending at the end: ECHECK",
)


class Recording(MemoryQueue):
    """A queue that keeps a copy of all that was sent to it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.sent: list[Outgoing] = []

    async def send(self, message: Outgoing) -> None:
        """Append a message."""
        self.sent.append(message)
        await super().send(message)


class Restored(Run):
    """Everything works, but the table is put back; then all that can come again comes again."""

    def __init__(self, seed: int, gateway: str, *, repeats: bool = True) -> None:
        super().__init__(seed, gateway, None)
        self.repeats = repeats
        self.asked: list[Request] = []
        self.told: list[Webhook] = []

    async def weeks(self) -> list[str]:
        """Two hours, the lost hour, the restore, and a week to come to rest."""
        payments = Recording(self.world.clock, dead_letters=self.world.dead_letters["payments"])
        self.world.queues["payments"] = payments
        self._listen()
        await self.revive(1.0)
        beside = asyncio.create_task(self.post.run())
        try:
            customers = asyncio.create_task(self.shop.day(BEFORE, 2 * HOUR))
            await asyncio.sleep(2 * HOUR)
            kept, sent = self._copied(), len(payments.sent)
            known = {one.ref for one in self.ledger.entities()}
            asked, told = len(self.asked), len(self.told)
            await asyncio.gather(customers, self.shop.day(AFTER, HOUR / 2))
            await asyncio.sleep(HOUR / 4)
            for host in self.hosts:
                host.kill()
                await host.process.gone()
            self._put_back(kept)
            await self.revive(1.0)
            await self._again(payments, payments.sent[sent:], self.asked[asked:], self.told[told:])
            # What is undecided is asked about daily at least.
            for stretch, span in ((1.0, HOUR), (20.0, 30 * HOUR), (1.0, 9 * HOUR)):
                self.stretch(stretch)
                await asyncio.sleep(span)
            expected = self._expected(known)
            return [
                *self._twice(),
                *(one for one in await self.findings() if not re.match(expected, one)),
            ]
        finally:
            beside.cancel()
            for host in self.hosts:
                host.kill()
                await host.process.gone()

    def _expected(self, known: Collection[Ref]) -> str:
        """
        The findings that are to be expected, as a pattern.

        A checkout that was opened in the lost hour cannot be taken up: its secret is lost, so
        that its repeat is another request. docs/deploy.md says so.
        """
        lost = {
            one.id
            for one in self.ledger.entities()
            if isinstance(one, Payment) and one.approval and one.ref not in known
        }
        moved = {entry.id for entry in self.stand.books() if entry.of in lost}
        return "|".join([*_EXPECTED, *(f"(payment#)?{one}:" for one in sorted(lost | moved))])

    def _listen(self) -> None:
        """Keep what the backend asked under a key, and what the gateway told."""
        ask, webhooks = self.shop.ask, self.stand.webhooks

        async def asking(request: Request) -> Answer | None:
            if "idempotency-key" in request.headers:
                self.asked.append(request)
            return await ask(request)

        def telling() -> Any:
            made = webhooks()
            self.told += made
            return made

        self.shop.ask = asking
        self.stand.webhooks = telling  # type: ignore[method-assign]

    def _copied(self) -> Mapping[str, Mapping[str, Any]]:
        stores = ((name, vars(getattr(self.world, name))) for name in _TABLE)
        return {
            name: {
                field: copy.deepcopy(value)
                for field, value in fields.items()
                if isinstance(value, dict | list | set)
            }
            for name, fields in stores
        }

    def _put_back(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        for name, fields in kept.items():
            for field, value in fields.items():
                setattr(getattr(self.world, name), field, value)

    async def _again(
        self,
        queue: MemoryQueue,
        sent: list[Outgoing],
        asked: list[Request],
        told: list[Webhook],
    ) -> None:
        """All that was sent in the lost hour, once more: messages, webhooks, requests."""
        for number, message in enumerate(sent):
            again = Outgoing(
                message.body, message.group, f"again-{number}", attributes=message.attributes
            )
            await queue.send(again)
        for webhook in told:
            where = f"/webhooks/{self.gateway}"
            await self.ask(Request("POST", where, headers=webhook.headers, body=webhook.body))
        for _ in range(ROUNDS if self.repeats else 0):
            for request in asked:
                await self.ask(request)
            await asyncio.sleep(HOUR / 4)

    def _twice(self) -> Iterator[str]:
        """What the gateway's own books show more than once."""
        books = self.stand.books()
        ids = Counter(entry.id for entry in books)
        yield from (f"{one}: is in the books {n} times" for one, n in ids.items() if n > 1)
        ours = {one.id for one in self.ledger.entities() if isinstance(one, Payment)}
        ours |= {paid.id for paid in self.shop.payments.values() if paid.id}
        taken = Counter(entry.of for entry in books if not entry.back and entry.of in ours)
        yield from (f"{one}: was charged {n} times" for one, n in taken.items() if n > 1)
        for sale, states in self.stand.invoices().items():
            if len(states) > 1:
                yield f"{sale}: has {len(states)} invoices"
        yield from self._sent_back_twice(books)

    def _sent_back_twice(self, books: Any) -> Iterator[str]:
        """No more went back of a payment than was asked for, each request once."""
        by_payment = {
            one.transaction.id: one.id
            for one in self.ledger.entities()
            if isinstance(one, Payment) and one.transaction
        }
        keys = Counter(
            request.path.split("/")[2]
            for request in {one.headers["idempotency-key"]: one for one in self.asked}.values()
            if request.path.endswith("/refunds")
        )
        back = Counter(
            by_payment[entry.of] for entry in books if entry.back and entry.of in by_payment
        )
        for payment, times in back.items():
            if times > keys[payment]:
                yield f"{payment}: {times} refunds, {keys[payment]} were asked for"


def restored(seed: int, gateway: str, *, repeats: bool = True) -> Outcome:
    """Play one seed."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(Restored(seed, gateway, repeats=repeats).played())
