"""JSON Patch as far as PayPal takes it: a few fields of each resource."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Document, put
from penstock_paypal.simulator.problems import Problem, json_of


async def operations(request: web.Request, fields: Collection[str]) -> list[Document]:
    """
    The operations of the request.

    Args:
        fields: the pointers to what may be patched.

    Raises:
        Problem: 400, the first one that PayPal would refuse.
    """
    found = await json_of(request)
    if not isinstance(found, list) or not found:
        raise Problem(400, "MISSING_REQUEST_BODY")
    asked = [dict(shapes.mapping(one)) for one in cast("list[Any]", found)]
    seen: set[object] = set()
    for one in asked:
        path, operation = one.get("path"), one.get("op")
        if path not in fields or path in seen:
            raise Problem(400, "INVALID_PATCH_PATH", str(path))
        if operation not in ("add", "replace", "remove"):
            raise Problem(400, "UNSUPPORTED_PATCH_OPERATION", str(path))
        if operation != "remove" and one.get("value") is None:
            raise Problem(400, "MISSING_REQUIRED_PARAMETER", str(path))
        seen.add(path)
    return asked


def apply(document: Document, asked: Collection[Document], now: str) -> None:
    """Change the document."""
    for one in asked:
        put(document, one["path"].strip("/").replace("/", "."), one.get("value"))
    document["update_time"] = now
