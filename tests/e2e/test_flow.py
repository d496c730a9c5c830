"""The platform whole: what goes in at one end comes out at the other, once."""

from __future__ import annotations

import pytest

from tests.e2e.world import World, until

pytestmark = pytest.mark.emulator


def test_a_signed_sale_becomes_one_paid_invoice_a_slack_message_and_an_email(
    world: World,
) -> None:
    sent = world.send_webhook()

    until(
        lambda: world.slack(sent.payment, "invoice.paid"), what="the Slack message of the invoice"
    )
    until(lambda: world.mail(sent.payment, "invoice.paid"), what="the e-mail of the invoice")

    assert [202] == sent.answers
    assert 1 == len(world.slack(sent.payment, "payment.succeeded"))
    assert 1 == len(world.mail(sent.payment, "payment.succeeded"))
    assert ["PAID"] == [invoice["status"] for invoice in world.invoices_of(sent)]


@pytest.mark.slow
def test_a_forged_sale_ends_in_rejected_with_its_reason_and_does_nothing_else(
    world: World,
) -> None:
    sent = world.send_webhook(forge=True)
    # What comes after it on the same way has been through every stage: so has the forged one.
    later = world.send_webhook()

    rejected = until(lambda: world.rejected(sent), what="the rejection")
    until(lambda: world.slack(later.payment, "invoice.paid"), what="the sale after it")

    assert [202] == sent.answers
    assert ["signature" in reason for reason in rejected] == [True]
    assert world.payment(sent.payment) is None
    assert [] == world.invoices_of(sent)
    assert [] == world.slack(sent.resource_id) + world.mail(sent.resource_id)


@pytest.mark.slow
def test_the_same_webhook_five_times_side_by_side_makes_one_invoice(world: World) -> None:
    sent = world.send_webhook(copies=5)

    until(
        lambda: world.slack(sent.payment, "invoice.paid"), what="the Slack message of the invoice"
    )
    until(lambda: not world.open_work(), what="the end of all copies")

    assert [202] * 5 == sent.answers
    assert 1 == len(world.invoices_of(sent))
    assert 1 == len(world.slack(sent.payment, "payment.succeeded"))


def test_a_payment_message_is_charged_once_and_told(world: World) -> None:
    payment = world.send_payment(amount=4200)

    until(lambda: world.slack(payment, "payment.succeeded"), what="the Slack message")
    until(lambda: world.mail(payment, "payment.succeeded"), what="the e-mail")

    assert "succeeded" == (world.payment(payment) or {})["status"]
    assert [4200] == [charge["amount"] for charge in world.charges(payment)]


@pytest.mark.slow
def test_a_message_that_is_no_payment_is_parked_with_its_reason_and_holds_nobody_up(
    world: World,
) -> None:
    world.send_payment(body="this is no JSON")
    payment = world.send_payment()

    until(lambda: world.slack(payment), what="the payment after it")
    (parked,) = until(lambda: world.waiting(world.dlq("payments"), "this is no JSON"))

    assert "no JSON" in parked["MessageAttributes"]["reason"]["StringValue"]


@pytest.mark.slow
def test_one_sink_that_is_down_does_not_delay_the_other(world: World) -> None:
    world.fault("slack", path="^/(?!messages|_simulator)", status=503)
    payment = world.send_payment()

    until(lambda: world.mail(payment, "payment.succeeded"), what="the e-mail")
    until(lambda: "retry" in world.outcomes("deliver-slack", payment), what="Slack's refusal")
    assert [] == world.slack(payment)

    world.heal()
    until(lambda: world.slack(payment, "payment.succeeded"), what="the Slack message")
    assert 1 == len(world.mail(payment))
