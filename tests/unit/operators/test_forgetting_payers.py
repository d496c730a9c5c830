"""`payers forget`: each payment is erased, or the reason is said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from penstock.domain.payment import Payer, Payment
from penstock.domain.subscription import Subscription
from penstock.operators.forgetting import Erased, Erasure, ForgetPayer, summary
from penstock.pipeline.forgetting import Forget
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.operators.office import ADA, CHARGE, WHY, Office, one


async def all_of(*entities: Payment | Subscription) -> AsyncIterator[Payment | Subscription]:
    for entity in entities:
        yield entity


class TestForgetting:
    async def forget(self, office: Office, *, dry: bool = False) -> Sequence[Erased]:
        entities = [
            replace(payment("pay-1", payer=ADA), version=1),
            replace(payment("pay-2"), version=1, forgotten_at=NOON),
            replace(payment("pay-3", payer=ADA, operations=(one(CHARGE),)), version=1),
        ]
        await office.hold(*(replace(entity, version=0) for entity in entities))
        command = ForgetPayer(Forget(office.ledger, office.clock, office.ids), office.audited)
        found = [await office.payment(entity.id) for entity in entities]
        return await command("payer#P-1", WHY, all_of(*found), dry_run=dry)

    async def test_each_is_erased_or_told_why_not(self, office: Office) -> None:
        done = await self.forget(office)
        entry = await office.entry()

        waits = "its charge is not over (reserved): try again later"
        assert [(Erasure.erased, None), (Erasure.nothing, None), (Erasure.refused, waits)] == [
            (found.erasure, found.because) for found in done
        ]
        assert Payer("P-1") == (await office.payment("pay-1")).payer
        assert ("payers forget", ("payer#P-1",), WHY) == (
            *(entry.begun.command, entry.begun.subjects, entry.begun.reason),
        )
        assert entry.done is not None
        assert "1 erased, 1 nothing, 1 refused" == entry.done.effect == summary(done)
        assert "nothing" == summary([])

    async def test_a_dry_run_says_what_is_wanted_and_changes_nothing(self, office: Office) -> None:
        done = await self.forget(office, dry=True)

        assert [Erasure.wanted, Erasure.wanted, Erasure.refused] == [one.erasure for one in done]
        assert (ADA, 0) == ((await office.payment("pay-1")).payer, office.ledger.tries)
        assert [] == list(await office.audit.of_day(NOON.date(), 9))
