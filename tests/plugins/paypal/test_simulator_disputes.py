"""Disputes, plans and stated resources at the simulated PayPal."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.reference import FOLDER, needs_reference
from tests.plugins.paypal.resources import CAPTURE, SALE, body, missing, show

DISPUTE = "/v1/customer/disputes"


async def state(stage: Stage, *entries: Any) -> None:
    async with stage.control.post("/_simulator/books", json=list(entries)) as answer:
        assert answer.status == 200, await answer.text()


class TestDisputes:
    async def test_a_dispute_is_over_the_newest_sale_and_awaits_the_seller(self, stage: Stage):
        await stage.trigger(set={"resource.id": SALE, "resource.amount.total": "96.00"})
        sent = await stage.trigger(event_type="CUSTOMER.DISPUTE.CREATED")
        dispute = await show(stage, f"{DISPUTE}/{sent['resource_id']}")
        due = datetime.fromisoformat(dispute["seller_response_due_date"])
        created = datetime.fromisoformat(dispute["create_time"])

        assert [{"kind": "payment", "id": f"paypal-{SALE}"}] == sent["concerns"][1:]
        assert {"currency_code": "USD", "value": "96.00"} == dispute["dispute_amount"]
        assert SALE == dispute["disputed_transactions"][0]["seller_transaction_id"]
        assert timedelta(days=10) == due - created
        assert ("WAITING_FOR_SELLER_RESPONSE", "REQUIRED_ACTION", "CHARGEBACK") == (
            dispute["status"],
            dispute["dispute_state"],
            dispute["dispute_life_cycle_stage"],
        )

    async def test_a_dispute_over_a_named_payment_shows_that_payment(self, stage: Stage):
        named = {"resource.disputed_transactions.0.seller_transaction_id": SALE}
        await stage.trigger(event_type="CUSTOMER.DISPUTE.CREATED", set=named)

        assert "completed" == (await show(stage, f"/v1/payments/sale/{SALE}"))["state"]

    async def test_the_open_dispute_is_the_one_that_is_resolved(self, stage: Stage):
        created = await stage.trigger(event_type="CUSTOMER.DISPUTE.CREATED")
        updated = await stage.trigger(event_type="CUSTOMER.DISPUTE.UPDATED")
        resolved = await stage.trigger(
            event_type="CUSTOMER.DISPUTE.RESOLVED",
            set={"resource.dispute_outcome.outcome_code": "RESOLVED_BUYER_FAVOUR"},
        )
        dispute = await show(stage, f"{DISPUTE}/{created['resource_id']}")

        assert created["resource_id"] == updated["resource_id"] == resolved["resource_id"]
        assert ("RESOLVED", "RESOLVED") == (dispute["status"], dispute["dispute_state"])
        assert {
            "outcome_code": "RESOLVED_BUYER_FAVOUR",
            "amount_refunded": {"currency_code": "USD", "value": "0.00"},
        } == dispute["dispute_outcome"]

    async def test_the_api_shows_the_due_date_that_a_body_leaves_out(self, stage: Stage):
        event = {
            "id": "WH-1",
            "event_type": "CUSTOMER.DISPUTE.CREATED",
            "resource": {
                "dispute_id": "PP-D-1",
                "status": "OPEN",
                "dispute_amount": {"value": "96.00", "currency_code": "USD"},
                "disputed_transactions": [{"seller_transaction_id": SALE}],
            },
        }
        await stage.trigger(body=body(event))
        dispute = await show(stage, f"{DISPUTE}/PP-D-1")

        assert ("OPEN", "96.00") == (dispute["status"], dispute["dispute_amount"]["value"])
        assert dispute["seller_response_due_date"]
        assert "96.00" == (await show(stage, f"/v1/payments/sale/{SALE}"))["amount"]["total"]

    async def test_disputes_are_listed_by_payment(self, stage: Stage):
        for sale in (SALE, CAPTURE):
            named = {"resource.disputed_transactions.0.seller_transaction_id": sale}
            await stage.trigger(event_type="CUSTOMER.DISPUTE.CREATED", set=named)
        listed = await show(stage, f"{DISPUTE}?disputed_transaction_id={SALE}")

        assert (1, 2) == (len(listed["items"]), len((await show(stage, DISPUTE))["items"]))


class TestPlansAndSubscriptions:
    async def test_a_plan_is_shown_with_the_status_of_its_event(self, stage: Stage):
        sent = await stage.trigger(event_type="BILLING.PLAN.DEACTIVATED")
        plan = await show(stage, f"/v1/billing/plans/{sent['resource_id']}")

        assert "INACTIVE" == plan["status"]

    async def test_an_event_about_a_known_subscription_keeps_its_subscriber(self, stage: Stage):
        other = {"subscriber.email_address": "other@example.com"}
        await stage.trigger(
            set={"resource.id": SALE, "resource.billing_agreement_id": "I-1"}, subscription=other
        )
        await stage.trigger(
            event_type="BILLING.SUBSCRIPTION.CANCELLED", set={"resource.id": "I-1"}
        )
        shown = await show(stage, "/v1/billing/subscriptions/I-1")

        assert ("CANCELLED", "other@example.com") == (
            shown["status"],
            shown["subscriber"]["email_address"],
        )


class TestWhatATestStates:
    async def test_what_is_stated_is_shown(self, stage: Stage):
        refund = {"state": "pending", "amount": {"total": "-30.00", "currency": "EUR"}}
        await state(stage, ["refunds", "RFND0000000PND111", refund])

        assert {"id": "RFND0000000PND111", **refund} == await show(
            stage, "/v1/payments/refund/RFND0000000PND111"
        )
        await state(stage, ["refunds", "RFND0000000PND111", {"state": "failed"}])

        assert {**refund, "id": "RFND0000000PND111", "state": "failed"} == await show(
            stage, "/v1/payments/refund/RFND0000000PND111"
        )

    async def test_what_is_stated_is_not_changed_by_a_body(self, stage: Stage):
        """
        A notification may say COMPLETED while the API still shows a pending sale.
        """
        sale = {"id": SALE, "state": "completed", "amount": {"total": "7.00", "currency": "EUR"}}
        await state(stage, ["sales", SALE, {**sale, "state": "pending"}])
        event = {"id": "WH-1", "event_type": "PAYMENT.SALE.COMPLETED", "resource": sale}
        await stage.trigger(body=body(event))

        assert "pending" == (await show(stage, f"/v1/payments/sale/{SALE}"))["state"]

    async def test_books_may_come_with_the_event(self, stage: Stage):
        sent = await stage.trigger(
            set={"resource.id": SALE}, books=[["sales", SALE, {"state": "pending"}]]
        )

        assert [202] == sent["answers"]
        assert "pending" == (await show(stage, f"/v1/payments/sale/{SALE}"))["state"]

    async def test_a_resource_can_be_taken_away(self, stage: Stage):
        await stage.trigger(set={"resource.id": SALE})
        await state(stage, ["sales", SALE, None])

        assert await missing(stage, f"/v1/payments/sale/{SALE}")

    async def test_all_of_a_collection_can_be_read_at_once(self, stage: Stage):
        await stage.trigger(set={"resource.id": SALE})
        async with stage.control.get("/_simulator/books/sales") as answer:
            shown = await answer.json()
        async with stage.control.get("/_simulator/books/nothing") as unknown:
            assert 404 == unknown.status

        assert [SALE] == [one["id"] for one in shown]

    @pytest.mark.parametrize("entries", [[["nothing", "1", {}]], [["sales"]], {}, "x"])
    async def test_entries_it_cannot_read_are_refused(self, stage: Stage, entries: Any):
        async with stage.control.post("/_simulator/books", json=entries) as answer:
            assert 400 == answer.status

    async def test_its_clock_can_be_ahead(self, stage: Stage):
        async with stage.control.put("/_simulator/clock", json={"ahead_seconds": 600}) as answer:
            assert 200 == answer.status
        await stage.trigger()
        (delivery,) = stage.received
        sent = datetime.fromisoformat(delivery.headers["paypal-transmission-time"])

        assert timedelta(seconds=595) < sent - delivery.received_at <= timedelta(seconds=600)

    @needs_reference
    @pytest.mark.parametrize(
        "case",
        sorted((FOLDER.parents[1] / "cases" / "money").glob("*.json")),
        ids=lambda p: p.stem,
    )
    async def test_every_step_of_the_collected_cases_can_be_played(self, stage: Stage, case: Any):
        for step in json.loads(case.read_text("utf-8")).get("steps", ()):
            order: dict[str, Any] = {"books": step.get("books", [])}
            if "trigger" in step:
                order |= {"event_type": step["trigger"], "set": step.get("set", {})}
                order["subscription"] = step.get("subscription", {})
            elif "body" in step:
                order["body"] = body(step["body"])
            else:
                await state(stage, *order["books"])
                continue

            assert [202] == (await stage.trigger(**order))["answers"]
