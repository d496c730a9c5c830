"""What a gateway must do whose buyers approve each payment on its own page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from penstock.api import (
    Captured,
    CaptureRequest,
    Checkout,
    CheckoutRequest,
    CheckoutSeen,
    GatewayUnavailable,
    HttpNotSent,
    NotApproved,
    NotSent,
    Opened,
    PaymentStatus,
    Response,
    Standing,
    Unanswered,
)
from penstock.testing.builders import RETURN_MARK
from penstock.testing.builders import checkout_request as build_request
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import MARK, NO_ANSWERS
from penstock.testing.http import Always, Lossy, Unreachable, response

ApproveCheckout = Callable[[str], Awaitable[None]]
"""Do at an approval address what a buyer does who approves."""
Moves = Callable[[str, str], bool]


class CheckoutConformance:
    """
    What holds for `Checkout`.

    Fixtures: `bench`; `checkout_request`, one that the provider takes (default: 12.50 dollars);
    `approve_checkout`, which does what a buyer does at an approval address; `unknown_checkout`,
    an id that the provider does not know (default: one that looks like PayPal's);
    `moves_checkouts`, which of the gateway's requests open or capture one, by method and URL
    (default: every POST).
    """

    @pytest.fixture
    def checkout_request(self) -> CheckoutRequest:
        """A checkout that the provider takes."""
        return build_request()

    @pytest.fixture
    def unknown_checkout(self) -> str:
        """An id of no checkout."""
        return "5O190127TN364715T"

    @pytest.fixture
    def moves_checkouts(self) -> Moves:
        """Which requests open or capture a checkout."""
        return lambda method, _: method == "POST"

    async def test_a_checkout_that_was_opened_waits_for_the_buyer(
        self, bench: Bench, checkout_request: CheckoutRequest
    ) -> None:
        """It has an address for the buyer, an end, and our id of the payment."""
        opened = await _open(bench, checkout_request)
        seen = await _read(bench, opened.reference)

        assert opened.approval_url.startswith("http"), "the approval URL is no address"
        assert opened.expires_at > bench.clock.now(), "it has expired already"
        said = "it is not open, or money is shown on it"
        assert (Standing.open, None) == (seen.standing, seen.money), said
        said = "our id of the payment is not read back from it"
        assert checkout_request.payment_id == seen.payment_id, said

    async def test_one_operation_opens_one_checkout(
        self, bench: Bench, checkout_request: CheckoutRequest, moves_checkouts: Moves
    ) -> None:
        """The same key finds the one whose answer was lost; another key opens another."""
        lost = await bench.build(http=Lossy(bench.http, moves_checkouts)).open_checkout(
            checkout_request
        )
        first, again = [await _open(bench, checkout_request) for _ in range(2)]
        other = await _open(
            bench, replace(checkout_request, operation_id="op-2", payment_id="pay-2")
        )

        assert isinstance(lost, Unanswered)
        assert first.reference == again.reference, "one operation id opened two checkouts"
        assert first.reference != other.reference, "two operation ids opened one checkout"

    async def test_nothing_is_captured_before_the_buyer_approves(
        self, bench: Bench, checkout_request: CheckoutRequest
    ) -> None:
        """The answer says so, and no money moved."""
        opened = await _open(bench, checkout_request)

        answer = await bench.build().capture_checkout(_capture(checkout_request, opened))
        seen = await _read(bench, opened.reference)

        said = "it was captured, or refused for another reason, before the approval"
        assert NotApproved() == answer, said
        said = "it is not open, or money is shown on it"
        assert (Standing.open, None) == (seen.standing, seen.money), said

    async def test_an_approved_checkout_is_captured_once(
        self,
        bench: Bench,
        checkout_request: CheckoutRequest,
        approve_checkout: ApproveCheckout,
    ) -> None:
        """All of the order's money, under our id; the same key again finds the same capture."""
        opened = await _open(bench, checkout_request)
        await approve_checkout(opened.approval_url)
        approved = await _read(bench, opened.reference)
        capture, gateway = _capture(checkout_request, opened), bench.build()

        first, again = [await gateway.capture_checkout(capture) for _ in range(2)]
        anew = await gateway.capture_checkout(replace(capture, operation_id="op-9"))
        seen = await _read(bench, opened.reference)

        assert Standing.approved == approved.standing, "it is not shown as approved"
        assert isinstance(first, Captured)
        assert first.seen.money is not None, "the capture shows no money"
        paid = first.seen.money.transaction
        whole = (PaymentStatus.succeeded, checkout_request.order.amount)
        said = "what was captured is not the whole amount of the order"
        assert whole == (paid.status, paid.amount), said
        said = "a repeat shows another capture"
        assert [paid.id] * 3 == [_money_of(one) for one in (again, anew, Captured(seen))], said
        said = "our id of the payment is not read back from it"
        assert checkout_request.payment_id == seen.payment_id, said
        assert Standing.captured == seen.standing, "it is not shown as captured"

    async def test_a_capture_whose_answer_was_lost_is_read_on_the_checkout(
        self,
        bench: Bench,
        checkout_request: CheckoutRequest,
        approve_checkout: ApproveCheckout,
        moves_checkouts: Moves,
    ) -> None:
        """Unknown is not failed: the money may have moved, and here it has."""
        opened = await _open(bench, checkout_request)
        await approve_checkout(opened.approval_url)
        lossy = bench.build(http=Lossy(bench.http, moves_checkouts))

        lost = await lossy.capture_checkout(_capture(checkout_request, opened))
        seen = await _read(bench, opened.reference)

        assert isinstance(lost, Unanswered)
        assert seen.money is not None, "the capture whose answer was lost is not shown"
        said = "the capture whose answer was lost is not shown as succeeded"
        assert PaymentStatus.succeeded == seen.money.status, said

    async def test_a_checkout_it_does_not_know_is_none(
        self, bench: Bench, unknown_checkout: str
    ) -> None:
        """And said so, not guessed."""
        said = "it read a checkout that it does not know"
        assert None is await bench.build().read_checkout(unknown_checkout, bench.clock.now()), said

    async def test_without_a_connection_no_checkout_was_changed(
        self, bench: Bench, checkout_request: CheckoutRequest, unknown_checkout: str
    ) -> None:
        """So it may be tried again; 429 with Retry-After is the same, and keeps the time."""
        later = Always(response(429, "", {"Retry-After": "7"}))

        unsent = await _both(bench.build(http=Unreachable()), checkout_request, unknown_checkout)
        told = await _both(bench.build(http=later), checkout_request, unknown_checkout)

        said = "without a connection, or at 429, it must answer NotSent"
        assert [NotSent] * 4 == [type(answer) for answer in (*unsent, *told)], said
        waits = [one.retry_after or 0.0 for one in told if isinstance(one, NotSent)]
        said = f"it does not keep the time of Retry-After: {waits} s"
        assert all(7.0 <= wait < 14.0 for wait in waits), said

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_an_outage_ends_no_checkout(
        self,
        bench: Bench,
        checkout_request: CheckoutRequest,
        unknown_checkout: str,
        answer: Response | Exception,
    ) -> None:
        """It is neither a success nor a refusal; only reading raises."""
        gateway = bench.build(http=Always(answer))

        said = await _both(gateway, checkout_request, unknown_checkout)
        with pytest.raises(GatewayUnavailable):
            await gateway.read_checkout(unknown_checkout, bench.clock.now())

        sent = () if isinstance(answer, HttpNotSent) else (Unanswered,)
        told = f"without an answer it answered {said!r}, not NotSent or Unanswered"
        assert all(isinstance(one, (NotSent, *sent)) for one in said), told

    @pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503])
    async def test_no_answer_about_a_checkout_repeats_the_providers_words(
        self,
        bench: Bench,
        checkout_request: CheckoutRequest,
        unknown_checkout: str,
        status: int,
    ) -> None:
        """A reason ends up in logs and answers, and a provider's prose may hold anything."""
        words = Always(response(status, f"{{the account of Ada {MARK}"))

        answers = await _both(bench.build(http=words), checkout_request, unknown_checkout)

        assert MARK not in repr(answers), "its answers quote the provider"

    async def test_no_representation_shows_where_the_buyer_approves(
        self, bench: Bench, checkout_request: CheckoutRequest
    ) -> None:
        """Approval addresses and addresses of return are the buyer's secret."""
        opened = await _open(bench, checkout_request)
        seen = await _read(bench, opened.reference)

        shown = repr((checkout_request, opened, seen, _capture(checkout_request, opened)))

        assert opened.approval_url not in shown, "a repr shows the approval URL"
        assert RETURN_MARK not in shown, "a repr shows the address of return"


async def _open(bench: Bench, request: CheckoutRequest) -> Opened:
    answer = await bench.build().open_checkout(request)
    assert isinstance(answer, Opened), f"it opened none: {answer!r}"
    return answer


async def _read(bench: Bench, reference: str) -> CheckoutSeen:
    seen = await bench.build().read_checkout(reference, bench.clock.now())
    assert seen is not None, "read_checkout does not know the one that was opened"
    return seen


async def _both(gateway: Checkout, request: CheckoutRequest, reference: str) -> list[object]:
    """The answers to opening a checkout and to capturing one."""
    capture = CaptureRequest("op-c", request.payment_id, reference, request.order)
    return [await gateway.open_checkout(request), await gateway.capture_checkout(capture)]


def _capture(request: CheckoutRequest, opened: Opened) -> CaptureRequest:
    return CaptureRequest("op-c", request.payment_id, opened.reference, request.order)


def _money_of(answer: object) -> str | None:
    captured = answer.seen.money if isinstance(answer, Captured) else None
    return captured.transaction.id if captured else None
