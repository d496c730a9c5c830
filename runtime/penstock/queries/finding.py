"""Finds payments by an id of ours or the gateway's, a reference, or a day."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date

from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import QueryRefused
from penstock.ports import Index, Ledger
from penstock.queries.walk import Source, day, looked_up, walk

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class FindPayments:
    """
    `penstock payments find`.

    Attributes:
        gateways: the names of the configured gateways, which begin ids.
    """

    ledger: Ledger
    gateways: Collection[str]

    async def __call__(
        self, words: str, status: PaymentStatus | None = None, limit: int = 20
    ) -> tuple[Payment, ...]:
        """
        The payments that `words` names, newest first; each once.

        Args:
            words: our id of the payment; the gateway's id of it; the merchant's reference; our or
                the gateway's id of a subscription; or a day (UTC) on which it was first seen.
            status: leave out the others.

        Raises:
            QueryRefused: the day is not a date.
            LedgerUnavailable: no answer.
        """
        found = {one.id: one for one in await self._named(words)}
        for source in self._sources(words):
            if len(found) >= limit:
                break
            async with aclosing(walk(self.ledger, [source], _AT_ONCE, None)) as entities:
                async for entity in entities:
                    if isinstance(entity, Payment) and status in (None, entity.status):
                        found.setdefault(entity.id, entity)
                    if len(found) >= limit:
                        break
        kept = [one for one in found.values() if status in (None, one.status)]
        kept.sort(key=lambda one: (one.created_at, one.id), reverse=True)
        return tuple(kept[:limit])

    async def _named(self, words: str) -> list[Payment]:
        names = [words, *(f"{gateway}-{words}" for gateway in self.gateways)]
        loaded = [await self.ledger.load(Payment, name) for name in names]
        return [one for one in loaded if one is not None]

    def _sources(self, words: str) -> list[Source]:
        if _DAY.fullmatch(words):
            try:
                return [day(self.ledger, date.fromisoformat(words))]
            except ValueError as exc:
                raise QueryRefused("day", "is no day; give it as 2026-11-02") from exc
        prefixes = (f"{gateway}-" for gateway in self.gateways)
        theirs = {words, *(words.removeprefix(one) for one in prefixes)}
        return [
            looked_up(self.ledger, Index.reference, [words]),
            looked_up(self.ledger, Index.subscription, sorted(theirs)),
        ]
