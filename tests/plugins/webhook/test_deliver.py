"""A signed webhook: what is sent, which receivers take it, and what their answers mean."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from penstock.api import (
    Attempt,
    Delivered,
    Delivering,
    Event,
    Gone,
    HttpForbidden,
    HttpNotSent,
    HttpUnanswered,
    Response,
    RetryAfter,
    Secrets,
)
from penstock.testing.builders import event
from penstock.testing.clock import FrozenClock
from penstock.testing.context import FixedSecrets, NoSecrets, context
from penstock.testing.http import Request, ScriptedHttp, Unreachable, response
from penstock_webhook.settings import WebhookSettings
from penstock_webhook.sink import WebhookSink

URL = "https://shop.example.com/webhooks?token=hunter2"
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
OK = response(204)


async def deliver(
    http: ScriptedHttp,
    secrets: Secrets | None = None,
    sent: Event | None = None,
    clock: FrozenClock | None = None,
) -> Delivering:
    made = context(
        WebhookSettings(url=URL),
        http=Unreachable(),
        public_http=http,
        secrets=secrets or FixedSecrets({"signing_secret": NEW}),
        clock=clock,
    )
    return await WebhookSink(made).deliver(sent or event(), Attempt(1))


async def sent_now(secrets: Secrets | None = None, sent: Event | None = None) -> Request:
    """The request of a delivery that is made now, by the machine's clock."""
    http = ScriptedHttp(OK)
    await deliver(http, secrets, sent, FrozenClock(datetime.now(UTC)))
    (request,) = http.requests
    return request


async def test_an_event_is_one_post_of_its_cloud_event_to_the_public_address():
    http, told = ScriptedHttp(OK), event()

    assert Delivered() == await deliver(http, sent=told)
    (sent,) = http.requests
    assert ("POST", URL, 5.0) == (sent.method, sent.url, sent.timeout)
    assert "application/cloudevents+json; charset=utf-8" == sent.headers["content-type"]
    assert told.cloud_event() == sent.json


async def test_another_library_of_standard_webhooks_takes_it():
    told = event(payer={"name": "Łukasz 😀\x00", "reference": "x.y.z"})
    request = await sent_now(sent=told)

    assert told.id == request.headers["webhook-id"]
    assert told.cloud_event() == Webhook(NEW).verify(request.body or b"", dict(request.headers))


async def test_during_a_rotation_receivers_with_either_secret_take_it():
    request = await sent_now(FixedSecrets({"signing_secret": NEW}, {"signing_secret": OLD}))

    for secret in (NEW, OLD):
        assert Webhook(secret).verify(request.body or b"", dict(request.headers))
    first, second = request.headers["webhook-signature"].split(" ")
    assert first.startswith("v1,")
    assert second.startswith("v1,")


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "body"])
async def test_what_was_changed_on_the_way_is_refused_by_another_library(header: str):
    request = await sent_now()
    headers, body = dict(request.headers), request.body or b""
    if header == "body":
        body = body.replace(b"12", b"13", 1)
    else:
        headers[header] = headers[header][:-1] + ("1" if headers[header][-1] != "1" else "2")

    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(NEW).verify(body, headers)


async def test_each_try_has_the_same_id_and_a_time_of_its_own():
    http, clock = ScriptedHttp(response(503), OK), FrozenClock()
    await deliver(http, clock=clock)
    clock.advance(3600)
    await deliver(http, clock=clock)

    first, second = (sent.headers for sent in http.requests)
    assert first["webhook-id"] == second["webhook-id"]
    assert 3600 == int(second["webhook-timestamp"]) - int(first["webhook-timestamp"])
    assert first["webhook-signature"] != second["webhook-signature"]


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (response(200, "anything"), Delivered()),
        (response(299), Delivered()),
        (response(410), Gone("the endpoint answered 410 Gone")),
        (
            response(301, headers={"Location": "http://169.254.169.254/"}),
            RetryAfter("the endpoint answered 301; redirects are not followed"),
        ),
        (
            response(429, headers={"Retry-After": "30"}),
            RetryAfter("the endpoint answered 429", 30),
        ),
        (response(503, headers={"Retry-After": "9"}), RetryAfter("the endpoint answered 503", 9)),
        (response(429), RetryAfter("the endpoint answered 429")),
        (response(400, URL), RetryAfter("the endpoint answered 400")),
        (response(404), RetryAfter("the endpoint answered 404")),
        (response(500), RetryAfter("the endpoint answered 500")),
        (HttpNotSent(URL), RetryAfter("the endpoint could not be reached")),
        (HttpUnanswered(URL), RetryAfter("the endpoint gave no answer")),
        (
            HttpForbidden(URL),
            RetryAfter("the endpoint's name leads to an address that is not public"),
        ),
    ],
)
async def test_what_an_answer_means(answer: Response | Exception, meaning: Delivering):
    assert meaning == await deliver(ScriptedHttp(answer))


@pytest.mark.parametrize(
    "wrong",
    [
        "hunter2",
        "whsec_",
        "whsec_!!!!",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsk_" + base64.b64encode(b"x" * 32).decode(),
    ],
)
async def test_without_a_usable_secret_nothing_is_sent_and_the_endpoint_is_not_blamed(wrong: str):
    answer: Any = await deliver(ScriptedHttp(), FixedSecrets({"signing_secret": wrong}))

    assert (300, False) == (answer.seconds, answer.tried)
    assert "hunter2" not in answer.because


async def test_a_secret_that_cannot_be_read_is_waited_for_and_the_endpoint_is_not_blamed():
    answer = await deliver(ScriptedHttp(), NoSecrets("no value has been written yet"))

    assert RetryAfter("no value has been written yet", tried=False) == answer
