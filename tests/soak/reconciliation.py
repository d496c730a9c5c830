"""
The books of all parties against each other, to the cent.

    lost      one party has it, and a party that must have it lacks it
    doubled   it is there more often, or is more, than it should be
    stranded  it waits, and nothing will go on with it
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.soak.books import Books, Held, Moved, Sink, Told

_SUCCEEDED = frozenset({"succeeded", "refunded", "partially_refunded", "reversed"})
_SLACK = 2.0
"""Seconds between a sink's clock and the moment that the record of a delivery is written."""


class Wrong(StrEnum):
    """In which way something does not add up."""

    lost = "lost"
    doubled = "doubled"
    stranded = "stranded"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not add up, and the line of the table that it belongs to."""

    line: str
    wrong: Wrong
    what: str


def reconcile(books: Books) -> list[Finding]:
    """Everything that does not add up; nothing where all is well."""
    checks: Iterable[Callable[[Books], Iterator[Finding]]] = (
        _paid,
        _sent_back,
        _invoices,
        _requests,
        _subscriptions,
        _notifications,
        _events,
        _sinks,
        _open,
    )
    return [finding for check in checks for finding in check(books)]


def _paid(books: Books) -> Iterator[Finding]:
    by_step: dict[str | None, list[Held]] = defaultdict(list)
    for one in books.held:
        if one.paid:
            by_step[one.step].append(one)
    ours = {one.id for one in books.held}
    came = [one for one in books.moved if not one.back]
    times = Counter(one.of for one in came if one.of in ours)
    for entry in came:
        line = f"{entry.gateway} paid"
        owners = by_step.get(entry.id, [])
        if not owners:
            # The second step of a payment is no payment's; it is one too many, and not lost.
            wrong = Wrong.doubled if times[entry.of] > 1 else Wrong.lost
            yield Finding(line, wrong, f"{entry.id} of {entry.of}: no payment has its money")
        if len(owners) > 1:
            yield Finding(line, Wrong.doubled, f"{entry.id}: {len(owners)} payments have it")
        for one in owners[:1]:
            yield from _same(line, one.id, "paid", entry.minor, one.minor)
    known = {one.id for one in came}
    for one in books.held:
        if one.paid and one.step not in known:
            line = f"{one.gateway} paid"
            yield Finding(line, Wrong.doubled, f"{one.id}: paid, and no money moved")


def _sent_back(books: Books) -> Iterator[Finding]:
    back: dict[str, list[Moved]] = defaultdict(list)
    for entry in books.moved:
        if entry.back:
            back[entry.of].append(entry)
    told = _moved_back(books.events)
    for one in books.held:
        line = f"{one.gateway} sent back"
        entries = back.pop(one.step or "", [])
        total = sum(entry.minor for entry in entries)
        asked = sum(one.refunds.values()) + books.asked.elsewhere.get(one.step or "", 0)
        yield from _same(line, one.id, "asked back, and sent back", asked, total)
        yield from _same(line, one.id, "sent back", total, one.back)
        yield from _same(line, one.id, "published as sent back", one.back, told[one.id])
    for of, entries in back.items():
        line = f"{entries[0].gateway} sent back"
        yield Finding(line, Wrong.lost, f"{of}: money went back that no payment has")


def _invoices(books: Books) -> Iterator[Finding]:
    made = defaultdict(list)
    for invoice in books.invoices:
        made[invoice.of].append(invoice)
    for one in books.held:
        mine = made.pop(one.step or "", [])
        line = f"{one.gateway} invoiced"
        if len(mine) > 1:
            yield Finding(line, Wrong.doubled, f"{one.id}: {len(mine)} invoices")
        wanted = one.invoiced or (one.gateway == "paypal" and one.paid and not one.back)
        if wanted and not mine:
            yield Finding(line, Wrong.lost, f"{one.id}: no invoice")
        for invoice in mine[:1] if wanted else ():
            yield from _same(line, one.id, "invoiced", one.minor, invoice.minor)
            yield from _same(line, one.id, "recorded as paid", one.minor, invoice.paid)
            yield from _same(line, one.id, "recorded as sent back", one.back, invoice.back)
    for of, rest in made.items():
        yield Finding(
            "paypal invoiced", Wrong.doubled, f"{of}: {len(rest)} invoices of no payment"
        )


def _requests(books: Books) -> Iterator[Finding]:
    asked, held = books.asked, {one.id: one for one in books.held}
    for key, times in Counter(one.key for one in books.held if one.key in asked.keys).items():
        if times > 1:
            yield Finding("requests", Wrong.doubled, f"key {key}: {times} payments")
    for key, identity in asked.payments.items():
        one = held.get(identity)
        status = one.status if one else "not in the ledger"
        if status not in _SUCCEEDED:
            yield Finding("requests", Wrong.lost, f"{identity} (key {key}): {status}")
    for identity in asked.declined:
        status = held[identity].status if identity in held else "not in the ledger"
        if status != "declined":
            yield Finding("requests", Wrong.lost, f"{identity}: {status}, not declined")
    for identity, refunds in asked.refunds.items():
        kept = held[identity].refunds if identity in held else {}
        for refund, minor in refunds.items():
            if kept.get(refund) != minor:
                what = f"{identity}: its refund {refund} did not succeed with its amount"
                yield Finding("requests", Wrong.lost, what)
    for one in books.held:
        if len(one.asked) > asked.refund_keys.get(one.id, 0):
            what = f"{one.id}: {len(one.asked)} refunds, more than were asked for"
            yield Finding("requests", Wrong.doubled, what)


def _subscriptions(books: Books) -> Iterator[Finding]:
    paid = {one.of for one in books.moved if not one.back}
    for identity, approved in books.asked.subscriptions.items():
        there, here = books.subscriptions.get(identity, ("", ""))
        if not here or there != here:
            what = f"{identity}: {here or 'not in the ledger'}, and at the gateway {there or '-'}"
            yield Finding("subscriptions", Wrong.lost, what)
        if approved and identity.partition("-")[2] not in paid:
            yield Finding("subscriptions", Wrong.lost, f"{identity}: approved, and never paid")


def _notifications(books: Books) -> Iterator[Finding]:
    for missing in sorted({*books.notified} - {*books.recorded}):
        yield Finding("notifications", Wrong.lost, f"{missing}: no record")
    for one in sorted({*books.recorded} - {*books.notified}):
        yield Finding("notifications", Wrong.doubled, f"{one}: recorded, and never told")


def _events(books: Books) -> Iterator[Finding]:
    line = "events"
    by_entity: dict[str, list[Told]] = defaultdict(list)
    for event in books.events:
        by_entity[event.entity].append(event)
    for entity, told in by_entity.items():
        numbers = sorted(event.sequence for event in told)
        if numbers != list(range(1, len(told) + 1)):
            yield Finding(line, Wrong.lost, f"{entity}: its events are numbered {numbers}")
    for identity, times in Counter(event.id for event in books.events).items():
        if times > 1:
            yield Finding(line, Wrong.doubled, f"{identity}: {times} events have the id")
    for one in books.held:
        counts = Counter(event.type for event in by_entity[f"payment#{one.id}"])
        for name, due in (("payment.succeeded", one.paid), ("invoice.paid", one.invoiced)):
            yield from _times(line, f"{one.id}: {name}", int(due), counts[name])
    ids = {event.id for event in books.events}
    for missing in sorted(ids - {*books.archive}):
        yield Finding(line, Wrong.lost, f"{missing}: the API does not list it")
    for identity, times in Counter(books.archive).items():
        if times > 1 or identity not in ids:
            yield Finding(line, Wrong.doubled, f"{identity}: listed {times} times by the API")


def _sinks(books: Books) -> Iterator[Finding]:
    for name, sink in books.sinks.items():
        by_key: dict[str, list[Told]] = defaultdict(list)
        for event in books.events:
            by_key[sink.key(event)].append(event)
        for key, events in by_key.items():
            yield from _at_sink(f"at {name}", key, events, sink)
        for key in sorted(sink.copies.keys() - by_key.keys()):
            yield Finding(f"at {name}", Wrong.doubled, f"{key}: no such event")


def _at_sink(line: str, key: str, events: Iterable[Told], sink: Sink) -> Iterator[Finding]:
    records: list[float] = []
    for event in events:
        there = sink.records.get(event.id, ())
        due = 1 + Counter(sink.replayed)[event.id]
        if len(there) < due:
            yield Finding(line, Wrong.lost, f"{key}: {len(there)} of {due} deliveries on record")
        records += there
    copies = sink.copies.get(key, ())
    if len(copies) < len(records):
        what = f"{key}: {len(copies)} copies came, {len(records)} are on record"
        yield Finding(line, Wrong.lost, what)
    # A copy whose answer was lost is sent again. One that is on record is not.
    late = [at for at in copies if not records or at > max(records) + _SLACK]
    if late:
        yield Finding(line, Wrong.doubled, f"{key}: {len(late)} copies after it was on record")


def _open(books: Books) -> Iterator[Finding]:
    for what in books.open:
        yield Finding("work", Wrong.stranded, what)


def _same(line: str, what: str, how: str, should: int, found: int) -> Iterator[Finding]:
    if should != found:
        wrong = Wrong.lost if found < should else Wrong.doubled
        yield Finding(line, wrong, f"{what}: {how}: {found} cents instead of {should}")


def _times(line: str, what: str, should: int, found: int) -> Iterator[Finding]:
    if should != found:
        wrong = Wrong.lost if found < should else Wrong.doubled
        yield Finding(line, wrong, f"{what}: {found} times instead of {should}")


def _moved_back(events: Iterable[Told]) -> Counter[str]:
    """What was published as gone less what was published as restored, by payment."""
    total = Counter[str]()
    for event in events:
        sign = {"payment.refunded": 1, "payment.reversed": 1, "payment.restored": -1}
        total[event.entity.partition("#")[2]] += sign.get(event.type, 0) * event.minor
    return total
