"""Two PayPal accounts, Stripe, two Slack channels and a webhook on the local platform."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.platform import platform, settings
from local.tokens import create_token
from local.workspace import Workspace
from tests.e2e.conftest import _SHORT, in_background
from tests.e2e.world import Webhook, World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow, pytest.mark.timeout(300)]
ACCOUNTS = ("paypal-eu", "paypal-us")
SALE = "5CS38179PL895402Y"
SEVERAL: dict[str, Any] = {
    "gateways": {
        **{name: {"plugin": "paypal", "environment": "local"} for name in ACCOUNTS},
        "stripe": {},
    },
    "sinks": {
        "slack-finance": {
            "plugin": "slack",
            "events": ["payment.succeeded", "payment.refunded", "invoice.paid"],
        },
        "slack-ops": {"plugin": "slack", "events": ["dispute.opened"]},
        "webhook-shop": {"plugin": "webhook", "events": ["payment.succeeded"]},
    },
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A platform with both; its simulators sign with a webhook id each."""
    workspace = Workspace(tmp_path_factory.mktemp("instances"))
    with in_background(platform(workspace, settings() | _SHORT | SEVERAL)) as running:
        yield World(running, asyncio.run(create_token(running, "e2e")))


def penstock(shop: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of an operator, in the folder of the platform."""
    return subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "penstock.entrypoints.cli", *arguments],
        cwd=shop.platform.workspace.root,
        env={"PATH": os.defpath, "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def paid(shop: World, one: Webhook) -> bool:
    """Whether a payment has its invoice, and finance was told of both."""
    told = shop.slack(one.payment, sink="slack-finance")
    said = [any(word in text for text in told) for word in ("payment.succeeded", "invoice.paid")]
    return all(said)


def test_one_sale_id_in_two_accounts_is_two_payments_each_with_one_invoice(shop: World) -> None:
    sent = [shop.send_webhook(name, set={"resource.id": SALE}) for name in ACCOUNTS]
    for one in sent:
        assert [202] == one.answers
        until(lambda one=one: paid(shop, one), what=f"the invoice of {one.payment}")

    for one in sent:
        payment = shop.payment(one.payment)
        assert payment is not None
        assert (one.gateway, "succeeded") == (payment["provider"], payment["status"])
        assert 1 == len(shop.invoices_of(one))
        assert 1 == len(shop.slack(one.payment, "payment.succeeded", sink="slack-finance"))
        assert 1 == len(shop.slack(one.payment, "invoice.paid", sink="slack-finance"))
        assert [] == shop.slack(one.payment, sink="slack-ops")
    assert [1, 1] == [len(shop.invoices(name)) for name in ACCOUNTS]
    assert [] == shop.dead_letters()


def test_a_signed_webhook_reaches_its_endpoint_once_with_the_selected_events_only(
    shop: World,
) -> None:
    sent = shop.send_webhook("paypal-us")

    def got() -> list[Any]:
        with urllib.request.urlopen(  # noqa: S310 - our own simulator
            f"{shop.platform.simulators['webhook-shop'].url}/events", timeout=10
        ) as answer:
            return [one for one in json.load(answer) if one["event"]["subject"] == sent.payment]

    until(got, what="the webhook")
    until(lambda: paid(shop, sent), what="the invoice")
    assert [("payment.succeeded", 1)] == [(one["event"]["type"], one["copies"]) for one in got()]


def test_a_dispute_is_told_to_the_channel_that_selects_it(shop: World) -> None:
    sent = shop.send_webhook("paypal-us", event_type="CUSTOMER.DISPUTE.CREATED")
    until(lambda: shop.slack("dispute.opened", sink="slack-ops"), what="the dispute in slack-ops")

    assert [202] == sent.answers
    assert 1 == len(shop.slack("dispute.opened", sink="slack-ops"))
    assert [] == shop.slack("dispute.opened", sink="slack-finance")


def test_a_charge_at_stripe_its_webhook_and_a_refund_arrive_in_slack(shop: World) -> None:
    payment = shop.send_payment(
        provider="stripe",
        payer={"reference": "cus_ada"},
        metadata={"payment_method": "pm_card_visa"},
    )

    # Only Stripe's API shows the fee, and only its webhook has it read.
    until(lambda: "fee" in (shop.payment(payment) or {}), what="the webhook of the charge")
    charged = (payment, "payment.succeeded")
    until(lambda: shop.slack(*charged, sink="slack-finance"), what="the charge in Slack")
    shop.refund(payment, 500, "EUR")
    refunded = (payment, "payment.refunded")
    until(lambda: shop.slack(*refunded, sink="slack-finance"), what="the refund in Slack")
    triggered = penstock(shop, "trigger", "--gateway", "stripe", "--json")
    (about,) = json.loads(triggered.stdout)["concerns"]
    until(
        lambda: shop.slack(about["id"], "payment.succeeded", sink="slack-finance"),
        what="the triggered webhook in Slack",
    )

    assert 1 == len(shop.slack(*charged, sink="slack-finance"))
    assert 1 == len(shop.slack(*refunded, sink="slack-finance"))
    assert [] == shop.dead_letters(payment)


def test_a_webhook_of_one_account_is_rejected_at_the_others_route(shop: World) -> None:
    target = f"{shop.platform.api_url}/webhooks/paypal-us"
    before = len(shop.waiting(shop.queue("rejected")))
    strayed = shop.send_webhook("paypal-eu", target=target)

    # Its certificate is at another simulator's address, so the door of the other refuses it.
    assert [400] == strayed.answers
    assert before == len(shop.waiting(shop.queue("rejected")))
    # With an id of the other account's webhook in its signature, at its own door, it is forged.
    forged = shop.send_webhook("paypal-eu", webhook_id=webhook_id(shop, "paypal-us"))
    until(lambda: shop.rejected(forged), what="the rejection")
    assert shop.payment(f"paypal-us-{strayed.resource_id}") is None
    assert shop.payment(forged.payment) is None


def webhook_id(shop: World, account: str) -> str:
    """The id that an account's webhook has at PayPal."""
    return str(shop.platform.simulators[account].told.secret["webhook_id"])


def test_commands_take_the_accounts_name(shop: World) -> None:
    doctor = penstock(shop, "doctor", "--json")
    found = {one["check"]: one for one in json.loads(doctor.stdout)}
    sent = penstock(shop, "trigger", "--gateway", "paypal-eu", "--json")
    unclear = penstock(shop, "trigger")
    drift = penstock(shop, "webhooks", "drift", "--gateway", "paypal-us")
    checked = penstock(shop, "paypal", "check", "--gateway", "paypal-us", "--json")

    for name in ACCOUNTS:
        assert found[f"secret of {name}"]["todo"] is None
        assert found[f"webhook of {name}"]["todo"] is None
    assert "secret of slack-ops" in found
    (about,) = [one for one in json.loads(sent.stdout)["concerns"] if one["kind"] == "payment"]
    assert about["id"].startswith("paypal-eu-")
    assert 2 == unclear.returncode
    assert "paypal-eu, paypal-us" in unclear.stderr
    # The platform registers its simulators for every event.
    assert "paypal-us: extra events: *\n" == drift.stdout
    assert 0 == checked.returncode, checked.stderr


def test_make_run_shows_such_a_stack_at_work(tmp_path: Path) -> None:
    """As a person starts it; it ends with 0 once every account's payment has been told."""
    config = tmp_path / "stack.yaml"
    config.write_text(json.dumps(settings() | SEVERAL))
    where = ("--root", str(tmp_path), "--config", str(config))
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "local.run", "--once", *where],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "All arrived: the Slack messages and the webhooks of all 3 payments." in done.stdout
    assert "Webhook endpoint webhook-shop" in done.stdout
    assert "PayPal simulator paypal-us" in done.stdout
