"""
An operator's night on the local platform, as a transcript (`pytest -rP` prints it).

    an invoice is stuck ──► found ──► restricted ──► repaired ──► released
    dead letters ──► browsed ──► redriven ──► refused for what succeeded ──► dropped
    yesterday's events ──► replayed to Slack
    a charge that nobody knows ──► resolved from the gateway's books
    all of that ──► the audit trail
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.payment import PaymentStatus, Transaction
from penstock.entrypoints.cli.stack import Stack
from tests.e2e.sweeping import swept
from tests.e2e.terminal import WIDTH, Operator
from tests.e2e.world import World, until

REACHED = re.compile(r"payment\.succeeded: .*slack has it")

pytestmark = [pytest.mark.emulator, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def yesterday(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a payment whose one event reached both sinks a day ago."""
    for name in ("ENDPOINT_URL", "REGION", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "")
    at = datetime.now(UTC) - timedelta(days=1)
    name = f"YESTERDAY{uuid4().hex[:6].upper()}"
    sale = Transaction(name, "sale", PaymentStatus.succeeded, Money(4200, "USD"), at)
    change = rules.observe(
        None,
        f"paypal-{name}",
        "paypal",
        Observation(sale),
        can=rules.Abilities(),
        now=at,
        new_id=lambda: f"evt-{name}",
    )
    left = replace(change, entity=replace(change.entity, published=change.entity.sequence))
    stack = Stack("local", json.loads(world.platform.workspace.stack_file.read_text()))
    stack.enter(os.environ)

    async def keep() -> None:
        aws = stack.world()
        await aws.ledger.commit(left)
        for sink in ("email", "slack"):
            await aws.attempts.record(sink, left.events[0].id, at)
        await aws.close()

    asyncio.run(keep())
    return change.entity.id


def test_a_night_of_an_operator(world: World, yesterday: str) -> None:
    operator = Operator(world.platform.workspace.root)
    today = datetime.now(UTC).date().isoformat()
    try:
        with swept(world):
            an_invoice_is_stuck(world, operator)
        dead_letters(world, operator)
        replayed(world, operator, yesterday)
        unknown(world, operator)
        audit(operator, today)
    finally:
        print(operator.text)

    assert [] == [line for line in operator.text.splitlines() if len(line) > WIDTH]


def an_invoice_is_stuck(world: World, operator: Operator) -> None:
    operator.says("A customer paid and has no invoice.")
    world.fault("paypal", path="/v2/invoicing", status=503)
    sent = world.send_webhook()
    until(lambda: world.slack(sent.payment, "payment.succeeded"), what="the payment")
    told(operator, sent.payment)

    assert sent.payment in operator.types("payments", "find", sent.resource_id)
    shown = operator.types("payments", "show", sent.payment)
    assert "paypal sent PAYMENT.SALE.COMPLETED" in shown
    assert REACHED.search(shown)
    assert "What comes next:" in shown

    operator.says("The buyer's address is in doubt: no invoice until that is clear.")
    why = ("--because", "the buyer asked for another address")
    held = operator.types("payments", "restrict", sent.payment, *why, "--wait", "240")
    assert "restricted: invoice held" in held

    operator.says("PayPal invoices again, and the address is right.")
    world.heal()
    why = ("--because", "PayPal invoices again")
    repaired = operator.types("payments", "reprocess", sent.payment, *why, "--wait", "240")
    assert "reprocessed: succeeded before, succeeded now" in repaired
    assert [] == world.invoices_of(sent)

    why = ("--because", "the buyer confirmed the address")
    released = operator.types("payments", "release", sent.payment, *why, "--wait", "240")
    assert "released: 1 with held operations" in released
    assert "released: invoice succeeded" in released
    assert 1 == len(world.invoices_of(sent))


def told(operator: Operator, payment: str) -> None:
    """Wait until the delivery to Slack is on record; each look is a command."""
    until(
        lambda: REACHED.search(operator.asks("payments", "show", payment)),
        what="the record of the delivery",
        pause=1.0,
    )


def dead_letters(world: World, operator: Operator) -> None:
    operator.says("The bank broke while it held two charges.")
    world.fault("example", path="/charges$", method="POST", status=500)
    first = world.send_payment(reference="order-1001")
    dropped = world.send_payment(reference="order-1002")
    for one in (first, dropped):
        until(lambda one=one: world.waiting(world.dlq("payments"), one), what="the parking")

    listed = operator.types("dlq", "list", "payments")
    assert first in listed
    assert "why: ChargeCritical" in listed
    (letter,) = world.waiting(world.dlq("payments"), first)
    shown = operator.types("dlq", "show", "payments", str(letter["MessageId"])[:8])
    assert "ledger" in shown

    operator.says("The bank is up again.")
    world.heal()
    why = ("--because", "the bank is up again")
    one = ("--group", first)
    dry = operator.types("dlq", "redrive", "payments", *one, *why, "--dry-run")
    assert "would be sent back" in dry
    done = operator.types("dlq", "redrive", "payments", *one, *why, "--wait", "240")
    assert "charge succeeded" in done
    assert 1 == len(world.charges(first))

    operator.says("A copy of that letter, as a killed redrive leaves one: it is not sent again.")
    world.send(world.dlq("payments"), str(letter["Body"]), first, f"copy-{first}")
    refused = operator.types("dlq", "redrive", "payments", *one, *why, code=5)
    assert "the ledger knows that it is done" in " ".join(refused.split())
    gone = operator.types("dlq", "drop", "payments", *one, "--because", "it is done")
    assert "dropped" in gone
    operator.types("dlq", "redrive", "payments", "--group", dropped, *why, "--wait", "240")
    assert 1 == len(world.charges(dropped))


def replayed(world: World, operator: Operator, yesterday: str) -> None:
    operator.says("Slack's channel was deleted yesterday.")
    # It was a day ago when the night began, which may be past midnight by now.
    now = datetime.now(UTC)
    since, till = [(now - timedelta(hours=one)).date().isoformat() for one in (25, 24)]
    period = ("--since", since, "--until", till)
    assert "42.00 USD" in operator.types("events", "list", *period)
    why = ("--because", "the channel was deleted")
    replay = ("events", "replay", *period, "--sink", "slack", *why)
    assert "1" in operator.types(*replay, "--dry-run")
    done = operator.types(*replay, "--wait", "240")
    assert "1 of them delivered" in done
    assert 1 == len(world.slack(yesterday))
    assert "slack has it" in operator.types("payments", "show", yesterday)


def unknown(world: World, operator: Operator) -> None:
    operator.says("A charge whose answer was lost: the bank's books have it.")
    world.fault("example", path="/charges$", method="POST", status=500, after=True)
    payment = world.send_payment(reference="order-1003")
    until(lambda: world.waiting(world.dlq("payments"), payment), what="the parking")
    world.heal()
    # Until a person has, the sweep must not find it in the bank's books.
    world.fault("example", path="^/charges", method="GET", status=503)
    (charge,) = world.charges(payment)
    operator.types("payments", "find", "order-1003")
    evidence = ("--evidence", "the bank lists the charge")
    resolve = ("payments", "resolve", payment, "--as", "succeeded", *evidence)
    until(
        lambda: "under way" not in operator.asks(*resolve, "--dry-run"),
        what="the lease's end",
        pause=1.0,
    )
    missing = operator.types(*resolve, code=5)
    assert "--gateway-id is needed" in " ".join(missing.split())
    named = ("--gateway-id", str(charge["id"]))
    assert "would resolve charge" in operator.types(*resolve, *named, "--dry-run")
    done = operator.types(*resolve, *named)
    assert "is succeeded" in done
    world.heal()
    with swept(world):
        until(lambda: world.slack(payment, "payment.succeeded"), within=300, what="the news")
        told(operator, payment)
    shown = operator.types("payments", "show", payment)
    assert REACHED.search(shown)
    why = ("--because", "resolved by hand")
    refused = operator.types("dlq", "redrive", "payments", "--group", payment, *why, code=5)
    assert "the ledger knows that it is done" in " ".join(refused.split())
    operator.types("dlq", "drop", "payments", "--group", payment, *why)
    assert 1 == len(world.charges(payment))


def audit(operator: Operator, since: str) -> None:
    operator.says("What was done, and why.")
    trail = operator.types("audit", "list", "--since", since, "--limit", "40")
    for command in (
        "payments restrict",
        "payments reprocess",
        "payments release",
        "dlq redrive",
        "dlq drop",
        "events replay",
        "payments resolve",
    ):
        assert command in trail
    assert "because the buyer confirmed the address" in trail
    assert "refused" in trail
