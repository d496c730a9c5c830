"""Cases of invoices, played from what PayPal sends to what its books hold then."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.adapters.memory import MemoryLedger
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.platform import Played

PAID = "PAYMENT.SALE.COMPLETED"
CREATE = r"^/v2/invoicing/invoices$"
RECORD_REFUND = r"/refunds$"


@pytest.fixture
def played(stage: Stage) -> Played:
    return Played.on(stage)


def invoices(played: Played) -> list[dict[str, Any]]:
    return list(played.stage.simulator.books.invoices.values())


def gone(invoice: dict[str, Any]) -> list[str]:
    """The refunds recorded on an invoice."""
    listed = invoice.get("refunds", {}).get("transactions", [])
    return [one["amount"]["value"] for one in listed]


async def test_a_sale_of_an_american_evening_is_not_recorded_as_paid_tomorrow(
    played: Played,
) -> None:
    """02:30 UTC is the evening before for the merchant, and PayPal knows his day."""
    late = {
        "id": "SALE0000000USA111",
        "state": "completed",
        "create_time": "2026-11-20T02:30:00Z",
        "amount": {"total": "12.50", "currency": "USD"},
        "billing_agreement_id": "",
    }
    await played.body(PAID, late)
    (invoice,) = invoices(played)
    (recorded,) = invoice["payments"]["transactions"]

    assert "2026-11-20" not in str(invoice)
    assert invoice["detail"]["invoice_date"] == recorded["payment_date"]


async def test_a_sale_delivered_again_after_the_ledger_was_lost_keeps_its_invoice(
    played: Played,
) -> None:
    sale = {"id": "SALE0000000LOST11"}
    await played.trigger(PAID, **sale)
    played.platform.world.ledger = MemoryLedger()
    await played.trigger(PAID, **sale)
    (invoice,) = invoices(played)

    assert 1 == len(invoice["payments"]["transactions"])
    assert 1 == len(played.stage.simulator.books.mailed)
    assert 2 == len(played.platform.said("invoice.paid"))


async def test_a_cent_refunded_before_the_sale_was_first_seen_is_on_its_one_invoice(
    played: Played,
) -> None:
    sale = "SALE0000000CENT11"
    # Sent, and lost on its way: the refund is the first that arrives.
    await played.stage.trigger(event_type=PAID, set={"resource.id": sale})
    cent = {"total": "0.01", "currency": "USD"}
    await played.trigger("PAYMENT.SALE.REFUNDED", sale_id=sale, amount=cent)
    (invoice,) = invoices(played)

    assert [
        ("payment.succeeded", None),
        ("payment.refunded", "1 USD"),
        ("subscription.renewed", None),
        ("invoice.paid", None),
    ] == played.platform.said()
    assert ("PARTIALLY_REFUNDED", ["0.01"]) == (invoice["status"], gone(invoice))


async def test_a_recorded_refund_whose_answer_was_lost_is_recorded_once(played: Played) -> None:
    sale = "SALE0000000ONCE11"
    await played.trigger(PAID, id=sale)
    await played.stage.fault(method="POST", path=RECORD_REFUND, drop=True, after=True, times=1)
    await played.trigger(
        "PAYMENT.SALE.REFUNDED", sale_id=sale, amount={"total": "5.00", "currency": "USD"}
    )
    for _ in range(20):
        played.later(minutes=1)
        await played.platform.sweep()
    (invoice,) = invoices(played)

    assert ["5.00"] == gone(invoice)


@pytest.mark.parametrize("after", [True, False], ids=["made", "not made"])
async def test_a_create_answered_503_is_searched_for_before_it_is_repeated(
    played: Played, after: bool
) -> None:
    await played.stage.fault(method="POST", path=CREATE, status=503, after=after, times=1)
    await played.trigger(PAID, id="SALE0000000BUSY11")
    made: list[int] = []
    for _ in range(15):
        played.later(minutes=1)
        await played.platform.sweep()
        made.append(len(invoices(played)))

    assert [1 if after else 0] * 9 == made[:9]
    assert 1 == made[-1]
    assert 1 == len(played.platform.said("invoice.paid"))
