"""Strangers cannot fill the log of `penstock serve`, and what alarms count is always told."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.web import application
from penstock.entrypoints.serve.log_rate import AT_ONCE, LineRate
from penstock.observability import configure
from penstock.testing.clock import FrozenClock
from tests.leaving import logging_restored
from tests.unit.entrypoints.hosts import raw
from tests.unit.entrypoints.stand import Stand

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def logged(clock: FrozenClock, capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    with logging_restored():
        configure("INFO", limit=[LineRate(clock)])
        yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_a_flood_of_bad_requests_is_twenty_lines_and_then_one_a_second(
    stand: Stand, clock: FrozenClock, logged: Lines
):
    async with listening(application(stand.platform), "127.0.0.1", 0) as url:
        for _ in range(3 * AT_ONCE):
            await raw(url, b"rubbish\r\n\r\n")
        at_once = logged()
        clock.advance(1)
        for _ in range(5):
            await raw(url, b"rubbish\r\n\r\n")
        later = logged()

    assert AT_ONCE == len(at_once)
    assert {"request.malformed"} == {one["event"] for one in at_once + later}
    assert [2 * AT_ONCE] == [one["unlogged"] for one in later]


async def test_refused_webhooks_are_limited_and_other_lines_are_not(stand: Stand, logged: Lines):
    async with listening(application(stand.platform), "127.0.0.1", 0) as url:
        for _ in range(2 * AT_ONCE):
            await raw(url, b"POST /webhooks/nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    log = structlog.get_logger()
    for _ in range(2 * AT_ONCE):
        log.info("stage.finished", stage="verify", outcome="forged", status="done", ms=1)
    lines = logged()

    assert AT_ONCE == sum(one["stage"] == "receive" for one in lines)
    assert 2 * AT_ONCE == sum(one["stage"] == "verify" for one in lines)


def test_each_kind_of_line_has_a_limit_of_its_own(logged: Lines):
    log = structlog.get_logger()
    for _ in range(2 * AT_ONCE):
        log.warning("request.malformed")
    log.warning("connection.refused")

    assert "connection.refused" == logged()[-1]["event"]


def test_what_libraries_say_is_limited(logged: Lines):
    for _ in range(2 * AT_ONCE):
        logging.getLogger("asyncio").error("socket.accept() out of system resource")

    assert AT_ONCE == len(logged())
