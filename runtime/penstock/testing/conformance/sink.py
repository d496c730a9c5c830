"""What every sink must do."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import (
    Attempt,
    AwsError,
    Delivered,
    Event,
    EventType,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    RetryAfter,
)
from penstock.testing.builders import event, least_event
from penstock.testing.conformance.bench import Bench, PluginConformance
from penstock.testing.context import AlwaysAws, NoSecrets
from penstock.testing.http import Always, Unreachable, response

FIRST = Attempt(1)
TYPES = (*EventType, "thing.unheard_of")
"""The last one is of newer code: during a deployment both run side by side."""
MARK = "hunter2"
STRANGE = (
    "<!channel> <b>&amp;</b>",
    "x\r\nBcc: everybody@evil.test",
    "{{ 7 * 7 }} {% raw %} %s {0}",
    "\x00\u202e\ud83d\ude00é",
    "x" * 10_000,
)
OUTAGES = (
    (HttpNotSent("x"), GatewayUnavailable("x")),
    (HttpUnanswered("x"), GatewayUnavailable("x")),
    (response(500, MARK), AwsError("InternalFailure", status=500, said=MARK)),
    (response(503, MARK), AwsError("ServiceUnavailable", status=503, said=MARK)),
    (response(429, MARK), AwsError("TooManyRequestsException", status=429, said=MARK)),
)


class SinkConformance(PluginConformance):
    """
    What holds for a sink. Fixtures: `bench`; and `dark`, for a sink that makes connections of its
    own, not by HTTP or AWS: the same while its service is away.
    """

    @pytest.fixture
    def dark(self, bench: Bench) -> Bench:
        """The same bench: its HTTP and AWS are taken away."""
        return bench

    @pytest.mark.parametrize("type", TYPES, ids=str)
    async def test_it_delivers_every_event(self, bench: Bench, type: str) -> None:
        """With all the data an event may hold, and with the least."""
        sink = bench.build()

        for told in (event(type), least_event(type)):
            if sink.accepts(told):
                assert Delivered() == await sink.deliver(told, FIRST)

    @pytest.mark.parametrize("text", STRANGE, ids=lambda text: ascii(text[:12]))
    async def test_it_delivers_what_a_stranger_wrote(self, bench: Bench, text: str) -> None:
        """A payer chooses a name; no name stops an event."""
        told = event(
            payer={"name": text, "reference": text},
            plan={"id": text, "name": text},
            reason=text,
            hold=text,
            reference=text,
            links={text: f"https://x.test/{text}"},
        )

        assert Delivered() == await bench.build().deliver(told, FIRST)

    def test_it_chooses_without_reaching_out(self, bench: Bench) -> None:
        """`accepts` is asked for every message on its queue."""
        world = Unreachable()
        sink = bench.build(http=world, aws=world, secrets=NoSecrets())

        answers: list[Any] = [sink.accepts(event(type)) for type in TYPES]

        assert {True, False} >= set(answers)
        assert True in answers
        assert 0 == world.asked

    @pytest.mark.parametrize(("http", "aws"), OUTAGES, ids=repr)
    async def test_an_outage_is_waited_for(self, dark: Bench, http: Any, aws: Any) -> None:
        """It raises nothing, refuses nothing and repeats nothing of the answer."""
        sink = dark.build(http=Always(http), aws=AlwaysAws(aws))

        answer = await sink.deliver(event(), FIRST)

        assert isinstance(answer, RetryAfter)
        assert MARK not in answer.because

    async def test_an_unreadable_secret_is_waited_for(self, bench: Bench) -> None:
        """And is nothing to a sink that has none."""
        answer = await bench.build(secrets=NoSecrets()).deliver(event(), FIRST)

        assert isinstance(answer, RetryAfter if bench.registration.secrets else Delivered)

    @pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 410, 422])
    async def test_it_repeats_nothing_of_an_answer(self, bench: Bench, status: int) -> None:
        """Nor of its secret, nor of the event: a reason ends up in logs and on queues."""
        told: Event = event(payer={"name": MARK})
        page = f"{MARK} {bench.secret}"
        refusal = AwsError("BadRequestException", status=status, said=page)
        sink = bench.build(http=Always(response(status, page)), aws=AlwaysAws(refusal))

        shown = repr(await sink.deliver(told, FIRST))

        assert not [value for value in (MARK, *bench.secret.values()) if value in shown]
