"""The simulated search for invoices: by the beginning of a number, and as fast with many."""

from __future__ import annotations

from typing import Any

from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.control import state
from penstock_paypal.simulator.numbered import Numbers
from tests.plugins.paypal.conftest import Stage


def numbered(*numbers: str) -> tuple[Books, Numbers]:
    books = Books()
    found = Numbers(books)
    for place, number in enumerate(numbers):
        made = {"id": f"INV2-{place}", "detail": {"invoice_number": number}}
        books.invoices[made["id"]] = made
        found.add(made)
    return books, found


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in found]


def test_a_search_finds_a_number_and_those_that_begin_with_it_oldest_first() -> None:
    _, numbers = numbered("N-10", "N-1", "M-1", "N-1")

    assert ["INV2-1", "INV2-3", "INV2-0"] == ids(numbers.beginning("N-1"))
    assert [] == ids(numbers.beginning("N-2"))


def test_a_search_goes_by_the_number_that_a_test_has_stated_since() -> None:
    books, numbers = numbered("N-1", "N-2", "N-3")
    state(
        books,
        [
            ("invoices", "INV2-0", {"detail.invoice_number": "M-1"}),
            ("invoices", "INV2-1", None),
            ("invoices", "INV2-9", {"detail.invoice_number": "N-9"}),
        ],
    )

    assert ["INV2-2", "INV2-9"] == ids(numbers.beginning("N-"))
    assert ["INV2-0"] == ids(numbers.beginning("M-1"))
    assert (False, True) == (numbers.taken("N-1"), numbers.taken("M-1"))


def test_a_search_reads_the_invoices_that_it_finds_and_no_others() -> None:
    read: list[str] = []

    class Watched(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            read.append(key)
            return super().get(key, default)

    books, numbers = numbered(*(f"N-{n:04}" for n in range(2_000)))
    books.invoices = Watched(books.invoices)

    assert ["INV2-77"] == ids(numbers.beginning("N-0077"))
    assert ["INV2-77"] == read


async def test_a_search_shows_as_many_as_it_is_asked_for_and_20_without(stage: Stage) -> None:
    call = {"headers": await stage.bearer()}
    for number in range(25):
        invoice = {"detail": {"currency_code": "USD", "invoice_number": f"N-{number:02}"}}
        await stage.control.post("/v2/invoicing/invoices", json=invoice, **call)
    shown = []
    for query in ("", "?page_size=3", "?page=2&page_size=20", "?page_size=100"):
        path = f"/v2/invoicing/search-invoices{query}"
        asked = {"invoice_number": "N-"}
        async with stage.control.post(path, json=asked, **call) as answer:
            shown.append(len((await answer.json())["items"]))

    assert [20, 3, 5, 25] == shown
