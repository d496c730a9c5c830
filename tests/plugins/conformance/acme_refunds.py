"""AcmePay's refunds, which do everything right, and each broken in one thing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from penstock.api import (
    Critical,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    NotSent,
    RefundAnswer,
    RefundLookup,
    RefundRequest,
    RouteAnswer,
    Routed,
    Succeeded,
    Unanswered,
)

if TYPE_CHECKING:
    from tests.plugins.conformance.acme import AcmePay as _Asks
else:
    _Asks = object
_PAID = 1250
_COUNT = itertools.count()


class AcmeRefunds(_Asks):
    """Refunds of a sale of 12.50."""

    def refund_window(self, path: str) -> timedelta:
        return timedelta(days=30)

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        try:
            sale = await self._ask("GET", f"/sales/{request.transaction}")
        except GatewayUnavailable:
            return NotSent("not now")
        return Routed("/refunds") if sale else Declined("no such sale")

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        if request.amount.minor > _PAID:
            because = "more than was paid"
            return Critical(because) if request.doubted else Declined(because)
        try:
            await self._ask(
                "PUT", f"{request.path}/{request.operation_id}", {"amount": request.amount.minor}
            )
        except HttpNotSent as exc:
            return NotSent("not sent", exc.retry_after)
        except GatewayUnavailable:
            return Unanswered("no answer")
        return Succeeded(request.operation_id)

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        if await self._ask("GET", f"/refunds/{request.operation_id}") is None:
            raise GatewayUnavailable("no such refund yet")
        return Succeeded(request.operation_id)


def broken_refunds(acme: type[AcmeRefunds]) -> Mapping[str, type]:
    """For each check the AcmePay that is broken in what it is for."""

    def instead(method: str, right: type, wrong: object) -> type:
        async def changed(self: Any, request: RefundRequest) -> Any:
            answer = await getattr(acme, method)(self, request)
            return wrong if isinstance(answer, right) else answer

        return type("Broken", (acme,), {method: changed})

    def answering(method: str, make: Callable[[RefundRequest], object]) -> type:
        async def changed(self: Any, request: RefundRequest) -> Any:
            return make(request)

        return type("Broken", (acme,), {method: changed})

    async def another_id(self: Any, request: RefundRequest) -> Any:
        named = f"{request.operation_id}{next(_COUNT)}"
        return await acme.refund(self, replace(request, operation_id=named))

    async def quoting(self: Any, request: RefundRequest) -> Any:
        answer = await self.context.http.request("PUT", "https://acme.test/x", body=b"{}")
        return Declined(answer.body.decode())

    async def patient(self: Any, request: RefundRequest) -> Any:
        url = f"https://acme.test{request.path}/{request.operation_id}"
        try:
            await self.context.http.request("PUT", url, body=b"{}", timeout=60.0)
        except GatewayUnavailable:
            return Unanswered("no answer")
        return Succeeded(request.operation_id)

    async def routing_at_will(self: Any, request: RefundRequest) -> Any:
        found = await acme.route_refund(self, request)
        return Routed(f"/refunds{next(_COUNT)}") if isinstance(found, Routed) else found

    def forgetful(self: Any, path: str) -> timedelta:
        return timedelta(minutes=5)

    async def trusting(self: Any, request: RefundRequest) -> Any:
        return Routed("/refunds")

    return {
        "test_a_good_refund_is_taken": answering("refund", lambda _: Succeeded("")),
        "test_its_route_is_the_same_each_time_and_moves_nothing": type(
            "Broken", (acme,), {"route_refund": routing_at_will}
        ),
        "test_the_gateway_knows_an_operation_for_a_day_at_least": type(
            "Broken", (acme,), {"refund_window": forgetful}
        ),
        "test_one_operation_sends_back_once": type("Broken", (acme,), {"refund": another_id}),
        "test_two_operations_send_back_twice": answering("refund", lambda _: Succeeded("one")),
        "test_more_than_was_paid_is_refused_for_good": instead(
            "refund", Declined, Unanswered("x")
        ),
        "test_a_refusal_that_an_earlier_attempt_may_explain_is_no_verdict": instead(
            "refund", Critical, Declined("x")
        ),
        "test_a_payment_it_does_not_hold_is_refused_for_good": type(
            "Broken", (acme,), {"route_refund": trusting}
        ),
        "test_without_a_connection_nothing_was_sent_back": instead(
            "refund", NotSent, Unanswered("x")
        ),
        "test_a_refund_waits_as_long_as_asked": instead("refund", NotSent, NotSent("x")),
        "test_a_slow_refund_is_unknown": type("Broken", (acme,), {"refund": patient}),
        "test_a_refund_can_be_read_again": answering("read_refund", lambda _: Succeeded("other")),
        "test_without_an_answer_a_pending_refund_stays_pending": answering(
            "read_refund", lambda _: Declined("x")
        ),
        "test_a_refund_s_answer_that_says_nothing_ends_nothing": instead(
            "refund", Unanswered, Declined("x")
        ),
        "test_without_an_answer_there_is_no_refusal_of_the_route": instead(
            "route_refund", NotSent, Declined("x")
        ),
        "test_a_refund_repeats_nothing_of_an_answer": type("Broken", (acme,), {"refund": quoting}),
    }
