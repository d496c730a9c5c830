"""Functions that a schedule starts, and the API's."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.functions.api import ApiHost
from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.http.tokens import mint
from penstock.ports import Outgoing
from penstock.settings import Function
from tests.unit.entrypoints.lambda_host import HostOf, Remaining, host, stand, take
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.listing import Listing, at, made

__all__ = ["host", "stand"]


@pytest.fixture
def api(stand: Stand) -> Iterator[ApiHost]:
    made = ApiHost(stand.platform)
    yield made
    made.close()


@pytest.fixture
def merchant(stand: Stand) -> Iterator[ApiHost]:
    made = ApiHost(stand.platform, Function.merchant, make_merchant)
    yield made
    made.close()


def request(
    method: str, path: str, route: str | None = None, body: str = "", **headers: str
) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": route or f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": path}},
        "body": body,
        "isBase64Encoded": False,
    }


class TestGaps:
    def test_what_a_gateway_lists_and_the_ledger_lacks_is_sent(self, host: HostOf, stand: Stand):
        bank = stand.acme = Listing(made=[made(1, at(minutes=1))])
        bank.clock = stand.clock
        gaps = host(Function.gaps)

        first = gaps.gaps(Remaining())
        stand.clock.advance(600)
        second = gaps.gaps(Remaining())

        assert ({"fetched": 0, "failed": 0}, {"fetched": 1, "failed": 0}) == (first, second)
        (sent,) = take(gaps, stand, "verified")["Records"]
        assert "WH-1" == json.loads(sent["body"])["id"]

    def test_out_of_time_it_says_so_by_the_name_that_an_alarm_counts(self, host: HostOf):
        gaps = host(Function.gaps)

        with structlog.testing.capture_logs() as logs:
            told = gaps.gaps(Remaining(4_000))

        assert {"fetched": None, "failed": None} == told
        assert ["gaps.failed"] == [line["event"] for line in logs]


class TestSweep:
    def test_what_was_accepted_and_never_sent_is_sent(self, host: HostOf, stand: Stand):
        sweep = host(Function.sweep)
        order = rules.accept(
            "p-1",
            "acme",
            Order(Money(500, "JPY")),
            now=stand.clock.now(),
            new_id=stand.world.ids.new,
            due_at=stand.clock.now(),
        )
        sweep._run(stand.world.ledger.commit(order))  # pyright: ignore[reportPrivateUsage]

        assert {"swept": 1, "failed": 0} == sweep.sweep(Remaining())
        (sent,) = take(sweep, stand, "payments")["Records"]
        assert "p-1" == json.loads(sent["body"])["id"]

    def test_too_little_time_is_no_failure(self, host: HostOf):
        assert {"swept": None, "failed": None} == host(Function.sweep).sweep(Remaining(4_000))


class TestRenew:
    def test_a_dead_letter_of_ten_days_is_renewed(self, host: HostOf, stand: Stand):
        renew = host(Function.renew)

        async def park() -> None:
            queue = stand.world.queues["payments"]
            await queue.send(Outgoing("{}", "p-1", "d-1"))
            (message,) = await queue.receive(1, 0)
            await queue.park(message, "no")

        renew._run(park())  # pyright: ignore[reportPrivateUsage]
        stand.clock.advance(10 * 24 * 3600)

        assert {"renewed": 1, "failed": 0} == renew.renew(Remaining())
        assert {"renewed": 0, "failed": 0} == renew.renew(Remaining())

    def test_out_of_time_it_says_so(self, host: HostOf):
        with structlog.testing.capture_logs() as logs:
            told = host(Function.renew).renew(Remaining(4_000))

        assert {"renewed": None, "failed": None} == told
        assert ["renew.out_of_time"] == [line["event"] for line in logs]


class TestApi:
    def test_a_route_is_answered_through_its_route_key(self, api: ApiHost):
        answer = api(request("GET", "/health"))

        assert (200, {"status": "ok"}) == (answer["statusCode"], json.loads(answer["body"]))

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/nowhere", 404), ("DELETE", "/payments", 405), ("PUT", "/webhooks/acme", 405)],
    )
    def test_whatever_else_is_asked_for_is_a_problem(
        self, api: ApiHost, method: str, path: str, status: int
    ):
        answer = api(request(method, path, "$default"))

        assert (status, status) == (answer["statusCode"], json.loads(answer["body"])["status"])
        assert "application/problem+json" == answer["headers"]["content-type"]

    def test_a_payment_is_taken_from_a_base64_body_too(self, merchant: ApiHost, stand: Stand):
        kept, token = mint("a test", stand.world.ids, stand.clock.now())
        merchant._run(stand.world.tokens.put(kept))  # pyright: ignore[reportPrivateUsage] - its loop
        asked = json.dumps({"provider": "acme", "order": {"amount": 5, "currency": "JPY"}})
        event = request(
            "POST",
            "/payments",
            Authorization=f"Bearer {token}",
            Content_Type="application/json",
            Idempotency_Key="k-1",
        )
        event |= {"body": base64.b64encode(asked.encode()).decode(), "isBase64Encoded": True}

        assert 202 == merchant(event)["statusCode"]
        assert 401 == merchant({**event, "headers": {}})["statusCode"]

    def test_a_path_parameter_comes_from_the_gateway(self, api: ApiHost):
        event = request("GET", "/payments/x", "GET /payments/{id}")

        answer = api({**event, "pathParameters": {"id": "x"}})

        assert 401 == answer["statusCode"]
