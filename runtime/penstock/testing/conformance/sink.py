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
    Sink,
)
from penstock.testing.builders import event, least_event
from penstock.testing.conformance.amounts import AMOUNTS, Overheard, misstates
from penstock.testing.conformance.bench import Bench, PluginConformance
from penstock.testing.conformance.exercises import add_watched_checks
from penstock.testing.conformance.hearing import listening
from penstock.testing.conformance.shapes import awaited_wrongly, shaped_wrongly
from penstock.testing.context import LIMIT, AlwaysAws, NoSecrets, OverheardAws
from penstock.testing.http import Always, Slow, Unreachable, response

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

    def test_what_is_awaited_can_be_awaited(self, bench: Bench) -> None:
        """`deliver` is `async`, and `accepts` is not."""
        wrong = awaited_wrongly(bench.registration.made, [Sink])

        assert not wrong, "; ".join(wrong)

    def test_its_methods_take_and_return_what_the_protocol_says(self, bench: Bench) -> None:
        """The platform calls them by position and matches their answers to the end."""
        wrong = shaped_wrongly(bench.registration.made, [Sink])

        assert not wrong, "; ".join(wrong)

    async def test_an_event_that_comes_again_is_delivered_again(self, bench: Bench) -> None:
        """After a crash the same event comes twice: that is no error."""
        sink = bench.build()

        answers = [await sink.deliver(event(), Attempt(number)) for number in (1, 2)]

        assert [Delivered()] * 2 == answers, f"the second time it answered {answers[1]!r}"

    async def test_an_amount_keeps_its_digits(self, bench: Bench) -> None:
        """Of currencies with no, two and three decimal digits."""
        for amount in AMOUNTS:
            money = {"minor": amount.minor, "currency": amount.currency}
            http, aws = Overheard(bench.http), OverheardAws(bench.aws)
            told = event(amount=money, fee=None, net=None)
            await bench.build(http=http, aws=aws).deliver(told, FIRST)
            wrong = [sent for sent in (*http.sent, *aws.sent) if misstates(sent, amount)]
            said = f"{amount} is shown with two decimal digits; use Money.decimal"
            assert not wrong, said

    async def test_it_waits_as_long_as_asked(self, bench: Bench) -> None:
        """429 with Retry-After: the time is kept."""
        later = Always(response(429, "", {"Retry-After": "7"}))

        answer = await bench.build(http=later).deliver(event(), FIRST)

        if not later.asked:
            pytest.skip("it sends nothing over HTTP")
        assert isinstance(answer, RetryAfter), f"it answered {answer!r}"
        # Some spread what was asked for, so that not all come back at once; none comes sooner.
        kept = 7.0 <= (answer.seconds or 0.0) < 14.0
        assert kept, "it does not keep the time of Retry-After"

    async def test_a_slow_answer_is_waited_for(self, bench: Bench) -> None:
        """And no request waits longer than `context.request_timeout`."""
        slow = Slow(bench.http)

        answer = await bench.build(http=slow).deliver(event(), FIRST)

        assert slow.longest <= LIMIT, f"it waits {slow.longest:g} s; pass context.request_timeout"
        assert isinstance(answer, RetryAfter | Delivered), f"it answered {answer!r}"

    @pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500])
    async def test_delivering_logs_no_secret(self, bench: Bench, status: int) -> None:
        """Nor the payer's name, nor what the service said."""
        page = f"{MARK} {dict(bench.secret)}"
        refusal = AwsError("BadRequestException", status=status, said=page)
        http, aws = Always(response(status, page)), AlwaysAws(refusal)
        with listening() as heard:
            sink = bench.build(log=heard.log)
            await sink.deliver(event(payer={"name": MARK}), FIRST)
            await bench.build(log=heard.log, http=http, aws=aws).deliver(event(), FIRST)

        told = bench.told(heard, MARK)
        assert not told, f"it logs {', '.join(told)}"
        shown = bench.shown_by(sink)
        assert not shown, f"its repr shows {', '.join(shown)} afterwards"

    @pytest.mark.parametrize("type", TYPES, ids=str)
    async def test_it_delivers_every_event(self, bench: Bench, type: str) -> None:
        """With all the data an event may hold, and with the least."""
        sink = bench.build()

        for told in (event(type), least_event(type)):
            if sink.accepts(told):
                answer = await sink.deliver(told, FIRST)
                assert Delivered() == answer, f"of {type} it answered {answer!r}, not Delivered"

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

        said = "an event with strange text is not delivered"
        assert Delivered() == await bench.build().deliver(told, FIRST), said

    def test_it_chooses_without_reaching_out(self, bench: Bench) -> None:
        """`accepts` is asked for every message on its queue."""
        world = Unreachable()
        sink = bench.build(http=world, aws=world, secrets=NoSecrets())

        before = world.asked

        answers: list[Any] = [sink.accepts(event(type)) for type in TYPES]

        assert {True, False} >= set(answers), "accepts must answer True or False"
        assert True in answers, "it accepts no event at all"
        assert before == world.asked, "accepts asked the network"

    @pytest.mark.parametrize(("http", "aws"), OUTAGES, ids=repr)
    async def test_an_outage_is_waited_for(self, dark: Bench, http: Any, aws: Any) -> None:
        """It raises nothing, refuses nothing and repeats nothing of the answer."""
        sink = dark.build(http=Always(http), aws=AlwaysAws(aws))

        answer = await sink.deliver(event(), FIRST)

        assert isinstance(answer, RetryAfter)
        assert MARK not in answer.because, "its answer quotes the service"

    async def test_an_unreadable_secret_is_waited_for(self, bench: Bench) -> None:
        """And is nothing to a sink that has none."""
        answer = await bench.build(secrets=NoSecrets()).deliver(event(), FIRST)

        wanted = RetryAfter if bench.registration.secrets else Delivered
        said = f"it answered {answer!r}, not {wanted.__name__}"
        assert isinstance(answer, wanted), said

    @pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 410, 422])
    async def test_it_repeats_nothing_of_an_answer(self, bench: Bench, status: int) -> None:
        """Nor of its secret, nor of the event: a reason ends up in logs and on queues."""
        told: Event = event(payer={"name": MARK})
        page = f"{MARK} {bench.secret}"
        refusal = AwsError("BadRequestException", status=status, said=page)
        sink = bench.build(http=Always(response(status, page)), aws=AlwaysAws(refusal))

        shown = repr(await sink.deliver(told, FIRST))

        said = "its answer quotes the service, the secret or the payer"
        assert not [value for value in (MARK, *bench.secret.values()) if value in shown], said


add_watched_checks(SinkConformance, "sink")
