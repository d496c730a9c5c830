"""
Webhooks on their way: sent at once, and again and again until the receiver takes them.

PayPal tries up to 25 more times over 3 days and does not publish the spacing; this one is the
simulator's own. It goes by PayPal's clock: when that is moved, what became due is sent before the
call that moved it is answered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from penstock.testing.faults import Pending
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.notifications.archive import (
    Archive,
    Attempt,
    Kept,
    Transmission,
)
from penstock_paypal.simulator.notifications.faults import DeliveryFault
from penstock_paypal.simulator.notifications.registry import Registry
from penstock_paypal.simulator.notifications.signer import Signer

RETRIES = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30, 60, 120, *(17 * [240])))
"""The waits between attempts: 25, three days together."""
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_MOST = 20_000
"""Transmissions that are kept; the oldest go first."""
_CLOCK = "/_simulator/clock"
Carry = Callable[[Transmission], Awaitable[int | None]]
"""Takes a webhook to its address; the status of the answer."""


class Deliveries:
    """
    Sends webhooks.

    Args:
        carry: how; over HTTP, if left out.

    Attributes:
        archive: the events, with their transmissions.
        faults: what goes wrong with the next ones.
        all: the transmissions, oldest first.
    """

    def __init__(
        self, books: Books, registry: Registry, signer: Signer, carry: Carry | None = None
    ) -> None:
        self._books = books
        self._carry = carry or self._post
        self._registry = registry
        self._signer = signer
        self._session: aiohttp.ClientSession | None = None
        self._sending = asyncio.Lock()
        self._changed = asyncio.Event()
        self.archive = Archive()
        self.faults = Pending[DeliveryFault]()
        self.all: deque[Transmission] = deque(maxlen=_MOST)
        self._waiting: list[Transmission] = []

    def add_to(self, app: web.Application) -> None:
        """Deliver while the application runs."""

        @web.middleware
        async def on_time(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            if request.method != "GET" and request.path.startswith(_CLOCK):
                await self.deliver_due()
            return response

        app.middlewares.append(on_time)
        app.cleanup_ctx.append(self._run)

    async def announce(self, event: Document) -> None:
        """
        Something happened: keep the event, and send it to each webhook that wants it.

        Returns once each was tried; what is not taken is sent again later.
        """
        kept = self.archive.keep(event, self._books.clock())
        for webhook in self._registry.wanting(str(event.get("event_type"))):
            headers = self._signer.headers(kept.body, webhook.id)
            made = self.take(kept, webhook.url, headers, at_once=False)
            # Not by `deliver_due`: a receiver may call the API that announces the next event.
            if made is not None and not made.waits:
                await self.send(made)

    def take(
        self,
        kept: Kept,
        url: str,
        headers: dict[str, str],
        body: bytes | None = None,
        *,
        at_once: bool = True,
    ) -> Transmission | None:
        """
        Have an event sent to an address; None when the webhook gets lost.

        Args:
            body: what is sent instead of the event's own bytes.
            at_once: send it in the background; otherwise the caller sends it, unless it is held.
        """
        event_type = str(kept.event.get("event_type"))
        fault = self.faults.take(lambda one: one.matches(event_type))
        if fault is not None and fault.lost:
            return None
        made = Transmission(url, event_type, headers, kept.body if body is None else body)
        if fault is not None and fault.hold:
            made.waits = fault.hold
        elif at_once:
            made.due = self._books.clock()
        kept.transmissions.append(made)
        self.all.append(made)
        if made.waits or made.due:
            self._wait_for(made)
        return made

    async def send(
        self, transmission: Transmission, copies: int = 1, *, again: bool = True
    ) -> list[int | None]:
        """
        Send one now, several copies side by side; the statuses of the answers.

        Args:
            again: send it again later when it is not taken.
        """
        answers = await self._send(transmission, copies, again)
        overtaken = [one for one in self._waiting if one.waits]
        for one in overtaken:
            one.waits -= 1
            if not one.waits:
                await self._send(one, 1, again=True)
        return answers

    async def deliver_due(self) -> int:
        """Send all that is due by now, in the order in which it became due; how many."""
        count = 0
        async with self._sending:
            while (due := self._next()) and _when(due) <= self._books.clock():
                await self.send(due)
                count += 1
        return count

    async def release(self) -> int:
        """Forget the faults, and send everything that is held and due; how many."""
        self.faults.clear()
        for one in self._waiting:
            if one.waits:
                one.waits, one.due = 0, self._books.clock()
        return await self.deliver_due()

    async def _send(
        self, transmission: Transmission, copies: int, again: bool
    ) -> list[int | None]:
        planned = transmission.due or self._books.clock()
        transmission.due = None
        if transmission in self._waiting:
            self._waiting.remove(transmission)
        answers = await asyncio.gather(*(self._attempt(transmission) for _ in range(copies)))
        tried = len(transmission.attempts)
        taken = any(one.taken for one in transmission.attempts)
        if again and not taken and tried <= len(RETRIES):
            # From when it was due, not from now: a clock moved far ahead sees every attempt.
            transmission.due = planned + RETRIES[tried - 1]
            self._wait_for(transmission)
        return answers

    def _wait_for(self, transmission: Transmission) -> None:
        self._waiting.append(transmission)
        self._changed.set()

    def _next(self) -> Transmission | None:
        planned = [one for one in self._waiting if one.due is not None]
        return min(planned, key=_when, default=None)

    async def _attempt(self, transmission: Transmission) -> int | None:
        status = await self._carry(transmission)
        transmission.attempts.append(Attempt(self._books.clock(), status))
        return status

    async def _post(self, transmission: Transmission) -> int | None:
        """The status of the answer; None when there was none."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        try:
            async with self._session.post(
                transmission.url,
                data=transmission.body,
                headers=transmission.headers,
                allow_redirects=False,
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _run(self, _: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self._keep_delivering())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if self._session is not None:
            await self._session.close()

    async def _keep_delivering(self) -> None:
        while True:
            self._changed.clear()
            await self.deliver_due()
            first = self._next()
            left = None
            if first is not None:
                left = max(0.0, (_when(first) - self._books.clock()).total_seconds())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left)


def _when(transmission: Transmission) -> datetime:
    """When its next attempt is; asked of those that have one."""
    assert transmission.due is not None  # noqa: S101 - the type checker's sake: see the callers
    return transmission.due
