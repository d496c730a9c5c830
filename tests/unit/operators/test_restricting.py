"""What a restriction holds, and which keys it takes."""

from __future__ import annotations

import pytest

from penstock.domain.operation import Operation, OperationKind
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.errors import OptionRefused, UnknownPayment
from penstock.operators.restrictions import COMMANDS, Restrict, in_force, key_of
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.operators.office import (
    CHARGE,
    PAYMENT,
    PENDING,
    RESERVED,
    SECOND,
    SUBMITTING,
    SUCCEEDED,
    UNKNOWN,
    WHY,
    Office,
    one,
)

LEASED = NOON + SECOND


class TestRestricting:
    @pytest.mark.parametrize(
        ("operation", "waiting", "under_way"),
        [
            (one(CHARGE), True, False),
            (one(CHARGE, SUBMITTING, lease_until=LEASED), False, True),
            (one(CHARGE, SUBMITTING, lease_until=NOON), True, False),
            (one(CHARGE, UNKNOWN, lease_until=LEASED), True, False),
            (one(CHARGE, PENDING, lease_until=LEASED), True, False),
            (one(CHARGE, RESERVED, lease_until=LEASED), True, False),
            (one(CHARGE, SUCCEEDED), False, False),
            (one(OperationKind.reread), False, False),
            (one(OperationKind.checkout, SUBMITTING, lease_until=LEASED), False, False),
        ],
    )
    async def test_what_waits_and_what_is_under_way_are_told_apart(
        self, office: Office, operation: Operation, waiting: bool, under_way: bool
    ) -> None:
        await office.hold(payment(operations=(operation,)))
        done = await office.restrict(PAYMENT, "pay-1")

        assert ((operation,) if waiting else ()) == done.waiting
        assert ((operation,) if under_way else ()) == done.under_way

    async def test_the_first_restriction_of_a_key_stays_and_is_told(self, office: Office) -> None:
        first = await office.restrict(RestrictionKind.payer, "P-1")
        office.clock.advance(60)
        again = await office.restrict(RestrictionKind.payer, "P-1")
        dry = await office.restrict(RestrictionKind.payer, "P-1", dry=True)
        other = await office.restrict(RestrictionKind.payer, "P-0", dry=True)
        entry = await office.entry()

        put = Restriction(RestrictionKind.payer, "P-1", NOON, "local ada", WHY)
        assert (put, put, put, None) == tuple(
            found.restriction for found in (first, again, dry, other)
        )
        assert [
            "restricted",
            "was restricted already",
            "was restricted already",
            "restricted",
        ] == [found.effect for found in (first, again, dry, other)]
        assert ("payers restrict", ("payer#P-1",)) == (entry.begun.command, entry.begun.subjects)
        assert entry.done is not None
        assert {"restricted": True, "since": "2026-11-02T12:00:00+00:00"} == entry.done.after

    async def test_a_restriction_put_by_a_repeat_is_shown_since_it_took_effect(
        self, office: Office
    ) -> None:
        """
        Its first try failed, and kept nothing from moving money.
        """
        office.clock.advance(4 * 3600)
        command = Restrict(office.ledger, office.restrictions, office.clock, office.audited)
        done = await command(RestrictionKind.payer, "P-1", WHY, since=NOON)
        entry = await office.entry()

        assert done.restriction is not None
        assert entry.done is not None
        assert "2026-11-02T16:00:00+00:00" == entry.done.after["since"]
        assert "2026-11-02T16:00:00+00:00" == done.restriction.in_force_since.isoformat()
        assert NOON == done.restriction.since

    async def test_a_restriction_is_found_by_its_whole_key(self, office: Office) -> None:
        for name in ("P-1", "P-2", "P-3"):
            await office.restrict(RestrictionKind.payer, name)
        found = await in_force(office.restrictions, "payer#P-2")

        assert "P-2" == (found and found.value)
        assert await in_force(office.restrictions, "payer#P") is None

    @pytest.mark.parametrize("kind", [PAYMENT, RestrictionKind.subscription])
    async def test_what_the_ledger_lacks_is_not_restricted(
        self, office: Office, kind: RestrictionKind
    ) -> None:
        for dry in (False, True):
            with pytest.raises(UnknownPayment, match=f"there is no {kind.value} of that id"):
                await office.restrict(kind, "pay-9", dry=dry)

        assert [] == list(await office.restrictions.list())

    @pytest.mark.parametrize("value", ["x", "x" * 300, "caf\u00e9 1"])
    def test_a_value_has_300_printable_characters_at_most(self, value: str) -> None:
        assert f"payer#{value}" == key_of(RestrictionKind.payer, value)

    @pytest.mark.parametrize("value", ["", "x" * 301, "a\nb", "a\u202eb"])
    def test_any_other_value_is_refused_by_the_name_of_its_option(self, value: str) -> None:
        with pytest.raises(OptionRefused, match="PAYER has 1 to 300 printable characters"):
            key_of(RestrictionKind.payer, value)

    def test_each_kind_has_a_group_of_commands(self) -> None:
        assert {kind: f"{kind.value}s" for kind in RestrictionKind} == COMMANDS
