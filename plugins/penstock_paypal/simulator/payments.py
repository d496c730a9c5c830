"""Sales, captures, their refunds, and the v1 payments they belong to."""

from __future__ import annotations

from aiohttp import web

from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.problems import Problem


class Payments:
    """The routes of both generations; v2 resources are those with a `status`."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_get("/v1/payments/sale/{id}", self._show_sale)
        app.router.add_get("/v1/payments/payment/{id}", self._show_payment)
        app.router.add_get("/v1/payments/billing-agreements/{id}", self._show_agreement)
        for version, captures, refunds in (
            ("v1", "/v1/payments/capture/{id}", "/v1/payments/refund/{id}"),
            ("v2", "/v2/payments/captures/{id}", "/v2/payments/refunds/{id}"),
        ):
            app.router.add_get(captures, self._show_capture, name=f"capture-{version}")
            app.router.add_get(refunds, self._show_refund, name=f"refund-{version}")

    async def _show_sale(self, request: web.Request) -> web.Response:
        return web.json_response(found(self._books.sales, request))

    async def _show_payment(self, request: web.Request) -> web.Response:
        return web.json_response(found(self._books.payments, request))

    async def _show_agreement(self, request: web.Request) -> web.Response:
        # It has none: all its subscriptions are of the newer kind.
        raise Problem(404, "INVALID_RESOURCE_ID")

    async def _show_capture(self, request: web.Request) -> web.Response:
        return web.json_response(_of_version(self._books.captures, request))

    async def _show_refund(self, request: web.Request) -> web.Response:
        return web.json_response(_of_version(self._books.refunds, request))


def found(kept: dict[str, Document], request: web.Request) -> Document:
    """
    The resource that the path names.

    Raises:
        Problem: there is none.
    """
    try:
        return kept[request.match_info["id"]]
    except KeyError as exc:
        raise Problem(404, "INVALID_RESOURCE_ID") from exc


def _of_version(kept: dict[str, Document], request: web.Request) -> Document:
    resource = found(kept, request)
    if request.path.startswith("/v2/") != ("status" in resource):
        raise Problem(404, "INVALID_RESOURCE_ID")
    return resource
