"""AcmePay's sink broken in one thing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from penstock.api import (
    Attempt,
    Delivered,
    Delivering,
    Event,
    GatewayUnavailable,
    Refused,
    RetryAfter,
)
from tests.plugins.conformance.acme_sink import AcmeSink
from tests.plugins.conformance.acme_subscriptions import URL
from tests.plugins.conformance.breaking import answering, instead


class Unawaited(AcmeSink):
    """Has a method without `async` that answers with what must be awaited."""

    def deliver(self, event: Event, attempt: Attempt) -> Any:
        return super().deliver(event, attempt)


class Misannotated(AcmeSink):
    """Answers as it must, and says that it answers something else."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        return await super().deliver(event, attempt)

    deliver.__annotations__["return"] = bool


class Countless(AcmeSink):
    """Takes no attempt."""

    async def deliver(self, event: Event, *, log: bool = True) -> Delivering:
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
        with suppress(GatewayUnavailable):
            await self.context.http.request("PUT", f"{URL}/texts", body=text.encode())
        return await super().deliver(event, attempt)


class Patient(AcmeSink):
    """Waits longer for an answer than a worker has time."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        with suppress(GatewayUnavailable):
            await self.context.http.request("PUT", f"{URL}/events", body=b"{}", timeout=60.0)
        return await super().deliver(event, attempt)


class Chatty(AcmeSink):
    """Logs the payer's name."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        self.context.log.info("acme.delivers", payer=event.data.get("payer"))
        return await super().deliver(event, attempt)


class Telling(AcmeSink):
    """Puts the payer into the reason."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        answer = await super().deliver(event, attempt)
        name = event.data.get("payer", {}).get("name")
        later = isinstance(answer, RetryAfter)
        return replace(answer, because=f"{name} stays unknown") if later else answer


class Picky(AcmeSink):
    """Takes every reason for ASCII."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        event.data.get("reason", "").encode("ascii")
        return await super().deliver(event, attempt)


class Narrow(AcmeSink):
    """Knows events with a plan only."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        assert event.data["plan"]
        return await super().deliver(event, attempt)


class Careless(AcmeSink):
    """Lets the secret's error through."""

    async def deliver(self, event: Event, attempt: Attempt) -> Any:
        await self.context.secrets.get()
        return await super().deliver(event, attempt)


SINK: Mapping[str, type] = {
    "test_what_is_awaited_can_be_awaited": Unawaited,
    "test_its_methods_take_and_return_what_the_protocol_says": Misannotated,
    "test_an_event_that_comes_again_is_delivered_again": Once,
    "test_an_amount_keeps_its_digits": Cents,
    "test_it_waits_as_long_as_asked": answering(
        "comes back when it likes",
        "deliver",
        lambda answer: replace(answer, seconds=None) if isinstance(answer, RetryAfter) else answer,
        AcmeSink,
    ),
    "test_a_slow_answer_is_waited_for": Patient,
    "test_delivering_logs_no_secret": Chatty,
    "test_it_delivers_every_event": Narrow,
    "test_it_delivers_what_a_stranger_wrote": Picky,
    "test_it_chooses_without_reaching_out": answering(
        "answers neither yes nor no", "accepts", lambda _: None, AcmeSink
    ),
    "test_an_outage_is_waited_for": instead(
        "gives up when the service says that it is broken",
        "deliver",
        RetryAfter,
        Refused("no"),
        when=lambda answer: answer.because == "not now" and answer.seconds is None,
        base=AcmeSink,
    ),
    "test_an_unreadable_secret_is_waited_for": Careless,
    "test_it_repeats_nothing_of_an_answer": Telling,
}
