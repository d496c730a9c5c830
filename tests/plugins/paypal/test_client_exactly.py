"""The API client: what is sent with each request, and the answers just beside each limit."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import GatewayUnavailable, HttpNotSent, HttpUnanswered, Response
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import CountingIds, FixedSecrets, RecordingLog
from penstock.testing.http import Always, response
from penstock_paypal.client import idempotency, refusal
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from penstock_paypal.webhooks.history import EventList
from tests.plugins.paypal.told import API, SECRET, granted


class Asked:
    """A port that keeps everything it is asked and gives one answer; tokens are granted."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.tokens = 0
        self.requests: list[dict[str, Any]] = []

    async def request(self, method: str, url: str, **more: Any) -> Response:
        if url.endswith("/oauth2/token"):
            self.tokens += 1
            return granted()
        self.requests.append({"method": method, "url": url, **more})
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def api(http: Any, log: RecordingLog | None = None, secrets: Any = None) -> Api:
    clock, log, pace = FrozenClock(), log or RecordingLog(), Pace(CountingIds())
    tokens = Tokens(API, secrets or FixedSecrets(SECRET), http, clock, pace, log, 4.0, "paypal")
    return Api(API, tokens, http, clock, pace, log, 5.0, "paypal")


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


@pytest.mark.parametrize("status", [400, 402, 403, 409, 500])
async def test_only_a_401_costs_the_token(status: int) -> None:
    http = Asked(response(status, {}))
    client = api(http)
    for _ in range(2):
        await client.send("GET", "/x", "show x")

    assert (1, 2) == (http.tokens, len(http.requests))


async def test_a_token_that_was_replaced_meanwhile_is_not_dropped() -> None:
    http = Asked(response(200, {}))
    tokens = Tokens(
        API,
        FixedSecrets(SECRET),
        http,
        FrozenClock(),
        Pace(CountingIds()),
        RecordingLog(),
        4.0,
        "paypal",
    )
    tokens.drop("A21AA")
    for other in ("A", "Z", "A21AB"):
        await tokens.get()
        tokens.drop(other)
    assert 1 == http.tokens
    tokens.drop("A21AA")
    await tokens.get()

    assert 2 == http.tokens


@pytest.mark.parametrize(
    "versions",
    [
        [],
        [{"client_id": "a"}],
        [{"client_secret": "b"}],
        [{"client_id": "", "client_secret": "b"}, {"client_id": "a", "client_secret": ""}],
    ],
)
async def test_without_both_halves_of_the_credentials_there_is_none_to_try(versions: Any) -> None:
    http = Asked(response(200, {}))
    client = Tokens(
        *(API, FixedSecrets(*versions), http, FrozenClock(), Pace(CountingIds())),
        *(RecordingLog(), 4.0, "paypal"),
    )
    with pytest.raises(HttpNotSent, match="the secret has no client_id and client_secret"):
        await client.accepted()
    with pytest.raises(HttpNotSent, match="PayPal does not take the client_id"):
        await client.get()
    assert 0 == http.tokens


@pytest.mark.parametrize(
    ("status", "said", "refreshes"),
    [
        (399, "no token: PayPal answered 399", 0),
        (400, "PayPal does not take the client_id", 1),
        (401, "PayPal does not take the client_id", 1),
        (402, "no token: PayPal answered 402", 0),
        (429, "no token: PayPal answered 429", 0),
    ],
)
async def test_only_a_400_or_401_refuses_the_credentials(
    status: int, said: str, refreshes: int
) -> None:
    secrets = FixedSecrets(SECRET)
    tokens = Tokens(
        *(API, secrets, Always(response(status, {})), FrozenClock(), Pace(CountingIds())),
        *(RecordingLog(), 4.0, "paypal"),
    )
    with pytest.raises(HttpNotSent, match=said):
        await tokens.get()

    assert refreshes == secrets.refreshes
    assert status not in (400, 401) or not await tokens.accepted()


@pytest.mark.parametrize(
    ("granting", "good"),
    [
        ({"access_token": "A", "expires_in": 1}, True),
        ({"access_token": "A", "expires_in": "1"}, False),
        ({"access_token": "A"}, False),
        ({"expires_in": 1}, False),
        ({"access_token": "A\u00e9", "expires_in": 1}, False),
        ({"access_token": "A\n", "expires_in": 1}, False),
        ({"access_token": "", "expires_in": 1}, False),
    ],
)
async def test_a_token_is_printable_ascii_with_a_life(granting: Any, good: bool) -> None:
    tokens = Tokens(
        *(
            API,
            FixedSecrets(SECRET),
            Always(response(200, granting)),
            FrozenClock(),
            Pace(CountingIds()),
        ),
        *(RecordingLog(), 4.0, "paypal"),
    )
    if good:
        assert "A" == await tokens.get()
        assert await tokens.accepted()
    else:
        with pytest.raises(HttpNotSent, match="no token: PayPal answered something else"):
            await tokens.get()


@pytest.mark.parametrize(("length", "good"), [(0, False), (1, True), (78, True), (79, False)])
def test_a_request_id_has_1_to_78_characters(length: int, good: bool) -> None:
    if good:
        assert {"PayPal-Request-Id": "x" * length} == idempotency.header(
            "POST", "/v2/checkout/orders?x=1", "x" * length
        )
    else:
        with pytest.raises(ValueError, match="1 to 78 printable"):
            idempotency.header("POST", "/v2/checkout/orders", "x" * length)
    for method, path in (("GET", "/v2/checkout/orders"), ("POST", "/v2/checkout/orders/X")):
        assert {} == idempotency.header(method, path, None)
    for method in ("GET", "PUT", "PATCH"):
        assert not idempotency.keyed(method, "/v2/checkout/orders")


@pytest.mark.parametrize(
    ("path", "hours"),
    [
        ("/v1/payments/sale/X/refund", 30 * 24),
        ("/v1/payments/capture/X/refund", 30 * 24),
        ("/v2/payments/captures/X/refund", 45 * 24),
        ("/v1/billing/subscriptions/X/capture", 72),
        ("/v2/checkout/orders", None),
    ],
)
def test_a_request_id_is_known_as_long_as_paypal_says(path: str, hours: int | None) -> None:
    if hours is None:
        with pytest.raises(ValueError, match="neither a refund nor"):
            idempotency.window(path)
    else:
        assert hours * 3600 == idempotency.window(path).total_seconds()


def answered(status: int, body: object) -> Answer:
    return Answer.of(response(status, body), NOON, Pace(CountingIds()))


@pytest.mark.parametrize(
    ("status", "body", "doubted", "means"),
    [
        (401, {}, False, "NotSent"),
        (403, b"<html>", False, "NotSent"),
        (429, {}, True, "NotSent"),
        (400, {"name": "RATE_LIMIT_REACHED"}, False, "NotSent"),
        (409, {}, False, "Unanswered"),
        (500, {}, False, "Unanswered"),
        (404, b"<html>", False, "Unanswered"),
        (422, {"name": "DUPLICATE_REQUEST_ID"}, False, "Unanswered"),
        (422, {"name": "PREVIOUS_REQUEST_IN_PROGRESS"}, False, "Unanswered"),
        (422, {"name": "ODD"}, False, "Declined"),
        (422, {"name": "ODD"}, True, "Critical"),
        (422, {"name": "SURE"}, True, "Declined"),
        (422, {"name": "PLAIN"}, True, "Declined"),
    ],
)
def test_what_a_refusal_of_money_means(status: int, body: Any, doubted: bool, means: str) -> None:
    untouched = {"SURE": "do this", "PLAIN": ""}
    found = refusal.refusal(answered(status, body), "pay", untouched, doubted=doubted)
    name = body["name"] if isinstance(body, dict) and body else ""

    assert means == type(found).__name__
    assert str(found.because).startswith(f"PayPal, pay: {status} {name}".strip())
    assert ("do this" in found.because) is (name == "SURE")
    assert found.because.endswith(": do this" if name == "SURE" else found.because[-3:])
