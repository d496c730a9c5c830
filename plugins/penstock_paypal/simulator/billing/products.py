"""Catalog products, as catalogs_products_v1 describes them."""

from __future__ import annotations

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.simulator.billing import patches
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.pages import paged
from penstock_paypal.simulator.billing.repeatable import repeatable
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.payments import found
from penstock_paypal.simulator.problems import Problem, body_of

_PRODUCTS = "/v1/catalogs/products"
_TAKEN = ("name", "description", "type", "category", "image_url", "home_url")
_PATCHED = frozenset({"/description", "/category", "/image_url", "/home_url"})


class Products:
    """The routes of products."""

    def __init__(self, books: Books, news: News) -> None:
        self._books = books
        self._news = news

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post(_PRODUCTS, self._create)
        app.router.add_get(_PRODUCTS, self._list)
        app.router.add_get(f"{_PRODUCTS}/{{id}}", self._show)
        app.router.add_patch(f"{_PRODUCTS}/{{id}}", self._patch)

    async def _create(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        own = shapes.text(body, "id")
        if own and own.startswith("PROD-"):
            raise Problem(400, "INVALID_PARAMETER_SYNTAX", "/id")
        if own in self._books.products:
            raise Problem(422, "DUPLICATE_RESOURCE_IDENTIFIER", "/id")
        now, base = self._books.now(), str(request.url.origin())
        identity = own or f"PROD-{self._books.letters(17)}"
        product: Document = {
            "id": identity,
            **{name: body[name] for name in _TAKEN if name in body},
            "create_time": now,
            "update_time": now,
            "links": _links(base, identity),
        }
        self._books.products[identity] = product
        self._news.write("CATALOG.PRODUCT.CREATED", product, base)
        await self._news.send()
        return repeatable(lambda: product)

    async def _list(self, request: web.Request) -> web.Response:
        shown = [
            {
                name: one[name]
                for name in ("id", "name", "description", "create_time")
                if name in one
            }
            for one in self._books.products.values()
        ]
        return web.json_response(paged("products", shown, request))

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(found(self._books.products, request))

    async def _patch(self, request: web.Request) -> web.Response:
        product = found(self._books.products, request)
        patches.apply(product, await patches.operations(request, _PATCHED), self._books.now())
        self._news.write("CATALOG.PRODUCT.UPDATED", product, str(request.url.origin()))
        await self._news.send()
        return web.Response(status=204)


def _links(base: str, identity: str) -> list[Document]:
    href = f"{base}{_PRODUCTS}/{identity}"
    return [
        {"href": href, "rel": "self", "method": "GET"},
        {"href": href, "rel": "edit", "method": "PATCH"},
    ]
