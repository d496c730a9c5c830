"""A checkout on the whole platform: asked for, approved at the simulated PayPal, captured once."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
import uuid
from typing import Any

import pytest

from tests.e2e.sweeping import swept
from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


def ask(
    url: str, token: str = "", key: str = "", body: Any = None, form: Any = None
) -> tuple[int, Any]:
    """One request; the status, and the answer as JSON if it is."""
    headers = {"Accept": "application/json, text/html"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if key:
        headers |= {"Idempotency-Key": key, "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    if form is not None:
        data = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - our own platform
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        read = answer.read()
        told = json.loads(read) if "json" in answer.headers["Content-Type"] else read
        return answer.status, told


def settled(url: str, token: str) -> Any:
    """The payment, once none of its operations is under way."""
    _, held = ask(url, token)
    under_way = {"submitting", "pending", "unknown"}
    return None if under_way & {one["state"] for one in held["operations"]} else held


@pytest.mark.timeout(600)
def test_a_checkout_is_approved_captured_once_invoiced_and_told(world: World) -> None:
    api, key = world.platform.api_url.rstrip("/"), uuid.uuid4().hex
    order = {"amount": 1250, "currency": "USD", "reference": key, "description": "A book"}
    asked = {"provider": "paypal", "order": order}

    status, opened = ask(f"{api}/payments", world.token, key, asked)
    _, again = ask(f"{api}/payments", world.token, key, asked)
    page, _, query = opened["approval_url"].partition("?")
    # The simulated buyer pays, and is sent on to our page, which has it captured.
    shown, _ = ask(page, form={**dict(urllib.parse.parse_qsl(query)), "action": "subscribe"})
    payment = opened["id"]
    with swept(world):
        # A capture whose answer took too long is asked for by the sweep.
        until(lambda: world.slack(payment, "payment.succeeded"), 150, what="the Slack message")
        until(lambda: world.slack(payment, "invoice.paid"), 150, what="the invoice's")

    # The webhook may tell of the money before the capture's own answer is written down.
    held = until(lambda: settled(f"{api}/payments/{payment}", world.token), 150, what="the end")
    assert (201, 200, opened["approval_url"]) == (status, shown, again["approval_url"])
    assert ("succeeded", 1) == (held["status"], len(held["transactions"]))
    assert 1 == len(world.slack(payment, "payment.succeeded"))
    assert [("checkout", "succeeded"), ("capture", "succeeded")] == [
        (one["kind"], one["state"])
        for one in held["operations"]
        if one["kind"] in ("checkout", "capture")
    ]
