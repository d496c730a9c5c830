"""The answers to a buyer's browser: a page, or the way back to the shop."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

from penstock_paypal.simulator.buyer.page import message

_HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers would apply it to the redirect to the merchant, too.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}


def html(text: str, status: int = 200) -> web.Response:
    """A page that no browser keeps."""
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)


def invalid() -> web.Response:
    """The answer to an address that leads to nothing."""
    return html(message("This link is not valid", "Go back to the shop."), 404)


def decided(back: str | None) -> web.Response:
    """The answer to a buyer who has decided already."""
    return html(message("You have already decided", "Nothing is left to do.", back))


def away(target: str | None) -> web.Response:
    """The way back to the shop; a page where the shop gave no address."""
    if target is None:
        return html(message("Thank you", "You may close this window."))
    # As it is: aiohttp would write the merchant's own address anew.
    return web.Response(status=303, headers={**_HEADERS, "Location": target})


def with_query(target: object, added: Mapping[str, str]) -> str | None:
    """The shop's address with what PayPal adds to its query; None if it gave none."""
    if not target:
        return None
    parts = urlsplit(str(target))
    more = urlencode(added)
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))
