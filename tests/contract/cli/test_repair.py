"""`payments find`, `show`, `resolve` and `reprocess`: a payment found, repaired, and its story."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.payment import Order, Payment, PaymentStatus
from penstock.domain.record import Became
from penstock.entrypoints.cli.stack import Stack
from penstock.testing.ports.samples import first as make
from penstock.testing.ports.samples import record
from tests.contract.cli.commands import penstock, write
from tests.contract.cli.ledger import NOON, accepted, declined, keep, sent_back

EVIDENCE = ("--evidence", "the dashboard shows it")


def lost(name: str) -> list[Change[Payment]]:
    """A charge whose answer was lost, left to people."""
    order = Order(Money(1250, "USD"), reference="order-1")
    first = rules.accept(name, "example", order, now=NOON, new_id=lambda: f"e-{name}-1")
    (charge,) = first.entity.operations
    unknown = replace(charge, attempts=1).lose(NOON, "no answer")
    parked = rules.settle(
        first.entity,
        replace(unknown, due_at=None),
        PaymentStatus.parked,
        now=NOON,
        new_id=lambda: f"e-{name}-2",
        reason="no answer",
    )
    return [first, parked]


def shown(*arguments: str) -> dict[str, Any]:
    result = penstock(*arguments, "--json")
    assert 0 == result.exit_code, result.output
    return json.loads(result.stdout)


@pytest.mark.emulator
class TestRepair:
    def test_an_unknown_charge_is_found_resolved_and_its_story_is_told(self, stack: Stack):
        keep(stack, *lost("example-ch1"), *declined("p-2"))
        by_id = shown("payments", "find", "example-ch1")["payments"]
        by_theirs = shown("payments", "find", "ch1")["payments"]
        by_reference = shown("payments", "find", "order-1")["payments"]
        by_day = shown("payments", "find", "2026-11-02", "--status", "parked")["payments"]
        refused = penstock("payments", "resolve", "example-ch1", "--as", "succeeded", *EVIDENCE)
        resolve = ("payments", "resolve", "example-ch1", "--as", "succeeded", *EVIDENCE)
        dry = penstock(*resolve, "--gateway-id", "ch-7", "--dry-run")
        done = penstock(*resolve, "--gateway-id", "ch-7")
        story = shown("payments", "show", "example-ch1")
        people = penstock("payments", "show", "example-ch1")

        assert ["example-ch1"] == [one["id"] for one in by_id]
        assert ["example-ch1"] == [one["id"] for one in by_theirs]
        assert {"example-ch1", "p-2"} == {one["id"] for one in by_reference}
        assert ["example-ch1"] == [one["id"] for one in by_day]
        assert (5, True) == (refused.exit_code, "--gateway-id is needed" in refused.stderr)
        assert dry.stdout.startswith("would resolve charge ")
        assert done.stdout.startswith("resolved: charge ")
        assert ["payment.parked", "payment.succeeded"] == [
            one["type"] for one in story["timeline"]["events"]
        ]
        assert ["refused", "done"] == [one["state"] for one in story["timeline"]["audit"]]
        assert "payments resolve by" in people.stdout
        assert "payment.succeeded: not published yet" in people.stdout
        assert 80 >= max(map(len, people.stdout.splitlines()))

    def test_an_operation_is_resolved_by_its_own_id(self, stack: Stack):
        changes = lost("example-ch1")
        keep(stack, *changes)
        (charge,) = changes[0].entity.operations
        resolve = ("payments", "resolve", "--as", "failed", *EVIDENCE)
        far = ("--days", "366")  # of a payment of 2026-11-02
        done = penstock(*resolve, "--operation", charge.id, *far)
        nothing = penstock(*resolve)
        unknown = penstock(*resolve, "--operation", "o-9")

        assert f"resolved: charge {charge.id} is declined" in done.stdout
        assert "of payment example-ch1" in done.stdout
        assert (2, 4) == (nothing.exit_code, unknown.exit_code)
        assert "name the payment, or give --operation" in nothing.stderr

    def test_show_says_which_sinks_have_an_event_and_what_holds_the_payment(self, stack: Stack):
        keep(stack, *sent_back("p-1"))
        folder = Path.cwd()
        kept = json.loads((folder / ".penstock/local/stack.json").read_text())
        write(folder, **{**kept, "sinks": {"email": MAIL}})

        async def deliver() -> None:
            world = stack.world()
            held = await world.ledger.load(Payment, "p-1")
            assert held is not None
            events = await world.ledger.unsent(held)
            await world.attempts.record("email", events[0].id, NOON)
            marked = replace(held, published=1)
            await world.ledger.commit(rules.defer(marked, NOON, now=NOON, new_id=lambda: "e"))
            await world.close()

        stack.enter(os.environ)
        asyncio.run(deliver())
        penstock("payments", "restrict", "p-1", "--because", "fraud")
        told = shown("payments", "show", "p-1")["timeline"]
        people = penstock("payments", "show", "p-1").stdout

        assert [True] == [one["delivered"]["email"] for one in told["events"][:1]]
        assert [True, False] == [one["published"] for one in told["events"][:2]]
        assert ["payment#p-1"] == [one["restricted"] for one in told["restrictions"]]
        assert "because fraud" in people.replace("\n" + " " * 21, " ")

    def test_show_tells_notifications_and_each_open_operation(self, stack: Stack):
        (first,) = accepted("p-1")
        charge = first.entity.operations[0]
        waiting = replace(charge, id="o-2", attempts=2, due_at=NOON, reason="no answer")
        held = replace(first, entity=replace(first.entity, operations=(charge, waiting)))
        refused = replace(record("paypal/WH-2"), subject="payment#p-1", became=Became.contradicted)
        keep(stack, held)
        keep(stack, make(replace(record("paypal/WH-1"), subject="payment#p-1")), make(refused))
        told = shown("payments", "show", "p-1")["timeline"]
        people = penstock("payments", "show", "p-1").stdout

        assert [("paypal/WH-1", "recorded"), ("paypal/WH-2", "contradicted")] == [
            (one["id"], one["became"]) for one in told["notifications"]
        ]
        assert "paypal sent BILLING.PLAN.CREATED (WH-1), recorded" in people
        assert "charge reserved, carried by a message or its dead letter (0 attempts)" in people
        assert "charge reserved, next at 2026-11-02 12:00:00 (2 attempts): no answer" in people
        assert 80 >= max(map(len, people.splitlines()))

    def test_reprocess_says_what_the_sweep_asks(self, stack: Stack):
        keep(stack, *lost("p-1"))
        why = ("--because", "its webhook was lost")
        dry = penstock("payments", "reprocess", "p-1", *why, "--dry-run")
        done = shown("payments", "reprocess", "p-1", *why)

        assert "the sweep would ask the gateway: charge\n" == dry.stdout
        assert ["charge"] == [one["kind"] for one in done["asked"]]
        assert 4 == penstock("payments", "reprocess", "p-9", *why).exit_code

    def test_nothing_found_is_code_4_and_a_wrong_word_is_code_2(self, stack: Stack):
        assert 4 == penstock("payments", "find", "nobody").exit_code
        assert 2 == penstock("payments", "find", "2026-13-45").exit_code
        wrong = penstock("payments", "resolve", "p-1", "--as", "maybe", *EVIDENCE)
        assert (2, True) == (wrong.exit_code, "succeeded or failed" in wrong.stderr)


MAIL = {
    "sender": "billing@example.org",
    "recipients": ["shop@example.org"],
    "events": "all",
}
