"""What a release makes due, and which restriction it lifts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from penstock.adapters.memory import MemoryRestrictions
from penstock.domain.ref import Ref
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.errors import CommandRefused, LedgerConflict
from penstock.operators.restrictions import Meant, Release, Released, Restrict
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.operators.office import CHARGE, PAYMENT, SECOND, WHY, Office, held, one


class Many(MemoryRestrictions):
    """Restrictions that hold as many as are asked for, some times."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 1
        self.limits: list[int] = []

    async def held(self, key: str, limit: int) -> Sequence[Ref]:
        self.limits.append(limit)
        self.left -= 1
        return [payment().ref] * limit if self.left >= 0 else []


class TestReleasing:
    async def noted(self, office: Office, number: int) -> None:
        for nth in range(number):
            await office.hold(held(f"pay-{nth:03d}"))
            await office.restrictions.note("gateway#example", held(f"pay-{nth:03d}").ref)

    @pytest.mark.parametrize("number", [1, 50, 51, 101])
    async def test_all_that_is_held_becomes_due_and_is_counted(
        self, office: Office, number: int
    ) -> None:
        gateway = RestrictionKind.gateway, "example"
        await self.noted(office, number)
        await office.restrict(*gateway)
        dry = await office.release(*gateway, dry=True)
        told: list[int] = []
        done = await office.release(*gateway, told=told)
        entry = await office.entry()

        assert (number, number, list(range(1, number + 1))) == (dry.due, done.due, told)
        assert dry.restriction == done.restriction is not None
        assert NOON == (await office.payment("pay-000")).operations[0].due_at
        assert [] == list(await office.restrictions.list())
        assert entry.done is not None
        assert {"restricted": False, "due": number} == entry.done.after
        assert Released(None, 0) == await office.release(*gateway)

    @pytest.mark.parametrize(
        ("number", "most", "refused"),
        [(2, None, False), (2, 2, False), (3, 2, True), (0, 0, False)],
    )
    @pytest.mark.parametrize("dry", [False, True])
    async def test_more_than_a_caller_can_wait_for_are_refused(
        self, office: Office, number: int, most: int | None, refused: bool, dry: bool
    ) -> None:
        await self.noted(office, number)
        if refused:
            with pytest.raises(CommandRefused, match="more than 2 payments and subscriptions"):
                await office.release(RestrictionKind.gateway, "example", most=most, dry=dry)
        else:
            done = await office.release(RestrictionKind.gateway, "example", most=most, dry=dry)
            assert number == done.due

    async def test_a_dry_run_counts_up_to_10000_and_a_release_reads_fifty_at_a_time(
        self, office: Office
    ) -> None:
        many = office.restrictions = Many()
        dry = await office.release(RestrictionKind.gateway, "example", dry=True)
        assert (10_000, [10_000]) == (dry.due, many.limits)

        many.left = 1
        await office.release(RestrictionKind.gateway, "example")
        assert [10_000, 50, 50] == many.limits

    async def test_what_is_noted_and_not_held_any_more_is_not_counted(
        self, office: Office
    ) -> None:
        await office.hold(payment("pay-1"), held("pay-3"))
        for name in ("pay-1", "pay-2", "pay-3"):
            await office.restrictions.note("payer#P-1", payment(name).ref)
        told: list[int] = []

        assert 1 == (await office.release(RestrictionKind.payer, "P-1", told=told)).due
        assert [0, 0, 1] == told

    async def test_what_is_due_already_is_counted_and_not_written(self, office: Office) -> None:
        await office.hold(payment(operations=(one(CHARGE, restricted_at=NOON, due_at=NOON),)))
        await office.restrictions.note("payment#pay-1", payment().ref)

        assert (1, 0) == ((await office.release()).due, office.ledger.tries)

    @pytest.mark.parametrize(("lost", "given_up"), [(9, False), (10, True)])
    async def test_a_release_gives_up_after_ten_lost_writes(
        self, office: Office, lost: int, given_up: bool
    ) -> None:
        await office.hold(held("pay-1"))
        await office.restrictions.note("payment#pay-1", payment().ref)
        office.ledger.lost = lost
        if given_up:
            with pytest.raises(LedgerConflict, match="keep writing payment#pay-1"):
                await office.release()
        else:
            assert 1 == (await office.release()).due
        assert 10 == office.ledger.tries

    @pytest.mark.parametrize(
        ("restricted", "due", "effect"),
        [
            (False, 0, "not restricted: nothing to release"),
            (False, 2, "released; 2 with held operations are sent by the sweep"),
            (True, 0, "released; 0 with held operations are sent by the sweep"),
        ],
    )
    def test_a_release_says_what_it_did(self, restricted: bool, due: int, effect: str) -> None:
        put = Restriction(PAYMENT, "pay-1", NOON, "ada", WHY) if restricted else None

        assert effect == Released(put, due).effect


class TestTheRestrictionThatIsMeant:
    """A command that is repeated, however late, undoes nothing that others did meanwhile."""

    async def release(self, office: Office, meant: Meant | None, *, dry: bool) -> Released:
        command = Release(
            office.ledger, office.restrictions, office.clock, office.ids, office.audited
        )
        return await command(RestrictionKind.payer, "P-1", WHY, meant=meant, dry_run=dry)

    @pytest.mark.parametrize("dry", [False, True])
    @pytest.mark.parametrize(
        ("since", "lifted"), [(-1, False), (0, True), (1, False), (None, False)]
    )
    async def test_only_the_one_that_is_meant_is_lifted(
        self, office: Office, since: int | None, lifted: bool, dry: bool
    ) -> None:
        put = (await office.restrict(RestrictionKind.payer, "P-1")).restriction
        await office.hold(held("pay-1"))
        await office.restrictions.note("payer#P-1", held("pay-1").ref)
        meant = Meant(None if since is None else NOON + since * SECOND)
        done = await self.release(office, meant, dry=dry)

        assert (Released(put, 1) if lifted else Released(None, 0, later=put)) == done
        there = dry or not lifted
        assert ([put] if there else []) == list(await office.restrictions.list())
        if not dry:
            entry = (await office.entry()).done
            assert entry is not None
            assert {"restricted": not lifted, "due": int(lifted)} == entry.after

    async def test_what_is_meant_may_have_been_lifted_already(self, office: Office) -> None:
        for dry in (False, True):
            assert Released(None, 0) == await self.release(office, Meant(NOON), dry=dry)

    async def test_a_restriction_that_was_lifted_is_not_put_again_by_its_repeat(
        self, office: Office
    ) -> None:
        command = Restrict(office.ledger, office.restrictions, office.clock, office.audited)
        arguments = (RestrictionKind.payer, "P-1", WHY)
        first = await command(*arguments, since=NOON - SECOND)
        await office.release(RestrictionKind.payer, "P-1")
        again = await command(*arguments, since=NOON - SECOND)
        entry = (await office.entry()).done
        assert first.restriction is not None
        assert entry is not None

        assert (NOON - SECOND, True) == (first.restriction.since, first.anew)
        assert (None, False) == (again.restriction, again.anew)
        effect = "was restricted before, and released since: nothing is done"
        assert (effect, {"restricted": False}) == (again.effect, entry.after)

    def test_what_is_meant_is_kept_as_a_text(self) -> None:
        put = Restriction(PAYMENT, "pay-1", NOON, "ada", WHY)

        assert ("2026-11-02T12:00:00.000000Z", "") == (Meant.of(put).text, Meant.of(None).text)
        for meant in (Meant.of(put), Meant.of(None)):
            assert meant == Meant.read(meant.text)
        later = Released(None, 0, later=put).effect
        assert "nothing is done: ada has restricted it again at 2026-11-02 12:00:00 UTC" == later
