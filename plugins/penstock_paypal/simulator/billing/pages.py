"""Lists as PayPal pages them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import web

from penstock_paypal.simulator.books import Document
from penstock_paypal.simulator.problems import Problem


def paged(name: str, found: Sequence[Document], request: web.Request) -> Document:
    """
    One page of what was found; the counts if `total_required` asks for them.

    Raises:
        Problem: page or page_size is out of bounds.
    """
    page = _number(request.query, "page", 1, 100_000)
    size = _number(request.query, "page_size", 10, 20)
    pages = max(1, -(-len(found) // size))
    answer: Document = {name: list(found[(page - 1) * size : page * size])}
    if request.query.get("total_required") == "true":
        answer |= {"total_items": len(found), "total_pages": pages}
    targets = {"self": page, "first": 1, "last": pages}
    if page < pages:
        targets["next"] = page + 1
    if page > 1:
        targets["prev"] = page - 1
    answer["links"] = [
        {"href": _address(request, to), "rel": rel, "method": "GET"} for rel, to in targets.items()
    ]
    return answer


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    written = query.get(name, str(default))
    if not (written.isascii() and written.isdecimal()) or not 1 <= int(written[:9]) <= most:
        raise Problem(400, "INVALID_PARAMETER_VALUE", f"/{name}")
    return int(written)


def _address(request: web.Request, page: int) -> str:
    query = urlencode({**request.query, "page": page})
    return f"{request.url.origin()}{request.path}?{query}"
