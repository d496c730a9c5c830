"""Invoices by their number, found without reading all of them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document

_AFTER = "\U0010ffff"
"""Sorts behind whatever a number may go on with."""


class Numbers:
    """
    The invoices that were made, sorted by number.

    A search takes as long with fifty thousand invoices as with fifty. What a test has stated may
    have any number, and a new one at any time: that is looked at each time.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._sorted: list[tuple[str, int, str]] = []

    def add(self, invoice: Document) -> None:
        """Take an invoice that is in the books."""
        number = invoice["detail"]["invoice_number"]
        insort(self._sorted, (number, len(self._sorted), invoice["id"]))

    def beginning(self, with_: str) -> list[Document]:
        """The invoices whose number begins so: by number, and of one number the oldest first."""
        return [one for number, one in self._found(with_) if number.startswith(with_)]

    def taken(self, number: str) -> bool:
        """Whether an invoice has this number."""
        return any(found == number for found, _ in self._found(number))

    def _found(self, start: str) -> Iterator[tuple[str, Document]]:
        """Each invoice that may match, and its number as it is now."""
        stated = {identity for kind, identity in self._books.stated if kind == "invoices"}
        first = bisect_left(self._sorted, (start,))
        last = bisect_left(self._sorted, (start + _AFTER,))
        made = [identity for *_, identity in self._sorted[first:last]]
        for identity in dict.fromkeys([*made, *sorted(stated)]):
            invoice = self._books.invoices.get(identity)
            if invoice is not None:
                yield shapes.text(invoice, "detail", "invoice_number") or "", invoice
