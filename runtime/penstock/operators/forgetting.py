"""Forget a payer: erases names and e-mail addresses, keeps amounts and dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from penstock.domain import rules
from penstock.domain.payment import Payment
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription
from penstock.operators.audited import Audited, said
from penstock.pipeline.forgetting import Forget


class Erasure(StrEnum):
    """What became of one payment or subscription."""

    erased = "erased"
    nothing = "nothing"
    """It holds no name and no e-mail address."""
    refused = "refused"
    wanted = "wanted"
    """It would be erased, but for --dry-run."""


@dataclass(frozen=True, slots=True)
class Erased:
    """
    One payment or subscription, and what became of its payer's name.

    Attributes:
        because: why it was refused.
    """

    ref: Ref
    erasure: Erasure
    because: str | None = None


@dataclass(frozen=True, slots=True)
class ForgetPayer:
    """`penstock payers forget`."""

    forget: Forget
    audited: Audited

    async def __call__(
        self,
        subject: str,
        because: str,
        found: AsyncIterator[Payment | Subscription],
        *,
        dry_run: bool = False,
    ) -> list[Erased]:
        """
        Erase one after another. Returns what became of each; a repeat goes on where it stopped.

        Args:
            subject: who or what was named, for the audit trail.
            because: why; at most 300 characters.

        Raises:
            CommandRefused: there is no reason, or a long one.
            LedgerConflict: something keeps writing one of them; try again.
        """
        because = said(because)
        if dry_run:
            return [await self._one(entity, dry_run=True) async for entity in found]
        async with self.audited("payers forget", [subject], because) as trail:
            done = [await self._one(entity, dry_run=False) async for entity in found]
            trail.effect = summary(done)
        return done

    async def _one(self, entity: Payment | Subscription, *, dry_run: bool) -> Erased:
        refused = rules.why_not_forget(entity)
        if refused is not None:
            return Erased(entity.ref, Erasure.refused, refused)
        if dry_run:
            return Erased(entity.ref, Erasure.wanted)
        did = await self.forget(entity)
        return Erased(entity.ref, Erasure.erased if did else Erasure.nothing)


def summary(done: Sequence[Erased]) -> str:
    """The number of each result, on one line."""
    counted = Counter(one.erasure.value for one in done)
    return ", ".join(f"{count} {what}" for what, count in sorted(counted.items())) or "nothing"
