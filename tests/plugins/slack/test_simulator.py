"""The stand-in for Slack is as strict as Slack, and shows what was posted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from penstock.testing.builders import event
from penstock_slack.message import message
from penstock_slack.simulator import build
from penstock_slack.simulator.mrkdwn import shown, to_html
from penstock_slack.simulator.rules import refusal

Client = TestClient[Any, Any]
PLAIN = {"type": "plain_text", "text": "x"}
HOOK = "/services/T000/B000/local"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build(tmp_path).app)) as client:
        yield client


async def post(client: Client, payload: Any, path: str = HOOK) -> tuple[int, str]:
    async with client.post(path, json=payload) as answer:
        return answer.status, await answer.text()


async def test_what_is_posted_is_shown(client: Client):
    assert (200, "ok") == await post(client, message(event(), "https://penstock.test"))

    async with client.get("/messages") as answer:
        (listed,) = await answer.json()
    assert listed["text"].startswith("Payment succeeded: 12.50 USD")
    assert datetime.fromisoformat(listed["received_at"]).tzinfo is not None
    async with client.get("/") as answer:
        page = await answer.text()
    assert "text/html" == answer.content_type
    assert "<h2>Payment succeeded: 12.50 USD</h2>" in page
    assert "<div><strong>Payer</strong></div><div>Ada Lovelace</div>" in page
    assert '<a href="https://penstock.test/payments/pay-1">Payment</a>' in page


async def test_a_name_that_looks_like_formatting_is_shown_as_it_was_written(client: Client):
    name = "*APPROVED* :white_check_mark: `code` ~gone~ _it_ B"
    await post(client, message(event(payer={"name": name}), "https://penstock.test"))

    async with client.get("/") as answer:
        assert f"<div>{name}</div>" in await answer.text()


def test_the_page_shows_the_formatting_that_slack_would_show():
    name = "*A* _b_ ~c~ `d` :x:"
    formatted = (
        '<strong>A</strong> <em>b</em> <del>c</del> <code>d</code> <span class="emoji">x</span>'
    )

    assert formatted == str(shown({"type": "mrkdwn", "text": name}))
    assert "2026-11-29 08:46:21 UTC" == str(to_html("2026-11-29 08:46:21 UTC"))
    assert '*A* <span class="emoji">x</span>' == str(
        shown({"type": "plain_text", "text": "*A* :x:"})
    )
    assert name == str(shown({"type": "plain_text", "text": name, "emoji": False}))


async def test_a_message_that_turns_formatting_off_is_shown_without(client: Client):
    await post(client, {"text": "*first*", "mrkdwn": False})

    async with client.get("/") as answer:
        assert "<p>*first*</p>" in await answer.text()


async def test_the_newest_is_on_top_of_the_page_and_last_in_the_list(client: Client):
    await post(client, {"text": "first"})
    await post(client, {"text": "second"})

    async with client.get("/messages") as answer:
        assert ["first", "second"] == [each["text"] for each in await answer.json()]
    async with client.get("/") as answer:
        page = await answer.text()
    assert page.index("second") < page.index("first")


async def test_the_page_runs_nothing_that_was_posted(client: Client):
    await post(client, {"text": "<script>alert(1)</script> *<img src=x>* &lt;b&gt;"})

    async with client.get("/") as answer:
        page = await answer.text()
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;b&gt;" in page


async def test_messages_can_be_forgotten(client: Client):
    await post(client, {"text": "first"})
    async with client.delete("/messages") as answer:
        assert 204 == answer.status

    async with client.get("/messages") as answer:
        assert [] == await answer.json()
    async with client.get("/") as answer:
        assert "Nothing was posted yet" in await answer.text()


async def test_another_address_is_no_webhook(client: Client):
    assert (404, "no_service") == await post(client, {"text": "x"}, "/services/T000/B000/other")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "no_text"),
        ({"text": "", "blocks": []}, "no_text"),
        ([], "invalid_payload"),
        ({"text": 7}, "invalid_payload"),
        ({"blocks": {}}, "invalid_payload"),
        ({"blocks": [{"type": "unheard-of"}]}, "invalid_blocks"),
        ({"blocks": ["x"]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": "x"}]}, "invalid_blocks"),
        (
            {"blocks": [{"type": "section", "text": {**PLAIN, "verbatim": True}}]},
            "invalid_blocks",
        ),
        ({"blocks": [{"type": "section", "text": {**PLAIN, "emoji": "no"}}]}, "invalid_blocks"),
        (
            {"blocks": [{"type": "section", "text": {**PLAIN, "type": "mrkdwn", "emoji": False}}]},
            "invalid_blocks",
        ),
        (
            {"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]},
            "invalid_blocks",
        ),
        (
            {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
            "invalid_blocks",
        ),
        (
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5},
            "msg_blocks_too_long",
        ),
    ],
)
async def test_what_slack_refuses_it_refuses(client: Client, payload: Any, code: str):
    assert code == refusal(payload)
    assert (400, code) == await post(client, payload)


async def test_a_payload_that_is_no_json_is_refused(client: Client):
    async with client.post(HOOK, data=b"text=x") as answer:
        assert (400, "invalid_payload") == (answer.status, await answer.text())


def test_the_page_shows_what_slack_would_act_upon():
    assert 'Hi <strong class="act">!channel</strong>' == str(to_html("Hi <!channel>"))


def test_it_tells_the_platform_where_it_is(tmp_path: Path):
    described = build(tmp_path).describe("http://127.0.0.1:4601/")

    assert {"webhook_url": f"http://127.0.0.1:4601{HOOK}"} == described.secret
    assert {"webhook_url_prefix": "http://127.0.0.1:4601/services/"} == described.profile
    assert "4601" not in repr(described)
