"""The simulated PayPal's API shows what its events say: sales, captures, disputes and plans."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.reference import FOLDER, needs_reference

SALE, CAPTURE = "5CS38179PL895402Y", "42311647XV020574X"
DISPUTE = "/v1/customer/disputes"


async def show(stage: Stage, path: str) -> dict[str, Any]:
    async with stage.control.get(path, headers=await stage.bearer()) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def missing(stage: Stage, path: str) -> bool:
    async with stage.control.get(path, headers=await stage.bearer()) as answer:
        return answer.status == 404


async def state(stage: Stage, *entries: Any) -> None:
    async with stage.control.post("/_simulator/books", json=list(entries)) as answer:
        assert answer.status == 200, await answer.text()


def body(event: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(event).encode()).decode()


class TestSales:
    async def test_a_completed_sale_shows_its_fee(self, stage: Stage):
        await stage.trigger(set={"resource.id": SALE, "resource.amount.total": "100.00"})
        sale = await show(stage, f"/v1/payments/sale/{SALE}")

        assert {"value": "3.79", "currency": "USD"} == sale["transaction_fee"]

    @pytest.mark.parametrize("amount", [None, 0, "1e3", "1,234.50", "-5.00", {}])
    async def test_an_odd_amount_is_sent_as_it_is(self, stage: Stage, amount: Any):
        odd = {"total": amount, "currency": "USD"}
        sent = await stage.trigger(set={"resource.id": SALE, "resource.amount": odd})

        assert ([202], odd) == (sent["answers"], stage.simulator.books.sales[SALE]["amount"])

    async def test_a_second_event_about_a_sale_keeps_its_amount_and_agreement(self, stage: Stage):
        amount = {"total": "25.00", "currency": "USD"}
        pending = {"resource.id": SALE, "resource.amount": amount}
        await stage.trigger(event_type="PAYMENT.SALE.PENDING", set=pending)
        before = dict(stage.simulator.books.sales[SALE])
        await stage.trigger(set={"resource.id": SALE})
        after = stage.simulator.books.sales[SALE]

        assert (amount, "completed") == (after["amount"], after["state"])
        assert before["billing_agreement_id"] == after["billing_agreement_id"]
        assert "reason_code" not in after

    async def test_a_held_sale_shows_the_hold(self, stage: Stage):
        held = {"resource.id": SALE, "resource.payment_hold_status": "HELD"}
        await stage.trigger(set=held)

        assert "HELD" == (await show(stage, f"/v1/payments/sale/{SALE}"))["payment_hold_status"]
        await stage.trigger(set={"resource.id": SALE})

        assert "payment_hold_status" not in await show(stage, f"/v1/payments/sale/{SALE}")

    async def test_a_parent_payment_names_the_payer_and_the_sale(self, stage: Stage):
        sale = {"id": SALE, "state": "completed", "amount": {"total": "15.00", "currency": "USD"}}
        event = {"id": "WH-1", "event_type": "PAYMENT.SALE.COMPLETED"}
        parent = "PAYID-ONEOFF0000000001"
        await stage.trigger(body=body({**event, "resource": {**sale, "parent_payment": parent}}))
        payment = await show(stage, f"/v1/payments/payment/{parent}")

        assert "buyer@example.com" == payment["payer"]["payer_info"]["email"]
        assert SALE == payment["transactions"][0]["related_resources"][0]["sale"]["id"]

    async def test_a_reversal_of_a_part_leaves_the_rest_paid(self, stage: Stage):
        await stage.trigger(set={"resource.id": SALE})
        part = {"resource.sale_id": SALE, "resource.amount.total": "-2.50"}
        await stage.trigger(event_type="PAYMENT.SALE.REVERSED", set=part)

        assert "partially_refunded" == stage.simulator.books.sales[SALE]["state"]
        part["resource.amount.total"] = "-10.00"
        await stage.trigger(event_type="PAYMENT.SALE.REVERSED", set=part)

        assert "reversed" == stage.simulator.books.sales[SALE]["state"]

    async def test_a_pending_refund_leaves_the_sale_as_it_is(self, stage: Stage):
        await stage.trigger(set={"resource.id": SALE})
        pending = {"resource.sale_id": SALE, "resource.state": "pending"}
        await stage.trigger(event_type="PAYMENT.SALE.REFUNDED", set=pending)

        assert "completed" == stage.simulator.books.sales[SALE]["state"]


class TestCaptures:
    async def test_a_capture_is_shown_in_v2_with_its_order_and_payer(self, stage: Stage):
        sent = await stage.trigger(
            event_type="PAYMENT.CAPTURE.COMPLETED", set={"resource.custom_id": "order-7"}
        )
        capture = await show(stage, f"/v2/payments/captures/{sent['resource_id']}")
        order = capture["supplementary_data"]["related_ids"]["order_id"]
        payer = (await show(stage, f"/v2/checkout/orders/{order}"))["payer"]

        assert ("COMPLETED", "order-7") == (capture["status"], capture["custom_id"])
        assert "11.76" == capture["seller_receivable_breakdown"]["net_amount"]["value"]
        assert "buyer@example.com" == payer["email_address"]
        assert await missing(stage, f"/v1/payments/capture/{sent['resource_id']}")

    async def test_a_capture_of_the_first_generation_is_shown_in_v1(self, stage: Stage):
        capture = {"id": CAPTURE, "state": "pending", "amount": {"total": "2", "currency": "EUR"}}
        event = {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.PENDING", "resource": capture}
        await stage.trigger(body=body(event))

        assert capture == await show(stage, f"/v1/payments/capture/{CAPTURE}")
        assert await missing(stage, f"/v2/payments/captures/{CAPTURE}")

    async def test_a_refund_changes_the_capture_that_its_link_names(self, stage: Stage):
        await stage.trigger(event_type="PAYMENT.CAPTURE.COMPLETED", set={"resource.id": CAPTURE})
        for value, status in (("2.50", "PARTIALLY_REFUNDED"), ("10.00", "REFUNDED")):
            sent = await stage.trigger(
                event_type="PAYMENT.CAPTURE.REFUNDED",
                set={"resource.capture_id": CAPTURE, "resource.amount.value": value},
            )
            capture = await show(stage, f"/v2/payments/captures/{CAPTURE}")

            assert status == capture["status"]
        refund = await show(stage, f"/v2/payments/refunds/{sent['resource_id']}")
        total = refund["seller_payable_breakdown"]["total_refunded_amount"]

        assert {"currency_code": "USD", "value": "12.50"} == total
        assert "capture_id" not in refund
        assert f"paypal-{CAPTURE}" == sent["concerns"][-1]["id"]

    async def test_a_webhook_to_an_address_that_names_no_gateway_is_of_paypal(self, stage: Stage):
        sent = await stage.trigger(
            target="http://127.0.0.1:9/elsewhere",
            event_type="PAYMENT.CAPTURE.COMPLETED",
            set={"resource.id": CAPTURE},
        )

        assert f"paypal-{CAPTURE}" == sent["concerns"][-1]["id"]

    async def test_a_refund_of_a_capture_may_be_of_a_sale(self, stage: Stage):
        """
        PayPal has one id for the sale of v1 and the capture of v2.
        """
        await stage.trigger(set={"resource.id": SALE})
        named = {"resource.capture_id": SALE}
        await stage.trigger(event_type="PAYMENT.CAPTURE.REFUNDED", set=named)

        assert "refunded" == stage.simulator.books.sales[SALE]["state"]


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
