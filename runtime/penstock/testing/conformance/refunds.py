"""What a gateway must do that sends money back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from penstock.api import (
    Critical,
    Declined,
    GatewayUnavailable,
    NotSent,
    Pending,
    RefundRequest,
    Response,
    Routed,
    Succeeded,
    Unanswered,
)
from penstock.domain.money import Money
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import GARBAGE, MARK, NO_ANSWERS
from penstock.testing.context import LIMIT
from penstock.testing.http import Always, Lossy, Slow, Unreachable, response


class RefundsConformance:
    """
    What holds for `Refunds`.

    Fixtures: `bench`; `refund_request`, a part of a payment that the provider holds, as the
    first refund of it, with an even amount; `sends_back`, which of the gateway's requests send
    money back, by method and URL (default: every POST).
    """

    @pytest.fixture
    def sends_back(self) -> Callable[[str, str], bool]:
        """Which requests send money back."""
        return lambda method, _: method == "POST"

    async def test_a_good_refund_is_taken(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """And has the gateway's own id."""
        gateway = bench.build()
        routed = await with_route(bench, refund_request)

        answer = await gateway.refund(routed)

        assert isinstance(answer, Succeeded | Pending)
        assert answer.reference, "it succeeded without the gateway's id of it"

    async def test_its_route_is_the_same_each_time_and_moves_nothing(
        self,
        bench: Bench,
        refund_request: RefundRequest,
        sends_back: Callable[[str, str], bool],
    ) -> None:
        """It is kept before the first call."""
        lossy = Lossy(bench.http, sends_back)

        first, again = [await bench.build(http=lossy).route_refund(refund_request) for _ in "12"]

        assert isinstance(first, Routed)
        assert first == again, "the second time it takes another route"

    async def test_the_gateway_knows_an_operation_for_a_day_at_least(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """A message that waits for a gateway comes back within hours."""
        routed = await with_route(bench, refund_request)

        said = "refund_window is shorter than a day"
        assert bench.build().refund_window(routed.path).days >= 1, said

    async def test_one_operation_sends_back_once(
        self,
        bench: Bench,
        refund_request: RefundRequest,
        sends_back: Callable[[str, str], bool],
    ) -> None:
        """The same id again finds the refund whose answer was lost: that is the look-up."""
        gateway, routed = bench.build(), await with_route(bench, refund_request)

        lost = await bench.build(http=Lossy(bench.http, sends_back)).refund(routed)
        again, once_more = [await gateway.refund(routed) for _ in range(2)]

        assert isinstance(lost, Unanswered)
        assert isinstance(again, Succeeded | Pending)
        assert again == once_more, "one operation id sent back twice"

    async def test_two_operations_send_back_twice(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """Two parts of one payment are two refunds, each with its own id."""
        gateway, routed = bench.build(), await with_route(bench, refund_request)
        half = Money(routed.amount.minor // 2, routed.amount.currency)

        answers = [
            await gateway.refund(
                replace(routed, operation_id=f"{routed.operation_id[:-1]}{end}", amount=half)
            )
            for end in "ab"
        ]

        said = "two operations have one id at the gateway"
        assert 2 == len({one.reference for one in answers}), said

    async def test_more_than_was_paid_is_refused_for_good(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """A definite refusal frees the amount; a doubt would hold it."""
        routed = await with_route(bench, refund_request)
        much = Money(routed.amount.minor * 1000, routed.amount.currency)

        answer = await bench.build().refund(replace(routed, amount=much))

        assert isinstance(answer, Declined)
        assert answer.because, "it gives no reason"

    async def test_a_refusal_that_an_earlier_attempt_may_explain_is_no_verdict(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """ "More than is left" may be because the attempt whose answer was lost was done."""
        routed = await with_route(bench, refund_request)
        much = Money(routed.amount.minor * 1000, routed.amount.currency)

        answer = await bench.build().refund(replace(routed, amount=much, doubted=True))

        assert isinstance(answer, Critical | Unanswered)

    async def test_a_payment_it_does_not_hold_is_refused_for_good(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """By its route or by the refund itself."""
        unknown = replace(refund_request, transaction="1UNKNOWN00000000X")

        found = await bench.build().route_refund(unknown)
        if isinstance(found, Routed):
            found = await bench.build().refund(replace(unknown, path=found.path))

        assert isinstance(found, Declined)

    async def test_without_a_connection_nothing_was_sent_back(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """So it may be tried again."""
        routed = await with_route(bench, refund_request)

        answer = await bench.build(http=Unreachable()).refund(routed)

        assert isinstance(answer, NotSent)

    async def test_a_refund_waits_as_long_as_asked(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """429 with Retry-After: nothing happened, and the time is kept."""
        routed = await with_route(bench, refund_request)
        later = Always(response(429, "", {"Retry-After": "7"}))

        answer = await bench.build(http=later).refund(routed)

        assert isinstance(answer, NotSent), f"it answered {type(answer).__name__}, not NotSent"
        # Some spread what was asked for, so that not all come back at once; none comes sooner.
        kept = 7.0 <= (answer.retry_after or 0.0) < 14.0
        assert kept, "it does not keep the time of Retry-After"

    async def test_a_slow_refund_is_unknown(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """The money may have gone back, and no request waits longer than it may."""
        routed = await with_route(bench, refund_request)
        slow = Slow(bench.http)

        answer = await bench.build(http=slow).refund(routed)

        assert slow.longest <= LIMIT, f"it waits {slow.longest:g} s; pass context.request_timeout"
        assert isinstance(answer, Unanswered | NotSent), f"it answered {type(answer).__name__}"

    async def test_a_refund_can_be_read_again(
        self, bench: Bench, refund_request: RefundRequest
    ) -> None:
        """By the gateway's id of it."""
        gateway, routed = bench.build(), await with_route(bench, refund_request)
        made = await gateway.refund(routed)

        read = await gateway.read_refund(replace(routed, reference=made.reference))

        assert made.reference == read.reference, "it read another refund"

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_a_pending_refund_stays_pending(
        self, bench: Bench, refund_request: RefundRequest, answer: Response | Exception
    ) -> None:
        """An outage is no decision."""
        pending = replace(refund_request, reference="1PENDING00000000X")

        with pytest.raises(GatewayUnavailable):
            await bench.build(http=Always(answer)).read_refund(pending)

    @pytest.mark.parametrize("body", GARBAGE)
    @pytest.mark.parametrize("status", [200, 201, 500, 501, 502, 503, 504])
    async def test_a_refund_s_answer_that_says_nothing_ends_nothing(
        self, bench: Bench, refund_request: RefundRequest, status: int, body: str
    ) -> None:
        """No broken page is taken for a success or a refusal, and none raises."""
        routed = await with_route(bench, refund_request)

        answer = await bench.build(http=Always(response(status, body))).refund(routed)

        assert not isinstance(answer, Succeeded | Declined | Pending)

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_there_is_no_refusal_of_the_route(
        self, bench: Bench, refund_request: RefundRequest, answer: Response | Exception
    ) -> None:
        """An outage is not "no such payment"."""
        found = await bench.build(http=Always(answer)).route_refund(refund_request)

        assert not isinstance(found, Declined)

    @pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 409, 422, 429, 500, 503])
    async def test_a_refund_repeats_nothing_of_an_answer(
        self, bench: Bench, refund_request: RefundRequest, status: int
    ) -> None:
        """A reason ends up in logs and events, and a provider's prose may hold anything."""
        routed = await with_route(bench, refund_request)
        said = f"{{the card of Ada {MARK}"

        answer = await bench.build(http=Always(response(status, said))).refund(routed)

        assert MARK not in repr(answer), "its answer quotes the provider"


async def with_route(bench: Bench, request: RefundRequest) -> RefundRequest:
    """The request with its path, as the stage keeps it."""
    found = await bench.build().route_refund(request)
    assert isinstance(found, Routed), f"it has no route: {found!r}"
    return replace(request, path=found.path)
