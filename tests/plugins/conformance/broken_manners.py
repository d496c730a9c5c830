"""Plugins that do the right thing in a way that they must not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from penstock.api import (
    Attempt,
    Authenticity,
    ChargeRequest,
    Declined,
    Delivered,
    Delivery,
    Event,
    GatewayUnavailable,
    Money,
    Notification,
    Observation,
    Refused,
    RetryAfter,
    Succeeded,
    Unanswered,
)
from tests.plugins.conformance.acme import KEY, URL, AcmePay, AcmeSink

SIGNATURE = "x-acme-signature"


class Misannotated(AcmePay):
    """Answers as it must, and says that it answers something else."""

    async def charge(self, request: ChargeRequest) -> Any:
        return await super().charge(request)

    charge.__annotations__["return"] = bool


class Capital(AcmePay):
    """Looks for the header as the provider's documentation writes it."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        headers = {SIGNATURE: delivery.headers.get("X-Acme-Signature", "")}
        return await super().authenticate(replace(delivery, headers=headers), now)


class Half(AcmePay):
    """Compares a part of the signature."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        from tests.plugins.conformance.acme import signature

        claimed, right = delivery.headers.get(SIGNATURE, ""), signature(delivery.body)
        if claimed and claimed[:-1] == right[:-1]:
            delivery = replace(delivery, headers={SIGNATURE: right})
        return await super().authenticate(delivery, now)


class Numbering(AcmePay):
    """Takes the delivery's id for the notification's."""

    def read(self, delivery: Delivery) -> Notification:
        return replace(super().read(delivery), id=delivery.id)


class Punctual(AcmePay):
    """Looks at the machine's clock."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        time.time()
        return await super().authenticate(delivery, now)

    async def charge(self, request: ChargeRequest) -> Any:
        datetime.now(UTC)
        return await super().charge(request)


class Sleepy(AcmePay):
    """Waits in the thread that all others run in."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        time.sleep(0)  # noqa: ASYNC251 - the mistake
        return await super().authenticate(delivery, now)

    async def charge(self, request: ChargeRequest) -> Any:
        time.sleep(0)  # noqa: ASYNC251 - the mistake
        return await super().charge(request)


class Chatty(AcmePay):
    """Logs what it compares, and what it is answered."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        self.context.log.info("acme.compares", key=KEY)
        return await super().authenticate(delivery, now)

    async def charge(self, request: ChargeRequest) -> Any:
        try:
            answer = await self.context.http.request("GET", f"{URL}/health")
        except GatewayUnavailable:
            return await super().charge(request)
        self.context.log.warning("acme.answered", body=answer.body.decode())
        return await super().charge(request)


class Correcting(AcmePay):
    """Takes a decline for a mistake in the request."""

    async def charge(self, request: ChargeRequest) -> Any:
        answer = await super().charge(request)
        return Refused(answer.because) if isinstance(answer, Declined) else answer


class Hundredths(AcmePay):
    """Takes every currency for one with two decimal digits."""

    async def charge(self, request: ChargeRequest) -> Any:
        told = {"amount": f"{request.order.amount.minor / 100:.2f}"}
        path = f"/charges/{request.operation_id}"
        answer = await super().charge(request)
        if isinstance(answer, Succeeded):
            await self._ask("PUT", path, told)
        return answer

    def observe(self, notification: Notification) -> Any:
        seen = super().observe(notification)
        assert isinstance(seen, Observation)
        amount = seen.transaction.amount
        cents = Money(amount.minor * (100 if amount.currency == "JPY" else 1), amount.currency)
        return Observation(replace(seen.transaction, amount=cents))


class Patient(AcmePay):
    """Waits longer for an answer than a worker has time."""

    async def charge(self, request: ChargeRequest) -> Any:
        try:
            await self.context.http.request("GET", f"{URL}/sales/s-1", timeout=60.0)
        except GatewayUnavailable:
            return Unanswered("no answer")
        return await super().charge(request)


GATEWAY_MANNERS: Mapping[str, type] = {
    "test_its_methods_take_and_return_what_the_protocol_says": Misannotated,
    "test_header_names_are_read_in_lower_case": Capital,
    "test_a_replay_under_another_header_is_not_authentic": Half,
    "test_a_replay_is_the_same_notification": Numbering,
    "test_it_takes_the_time_that_it_is_given": Punctual,
    "test_charging_takes_the_time_from_its_clock": Punctual,
    "test_authenticating_blocks_nothing": Sleepy,
    "test_charging_blocks_nothing": Sleepy,
    "test_authenticating_logs_no_secret": Chatty,
    "test_charging_logs_no_secret": Chatty,
    "test_a_decline_is_reported_as_one": Correcting,
    "test_a_charge_keeps_the_digits_of_its_amount": Hundredths,
    "test_an_amount_keeps_its_digits": Hundredths,
    "test_a_slow_answer_leaves_it_unknown": Patient,
}


class Awaitable(AcmeSink):
    """Has to be waited for before it says whether it takes an event."""

    async def accepts(self, event: Event) -> Any:
        return True


class Countless(AcmeSink):
    """Takes no attempt."""

    async def deliver(self, event: Event, *rest: Attempt, log: bool) -> Any:
        return await super().deliver(event, Attempt(1))


class Once(AcmeSink):
    """Refuses an event that it has had."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        answer = await super().deliver(event, attempt)
        again = attempt.number > 1 and isinstance(answer, Delivered)
        return Refused("it was delivered before") if again else answer


class Cents(AcmeSink):
    """Writes every amount with two decimal digits."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        amount = event.data.get("amount") or {"minor": 0, "currency": "USD"}
        text = json.dumps({"text": f"{amount['minor'] / 100:.2f} {amount['currency']}"})
        try:
            await self.context.http.request("PUT", f"{URL}/texts", body=text.encode())
        except GatewayUnavailable:
            return RetryAfter("no answer")
        return await super().deliver(event, attempt)


class Hasty(AcmeSink):
    """Comes back when it likes."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        answer = await super().deliver(event, attempt)
        return RetryAfter("not now") if isinstance(answer, RetryAfter) else answer


class PatientSink(AcmeSink):
    """Waits longer for an answer than a worker has time."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        try:
            await self.context.http.request("PUT", f"{URL}/events", body=b"{}", timeout=60.0)
        except GatewayUnavailable:
            return RetryAfter("no answer")
        return await super().deliver(event, attempt)


class PunctualSink(AcmeSink):
    """Waits by a clock that no test owns."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        await asyncio.sleep(0.001)
        return await super().deliver(event, attempt)


class SleepySink(AcmeSink):
    """Waits in the thread that all others run in."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        time.sleep(0)  # noqa: ASYNC251 - the mistake
        return await super().deliver(event, attempt)


class ChattySink(AcmeSink):
    """Logs the payer's name."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        self.context.log.info("acme.delivers", payer=event.data.get("payer"))
        return await super().deliver(event, attempt)


SINK_MANNERS: Mapping[str, type] = {
    "test_what_is_awaited_can_be_awaited": Awaitable,
    "test_its_methods_take_and_return_what_the_protocol_says": Countless,
    "test_an_event_that_comes_again_is_delivered_again": Once,
    "test_an_amount_keeps_its_digits": Cents,
    "test_it_waits_as_long_as_asked": Hasty,
    "test_a_slow_answer_is_waited_for": PatientSink,
    "test_it_takes_the_time_from_its_clock": PunctualSink,
    "test_delivering_blocks_nothing": SleepySink,
    "test_delivering_logs_no_secret": ChattySink,
}
