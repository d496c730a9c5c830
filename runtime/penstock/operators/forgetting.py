"""Have a payer forgotten: names and e-mail addresses go, amounts and dates stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

from penstock.domain import rules
from penstock.domain.payment import Payment
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription
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

    async def __call__(
        self, found: AsyncIterator[Payment | Subscription], *, dry_run: bool = False
    ) -> AsyncIterator[Erased]:
        """
        Erase one after another, and say of each what became of it. A repeat goes on.

        Raises:
            LedgerConflict: something keeps writing one of them; try again.
        """
        async for entity in found:
            refused = rules.why_not_forget(entity)
            if refused is not None:
                yield Erased(entity.ref, Erasure.refused, refused)
            elif dry_run:
                yield Erased(entity.ref, Erasure.wanted)
            else:
                did = await self.forget(entity)
                yield Erased(entity.ref, Erasure.erased if did else Erasure.nothing)
