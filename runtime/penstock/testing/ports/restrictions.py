"""Conformance of the store of restrictions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.ports import Restrictions
from penstock.testing.clock import NOON

FIRST = Restriction(RestrictionKind.payment, "pay-1", NOON, "arn:aws:iam::1:user/ada", "fraud")
SECOND = Restriction(
    RestrictionKind.payer,
    "c#9",
    NOON + timedelta(microseconds=1),
    "token 00ff",
    "the buyer's bank asked",
)


class RestrictionsConformance:
    """Restrictions keep these promises; override `restrictions`."""

    @pytest.fixture
    def restrictions(self) -> Restrictions:
        """An empty store."""
        raise NotImplementedError("override the fixture restrictions")

    async def test_a_restriction_is_listed_until_it_is_lifted(
        self, restrictions: Restrictions
    ) -> None:
        """
        Whole, and without a delay.
        """
        assert [] == list(await restrictions.list())
        assert FIRST == await restrictions.put(FIRST)
        assert SECOND == await restrictions.put(SECOND)
        assert [SECOND, FIRST] == list(await restrictions.list())

        assert SECOND == await restrictions.lift("payer#c#9", SECOND.since)
        assert await restrictions.lift("payer#c#9", SECOND.since) is None
        assert [FIRST] == list(await restrictions.list())

    async def test_a_second_restriction_of_a_key_leaves_the_first(
        self, restrictions: Restrictions
    ) -> None:
        """
        Who put it, when and why stay as they were.
        """
        await restrictions.put(FIRST)

        assert FIRST == await restrictions.put(replace(FIRST, actor="eve", reason="again"))
        assert [FIRST] == list(await restrictions.list())

    async def test_when_a_restriction_took_effect_is_kept_and_does_not_name_it(
        self, restrictions: Restrictions
    ) -> None:
        """
        A command that failed is repeated under its first moment, and takes effect later.
        """
        later = NOON + timedelta(hours=4)
        await restrictions.put(replace(FIRST, made_at=later))
        await restrictions.put(SECOND)
        again = await restrictions.put(replace(FIRST, made_at=later + timedelta(hours=1)))
        lifted = await restrictions.lift(FIRST.key, FIRST.since)

        assert FIRST == again == lifted
        assert again is not None
        assert lifted is not None
        assert (later, later) == (again.in_force_since, lifted.in_force_since)
        assert [SECOND.since] == [one.in_force_since for one in await restrictions.list()]

    async def test_a_later_restriction_is_not_lifted_in_the_place_of_the_one_that_was_meant(
        self, restrictions: Restrictions
    ) -> None:
        """
        Another operator may have restricted the same meanwhile.
        """
        later = replace(FIRST, since=FIRST.since + timedelta(microseconds=1))
        await restrictions.put(later)

        assert await restrictions.lift(FIRST.key, FIRST.since) is None
        assert [later] == list(await restrictions.list())

    async def test_a_restriction_that_was_lifted_is_not_put_again(
        self, restrictions: Restrictions
    ) -> None:
        """
        A repeat of the command that put it must not undo the release; a new command may.
        """
        later = replace(FIRST, since=FIRST.since + timedelta(microseconds=1))
        await restrictions.put(FIRST)
        await restrictions.lift(FIRST.key, FIRST.since)

        assert await restrictions.put(FIRST) is None
        assert [] == list(await restrictions.list())
        assert later == await restrictions.put(later)
        assert later == await restrictions.put(FIRST)

    async def test_what_a_restriction_holds_is_noted_once_until_it_is_forgotten(
        self, restrictions: Restrictions
    ) -> None:
        """
        Also after the restriction was lifted: a release that was interrupted goes on.
        """
        one, other = Ref(EntityKind.payment, "pay-1"), Ref(EntityKind.subscription, "acme-I#1")
        for ref in (other, one, one):
            await restrictions.note("gateway#acme", ref)
        await restrictions.note("gateway#other", one)
        await restrictions.lift("gateway#acme", NOON)

        assert [one] == list(await restrictions.held("gateway#acme", 1))
        assert [one, other] == list(await restrictions.held("gateway#acme", 10))

        await restrictions.forget("gateway#acme", one)
        await restrictions.forget("gateway#acme", one)

        assert [other] == list(await restrictions.held("gateway#acme", 10))
        assert [one] == list(await restrictions.held("gateway#other", 10))
