"""What the simulated PayPal asks of a request: a good token, PayPal's schema, an id of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer

from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.derive import SCHEMAS, derived
from penstock_paypal.simulator.idempotency import HEADER, WINDOWS, idempotent
from penstock_paypal.simulator.wellformed import well_formed
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.reference import FOLDER, needs_reference

INVOICES = "/v2/invoicing/invoices"


async def post(stage: Stage, path: str, **how: Any) -> tuple[int, Any]:
    """Call the API with a good token; status and body of the answer."""
    headers = {**await stage.bearer(), **how.pop("headers", {})}
    async with stage.control.post(path, headers=headers, **how) as answer:
        return answer.status, await answer.json(content_type=None)


async def ahead(stage: Stage, seconds: float) -> None:
    order = {"ahead_seconds": seconds}
    async with stage.control.put("/_simulator/clock", json=order) as answer:
        assert 200 == answer.status


@needs_reference
def test_the_schemas_are_what_paypals_specifications_say() -> None:
    committed = {file.name: file.read_text("utf-8") for file in SCHEMAS.glob("*.json")}

    assert derived(FOLDER / "specs") == committed


def test_the_schemas_carry_their_licence() -> None:
    assert "Apache License, Version 2.0" in (SCHEMAS / "NOTICE").read_text("utf-8")


@pytest.mark.parametrize(
    ("body", "field", "issue"),
    [
        ({}, "/detail", "MISSING_REQUIRED_PARAMETER"),
        ({"detail": {}}, "/detail/currency_code", "MISSING_REQUIRED_PARAMETER"),
        ({"detail": []}, "/detail", "INVALID_PARAMETER_SYNTAX"),
        (
            {"detail": {"currency_code": "USD", "note": "x" * 4001}},
            "/detail/note",
            "INVALID_STRING_MAX_LENGTH",
        ),
        (
            {"detail": {"currency_code": "USD"}, "items": [{"name": "n", "quantity": "1"}]},
            "/items/0/unit_amount",
            "MISSING_REQUIRED_PARAMETER",
        ),
        (
            {"detail": {"currency_code": "USD", "invoice_date": "21 Nov 2026"}},
            "/detail/invoice_date",
            "INVALID_PARAMETER_SYNTAX",
        ),
    ],
)
async def test_a_request_that_breaks_paypals_schema_is_refused_with_the_field(
    stage: Stage, body: dict[str, Any], field: str, issue: str
) -> None:
    status, problem = await post(stage, INVOICES, json=body)
    details = [(one["field"], one["issue"], one["location"]) for one in problem["details"]]

    assert (400, "INVALID_REQUEST") == (status, problem["name"])
    assert (field, issue, "body") in details
    assert all(one["description"] for one in problem["details"])
    assert problem["debug_id"]


async def test_a_body_that_is_no_json_is_malformed(stage: Stage) -> None:
    how = {"data": b"{", "headers": {"Content-Type": "application/json"}}
    status, problem = await post(stage, INVOICES, **how)

    assert (400, ["MALFORMED_REQUEST_JSON"]) == (
        status,
        [one["issue"] for one in problem["details"]],
    )


async def test_another_media_type_is_refused(stage: Stage) -> None:
    status, problem = await post(stage, INVOICES, data=b"{}")

    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (status, problem["name"])


@pytest.mark.parametrize(
    ("custom_id", "issue"),
    [
        ("", "INVALID_STRING_MIN_LENGTH"),
        ("x" * 128, "INVALID_STRING_MAX_LENGTH"),
        ("Grüße", "INVALID_PARAMETER_SYNTAX"),
        ("x" * 127, None),
    ],
)
async def test_patterns_hold_for_the_whole_value(
    stage: Stage, custom_id: str, issue: str | None
) -> None:
    """
    PayPal's pattern of `custom_id` has no end; JSON Schema would search and take the umlaut.
    """
    plan = stage.simulator.books.plan()["id"]
    body = {"plan_id": plan, "custom_id": custom_id}
    status, problem = await post(stage, "/v1/billing/subscriptions", json=body)
    issues = {one["issue"] for one in problem.get("details", [])}

    assert (201, set()) == (status, issues) if issue is None else issue in issues


async def test_routes_are_checked_whatever_they_call_their_ids() -> None:
    async def cancel(_: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application(middlewares=[well_formed])
    app.router.add_post("/v1/billing/subscriptions/{any_name}/cancel", cancel)
    async with TestClient(TestServer(app)) as client:
        statuses = []
        for body in ({}, {"reason": ""}, {"reason": "moved away"}):
            path = "/v1/billing/subscriptions/I-1/cancel"
            async with client.post(path, json=body) as answer:
                statuses.append(answer.status)

    assert [400, 400, 204] == statuses


async def test_a_token_ends_on_paypals_clock(stage: Stage) -> None:
    await stage.control.put("/_simulator/tokens", json={"expires_in": 60})
    headers = await stage.bearer()
    seen = []
    for seconds in (0, 59, 61):
        await ahead(stage, seconds)
        async with stage.control.get("/v1/billing/plans", headers=headers) as answer:
            seen.append((answer.status, (await answer.json()).get("error")))

    # The clock runs on between the lines, so the second before the end may be over.
    assert (200, None) == seen[0]
    assert (401, "invalid_token") == seen[2]


async def test_a_client_gets_a_fresh_token_when_its_own_has_expired(stage: Stage) -> None:
    await stage.control.put("/_simulator/tokens", json={"expires_in": 60})
    await stage.trigger()
    (delivery,) = stage.received
    notification = stage.paypal.read(delivery)
    await stage.paypal.confirm(notification, delivery.received_at)
    await ahead(stage, 61)
    await stage.paypal.confirm(notification, delivery.received_at)

    assert 2 == (await stage.asked()).count(("POST", "/v1/oauth2/token"))


async def test_no_token_at_all_is_an_authentication_failure(stage: Stage) -> None:
    async with stage.control.get("/v1/billing/plans") as answer:
        problem = await answer.json()

    assert (401, "AUTHENTICATION_FAILURE") == (answer.status, problem["name"])


async def test_another_grant_gets_no_token(stage: Stage) -> None:
    secret = stage.told.secret
    basic = encode_basic_auth(secret["client_id"], secret["client_secret"])
    how = {"data": {"grant_type": "password"}, "headers": {"Authorization": basic}}
    async with stage.control.post("/v1/oauth2/token", **how) as answer:
        assert (400, "unsupported_grant_type") == (
            answer.status,
            (await answer.json())["error"],
        )


class Counted:
    """An application with the routes PayPal keys, which counts what it did."""

    def __init__(self) -> None:
        self.books = Books()
        self.done = 0
        self.refuse = False
        self.app = web.Application(middlewares=[idempotent(self.books.clock)])
        for path in WINDOWS:
            self.app.router.add_post(path.replace("{}", "{id}"), self._do)
        self.app.router.add_post("/v2/invoicing/invoices", self._do)

    async def _do(self, _: web.Request) -> web.Response:
        if self.refuse:
            raise web.HTTPBadRequest
        self.done += 1
        return web.json_response({"done": self.done}, status=201)


async def keyed(
    client: TestClient[Any, Any], path: str, identity: str = "key-1", **body: Any
) -> tuple[int, Any]:
    headers = {HEADER: identity}
    async with client.post(path, json=body, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith("{") else text


@pytest.mark.parametrize(("path", "window"), WINDOWS.items())
async def test_a_request_made_twice_under_one_id_is_done_once_within_its_window(
    path: str, window: Any
) -> None:
    counted = Counted()
    where = path.replace("{}", "ID-1")
    async with TestClient(TestServer(counted.app)) as client:
        first = await keyed(client, where)
        again = await keyed(client, where)
        other = await keyed(client, where, "key-2")
        counted.books.ahead = window
        late = await keyed(client, where)

    assert (201, {"done": 1}) == first
    assert (200, {"done": 1}) == again
    assert (201, {"done": 2}) == other
    assert (201, {"done": 3}) == late


async def test_the_same_id_with_another_body_is_refused() -> None:
    counted = Counted()
    async with TestClient(TestServer(counted.app)) as client:
        await keyed(client, "/v1/billing/subscriptions", plan_id="P-1")
        status, problem = await keyed(client, "/v1/billing/subscriptions", plan_id="P-2")

    assert (422, "UNPROCESSABLE_ENTITY", ["DUPLICATE_REQUEST_ID"], 1) == (
        status,
        problem["name"],
        [one["issue"] for one in problem["details"]],
        counted.done,
    )


async def test_a_refused_request_may_be_made_again_under_its_id() -> None:
    counted = Counted()
    counted.refuse = True
    async with TestClient(TestServer(counted.app)) as client:
        await keyed(client, "/v1/billing/subscriptions", plan_id="P-1")
        counted.refuse = False
        status, _ = await keyed(client, "/v1/billing/subscriptions", plan_id="P-2")

    assert 201 == status


async def test_invoicing_knows_no_request_ids() -> None:
    counted = Counted()
    async with TestClient(TestServer(counted.app)) as client:
        statuses = [(await keyed(client, "/v2/invoicing/invoices"))[0] for _ in range(2)]

    assert ([201, 201], 2) == (statuses, counted.done)


async def test_an_id_that_is_too_long_is_refused() -> None:
    counted = Counted()
    async with TestClient(TestServer(counted.app)) as client:
        status, _ = await keyed(client, "/v1/payments/sale/S-1/refund", "k" * 79)

    assert (400, 0) == (status, counted.done)


async def test_a_subscription_created_twice_under_one_id_is_one(stage: Stage) -> None:
    body = {"plan_id": stage.simulator.books.plan()["id"]}
    how = {"json": body, "headers": {HEADER: "intent-1"}}
    first, again = [await post(stage, "/v1/billing/subscriptions", **how) for _ in range(2)]

    assert ((201, 200), 1) == (
        (first[0], again[0]),
        len(stage.simulator.books.subscriptions),
    )
    assert first[1] == again[1]
