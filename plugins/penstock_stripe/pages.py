"""Stripe's lists: a hundred a page, newest first; the next page begins after an id."""

from __future__ import annotations

from typing import Any, cast

from penstock.api import GatewayUnavailable, Unconfirmable
from penstock_stripe import shapes
from penstock_stripe.client import Client, Fields

PAGE = 100
_MOST_PAGES = 10


class NothingThere(Unconfirmable):
    """Stripe says that there is no such customer, payment or subscription to list things of."""


async def page(
    client: Client, path: str, fields: Fields, after: str | None = None
) -> tuple[list[Any], bool]:
    """
    One page, and whether there is more.

    Raises:
        NothingThere: there is nothing to list them of.
        GatewayUnavailable: no answer.
        Unconfirmable: Stripe will never answer that question.
    """
    what = f"list {path}"
    answer = await client.get(path, what, {**fields, "limit": PAGE, "starting_after": after})
    if answer.absent:
        raise NothingThere(f"Stripe, {what}: there is no such thing to list them of")
    if not answer.ok:
        raise answer.unread(what)
    data, more = shapes.at(answer.data, "data"), shapes.at(answer.data, "has_more")
    if not isinstance(data, list) or not isinstance(more, bool):
        raise GatewayUnavailable(f"Stripe, {what}: the answer is no list")
    return cast(list[Any], data), more


async def everything(client: Client, path: str, fields: Fields) -> list[Any]:
    """
    All pages.

    Raises:
        NothingThere: there is nothing to list them of.
        GatewayUnavailable: no answer, or more than a thousand.
        Unconfirmable: Stripe will never answer that question.
    """
    found, whole = await upto(client, path, fields)
    if not whole:
        raise GatewayUnavailable(f"Stripe, list {path}: more than {_MOST_PAGES * PAGE}")
    return found


async def upto(client: Client, path: str, fields: Fields) -> tuple[list[Any], bool]:
    """
    The first pages, a thousand entries at most, and whether that is all.

    Raises:
        NothingThere: there is nothing to list them of.
        GatewayUnavailable: no answer.
        Unconfirmable: Stripe will never answer that question.
    """
    found: list[Any] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        entries, more = await page(client, path, fields, after)
        found += entries
        after = shapes.identity(entries[-1], "id") if entries else None
        if not more or after is None:
            return found, not more
    return found, False
