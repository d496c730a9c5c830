"""Webhooks at the simulated PayPal: registered, listed, sent again, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from penstock.adapters.clock import SystemClock
from penstock.api import Authentic, Forged
from penstock_paypal.simulator.notifications.deliveries import RETRIES
from penstock_paypal.simulator.notifications.event_types import EVENT_TYPES
from penstock_paypal.simulator.notifications.registry import MOST, WEBHOOKS
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.conftest import Stage

EVENTS = "/v1/notifications/webhooks-events"
URL = "https://shop.example/webhooks/paypal"
ALL = [{"name": "*"}]
SOLD = "PAYMENT.SALE.COMPLETED"
DAYS = timedelta(days=1).total_seconds()


@dataclass
class Receiver:
    """
    A merchant's door that keeps what comes in.

    Attributes:
        statuses: what it answers, one after another; 200 once they are used up.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list[int])
    came: list[tuple[dict[str, str], dict[str, Any]]] = field(
        default_factory=list[tuple[dict[str, str], dict[str, Any]]]
    )

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.came.append((headers, await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def types(self) -> list[str]:
        return [event["event_type"] for _, event in self.came]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/", made.take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/"))
        yield made


async def call(stage: Stage, method: str, path: str, **how: Any) -> tuple[int, Any]:
    """Call the API with a good token; status and body of the answer."""
    headers = await stage.bearer()
    async with stage.control.request(method, path, headers=headers, **how) as answer:
        return answer.status, await answer.json(content_type=None)


async def tell(stage: Stage, method: str, path: str, order: Any = None) -> Any:
    """Tell the simulator what to do; its answer."""
    async with stage.control.request(method, f"/_simulator/{path}", json=order) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json(content_type=None)


async def ahead(stage: Stage, seconds: float) -> None:
    await tell(stage, "PUT", "clock", {"ahead_seconds": seconds})


async def happen(stage: Stage, event_type: str = SOLD, **order: Any) -> str:
    """Something happens at PayPal, and no webhook is ordered; the id of the event."""
    return (await stage.trigger(target=None, event_type=event_type, **order))["event_id"]


async def announce(stage: Stage, event_type: str = SOLD) -> str:
    """Something happens, and every webhook that wants it is sent; the id of the event."""
    identity = await happen(stage, event_type)
    await stage.simulator.deliveries.announce(
        stage.simulator.deliveries.archive.events[identity].event
    )
    return identity


async def test_a_webhook_is_created_shown_changed_and_deleted(stage: Stage) -> None:
    body = {"url": URL, "event_types": [{"name": SOLD}]}
    status, made = await call(stage, "POST", WEBHOOKS, json=body)
    path = f"{WEBHOOKS}/{made['id']}"
    patch = [
        {"op": "replace", "path": "/url", "value": f"{URL}/2"},
        {"op": "replace", "path": "/event_types", "value": ALL},
    ]
    changed = await call(stage, "PATCH", path, json=patch)
    shown = await call(stage, "GET", path)
    listed = await call(stage, "GET", WEBHOOKS)
    wanted = await call(stage, "GET", f"{path}/event-types")
    deleted = await call(stage, "DELETE", path)
    gone, problem = await call(stage, "GET", path)

    assert (201, URL, [SOLD], 17) == (
        status,
        made["url"],
        [one["name"] for one in made["event_types"]],
        len(made["id"]),
    )
    assert (made["id"], f"{URL}/2", ["*"]) == (
        changed[1]["id"],
        changed[1]["url"],
        [one["name"] for one in changed[1]["event_types"]],
    )
    assert changed == shown
    assert [shown[1]] == listed[1]["webhooks"]
    assert shown[1]["event_types"] == wanted[1]["event_types"]
    assert (204, None) == deleted
    assert (404, "INVALID_RESOURCE_ID") == (gone, problem["name"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"event_types": ALL}, "url"),
        ({"url": URL}, "event_types"),
        ({"url": URL, "event_types": []}, "event_types"),
        ({"url": URL, "event_types": [{"name": "NO.SUCH.EVENT"}]}, "event_types"),
        ({"url": "http://shop.example/", "event_types": ALL}, "url"),
        ({"url": "https://shop.example:8443/", "event_types": ALL}, "url"),
        ({"url": "ftp://shop.example/", "event_types": ALL}, "url"),
        ({"url": "no address", "event_types": ALL}, "url"),
        ({"url": f"https://shop.example/{'x' * 2048}", "event_types": ALL}, "url"),
    ],
)
async def test_a_webhook_that_paypal_refuses_is_refused_in_its_words(
    stage: Stage, body: dict[str, Any], field: str
) -> None:
    status, problem = await call(stage, "POST", WEBHOOKS, json=body)

    assert (400, "VALIDATION_ERROR", "Invalid data provided") == (
        status,
        problem["name"],
        problem["message"],
    )
    assert field in [one["field"] for one in problem["details"]]
    assert stage.simulator.registry.webhooks == {}


async def test_an_address_of_this_machine_may_be_http(stage: Stage) -> None:
    body = {"url": stage.target, "event_types": ALL}

    assert 201 == (await call(stage, "POST", WEBHOOKS, json=body))[0]


async def test_an_app_has_ten_webhooks_at_most_and_each_address_once(stage: Stage) -> None:
    bodies = [{"url": f"{URL}/{n}", "event_types": ALL} for n in range(MOST)]
    made = [(await call(stage, "POST", WEBHOOKS, json=one))[0] for one in bodies]
    twice = await call(stage, "POST", WEBHOOKS, json=bodies[0])
    more = await call(stage, "POST", WEBHOOKS, json={"url": URL, "event_types": ALL})

    assert [201] * MOST == made
    assert (400, "WEBHOOK_URL_ALREADY_EXISTS") == (twice[0], twice[1]["name"])
    assert (400, "WEBHOOK_NUMBER_LIMIT_EXCEEDED") == (more[0], more[1]["name"])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/url"},
        {"op": "replace", "path": "/id", "value": "1"},
        {"op": "replace", "path": "/url", "value": "http://shop.example"},
        {"op": "replace", "path": "/event_types", "value": [{"name": "NO.SUCH.EVENT"}]},
    ],
)
async def test_a_change_that_paypal_refuses_changes_nothing(
    stage: Stage, operation: dict[str, Any]
) -> None:
    webhook = stage.simulator.registry.register(URL)
    status, problem = await call(stage, "PATCH", f"{WEBHOOKS}/{webhook.id}", json=[operation])

    assert (400, "VALIDATION_ERROR") == (status, problem["name"])
    assert (URL, ("*",)) == (webhook.url, webhook.event_types)


async def test_the_event_types_are_listed_and_ours_are_among_them(stage: Stage) -> None:
    _, listed = await call(stage, "GET", "/v1/notifications/webhooks-event-types")
    names = {one["name"] for one in listed["event_types"]}

    assert set(EVENT_TYPES) == names
    assert names >= WANTED


async def test_an_event_goes_to_the_webhooks_that_want_it(
    stage: Stage, receiver: Receiver
) -> None:
    body = {"url": receiver.url, "event_types": [{"name": SOLD}]}
    await call(stage, "POST", WEBHOOKS, json=body)
    await announce(stage, "PAYMENT.SALE.DENIED")
    await announce(stage)

    assert [SOLD] == receiver.types


async def test_what_is_announced_is_signed_for_its_webhook(stage: Stage) -> None:
    stage.simulator.registry.register(stage.target)
    await announce(stage)
    (delivery,) = stage.received

    assert Authentic() == await stage.paypal.authenticate(delivery, SystemClock().now())


async def test_events_are_listed_newest_first_and_a_page_is_cut(stage: Stage) -> None:
    made = [await happen(stage) for _ in range(12)]
    _, page = await call(stage, "GET", EVENTS)
    _, small = await call(stage, "GET", f"{EVENTS}?page_size=3")

    assert (made[:1:-1], 10) == ([one["id"] for one in page["events"]], page["count"])
    assert made[:-4:-1] == [one["id"] for one in small["events"]]


async def test_events_are_found_by_type_transaction_and_time(stage: Stage) -> None:
    first = await stage.trigger(target=None)
    await ahead(stage, 3600)
    refund = {"resource.sale_id": first["resource_id"]}
    second = await happen(stage, "PAYMENT.SALE.REFUNDED", set=refund)
    middle = (SystemClock().now() + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def found(query: str) -> list[str]:
        _, page = await call(stage, "GET", f"{EVENTS}?{query}")
        return [one["id"] for one in page["events"]]

    assert [first["event_id"]] == await found(f"event_type={SOLD}")
    assert [second, first["event_id"]] == await found(f"transaction_id={first['resource_id']}")
    assert [] == await found("transaction_id=OTHER")
    assert [second] == await found(f"start_time={middle}")
    assert [first["event_id"]] == await found(f"end_time={middle}")


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0",
        "page_size=x",
        "start_time=yesterday",
        "end_time=2026-13-01T00:00:00Z",
        "start_time=2013-03-06T11:00:00Z",
    ],
)
async def test_a_query_that_paypal_refuses_is_refused(stage: Stage, query: str) -> None:
    status, problem = await call(stage, "GET", f"{EVENTS}?{query}")

    assert (400, "VALIDATION_ERROR") == (status, problem["name"])
    assert query.partition("=")[0] == problem["details"][0]["field"]


async def test_an_event_is_shown_with_its_transmissions(stage: Stage) -> None:
    sent = await stage.trigger()
    _, shown = await call(stage, "GET", f"{EVENTS}/{sent['event_id']}")
    (transmission,) = shown["transmissions"]
    headers = stage.received[0].headers
    missing, problem = await call(stage, "GET", f"{EVENTS}/WH-0-0")

    assert (sent["event_id"], "SUCCESS") == (shown["id"], shown["status"])
    assert (stage.target, headers["paypal-transmission-id"], 202) == (
        transmission["webhook_url"],
        transmission["transmission_id"],
        transmission["http_status"],
    )
    assert ["self", "resend"] == [one["rel"] for one in shown["links"]]
    assert (404, "INVALID_RESOURCE_ID") == (missing, problem["name"])


async def test_what_is_forged_is_in_no_list(stage: Stage) -> None:
    await stage.trigger(forge=True)

    assert [] == (await call(stage, "GET", EVENTS))[1]["events"]


async def test_resending_gives_the_same_event_in_a_new_transmission(stage: Stage) -> None:
    webhook = stage.simulator.registry.register(stage.target)
    sent = await stage.trigger()
    path = f"{EVENTS}/{sent['event_id']}/resend"
    status, _ = await call(stage, "POST", path, json={"webhook_ids": [webhook.id]})
    await tell(stage, "POST", "deliveries/due")
    other, problem = await call(stage, "POST", path, json={"webhook_ids": ["OTHER"]})
    first, again = stage.received

    assert (202, first.body) == (status, again.body)
    assert first.headers["paypal-transmission-id"] != again.headers["paypal-transmission-id"]
    assert Authentic() == await stage.paypal.authenticate(again, SystemClock().now())
    assert (400, "VALIDATION_ERROR") == (other, problem["name"])


async def test_a_mock_event_is_signed_for_no_webhook_of_ours_and_true_of_nothing(
    stage: Stage,
) -> None:
    webhook = stage.simulator.registry.register(stage.target)
    body = {"webhook_id": webhook.id, "event_type": SOLD}
    status, event = await call(stage, "POST", "/v1/notifications/simulate-event", json=body)
    await tell(stage, "POST", "deliveries/due")
    (delivery,) = stage.received
    verdict = await stage.paypal.authenticate(delivery, SystemClock().now())

    assert (202, SOLD, event["id"]) == (
        status,
        event["event_type"],
        json.loads(delivery.body)["id"],
    )
    assert isinstance(verdict, Forged)
    assert {} == stage.simulator.books.sales
    assert [] == (await call(stage, "GET", EVENTS))[1]["events"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"event_type": SOLD}, 400),
        ({"event_type": SOLD, "webhook_id": "UNKNOWN"}, 404),
        ({"event_type": SOLD, "url": "http://shop.example"}, 400),
        ({"event_type": "NO.SUCH.EVENT", "url": URL}, 400),
        ({"url": URL}, 400),
    ],
)
async def test_a_mock_event_that_paypal_refuses_is_refused(
    stage: Stage, body: dict[str, Any], status: int
) -> None:
    answer = await call(stage, "POST", "/v1/notifications/simulate-event", json=body)

    assert status == answer[0]


def test_paypal_tries_25_times_more_within_three_days() -> None:
    assert (25, timedelta(days=3)) == (len(RETRIES), sum(RETRIES, timedelta()))
    assert sorted(RETRIES) == list(RETRIES)


async def test_a_webhook_that_is_not_taken_is_sent_again_with_the_same_id_and_time(
    stage: Stage, receiver: Receiver
) -> None:
    receiver.statuses = [503, 500]
    stage.simulator.registry.register(receiver.url)
    await announce(stage)
    seen = [len(receiver.came)]
    for minutes in (0.5, 1.5, 3.5, 60):
        await ahead(stage, minutes * 60)
        seen.append(len(receiver.came))
    transmission = {
        (one["paypal-transmission-id"], one["paypal-transmission-time"], event["id"])
        for one, event in receiver.came
    }

    assert ([1, 1, 2, 3, 3], 1) == (seen, len(transmission))


async def test_paypal_gives_up_after_three_days(stage: Stage, receiver: Receiver) -> None:
    receiver.statuses = [500] * 100
    stage.simulator.registry.register(receiver.url)
    identity = await announce(stage)
    await ahead(stage, 2 * DAYS)
    _, trying = await call(stage, "GET", f"{EVENTS}/{identity}")
    await ahead(stage, 10 * DAYS)
    _, given_up = await call(stage, "GET", f"{EVENTS}/{identity}")
    (listed,) = await tell(stage, "GET", "deliveries")

    assert ("PENDING", "FAILURE") == (trying["status"], given_up["status"])
    assert (26, 26) == (len(receiver.came), len(listed["attempts"]))


async def test_a_triggered_webhook_is_sent_again_as_well_unless_it_is_forged(
    stage: Stage, receiver: Receiver
) -> None:
    receiver.statuses = [500, 500]
    await stage.trigger(target=receiver.url)
    await stage.trigger(target=receiver.url, forge=True)
    await ahead(stage, 4 * DAYS)

    assert 3 == len(receiver.came)


async def test_a_lost_webhook_is_in_the_list_and_never_comes(
    stage: Stage, receiver: Receiver
) -> None:
    stage.simulator.registry.register(receiver.url)
    await tell(stage, "POST", "deliveries/faults", [{"lost": True, "times": 1}])
    lost = await announce(stage)
    sent = await announce(stage)
    await ahead(stage, 4 * DAYS)
    _, page = await call(stage, "GET", EVENTS)

    assert [sent] == [event["id"] for _, event in receiver.came]
    assert [sent, lost] == [one["id"] for one in page["events"]]


async def test_a_held_webhook_comes_after_the_next_ones(stage: Stage, receiver: Receiver) -> None:
    stage.simulator.registry.register(receiver.url)
    fault = {"event_type": "CREATED$", "hold": 2, "times": 1}
    await tell(stage, "POST", "deliveries/faults", [fault])
    held = await announce(stage, "BILLING.SUBSCRIPTION.CREATED")
    others = [await announce(stage) for _ in range(3)]

    assert [*others[:2], held, others[2]] == [event["id"] for _, event in receiver.came]


async def test_forgetting_the_faults_lets_go_of_what_is_held(
    stage: Stage, receiver: Receiver
) -> None:
    await tell(stage, "POST", "deliveries/faults", [{"hold": 5}])
    held = await stage.trigger(target=receiver.url)
    before = len(receiver.came)
    await tell(stage, "DELETE", "deliveries/faults")

    assert ([], 0, 1) == (held["answers"], before, len(receiver.came))


@pytest.mark.parametrize(
    "fault",
    [{}, {"lost": True, "hold": 1}, {"hold": 0}, {"lost": True, "event_type": "("}, {"x": 1}],
)
async def test_a_delivery_fault_that_says_nothing_sensible_is_refused(
    stage: Stage, fault: dict[str, Any]
) -> None:
    async with stage.control.post("/_simulator/deliveries/faults", json=[fault]) as answer:
        assert 400 == answer.status


async def test_a_new_certificate_has_an_address_of_its_own_and_the_old_one_stays(
    stage: Stage,
) -> None:
    await stage.trigger()
    told = await tell(stage, "POST", "certificates")
    await stage.trigger()
    before, after = (one.headers["paypal-cert-url"] for one in stage.received)
    verdicts = [
        await stage.other(stage.http).authenticate(one, SystemClock().now())
        for one in stage.received
    ]

    assert before != after == told["certificate_url"]
    assert [Authentic(), Authentic()] == verdicts
