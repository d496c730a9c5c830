"""`/metrics` of `penstock serve`: what happened, what waits, and nothing that a stranger sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.web import application
from penstock.entrypoints.serve.gauges import FRESH
from penstock.entrypoints.serve.metrics import MEDIA, MOST_VALUES, OTHER, Metrics
from penstock.entrypoints.serve.scraping import scraped
from penstock.entrypoints.serve.watched import Watched, in_memory
from penstock.errors import ChannelUnavailable
from penstock.observability import configure
from penstock.ports import Outgoing
from penstock.settings import Function
from tests.leaving import logging_restored
from tests.unit.entrypoints.hosts import Told, raw
from tests.unit.entrypoints.stand import Stand

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
STRANGE = "strange2"


class Unreadable:
    """A queue that AWS does not let us count."""

    async def depth(self) -> Mapping[str, int]:
        raise ChannelUnavailable("not now")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@asynccontextmanager
async def serving(
    stand: Stand, metrics: Metrics, queues: Mapping[str, Watched] | None = None
) -> AsyncIterator[str]:
    """Their address."""
    watched = queues if queues is not None else in_memory(stand.world)
    async with scraped(stand.platform, metrics, watched, "127.0.0.1", 0) as url:
        yield url


def samples(answer: Told) -> dict[str, float]:
    """What was told, each as `name{label="value"}`."""
    return {
        f"{one.name}{{{','.join(f'{k}={v}' for k, v in sorted(one.labels.items()))}}}": one.value
        for family in text_string_to_metric_families(answer.body.decode())
        for one in family.samples
    }


async def test_a_webhook_is_counted_at_its_stages_and_its_answer(
    stand: Stand, metrics: Metrics, capsys: pytest.CaptureFixture[str]
):
    """
    At any level: the lines that are counted need not be written.
    """
    with logging_restored():
        configure("WARNING", see=[metrics.see])
        served = application(stand.platform, answered=metrics)
        async with listening(served, "127.0.0.1", 0) as url:
            await raw(
                url,
                b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nConnection: close\r\nsig: good\r\n"
                b"Content-Length: 9\r\n\r\n" + b'{"id": 1}',
            )
        batch = stand.platform.batch(Function.verify)
        messages = await batch.inbox.receive(10, 0)
        await batch.run(messages, lambda: float("inf"))
    async with serving(stand, metrics) as url:
        answer = await raw(url, GET)
    told = samples(answer)

    assert (200, MEDIA) == (answer.status, answer.media)
    assert (
        1 == told["penstock_stage_items_total{outcome=accepted,sink=,stage=receive,status=done}"]
    )
    assert 1 == told["penstock_stage_seconds_count{sink=,stage=verify}"]
    assert 1 == told["penstock_log_events_total{event=delivery.received,level=info}"]
    assert 1 == told["penstock_http_answers_total{operation=receiveWebhook,status=202}"]
    assert 1 == told["penstock_http_answer_seconds_count{operation=receiveWebhook}"]
    assert "" == capsys.readouterr().out


async def test_queues_dead_letters_and_the_oldest_due_entity_are_gauges(
    stand: Stand, metrics: Metrics
):
    queue, now = stand.world.queues["payments"], stand.clock.now()
    for number in range(3):
        await queue.send(Outgoing("x", f"g-{number}", f"d-{number}"))
    (first,) = await queue.receive(1, 0)
    await queue.park(first, "no JSON")
    accepted = rules.accept(
        "p-1", "acme", Order(Money(1250, "EUR")), now=now, due_at=now, new_id=stand.world.ids.new
    )
    await stand.world.ledger.commit(accepted)
    stand.clock.advance(90)
    async with serving(stand, metrics) as url:
        told = samples(await raw(url, GET))

    assert 2 == told["penstock_queue_messages{queue=payments,state=visible}"]
    assert 1 == told["penstock_queue_messages{queue=payments,state=in_flight}"]
    assert 1 == told["penstock_dead_letters{queue=payments}"]
    assert 90 == told["penstock_oldest_due_seconds{}"]
    assert "penstock_dead_letters{queue=rejected}" not in told


async def test_a_queue_that_cannot_be_read_is_told_and_its_old_number_is_not(
    stand: Stand, metrics: Metrics
):
    payments = Watched(stand.world.queues["payments"])
    queues = {"payments": payments, "verified": Watched(Unreadable())}
    async with serving(stand, metrics, queues) as url:
        told = samples(await raw(url, GET))

    assert 1 == told["penstock_readable{what=payments}"]
    assert 0 == told["penstock_readable{what=verified}"]
    assert "penstock_queue_messages{queue=verified,state=visible}" not in told


async def test_queues_are_counted_at_most_every_fifteen_seconds(stand: Stand, metrics: Metrics):
    queue = stand.world.queues["payments"]
    told: list[float] = []
    async with serving(stand, metrics) as url:
        for seconds in (0.0, FRESH - 1, 2.0):
            stand.clock.advance(seconds)
            answered = samples(await raw(url, GET))
            told.append(answered["penstock_queue_messages{queue=payments,state=visible}"])
            await queue.send(Outgoing("x", "g", f"d-{seconds}"))

    assert [0, 0, 2] == told


async def test_nothing_that_a_stranger_sends_becomes_a_label(stand: Stand, metrics: Metrics):
    served = application(stand.platform, answered=metrics)
    async with listening(served, "127.0.0.1", 0) as url:
        for line in (
            f"GET /{STRANGE} HTTP/1.1",
            f"GET /payments/{STRANGE} HTTP/1.1",
            f"POST /webhooks/{STRANGE} HTTP/1.1",
            f"DELETE /health?{STRANGE} HTTP/1.1",
            f"GET /health {STRANGE}",
        ):
            head = f"{line}\r\nHost: {STRANGE}\r\nConnection: close\r\nX-{STRANGE}: 1\r\n\r\n"
            await raw(url, head.encode())
    async with serving(stand, metrics) as url:
        answer = await raw(url, GET)

    assert STRANGE not in answer.body.decode().casefold()
    assert {"400": 1, "404": 1, "405": 1} == {
        status: samples(answer)[f"penstock_http_answers_total{{operation=none,status={status}}}"]
        for status in ("400", "404", "405")
    }


def test_a_label_takes_a_bounded_number_of_values(metrics: Metrics):
    for number in range(2 * MOST_VALUES):
        metrics.see(None, "info", {"event": f"made-up-{number}", "level": "info"})
    events = {
        sample.labels["event"]
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "penstock_log_events_total"
    }

    assert MOST_VALUES + 1 == len(events)
    assert OTHER in events


@pytest.mark.parametrize(
    ("line", "status"), [(b"GET / HTTP/1.1", 404), (b"POST /metrics HTTP/1.1", 405)]
)
async def test_everything_else_is_a_problem(
    stand: Stand, metrics: Metrics, line: bytes, status: int
):
    async with serving(stand, metrics) as url:
        answer = await raw(url, line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert status == answer.status
    assert answer.json["type"].startswith("urn:penstock:problem:")


async def test_the_api_does_not_serve_them(stand: Stand):
    async with listening(application(stand.platform), "127.0.0.1", 0) as url:
        assert 404 == (await raw(url, GET)).status
