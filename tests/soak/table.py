"""A reconciliation as a table of at most 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.soak.books import Books, Held
from tests.soak.reconciliation import Finding, Wrong

Row = tuple[str, int, str, str, str]
"""The line's name, how many, and what the gateway, the ledger and the published events say."""
_SHOWN = 40
"""Findings that are printed in words."""


def table(books: Books, findings: Sequence[Finding]) -> str:
    """What each party says, line by line, with what does not add up; then that in words."""
    wrong = Counter((one.line, one.wrong) for one in findings)
    heads = ("line", "count", "gateway", "ledger", "events", *Wrong)
    lines = [_line(*heads)]
    seen: set[str] = set()
    for name, count, *said in _rows(books):
        line = name.rpartition(" ")[0] if name[-3:].isupper() else name
        # Findings are counted once, where a line has several currencies.
        numbers = ("",) * 3 if line in seen else [str(wrong[line, one]) for one in Wrong]
        seen.add(line)
        lines.append(_line(name, str(count), *said, *numbers))
    for name in sorted({one.line for one in findings} - seen):
        lines.append(_line(name, "", "", "", "", *(str(wrong[name, one]) for one in Wrong)))
    totals = (str(sum(one.wrong is each for one in findings)) for each in Wrong)
    lines.append(_line("total", "", "", "", "", *totals))
    words = [f"{one.line}: {one.wrong}: {one.what}" for one in findings[:_SHOWN]]
    return "\n".join([*lines, *words])


def _rows(books: Books) -> Iterator[Row]:
    yield from _money(books, "paid", back=False)
    yield from _money(books, "sent back", back=True)
    yield from _invoiced(books)
    asked, held = books.asked, {one.id: one for one in books.held}
    promised = [*asked.payments.values(), *asked.declined]
    refunds = [(one, refund) for one, made in asked.refunds.items() for refund in made]
    kept = sum(one in held for one in promised)
    kept += sum(of in held and refund in held[of].refunds for of, refund in refunds)
    yield "requests", len(promised) + len(refunds), "-", str(kept), "-"
    known = sum(here != "" for _, here in books.subscriptions.values())
    there = len(asked.subscriptions)
    yield "subscriptions", there, str(there), str(known), "-"
    told, recorded = len(books.notified), len(books.recorded)
    yield "notifications", told, str(told), str(recorded), "-"
    events = len(books.events)
    yield "events", events, "-", str(events), str(len(books.archive))
    for name, sink in books.sinks.items():
        copies = sum(map(len, sink.copies.values()))
        records = sum(map(len, sink.records.values()))
        yield f"at {name}", copies, "-", str(records), str(events + len(sink.replayed))
    yield "work", len(books.open), "-", "-", "-"


def _money(books: Books, name: str, *, back: bool) -> Iterator[Row]:
    moved = [one for one in books.moved if one.back is back]
    for gateway, currency in sorted({(one.gateway, one.currency) for one in moved}):
        mine = [one for one in moved if (one.gateway, one.currency) == (gateway, currency)]
        held = [one for one in books.held if (one.gateway, one.currency) == (gateway, currency)]
        total = sum(one.minor for one in mine)
        known = sum(one.back if back else one.minor for one in held if one.paid)
        told = _published(books, held, back=back)
        line = f"{gateway} {name} {currency}"
        yield line, len(mine), _cents(total), _cents(known), _cents(told)


def _published(books: Books, held: Iterable[Held], *, back: bool) -> int:
    amounts = {f"payment#{one.id}": one.minor for one in held}
    mine = [one for one in books.events if one.entity in amounts]
    if not back:
        return sum(amounts[one.entity] for one in mine if one.type == "payment.succeeded")
    sign = {"payment.refunded": 1, "payment.reversed": 1, "payment.restored": -1}
    return sum(sign.get(one.type, 0) * one.minor for one in mine)


def _invoiced(books: Books) -> Iterator[Row]:
    for currency in sorted({one.currency for one in books.invoices}):
        mine = [one for one in books.invoices if one.currency == currency]
        held = {f"payment#{one.id}": one for one in books.held if one.currency == currency}
        known = sum(one.minor for one in held.values() if one.invoiced)
        paid = (one.entity for one in books.events if one.type == "invoice.paid")
        told = sum(held[one].minor for one in paid if one in held)
        total = sum(one.paid for one in mine)
        line = f"paypal invoiced {currency}"
        yield line, len(mine), _cents(total), _cents(known), _cents(told)


def _line(*cells: str) -> str:
    widths = (20, 5, 11, 11, 11, 5, 8, 9)
    first, *rest = zip(cells, widths, strict=True)
    return f"{first[0]:{first[1]}}" + "".join(f"{cell:>{width}}" for cell, width in rest)


def _cents(minor: int) -> str:
    return f"{minor / 100:,.2f}"
