"""`penstock serve --memory` with Stripe's stand-in: what is asked over HTTP arrives at Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.contract.living import Live
from tests.e2e.world import until

ORDER = {
    "amount": 1250,
    "currency": "EUR",
    "payer": {"reference": "cus_ada"},
    "metadata": {"payment_method": "pm_card_visa"},
}


@pytest.fixture
def stripe(live: Live) -> Iterator[str]:
    """The stand-in's address; its webhooks are sent to the platform until the test ends."""
    address = live.simulators["stripe"]
    register(address, f"{live.url}/webhooks/stripe")
    yield address
    register(address, "")


def register(address: str, url: str) -> None:
    requests.put(f"{address}/_simulator/registration", json={"url": url}, timeout=10)


def post(live: Live, path: str, body: Any) -> Any:
    keyed = {"Authorization": f"Bearer {live.token}", "Idempotency-Key": str(uuid4())}
    answer = requests.post(f"{live.url}{path}", json=body, headers=keyed, timeout=10)
    assert 202 == answer.status_code, answer.text
    return answer.json()


def told(live: Live, *words: str) -> list[str]:
    """The Slack messages that hold all the words."""
    sent = requests.get(f"{live.simulators['slack']}/messages", timeout=10).json()
    return [text for one in sent if all(word in (text := json.dumps(one)) for word in words)]


def test_a_charge_its_webhook_and_a_refund_arrive_once(live: Live, stripe: str):
    payment = post(live, "/payments", {"provider": "stripe", "order": ORDER})["id"]
    bearer = {"Authorization": f"Bearer {live.token}"}

    def shown() -> Any:
        return requests.get(f"{live.url}/payments/{payment}", headers=bearer, timeout=10).json()

    # Only Stripe's API shows the fee, and only its webhook has it read.
    until(lambda: "fee" in shown(), what="the webhook of the charge")
    until(lambda: told(live, payment, "payment.succeeded"), what="the charge in Slack")
    post(live, f"/payments/{payment}/refunds", {"amount": 500, "currency": "EUR"})
    until(lambda: told(live, payment, "payment.refunded"), what="the refund in Slack")

    held = requests.get(f"{stripe}/_simulator/refunds", timeout=10).json()
    assert [500] == [
        one["amount"] for one in held if one["metadata"]["penstock_payment"] == payment
    ]
    until(lambda: "partially_refunded" == shown()["status"], what="the refunded payment")
    assert 1 == len(told(live, payment, "payment.succeeded"))
    assert 1 == len(told(live, payment, "payment.refunded"))


def test_a_triggered_webhook_arrives(live: Live, stripe: str):
    order = {"target": f"{live.url}/webhooks/stripe"}
    sent = requests.post(f"{stripe}/_simulator/webhooks", json=order, timeout=10).json()
    (about,) = sent["concerns"]

    assert [202] == sent["answers"]
    until(lambda: told(live, about["id"], "payment.succeeded"), what="the payment in Slack")
