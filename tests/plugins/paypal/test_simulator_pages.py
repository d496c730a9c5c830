"""The simulated PayPal's pages: they fit a phone, and say what they are to any reader."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.plugins.paypal.conftest import Stage

_VOID = frozenset({"meta", "br", "link", "input", "img"})


class Page(HTMLParser):
    """The elements of a page, each with its attributes and the elements around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self._open)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs, _ in self.elements if name == tag]


@pytest.fixture
async def busy(stage: Stage) -> Stage:
    """A simulator at which something happened; its texts try to be HTML."""
    stage.simulator.registry.register(stage.target)
    await stage.trigger()
    sent = await stage.trigger(set={"event_type": "<b>odd & ends</b>"})
    assert sent["answers"] == [202]
    invoice = {
        "detail": {"currency_code": "USD", "invoice_number": "<i>1</i>", "note": '"&'},
        "primary_recipients": [{"billing_info": {"email_address": "ada@example.com"}}],
        "items": [
            {
                "name": "n",
                "quantity": "1",
                "unit_amount": {"currency_code": "USD", "value": "5.00"},
            }
        ],
    }
    call = {"headers": await stage.bearer()}
    async with stage.control.post("/v2/invoicing/invoices", json=invoice, **call) as answer:
        assert 201 == answer.status
        path = (await answer.json())["href"].partition("/v2/")[2]
    async with stage.control.post(f"/v2/{path}/send", json={}, **call) as answer:
        assert 200 == answer.status
    return stage


@pytest.mark.parametrize("path", ["/", "/invoices", "/activity/payment/"])
async def test_a_page_fits_a_phone_and_has_its_landmarks(busy: Stage, path: str) -> None:
    where = path + next(iter(busy.simulator.books.sales)) if path.endswith("payment/") else path
    async with busy.control.get(where) as answer:
        page = Page(await answer.text())
        declared = answer.headers["Content-Type"]

    viewports = [one for one in page.all("meta") if one.get("name") == "viewport"]

    assert "text/html; charset=utf-8" == declared
    assert [{"lang": "en"}] == page.all("html")
    assert ["width=device-width, initial-scale=1"] == [one["content"] for one in viewports]
    assert (1, 1, 1) == tuple(len(page.all(tag)) for tag in ("title", "h1", "main"))
    assert [True] == ["aria-label" in one for one in page.all("nav")]
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all("data-label" in one for one in page.all("td"))
    assert [] == page.all("b") == page.all("i") == page.all("script")


async def test_the_overview_shows_webhooks_and_what_happened(busy: Stage) -> None:
    async with busy.control.get("/") as answer:
        texts = Page(await answer.text()).texts

    assert busy.target in texts
    assert "<b>odd & ends</b>" in texts
    assert "SUCCESS, attempts: 1" in texts


async def test_pages_of_a_simulator_that_nothing_happened_at_say_so(stage: Stage) -> None:
    async with stage.control.get("/") as answer:
        page = Page(await answer.text())

    assert 2 == page.texts.count("None yet.")
