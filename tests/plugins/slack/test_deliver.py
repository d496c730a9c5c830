"""What Slack's answers mean, and that its address stays a secret."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import (
    Attempt,
    Delivered,
    Delivering,
    HttpNotSent,
    HttpUnanswered,
    Refused,
    Response,
    RetryAfter,
    Secrets,
)
from penstock.testing.builders import event
from penstock.testing.context import FixedSecrets, NoSecrets, context
from penstock.testing.http import ScriptedHttp, response
from penstock_slack.sink import SlackSettings, SlackSink

URL = "https://hooks.slack.com/services/T0/B0/hunter2"
OLD = "https://hooks.slack.com/services/T0/B0/hunter1"
OK = response(200, "ok")


async def deliver(
    http: ScriptedHttp, secrets: Secrets | None = None, **profile: str
) -> Delivering:
    secrets = secrets or FixedSecrets({"webhook_url": URL})
    made = context(SlackSettings(), http=http, secrets=secrets, profile=profile)
    return await SlackSink(made).deliver(event(), Attempt(1))


async def test_an_event_is_one_post_to_the_secret_address():
    http = ScriptedHttp(OK)

    assert Delivered() == await deliver(http)
    (sent,) = http.requests
    assert ("POST", URL, 5.0) == (sent.method, sent.url, sent.timeout)
    assert {"content-type": "application/json; charset=utf-8"} == sent.headers
    assert sent.json["text"].startswith("Payment succeeded: 12.50 USD")


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (response(200, "ok\n"), Delivered()),
        (response(200, "<html>sign in"), RetryAfter("Slack answered 200")),
        (response(302), RetryAfter("Slack answered 302")),
        (
            response(429, "rate_limited", {"Retry-After": "30"}),
            RetryAfter("Slack said later (429)", 30),
        ),
        (response(408, "Request Timeout"), RetryAfter("Slack answered 408")),
        (response(425), RetryAfter("Slack answered 425")),
        (response(429, "rate_limited"), RetryAfter("Slack said later (429)")),
        (response(500, "rollup_error"), RetryAfter("Slack answered 500")),
        (response(503), RetryAfter("Slack answered 503")),
        (HttpNotSent(URL), RetryAfter("Slack could not be reached")),
        (HttpUnanswered(URL), RetryAfter("Slack gave no answer")),
        (response(400, "invalid_payload"), Refused("Slack refused it: invalid_payload")),
        (response(400, "invalid_blocks"), Refused("Slack refused it: invalid_blocks")),
        (response(403, "action_prohibited"), Refused("Slack refused it: action_prohibited")),
        (response(404, "channel_not_found"), Refused("Slack refused it: channel_not_found")),
        (response(404, "no_service"), Refused("Slack refused it: no_service")),
        (response(410, "channel_is_archived"), Refused("Slack refused it: channel_is_archived")),
        (response(403, f"no entry to {URL}"), Refused("Slack refused it: HTTP 403")),
        (response(400, b"\xff\xfe"), Refused("Slack refused it: HTTP 400")),
    ],
)
async def test_what_an_answer_means(answer: Response | Exception, meaning: Delivering):
    assert meaning == await deliver(ScriptedHttp(answer))


@pytest.mark.parametrize("code", ["invalid_token", "no_service", "no_active_hooks", "no_team"])
async def test_during_a_rotation_the_previous_address_is_good_too(code: str):
    http = ScriptedHttp(response(403, code), OK)

    assert Delivered() == await deliver(
        http, FixedSecrets({"webhook_url": URL}, {"webhook_url": OLD})
    )
    assert [URL, OLD] == [sent.url for sent in http.requests]


async def test_when_every_known_address_is_gone_the_secret_is_looked_at_again():
    http = ScriptedHttp(response(404, "no_service"), OK)
    secrets = FixedSecrets({"webhook_url": OLD}, fresh=({"webhook_url": URL},))

    assert Delivered() == await deliver(http, secrets)
    assert [OLD, URL] == [sent.url for sent in http.requests]


async def test_what_is_wrong_with_the_message_is_not_tried_at_another_address():
    http = ScriptedHttp(response(400, "invalid_blocks"))
    secrets = FixedSecrets({"webhook_url": URL}, {"webhook_url": OLD})

    assert Refused("Slack refused it: invalid_blocks") == await deliver(http, secrets)
    assert 0 == secrets.refreshes


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com.evil.test/services/T0/B0/x",
        "https://hooks.slack.com@evil.test/services/T0/B0/x",
        "https://hooks.slack.com:8443/services/T0/B0/x",
        "https://evil.test/hooks.slack.com",
        "https://[evil",
        "",
    ],
)
async def test_nothing_is_posted_anywhere_but_to_slack(url: str):
    answer = await deliver(ScriptedHttp(), FixedSecrets({"webhook_url": url}))

    assert isinstance(answer, RetryAfter)
    assert 300 == answer.seconds
    assert "evil" not in answer.because


async def test_where_the_profile_names_an_address_only_that_is_posted_to():
    local = "http://127.0.0.1:4601/services/T0/B0/x"
    http = ScriptedHttp(OK)

    assert Delivered() == await deliver(
        http,
        FixedSecrets({"webhook_url": local}),
        webhook_url_prefix="http://127.0.0.1:4601/services/",
    )
    assert isinstance(
        await deliver(ScriptedHttp(), webhook_url_prefix="http://127.0.0.1:4601/services/"),
        RetryAfter,
    )


async def test_a_secret_that_cannot_be_read_is_waited_for():
    because = "no value has been written yet"

    assert RetryAfter(because) == await deliver(ScriptedHttp(), NoSecrets(because))


async def test_a_secret_without_the_field_is_waited_for():
    answer: Any = await deliver(ScriptedHttp(), FixedSecrets({"other": "x"}))

    assert "holds no webhook_url" in answer.because
