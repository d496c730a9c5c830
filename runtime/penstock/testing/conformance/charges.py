"""What a gateway must do that takes charges, and one that can be asked about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from penstock.api import (
    ChargeRequest,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    NotFound,
    NotSent,
    Refused,
    Response,
    Succeeded,
    Unanswered,
)
from penstock.testing.builders import charge_request as build_request
from penstock.testing.conformance.amounts import AMOUNTS, Overheard, states
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.hearing import listening
from penstock.testing.context import LIMIT
from penstock.testing.http import Always, Lossy, Slow, Unreachable, response

MARK = "hunter2"
GARBAGE = ("", "<html>", "[]", "null", "[" * 100_000, "\x00")
NO_ANSWERS = (
    HttpNotSent("no connection"),
    HttpUnanswered("no answer"),
    *[response(status, GARBAGE[1]) for status in (500, 502, 503, 504, 429)],
    *[response(200, body) for body in GARBAGE],
)


class ChargesConformance:
    """
    What holds for `Charges`.

    Fixtures: `bench`; `charge_request`, one the provider takes (default: 12.50 dollars);
    `declined_request`, one that it declines (default: that check is skipped); `moves_money`, which
    of the gateway's requests do, by method and URL (default: every POST).
    """

    @pytest.fixture
    def charge_request(self) -> ChargeRequest:
        """A charge that the provider takes."""
        return build_request()

    @pytest.fixture
    def declined_request(self) -> ChargeRequest:
        """A charge that the provider declines."""
        pytest.skip("say which charge is declined: give the fixture `declined_request`")

    @pytest.fixture
    def moves_money(self) -> Callable[[str, str], bool]:
        """Which requests move money."""
        return lambda method, _: method == "POST"

    async def test_a_good_charge_succeeds(
        self, bench: Bench, charge_request: ChargeRequest
    ) -> None:
        """And has the gateway's own id."""
        answer = await bench.build().charge(charge_request)

        assert isinstance(answer, Succeeded)
        assert answer.reference, "it succeeded without the gateway's id of it"

    async def test_a_decline_is_reported_as_one(
        self, bench: Bench, declined_request: ChargeRequest
    ) -> None:
        """With a reason, and the same again: no money moved and none will."""
        gateway = bench.build()

        for _ in range(2):
            answer = await gateway.charge(declined_request)
            assert isinstance(answer, Declined), f"it answered {_named(answer)}, not Declined"
            assert answer.because, "it gives no reason"

    async def test_a_charge_keeps_the_digits_of_its_amount(
        self,
        bench: Bench,
        charge_request: ChargeRequest,
        moves_money: Callable[[str, str], bool],
    ) -> None:
        """Of currencies with no, two and three decimal digits; one may be refused unsent."""
        for end, amount in zip("abc", AMOUNTS, strict=True):
            order = replace(charge_request.order, amount=amount)
            operation = f"{charge_request.operation_id[:-1]}{end}"
            http = Overheard(bench.http, moves_money)
            await bench.build(http=http).charge(
                replace(charge_request, order=order, operation_id=operation)
            )
            right = f"{amount.minor} (minor units) or {amount.decimal}"
            wrong = [sent for sent in http.sent if not states(sent, amount)]
            assert not wrong, f"a charge of {amount} does not say {right}"

    async def test_a_slow_answer_leaves_it_unknown(
        self, bench: Bench, charge_request: ChargeRequest
    ) -> None:
        """The work was done, and no request waits longer than `context.request_timeout`."""
        slow = Slow(bench.http)

        answer = await bench.build(http=slow).charge(charge_request)

        assert slow.longest <= LIMIT, f"it waits {slow.longest:g} s; pass context.request_timeout"
        assert isinstance(answer, Unanswered), f"it answered {_named(answer)}, not Unanswered"

    @pytest.mark.parametrize("status", [200, 400, 402, 429, 500, 503])
    async def test_charging_logs_no_secret(
        self, bench: Bench, charge_request: ChargeRequest, status: int
    ) -> None:
        """Nor what the provider said; nor does it show a secret that it has read."""
        with listening() as heard:
            broken = Always(response(status, f"{{the card of Ada {MARK} {dict(bench.secret)}"))
            await bench.build(log=heard.log, http=broken).charge(charge_request)
            gateway = bench.build(log=heard.log)
            await gateway.charge(charge_request)

        told = bench.told(heard, MARK)
        assert not told, f"it logs {', '.join(told)}"
        shown = bench.shown_by(gateway)
        assert not shown, f"its repr shows {', '.join(shown)} afterwards"

    async def test_without_a_connection_nothing_was_sent(
        self, bench: Bench, charge_request: ChargeRequest
    ) -> None:
        """So it may be tried again."""
        answer = await bench.build(http=Unreachable()).charge(charge_request)

        assert isinstance(answer, NotSent)

    async def test_a_lost_answer_leaves_it_unknown(
        self,
        bench: Bench,
        charge_request: ChargeRequest,
        moves_money: Callable[[str, str], bool],
    ) -> None:
        """Unknown is not failed: the money may have moved, and here it has."""
        answer = await bench.build(http=Lossy(bench.http, moves_money)).charge(charge_request)

        assert isinstance(answer, Unanswered)

    async def test_one_operation_moves_the_money_once(
        self,
        bench: Bench,
        charge_request: ChargeRequest,
        moves_money: Callable[[str, str], bool],
    ) -> None:
        """Where the gateway says so: the same key again finds the charge whose answer was lost."""
        gateway = bench.build()
        if not gateway.idempotent_charges:
            pytest.skip("it does not declare idempotent charges")

        await bench.build(http=Lossy(bench.http, moves_money)).charge(charge_request)
        again, once_more = [await gateway.charge(charge_request) for _ in range(2)]

        assert isinstance(again, Succeeded)
        assert again == once_more, "one operation id gave two charges"

    @pytest.mark.parametrize("body", GARBAGE)
    @pytest.mark.parametrize("status", [200, 201, 500, 501, 502, 503, 504])
    async def test_an_answer_that_says_nothing_ends_nothing(
        self, bench: Bench, charge_request: ChargeRequest, status: int, body: str
    ) -> None:
        """No broken page is taken for a success or a refusal, and none raises."""
        answer = await bench.build(http=Always(response(status, body))).charge(charge_request)

        assert not isinstance(answer, Succeeded | Declined | Refused)

    async def test_it_waits_as_long_as_asked(
        self, bench: Bench, charge_request: ChargeRequest
    ) -> None:
        """429 with Retry-After: nothing happened, and the time is kept."""
        later = Always(response(429, "", {"Retry-After": "7"}))

        answer = await bench.build(http=later).charge(charge_request)

        assert isinstance(answer, NotSent)
        assert 7.0 == answer.retry_after, "it does not keep the time of Retry-After"

    @pytest.mark.parametrize("status", [200, 301, 400, 401, 402, 404, 409, 422, 429, 500, 503])
    async def test_it_repeats_nothing_of_an_answer(
        self, bench: Bench, charge_request: ChargeRequest, status: int
    ) -> None:
        """A reason ends up in logs and events, and a provider's prose may hold anything."""
        said = f"{{the card of Ada {MARK}"

        answer = await bench.build(http=Always(response(status, said))).charge(charge_request)

        assert MARK not in repr(answer), "its answer quotes the provider"


def _named(answer: object) -> str:
    return type(answer).__name__


class LookupConformance:
    """What holds for `Lookup`. Fixtures: as of `ChargesConformance`, which it sits beside."""

    async def test_a_charge_it_never_saw_is_not_found(
        self, bench: Bench, charge_request: ChargeRequest
    ) -> None:
        """And said so, not guessed."""
        said = "it found a charge that was never made"
        assert NotFound() == await bench.build().look_up(charge_request), said

    async def test_a_charge_whose_answer_was_lost_is_found(
        self,
        bench: Bench,
        charge_request: ChargeRequest,
        moves_money: Callable[[str, str], bool],
    ) -> None:
        """It is what looking up is for."""
        await bench.build(http=Lossy(bench.http, moves_money)).charge(charge_request)

        answer = await bench.build().look_up(charge_request)

        assert isinstance(answer, Succeeded)
        assert answer.reference, "it succeeded without the gateway's id of it"

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_it_is_still_unknown(
        self, bench: Bench, charge_request: ChargeRequest, answer: Response | Exception
    ) -> None:
        """An outage is not "not found": that would charge again."""
        with pytest.raises(GatewayUnavailable):
            await bench.build(http=Always(answer)).look_up(charge_request)
