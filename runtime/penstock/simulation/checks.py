"""What must hold at the end: of the ledger, the sinks, the queues and the gateway's own books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from penstock import problems
from penstock.bootstrap.memory import MemoryWorld
from penstock.domain.describe import unnamed
from penstock.domain.events import Event, EventType
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus, nameless
from penstock.domain.record import Record
from penstock.domain.rules.invoices import NO_RECIPIENT, WENT_BACK
from penstock.domain.signup import SignUp
from penstock.domain.subscription import Subscription
from penstock.simulation.entity_checks import (
    access_of,
    access_told,
    facts_of_payment,
    may_be_pending,
)
from penstock.simulation.open_ledger import OpenLedger
from penstock.simulation.post import Post
from penstock.simulation.shop import Shop
from penstock.simulation.sink import NAME, PAID, SELECTED, Heard
from penstock.testing.stand import Entry, Stand

_SWEPT = timedelta(minutes=12)
"""What is due for longer was left alone: in the last hour each host sweeps every five minutes."""
_NAMED = timedelta(days=33)
"""After that no payer's name is left; two days are for the end of a day and the next run."""
_SETTLED = {
    PaymentStatus.succeeded,
    PaymentStatus.declined,
    PaymentStatus.refunded,
    PaymentStatus.partially_refunded,
    PaymentStatus.reversed,
    PaymentStatus.expired,
}
_MAY_BE_WITHHELD = (WENT_BACK, NO_RECIPIENT)
"""Why a paid payment may have no invoice, in a simulation: banks take money, people forget."""


@dataclass(frozen=True)
class End:
    """The world when everything has come to rest."""

    world: MemoryWorld
    ledger: OpenLedger
    heard: Heard
    shop: Shop
    stand: Stand
    post: Post
    forgotten: Collection[str]

    async def findings(self) -> list[str]:
        """What does not hold, in words; nothing where all is well."""
        return [
            *await self._queues(),
            *self._open(),
            *self._events(),
            *self._heard(),
            *await self._delivered(),
            *self._money(),
            *self._refunds(),
            *self._invoices(),
            *self._asked(),
            *self._recorded(),
            *self._subscriptions(),
            *self._collections(),
            *self._names(),
        ]

    async def _queues(self) -> list[str]:
        found: list[str] = []
        for name, queue in self.world.queues.items():
            depth = await queue.depth()
            if any(depth.values()):
                found.append(f"queue {name}: {dict(depth)}")
        for name, queue in self.world.dead_letters.items():
            while letters := await queue.receive(10, 0):
                found += [f"dead letter of {name}: {one.attributes['reason']}" for one in letters]
        return found

    def _open(self) -> Iterator[str]:
        now = self.world.clock.now()
        for entity in self.ledger.entities():
            if entity.unsent:
                yield f"{entity.ref}: has events that have not left"
            if entity.due_at and entity.due_at <= now - _SWEPT:
                yield f"{entity.ref}: is due"
            if isinstance(entity, SignUp) and entity.opened is None:
                # Only its client can go on with it, and that gave up.
                continue
            if may_be_pending(entity, now):
                continue
            for one in entity.operations:
                if one.open and one.kind is not OperationKind.access:
                    yield f"{entity.ref}: its {one.kind} is {one.state}: {one.reason}"

    def _events(self) -> Iterator[str]:
        for entity in self.ledger.entities():
            told = self.ledger.events_of(entity)
            if [event.sequence for event in told] != list(range(1, entity.sequence + 1)):
                yield f"{entity.ref}: its events are not numbered in order"
            if isinstance(entity, Payment):
                again = self.stand.retries and entity.subscription is not None
                yield from facts_of_payment(entity, told, again=again)

    def _heard(self) -> Iterator[str]:
        ids = {e.id for one in self.ledger.entities() for e in self.ledger.events_of(one)}
        for copy in self.heard.copies:
            yield f"event {copy}: given to a sink although its delivery was on record"
        for sink, events in self.heard.events.items():
            first: dict[str, Event] = {}
            for event in events:
                first.setdefault(event.id, event)
            if unknown := first.keys() - ids:
                yield f"sink {sink}: heard {len(unknown)} events that the ledger lacks"
            last: dict[str, int] = defaultdict(int)
            for event in first.values():
                if event.id in self.heard.refused:
                    continue
                if event.sequence < last[str(event.ref)]:
                    yield f"sink {sink}: {event.type} of {event.ref} came out of order"
                last[str(event.ref)] = event.sequence
            for entity in self.ledger.entities():
                for event in self.ledger.events_of(entity):
                    wanted = sink == NAME or (sink == SELECTED and event.type in PAID)
                    if wanted and event.id not in first:
                        yield f"sink {sink}: never heard {event.type} of {event.ref}"

    async def _delivered(self) -> list[str]:
        """What a sink has heard is on record, so that a copy of it is dropped."""
        return [
            f"sink {sink}: heard {event.type} of {event.ref}, which is not on record"
            for sink, events in self.heard.events.items()
            for event in {one.id: one for one in events}.values()
            if not await self.world.attempts.delivered(sink, event.id)
        ]

    def _money(self) -> Iterator[str]:
        payments = {one.id: one for one in self.ledger.entities() if isinstance(one, Payment)}
        books = [entry for entry in self.stand.books() if not entry.back]
        for of, times in Counter(entry.of for entry in books).items():
            if times > 1 and of in payments:
                yield f"{of}: the gateway took its money {times} times"
        for entry in books:
            payment = payments.get(entry.of) or payments.get(f"{self.shop.gateway}-{entry.id}")
            if payment is None:
                yield f"{entry.id}: money moved that the ledger does not know"
            elif not payment.paid:
                yield f"{payment.ref}: is {payment.status}, and its money moved"
            elif payment.order.amount != entry.amount:
                yield f"{payment.ref}: {payment.order.amount} in the ledger, {entry.amount} moved"
        moved = {entry.id for entry in books}
        for one in payments.values():
            if one.paid and (one.transaction is None or one.transaction.id not in moved):
                yield f"{one.ref}: is {one.status}, and no money moved"

    def _refunds(self) -> Iterator[str]:
        back: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.stand.books():
            if entry.back:
                back[entry.of].append(entry)
        for one in self.ledger.entities():
            if not isinstance(one, Payment) or one.transaction is None:
                continue
            entries = back.pop(one.transaction.id, [])
            total = sum(entry.amount.minor for entry in entries)
            known = one.refunded.minor if one.refunded else 0
            if total != known:
                yield f"{one.ref}: {total} went back, and the ledger has {known}"
            for op in one.operations:
                if op.kind is not OperationKind.refund:
                    continue
                own = op.reference if op.state is OperationState.succeeded else None
                if self.stand.done(op.id) != own:
                    yield f"{one.ref}: a refund is {op.state}, the gateway has another"
        for of in back:
            yield f"{of}: money went back for it that the ledger does not know"

    def _invoices(self) -> Iterator[str]:
        """One for each payment that has one, and none for any other."""
        shown, back = self.stand.invoices(), self.stand.recorded_back()
        makes = "invoices" in self.shop.capabilities
        for one in self.ledger.entities():
            if not isinstance(one, Payment) or one.transaction is None:
                continue
            made = one.operation(OperationKind.invoice)
            states = shown.get(one.transaction.id, ())
            has = made is not None and made.state is OperationState.succeeded
            why = one.invoice_withheld
            if makes and one.paid and not has and why not in _MAY_BE_WITHHELD:
                yield f"{one.ref}: is {one.status}, and has no invoice: {why}"
            if len(states) > 1:
                yield f"{one.ref}: has {len(states)} invoices"
            elif has and not {"paid", "twice"} & set(states):
                yield f"{one.ref}: has an invoice in the ledger, and no paid one at the gateway"
            elif states and "open" in states:
                yield f"{one.ref}: its invoice can be paid again: {one.invoice_withheld}"
            known = one.refunded.minor if one.refunded else 0
            recorded = back.get(one.transaction.id, 0)
            if has and recorded != known:
                yield f"{one.ref}: {known} went back, and its invoice shows {recorded}"
            told = [event.type for event in self.ledger.events_of(one)]
            if told.count(EventType.invoice_paid_twice) != int("twice" in states):
                yield f"{one.ref}: its invoice is {states}, and invoice.paid_twice was published "

    def _asked(self) -> Iterator[str]:
        held = {one.id: one for one in self.ledger.entities() if isinstance(one, Payment)}
        keys = Counter(one.order.payer.reference for one in held.values() if one.order.payer)
        for key, times in keys.items():
            if key in self.shop.payments and times > 1:
                yield f"key {key}: made {times} payments"
        for refused in self.shop.refused:
            if refused.endswith(problems.KEY_REUSED.name):
                yield f"{refused}: its body was the same as before"
        for paid in self.shop.payments.values():
            if paid.id is None:
                continue
            payment = held.get(paid.id)
            if payment is None:
                yield f"{paid.id}: was accepted and is not in the ledger"
                continue
            if payment.status not in _SETTLED:
                yield f"{paid.id}: is {payment.status} at the end: {payment.reason}"
            held_refunds = sum(op.kind is OperationKind.refund for op in payment.operations)
            if held_refunds > paid.keys:
                yield f"{paid.id}: {held_refunds} refunds of {paid.keys} keys"
            for refund, minor in paid.refunds.items():
                operation = payment.operation_by_id(refund)
                if operation is None or operation.terms is None:
                    yield f"{paid.id}: its refund {refund} was accepted and is not in the ledger"
                elif operation.terms.amount.minor != minor:
                    yield f"{paid.id}: its refund {refund} has another amount"

    def _recorded(self) -> Iterator[str]:
        held = {one.id for one in self.ledger.entities() if isinstance(one, Record)}
        for told in dict.fromkeys(self.post.made):
            if f"{self.shop.gateway}/{told}" not in held:
                yield f"notification {told}: the gateway made it, and the ledger has no record"

    def _collections(self) -> Iterator[str]:
        moved = {entry.id: entry for entry in self.stand.books()}
        held = {one.id: one for one in self.ledger.entities() if isinstance(one, Subscription)}
        for identity, (of, minor) in self.shop.collected.items():
            one = held[of].operation_by_id(identity) if of in held else None
            if one is None or one.terms is None or one.terms.amount.minor != minor:
                yield f"subscription {of}: its collection {identity} is not in the ledger as asked"
        for one in held.values():
            for operation in one.operations:
                if operation.kind is not OperationKind.collect or operation.terms is None:
                    continue
                done = self.stand.done(operation.id)
                succeeded = operation.state is OperationState.succeeded
                if done != (operation.reference if succeeded else None):
                    yield f"{one.ref}: its collection is {operation.state}, the gateway has {done}"
                elif done in moved and moved[done].amount != operation.terms.amount:
                    yield f"{one.ref}: its collection took another amount"

    def _names(self) -> Iterator[str]:
        """Of who was forgotten, or paid too long ago, no name is left."""
        old = self.world.clock.now() - _NAMED
        for one in self.ledger.entities():
            if any(unnamed(event) != event for event in self.ledger.events_of(one)):
                yield f"{one.ref}: an event of it holds a name"
            if not isinstance(one, Payment) or not (
                one.id in self.forgotten or one.created_at < old
            ):
                continue
            if one.payer != nameless(one.payer) or one.order != one.order.nameless:
                yield f"{one.ref}: was forgotten, and holds a name"

    def _subscriptions(self) -> Iterator[str]:
        held = {one.id: one for one in self.ledger.entities() if isinstance(one, Subscription)}
        shown = self.stand.subscriptions()
        for identity in self.shop.subscriptions:
            if identity not in held:
                yield f"subscription {identity}: was opened and is not in the ledger"
        books = self.stand.books()
        paid = {one.of for one in books if not one.back}
        for reference in shown:
            if reference in paid and f"{self.shop.gateway}-{reference}" not in held:
                yield f"subscription {reference}: was paid for and is not in the ledger"
        began = {f"{self.shop.gateway}-{one.id}": one.since for one in books if one.since}
        for one in held.values():
            status = shown.get(one.seen.reference)
            if status != one.seen.status.value:
                yield f"{one.ref}: is {one.seen.status}, and {status} at the gateway"
            yield from access_of(one, began, self.world.clock.now())
            yield from access_told(one, self.ledger.events_of(one))
        for identity in self.shop.cancelled & held.keys():
            if shown.get(held[identity].seen.reference) not in ("cancelled", "expired"):
                yield f"subscription {identity}: its cancellation was confirmed and did not happen"
