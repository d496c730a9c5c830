"""
A request under an Idempotency-Key is worked on once: a repeat gets the answer that was given.

    claim ──► work ──► keep the answer
      │         └─► refused, or no answer from the ledger: the claim is given up
      └─► answered before: that answer      ─► claimed by another try: later
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from penstock import problems
from penstock.api.context import Clock, Ids
from penstock.errors import OperationInFlight, RequestRefused, TransientError
from penstock.pipeline.keys import derived_id
from penstock.ports import Answers, Asked

LIMIT_SECONDS = 20.0
"""How long the work may take. A command is a few reads and writes of the ledger."""
LEASE = timedelta(seconds=30)
"""How long a claim lasts: what was given up at its limit has reached the ledger, or never will."""


@dataclass(frozen=True, slots=True)
class Once:
    """Runs the command of a request, unless the request was answered before."""

    answers: Answers
    clock: Clock
    ids: Ids

    async def __call__(
        self,
        client: str,
        key: str,
        digest: str,
        work: Callable[[Asked], Awaitable[str]],
        meant: str = "",
    ) -> str:
        """
        The answer to a request. What the work raises is raised, and is no answer: the same may
        be sent again.

        Args:
            digest: of what is asked.
            work: must be safe to repeat, for a try that was killed before its answer was kept.
            meant: what the request is about now. The work gets what its first try meant: another
                operator may have changed it by the time of a repeat.

        Raises:
            RequestRefused: 422, the key belongs to another request.
            OperationInFlight: another try works on it, or this one took too long.
            LedgerUnavailable: no answer was kept; the work may be done.
        """
        now = self.clock.now()
        name = derived_id("operate", key, client)
        asked = Asked(name, digest, self.ids.new(), now + LEASE, meant)
        found = await self.answers.claim(asked, now)
        if found.digest != digest:
            raise RequestRefused(problems.KEY_REUSED, "use a new key for a new command")
        if found.answer is not None:
            return found.answer
        if found.claim != asked.claim:
            wait = (found.until - now).total_seconds()
            raise OperationInFlight("the same request is being worked on", retry_after=wait)
        answer = await self._worked(found, work)
        await self.answers.keep(replace(found, answer=answer))
        return answer

    async def _worked(self, asked: Asked, work: Callable[[Asked], Awaitable[str]]) -> str:
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                return await work(asked)
        except TimeoutError as exc:
            # A write may still be under way: the claim stays until that has ended.
            wait = LEASE.total_seconds()
            raise OperationInFlight("the command took too long", retry_after=wait) from exc
        except Exception:
            # If this fails, too, the claim ends by itself.
            with suppress(TransientError):
                await self.answers.keep(replace(asked, until=self.clock.now()))
            raise
