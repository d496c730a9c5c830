"""
How the plugins that are broken in one thing are made.

Each takes what the broken one does, in words, and what of the good plugin is changed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from penstock.api import GatewayUnavailable, Unanswered
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.acme_subscriptions import UNREADABLE, URL


def answering(does: str, method: str, make: Callable[..., Any], base: type = AcmePay) -> type:
    """The plugin whose method answers what `make` makes of the good answer."""
    good: Any = getattr(base, method)

    async def awaited(self: Any, *arguments: Any) -> Any:
        return make(await good(self, *arguments))

    def called(self: Any, *arguments: Any) -> Any:
        return make(good(self, *arguments))

    changed = awaited if inspect.iscoroutinefunction(good) else called
    return type("Broken", (base,), {"__doc__": does, method: changed})


def instead(
    does: str,
    method: str,
    right: type,
    wrong: object,
    *,
    when: Callable[[Any], bool] = lambda _: True,
    base: type = AcmePay,
) -> type:
    """The plugin that answers `wrong` where it should answer with a `right`, `when` it is so."""
    return answering(
        does,
        method,
        lambda answer: wrong if isinstance(answer, right) and when(answer) else answer,
        base,
    )


def unsent(answer: Any) -> bool:
    """Nothing was sent, and nobody asked it to wait."""
    return answer.retry_after is None


def unreadable(answer: Any) -> bool:
    """There was an answer, and it could not be read."""
    return answer.because == UNREADABLE


def blind(does: str, method: str, wrong: object, base: type = AcmePay) -> type:
    """The plugin that takes an outage for the answer `wrong`."""

    async def changed(self: Any, *arguments: Any) -> Any:
        try:
            return await getattr(base, method)(self, *arguments)
        except GatewayUnavailable:
            return wrong

    return type("Broken", (base,), {"__doc__": does, method: changed})


def quoting(method: str) -> type:
    """The plugin that says why by repeating what it was answered."""

    async def changed(self: Any, *arguments: Any) -> Any:
        answer = await getattr(AcmePay, method)(self, *arguments)
        if getattr(answer, "because", "") != UNREADABLE:
            return answer
        page = await self.context.http.request("GET", f"{URL}/health")
        return Unanswered(page.body.decode())

    return type("Broken", (AcmePay,), {"__doc__": "repeats the provider's words", method: changed})


def acting(does: str, method: str, act: Callable[[Any], object], base: type = AcmePay) -> type:
    """The plugin that does something else before it does the right thing."""
    good: Any = getattr(base, method)

    async def awaited(self: Any, *arguments: Any) -> Any:
        act(self)
        return await good(self, *arguments)

    def called(self: Any, *arguments: Any) -> Any:
        act(self)
        return good(self, *arguments)

    changed = awaited if inspect.iscoroutinefunction(good) else called
    return type("Broken", (base,), {"__doc__": does, method: changed})
