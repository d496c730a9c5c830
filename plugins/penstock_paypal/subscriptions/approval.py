"""The address at which a buyer approves; no link of an answer is taken unless it is PayPal's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from penstock_paypal import shapes

_LONGEST = 2048


class ForeignLink(ValueError):
    """An approval link that leads elsewhere; its address is in no message."""


def approval_url(
    data: Mapping[str, Any], origin: str, rels: Collection[str] = ("approve",)
) -> str | None:
    """
    The address out of the link for the buyer; None where there is no such link.

    Args:
        origin: scheme and host that the address must have.
        rels: what the link may be called.

    Raises:
        ForeignLink: the address is not of that origin.
    """
    for link in shapes.sequence(data.get("links")):
        if shapes.text(link, "rel") not in rels:
            continue
        address = shapes.text(link, "href") or ""
        if not _is_of(address, origin):
            raise ForeignLink("the approval link is not one of PayPal's own pages")
        return address
    return None


def _is_of(address: str, origin: str) -> bool:
    # Browsers drop tabs and line ends and read a backslash as a slash; urlsplit does not.
    if len(address) > _LONGEST or not address.isascii() or not address.isprintable():
        return False
    if " " in address or "\\" in address:
        return False
    try:
        parts, wanted = urlsplit(address), urlsplit(origin)
    except ValueError:
        return False
    # The whole of it: a name or port before or after the host is not PayPal's.
    return (parts.scheme, parts.netloc) == (wanted.scheme, wanted.netloc)
