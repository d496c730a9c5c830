"""Sales and captures as the simulated PayPal shows them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.resources import CAPTURE, SALE, body, missing, show


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
