"""Conformance of the audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.audit import Begun, Done, Ending, Entry
from penstock.errors import LedgerConflict
from penstock.ports import Audit, Place
from penstock.testing.clock import NOON

FIRST = Begun(
    "a-1",
    NOON,
    "arn:aws:iam::123456789012:user/ada",
    "payments restrict",
    ("payment#pay-1", "payer#c-9"),
    "the card was stolen",
    {"state": "reserved", "attempts": 2, "restricted": False},
)
DONE = Done(
    NOON + timedelta(seconds=1, microseconds=1),
    Ending.done,
    "restricted: charge held",
    before={"status": "pending"},
    after={"restricted": True},
)
SECOND = replace(FIRST, id="a-0", at=NOON + timedelta(microseconds=1), reason=None, before={})


class AuditConformance:
    """The audit trail keeps these promises; override `audit`."""

    @pytest.fixture
    def audit(self) -> Audit:
        """An empty trail."""
        raise NotImplementedError("override the fixture audit")

    async def test_an_entry_is_kept_whole(self, audit: Audit) -> None:
        """
        Its beginning before it has ended, and both lines afterwards.
        """
        await audit.begin(FIRST)

        assert [Entry(FIRST)] == list(await audit.of_day(NOON.date(), 10))

        await audit.finish(FIRST, DONE)

        assert [Entry(FIRST, DONE)] == list(await audit.of_day(NOON.date(), 10))

    async def test_a_line_is_never_replaced(self, audit: Audit) -> None:
        """
        The same line written again, after a lost answer, is no conflict.
        """
        await audit.begin(FIRST)
        await audit.begin(FIRST)
        await audit.finish(FIRST, DONE)
        await audit.finish(FIRST, DONE)
        with pytest.raises(LedgerConflict):
            await audit.begin(replace(FIRST, actor="arn:aws:iam::123456789012:user/eve"))
        with pytest.raises(LedgerConflict):
            await audit.finish(FIRST, replace(DONE, ending=Ending.failed))

        assert [Entry(FIRST, DONE)] == list(await audit.of_day(NOON.date(), 10))

    async def test_a_day_is_listed_newest_first_and_goes_on_after_a_place(
        self, audit: Audit
    ) -> None:
        """
        Entries of other days are left out; finished and unfinished ones fill a page alike.
        """
        begun = [
            replace(FIRST, id=f"a-{n}", at=NOON + timedelta(seconds=n // 2)) for n in range(6)
        ]
        for one in begun:
            await audit.begin(one)
        for one in begun[::2]:
            await audit.finish(one, DONE)
        await audit.begin(replace(FIRST, at=NOON + timedelta(days=1)))
        seen: list[str] = []
        before: Place | None = None
        while page := await audit.of_day(NOON.date(), 2, before):
            seen += [one.begun.id for one in page]
            assert [one.begun.id in ("a-0", "a-2", "a-4") for one in page] == [
                one.done is not None for one in page
            ]
            before = Place(page[-1].begun.at, page[-1].begun.id)

        assert ["a-5", "a-4", "a-3", "a-2", "a-1", "a-0"] == seen
