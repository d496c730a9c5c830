"""The audit trail: two lines for each command, and its listing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from penstock.adapters.memory import MemoryAudit
from penstock.domain.audit import Begun, Done, Ending, Entry
from penstock.errors import (
    CommandRefused,
    LedgerUnavailable,
    OptionRefused,
    QueryRefused,
    UnknownPayment,
)
from penstock.operators.audited import Audited, said
from penstock.queries.audit import AuditQuery, ListAudit
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import CountingIds

ADA = "arn:aws:iam::123456789012:user/ada"


class Trails:
    """A trail, who writes to it, and what it lists."""

    def __init__(self, audit: MemoryAudit | None = None) -> None:
        self.clock = FrozenClock()
        self.audit = audit or MemoryAudit()
        self.ids = CountingIds()

    def by(self, actor: str) -> Audited:
        return Audited(self.audit, self.clock, self.ids, actor)

    async def list(self, **asked) -> list[Entry]:
        page = await ListAudit(self.audit, self.clock)(AuditQuery(**asked))
        assert page.cursor is None
        return list(page.entries)


@pytest.fixture
def trails() -> Trails:
    return Trails()


async def test_a_command_leaves_its_beginning_and_its_effect(trails: Trails):
    async with trails.by(ADA)("payments restrict", ["payment#p-1"], "fraud", {"held": 0}) as trail:
        assert [None] == [one.done for one in await trails.list()]
        trails.clock.advance(timedelta(seconds=2).total_seconds())
        trail.effect, trail.after = "restricted: charge held", {"held": 1}
    (entry,) = await trails.list()

    begun = Begun("id-1", NOON, ADA, "payments restrict", ("payment#p-1",), "fraud", {"held": 0})
    done = Done(
        NOON + timedelta(seconds=2), Ending.done, "restricted: charge held", after={"held": 1}
    )
    assert Entry(begun, done) == entry


async def test_a_refused_command_is_kept_with_its_reason(trails: Trails):
    with pytest.raises(CommandRefused):
        async with trails.by(ADA)("payments resolve", ["operation#o-1"]):
            raise CommandRefused("the charge succeeded")
    (entry,) = await trails.list()

    assert Done(NOON, Ending.refused, "the charge succeeded", "CommandRefused") == entry.done


async def test_a_failed_command_is_kept_without_the_words_of_a_bug(trails: Trails):
    with pytest.raises(LedgerUnavailable):
        async with trails.by(ADA)("payments release", ["payment#p-1"]):
            raise LedgerUnavailable("no answer from DynamoDB")
    trails.clock.advance(timedelta(seconds=1).total_seconds())
    with pytest.raises(ValueError, match="4111"):
        async with trails.by(ADA)("payments release", ["payment#p-1"]):
            raise ValueError("4111 1111 1111 1111")
    bug, lost = [one.done for one in await trails.list()]

    assert Done(NOON, Ending.failed, "no answer from DynamoDB", "LedgerUnavailable") == lost
    assert bug is not None
    assert (Ending.failed, "ValueError", "a bug, or no answer") == (
        bug.ending,
        bug.error,
        bug.effect,
    )


async def test_a_killed_command_stays_not_finished(trails: Trails):
    with pytest.raises(asyncio.CancelledError):
        async with trails.by(ADA)("payments restrict", ["payment#p-1"]):
            raise asyncio.CancelledError
    (entry,) = await trails.list()

    assert entry.done is None


class Closed(MemoryAudit):
    async def begin(self, begun: Begun) -> None:
        raise LedgerUnavailable("no answer from DynamoDB")


async def test_nothing_is_done_unless_its_beginning_is_written():
    ran = False
    with pytest.raises(LedgerUnavailable):
        async with Trails(Closed()).by(ADA)("payments restrict", ["payment#p-1"]):
            ran = True

    assert not ran


class Failing(MemoryAudit):
    async def finish(self, begun: Begun, done: Done) -> None:
        raise LedgerUnavailable("no answer from DynamoDB")


async def test_a_commands_own_error_is_told_when_its_ending_cannot_be_written():
    with pytest.raises(CommandRefused):
        async with Trails(Failing()).by(ADA)("payments restrict", ["payment#p-1"]):
            raise CommandRefused("no")


async def ran(trails: Trails, actor: str, *subjects: str) -> None:
    async with trails.by(actor)("payments restrict", subjects):
        trails.clock.advance(timedelta(minutes=1).total_seconds())


class TestListing:
    async def test_entries_are_found_by_subject_actor_and_time(self, trails: Trails):
        await ran(trails, ADA, "payment#p-1", "payer#c-1")
        await ran(trails, "token 00ff", "payment#p-2")
        await ran(trails, ADA, "payment#p-2")

        def ids(entries: list[Entry]) -> list[str]:
            return [one.begun.id for one in entries]

        assert ["id-3", "id-2", "id-1"] == ids(await trails.list())
        assert ["id-1"] == ids(await trails.list(subject="payer#c-1"))
        assert ["id-3", "id-2"] == ids(await trails.list(subject="p-2"))
        assert ["id-3", "id-1"] == ids(await trails.list(who="user/ada"))
        assert ["id-2"] == ids(await trails.list(who="00ff", subject="p-2"))
        assert ["id-3", "id-2"] == ids(await trails.list(since="2026-11-02T12:01:00Z"))

    async def test_pages_go_on_over_days_until_all_are_read(self, trails: Trails):
        for _ in range(7):
            await ran(trails, ADA, "payment#p-1")
            trails.clock.advance(timedelta(days=9).total_seconds())
        seen: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor:
            asked = AuditQuery(since="2026-11-02", limit=2, cursor=cursor)
            page = await ListAudit(trails.audit, trails.clock)(asked)
            seen += [one.begun.id for one in page.entries]
            cursor, pages = page.cursor, pages + 1

        assert [f"id-{n}" for n in range(7, 0, -1)] == seen
        assert pages < 8

    async def test_a_listing_without_since_goes_a_month_back(self, trails: Trails):
        await ran(trails, ADA, "payment#p-1")
        trails.clock.advance(timedelta(days=30).total_seconds())

        assert 1 == len(await trails.list())

        trails.clock.advance(timedelta(days=1).total_seconds())

        assert [] == await trails.list()

    async def test_a_cursor_that_is_not_ours_is_refused(self, trails: Trails):
        with pytest.raises(QueryRefused):
            await trails.list(cursor="nope")


@pytest.mark.parametrize(
    ("because", "kept"),
    [("x", "x"), ("  fraud \n", "fraud"), ("x" * 300, "x" * 300), (f" {'x' * 300} ", "x" * 300)],
)
def test_a_reason_is_kept_without_the_blanks_around_it(because: str, kept: str):
    assert kept == said(because)


@pytest.mark.parametrize("because", ["", " ", "x" * 301])
@pytest.mark.parametrize("option", [None, "--evidence"])
def test_no_reason_and_a_long_one_are_refused_by_the_name_of_their_option(
    because: str, option: str | None
):
    with pytest.raises(OptionRefused, match=f"{option or '--because'}.*1 to 300 characters"):
        said(because, option) if option else said(because)


@pytest.mark.parametrize(("length", "kept"), [(500, 500), (501, 500)])
async def test_an_effect_is_kept_up_to_500_characters(trails: Trails, length: int, kept: int):
    async with trails.by(ADA)("payments restrict", ["payment#p-1"]) as trail:
        trail.effect = "x" * length
    (entry,) = await trails.list()

    assert entry.done is not None
    assert kept == len(entry.done.effect)


async def test_a_command_that_says_nothing_is_done_and_one_about_nothing_is_refused(
    trails: Trails,
):
    async with trails.by(ADA)("payments restrict", ["payment#p-1"]):
        pass
    (entry,) = await trails.list()
    with pytest.raises(UnknownPayment):
        async with trails.by(ADA)("payments restrict", ["payment#p-9"]):
            raise UnknownPayment("there is no payment of that id")
    (_, refused) = sorted(await trails.list(), key=lambda one: one.begun.id)

    assert Done(NOON, Ending.done, "done") == entry.done
    assert ({}, {}, None) == (entry.before, entry.begun.before, entry.begun.reason)
    words = "there is no payment of that id"
    assert Done(NOON, Ending.refused, words, "UnknownPayment") == refused.done
