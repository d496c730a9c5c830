"""Conformance of what remembers the answers to operators' requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.errors import LedgerConflict
from penstock.ports import Answers, Asked
from penstock.testing.clock import NOON

FIRST = Asked("operate-1", "a digest", "try-1", NOON + timedelta(seconds=30))
LATER = NOON + timedelta(seconds=30)
SECOND = replace(FIRST, claim="try-2", until=LATER + timedelta(seconds=30))


class AnswersConformance:
    """Answers keep these promises; override `answers`."""

    @pytest.fixture
    def answers(self) -> Answers:
        """An empty store."""
        raise NotImplementedError("override the fixture answers")

    async def test_a_request_has_one_try_at_a_time(self, answers: Answers) -> None:
        """
        The same try may claim it again, after a lost answer.
        """
        claimed = [
            await answers.claim(FIRST, NOON),
            await answers.claim(FIRST, NOON),
            await answers.claim(SECOND, LATER - timedelta(microseconds=1)),
        ]

        assert [FIRST] * 3 == claimed

    async def test_a_claim_that_has_ended_is_free(self, answers: Answers) -> None:
        """
        The try before may not keep an answer any more.
        """
        await answers.claim(FIRST, NOON)

        assert SECOND == await answers.claim(SECOND, LATER)
        with pytest.raises(LedgerConflict):
            await answers.keep(replace(FIRST, answer="{}"))

    async def test_a_claim_that_is_given_up_is_free_at_once(self, answers: Answers) -> None:
        """
        Its try keeps an earlier end.
        """
        await answers.claim(FIRST, NOON)
        await answers.keep(replace(FIRST, until=NOON))

        assert SECOND == await answers.claim(SECOND, NOON)

    async def test_a_later_try_is_told_what_the_first_meant(self, answers: Answers) -> None:
        """
        What the request is about may have changed since then. An answer forgets it not.
        """
        await answers.claim(replace(FIRST, meant="the first"), NOON)
        anew = await answers.claim(replace(SECOND, meant="another"), LATER)

        assert replace(SECOND, meant="the first") == anew
        assert anew == await answers.claim(replace(SECOND, meant="another"), LATER)

    async def test_that_the_first_meant_nothing_is_told_too(self, answers: Answers) -> None:
        """
        Nothing, as in a release of what was not restricted, is not the same as not known.
        """
        await answers.claim(replace(FIRST, meant=""), NOON)

        assert replace(SECOND, meant="") == await answers.claim(
            replace(SECOND, meant="another"), LATER
        )

    async def test_a_claim_that_does_not_say_what_it_meant_takes_it_from_the_next(
        self, answers: Answers
    ) -> None:
        """
        Code before this version wrote such claims.
        """
        await answers.claim(FIRST, NOON)
        anew = await answers.claim(replace(SECOND, meant="another"), LATER)

        assert replace(SECOND, meant="another") == anew

    async def test_an_answer_stays(self, answers: Answers) -> None:
        """
        However late the request comes again.
        """
        done = replace(FIRST, answer='{"effect": "restricted"}')
        await answers.claim(FIRST, NOON)
        await answers.keep(done)
        await answers.keep(done)

        assert done == await answers.claim(SECOND, LATER + timedelta(days=20))

    async def test_a_key_belongs_to_one_request(self, answers: Answers) -> None:
        """
        Another digest claims nothing, not even after the claim has ended.
        """
        await answers.claim(FIRST, NOON)

        assert FIRST == await answers.claim(replace(SECOND, digest="another"), LATER)
