"""Webhooks at the simulated PayPal: registered, changed and deleted."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.adapters.clock import SystemClock
from penstock.api import Authentic
from penstock_paypal.simulator.notifications.event_types import EVENT_TYPES
from penstock_paypal.simulator.notifications.registry import MOST, WEBHOOKS
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.simulator_notifications.merchant import ALL, SOLD, URL, call, tell


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
