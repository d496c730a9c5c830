"""A request to PayPal: what it carries, and what each answer is."""

from __future__ import annotations

import pytest

from penstock.api import GatewayUnavailable, HttpUnanswered
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import RecordingLog
from penstock.testing.http import response
from penstock_paypal.webhooks.history import EventList
from tests.plugins.paypal.api_asked import Asked, api
from tests.plugins.paypal.told import API


async def test_what_a_request_carries() -> None:
    http = Asked(response(200, {}))
    await api(http).send("GET", "/x", "show x")
    await api(http).send("PATCH", "/x", "change x", body=[1], representation=True, limit=7)
    await api(http).read("/x", "show x")
    known = {"Authorization": "Bearer A21AA", "Accept": "application/json"}
    sent = {**known, "Content-Type": "application/json", "Prefer": "return=representation"}
    plain = {"headers": known, "body": None, "timeout": 5.0, "limit": 1024 * 1024}
    changed = {"headers": sent, "body": b"[1]", "timeout": 5.0, "limit": 7}

    assert [
        {"method": "GET", "url": f"{API}/x", **plain},
        {"method": "PATCH", "url": f"{API}/x", **changed},
        {"method": "GET", "url": f"{API}/x", **plain},
    ] == http.requests


async def test_a_page_of_events_may_be_as_large_as_a_hundred_deliveries() -> None:
    http = Asked(response(200, {"events": []}))
    events = EventList(api(http), "paypal", FrozenClock(), RecordingLog())
    await events.list(NOON, NOON.replace(microsecond=5_000))
    (asked,) = http.requests

    assert 100 * 150 * 1024 == asked["limit"]
    assert asked["url"].endswith(
        "?page_size=100&start_time=2026-11-02T12%3A00%3A00Z&end_time=2026-11-02T12%3A00%3A00.005Z"
    )


@pytest.mark.parametrize(
    ("good", "odd", "whole"),
    [(0, 0, True), (2, 3, True), (5, 4, True), (5, 5, False), (10, 0, False)],
)
async def test_events_that_cannot_be_read_are_counted_and_fill_their_page(
    good: int, odd: int, whole: bool
) -> None:
    shown = [{"id": f"WH-{one}", "event_type": "X"} for one in range(good)]
    log = RecordingLog()
    http = Asked(response(200, {"events": [*({} for _ in range(odd)), *shown]}))
    found = await EventList(api(http), "paypal", FrozenClock(), log).list(NOON, NOON)

    assert (good, odd, whole) == (len(found.notifications), found.unreadable, found.whole)
    assert ["paypal.event_unreadable"] * odd == [event for _, event, _ in log.lines]


@pytest.mark.parametrize(
    ("status", "body", "good"),
    [(200, b"{}", True), (204, b"", True), (200, b" \n", True), (200, b"<html>", False)],
)
async def test_an_answer_that_says_it_was_done_is_json_or_nothing(
    status: int, body: bytes, good: bool
) -> None:
    client = api(Asked(response(status, body)))
    if good:
        assert (await client.send("POST", "/x", "do x", body={})).ok
    else:
        with pytest.raises(HttpUnanswered, match="PayPal's answer is no JSON"):
            await client.send("POST", "/x", "do x", body={})
    if body != b"{}":
        with pytest.raises(HttpUnanswered):
            await client.read("/x", "show x")
    assert not (await api(Asked(response(500, body))).send("POST", "/x", "do x", body={})).ok


@pytest.mark.parametrize("certain", [False, True])
async def test_a_404_that_is_not_paypals_own_is_no_answer_where_it_must_be_certain(
    certain: bool,
) -> None:
    page = api(Asked(response(404, b"<html>")))
    if certain:
        with pytest.raises(GatewayUnavailable, match="PayPal, show x: 404"):
            await page.read("/x", "show x", certain=True)
    else:
        assert None is await page.read("/x", "show x")
    assert None is await api(Asked(response(404, {}))).read("/x", "show x", certain=certain)


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (200, []),
        (401, [("warning", "gateway.denied"), ("warning", "paypal.refused")]),
        (404, [("info", "paypal.refused")]),
        (422, [("warning", "paypal.refused")]),
        (429, [("warning", "gateway.rate_limited"), ("warning", "paypal.refused")]),
    ],
)
async def test_each_refusal_is_logged_once_and_a_404_is_no_warning(
    status: int, lines: list[tuple[str, str]]
) -> None:
    log = RecordingLog()
    http = Asked(response(status, {}))
    await api(http, log).send("GET", "/x", "show x")

    assert lines == [(level, event) for level, event, _ in log.lines]
    # A refused token is replaced once.
    assert ((2, 2) if status == 401 else (1, 1)) == (http.tokens, len(http.requests))
