"""What a gateway must do that collects what a subscription's buyer owes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from penstock.api import CollectRequest, Critical, Declined, NotSent, Succeeded, Unanswered
from penstock.domain.money import Money
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import GARBAGE, MARK
from penstock.testing.http import Always, Lossy, Unreachable, response


class CollectsConformance:
    """
    What holds for `Collects`.

    Fixtures: `bench`; `collect_request`, all that a subscription's buyer owes; `collects_money`,
    which of the gateway's requests do, by method and URL (default: every POST).
    """

    @pytest.fixture
    def collects_money(self) -> Callable[[str, str], bool]:
        """Which requests take money."""
        return lambda method, _: method == "POST"

    async def test_what_is_owed_is_collected(
        self, bench: Bench, collect_request: CollectRequest
    ) -> None:
        """And the payment has the gateway's own id."""
        answer = await bench.build().collect(collect_request)

        assert isinstance(answer, Succeeded)
        assert answer.reference, "it succeeded without the gateway's id of the payment"

    async def test_the_gateway_knows_a_collection_for_a_day_at_least(self, bench: Bench) -> None:
        """A message that waits for a gateway comes back within hours."""
        assert bench.build().collect_window.days >= 1, "collect_window is shorter than a day"

    async def test_one_operation_collects_once(
        self,
        bench: Bench,
        collect_request: CollectRequest,
        collects_money: Callable[[str, str], bool],
    ) -> None:
        """The same id again finds the payment whose answer was lost."""
        gateway = bench.build()

        lost = await bench.build(http=Lossy(bench.http, collects_money)).collect(collect_request)
        again, once_more = [await gateway.collect(collect_request) for _ in range(2)]

        assert isinstance(lost, Unanswered)
        assert isinstance(again, Succeeded)
        assert again == once_more, "one operation id took the money twice"

    async def test_more_than_is_owed_is_refused_for_good(
        self, bench: Bench, collect_request: CollectRequest
    ) -> None:
        """Nothing is taken then."""
        much = Money(collect_request.amount.minor * 1000, collect_request.amount.currency)

        answer = await bench.build().collect(replace(collect_request, amount=much))

        assert isinstance(answer, Declined)

    async def test_a_refusal_that_an_earlier_collection_may_explain_is_no_verdict(
        self, bench: Bench, collect_request: CollectRequest
    ) -> None:
        """ "More than is owed" may be because the attempt whose answer was lost was done."""
        much = Money(collect_request.amount.minor * 1000, collect_request.amount.currency)

        answer = await bench.build().collect(replace(collect_request, amount=much, doubted=True))

        assert isinstance(answer, Critical | Unanswered)

    async def test_without_a_connection_nothing_was_collected(
        self, bench: Bench, collect_request: CollectRequest
    ) -> None:
        """So it may be tried again."""
        answer = await bench.build(http=Unreachable()).collect(collect_request)

        assert isinstance(answer, NotSent)

    async def test_a_collection_waits_as_long_as_asked(
        self, bench: Bench, collect_request: CollectRequest
    ) -> None:
        """429 with Retry-After: nothing happened, and the time is kept."""
        later = Always(response(429, "", {"Retry-After": "7"}))

        answer = await bench.build(http=later).collect(collect_request)

        assert isinstance(answer, NotSent), f"it answered {type(answer).__name__}, not NotSent"
        # Some spread what was asked for, so that not all come back at once; none comes sooner.
        kept = 7.0 <= (answer.retry_after or 0.0) < 14.0
        assert kept, "it does not keep the time of Retry-After"

    @pytest.mark.parametrize("body", GARBAGE)
    @pytest.mark.parametrize("status", [200, 201, 500, 501, 502, 503, 504])
    async def test_a_collection_s_answer_that_says_nothing_ends_nothing(
        self, bench: Bench, collect_request: CollectRequest, status: int, body: str
    ) -> None:
        """No broken page is taken for a success or a refusal, and none raises."""
        answer = await bench.build(http=Always(response(status, body))).collect(collect_request)

        assert not isinstance(answer, Succeeded | Declined)

    @pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 409, 422, 429, 500, 503])
    async def test_a_collection_repeats_nothing_of_an_answer(
        self, bench: Bench, collect_request: CollectRequest, status: int
    ) -> None:
        """A reason ends up in logs, and a provider's prose may hold anything."""
        said = f"{{the card of Ada {MARK}"

        answer = await bench.build(http=Always(response(status, said))).collect(collect_request)

        assert MARK not in repr(answer), "its answer quotes the provider"
