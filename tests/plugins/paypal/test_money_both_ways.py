"""Money moves both ways: refunds and reversals, pending, failing, cancelled, end to end."""

from __future__ import annotations

import pytest

from penstock.api import PaymentStatus
from penstock.domain.money import Money
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.platform import Played, refund


@pytest.fixture
def played(stage: Stage) -> Played:
    return Played.on(stage)


def usd(total: str) -> dict[str, str]:
    return {"total": total, "currency": "USD"}


async def _standing(played: Played, sale: str) -> tuple[PaymentStatus, Money | None]:
    payment = await played.platform.payment(sale)
    assert payment is not None
    return payment.status, payment.refunded


async def test_partial_refund_reports_the_refunded_amount(played: Played) -> None:
    sale = "SALE0000000PRT111"
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=usd("100.00"))
    await played.trigger(
        "PAYMENT.SALE.REFUNDED", id="RFND0000000PRT111", sale_id=sale, amount=usd("-10.00")
    )

    assert [
        ("payment.succeeded", None),
        ("subscription.renewed", None),
        ("invoice.paid", None),
        ("payment.refunded", "1000 USD"),
    ] == played.platform.said()
    partly = (PaymentStatus.partially_refunded, Money(1000, "USD"))
    assert partly == await _standing(played, sale)


async def test_partial_reversal_reports_what_it_took(played: Played) -> None:
    """
    25.00 of 100.00 went back; the payment is not reversed.
    """
    sale, reversal = "SALE0000000REV222", "RVSL0000000REV222"
    taken = refund(reversal, sale, "-25.00", "USD", "completed")
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=usd("100.00"))
    books = [
        ("refunds", reversal, taken),
        ("sales", sale, {"state": "partially_refunded"}),
    ]
    await played.body("PAYMENT.SALE.REVERSED", taken, books)

    assert [("payment.reversed", "2500 USD")] == played.platform.said("payment.reversed")
    partly = (PaymentStatus.partially_refunded, Money(2500, "USD"))
    assert partly == await _standing(played, sale)


async def test_refund_and_reversal_send_back_no_more_than_was_paid(played: Played) -> None:
    sale, first, second = "SALE0000000DBL111", "RVSL0000000DBL111", "RFND0000000DBL111"
    reversal, refunded = (
        refund(one, sale, "-20.00", "USD", "completed") for one in (first, second)
    )
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=usd("20.00"))
    await played.body("PAYMENT.SALE.REVERSED", reversal, [("refunds", first, reversal)])
    books = [("refunds", second, refunded), ("sales", sale, {"state": "refunded"})]
    await played.body("PAYMENT.SALE.REFUNDED", refunded, books)

    went_back = played.platform.said("payment.refunded", "payment.reversed")
    assert [("payment.reversed", "2000 USD")] == went_back
    assert (PaymentStatus.reversed, Money(2000, "USD")) == await _standing(played, sale)


async def test_pending_refund_is_announced_once_when_it_completes(played: Played) -> None:
    sale, identity = "SALE0000000PND111", "RFND0000000PND111"
    eur = {"total": "30.00", "currency": "EUR"}
    pending, done = (
        refund(identity, sale, "-30.00", "EUR", one) for one in ("pending", "completed")
    )
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=eur)
    await played.body("PAYMENT.SALE.REFUNDED", pending, [("refunds", identity, pending)])

    assert [] == played.platform.said("payment.refunded")
    assert (PaymentStatus.succeeded, None) == await _standing(played, sale)

    played.later(days=3)
    books = [("refunds", identity, done), ("sales", sale, {"state": "refunded"})]
    await played.body("PAYMENT.SALE.REFUNDED", done, books)

    assert [("payment.refunded", "3000 EUR")] == played.platform.said("payment.refunded")
    assert (PaymentStatus.refunded, Money(3000, "EUR")) == await _standing(played, sale)


async def test_pending_refund_that_fails_is_no_refund(played: Played) -> None:
    sale, identity = "SALE0000000RPF111", "RFND0000000RPF111"
    eur = {"total": "30.00", "currency": "EUR"}
    pending, failed = (
        refund(identity, sale, "-30.00", "EUR", one) for one in ("pending", "failed")
    )
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=eur)
    await played.body("PAYMENT.SALE.REFUNDED", pending, [("refunds", identity, pending)])
    played.later(days=3)
    books = [("refunds", identity, failed), ("sales", sale, {"state": "completed"})]
    await played.body("PAYMENT.REFUND.FAILED", failed, books)
    await played.body("PAYMENT.SALE.REFUNDED", failed)

    assert [
        ("payment.succeeded", None),
        ("subscription.renewed", None),
        ("invoice.paid", None),
    ] == played.platform.said()
    assert (PaymentStatus.succeeded, None) == await _standing(played, sale)


async def test_refund_that_fails_later_restores_the_payment(played: Played) -> None:
    sale, identity = "SALE0000000RFL111", "RFND0000000RFL111"
    eur = {"total": "30.00", "currency": "EUR"}
    done, failed = (
        refund(identity, sale, "-30.00", "EUR", one) for one in ("completed", "failed")
    )
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=eur)
    refunded = [("refunds", identity, done), ("sales", sale, {"state": "refunded"})]
    await played.body("PAYMENT.SALE.REFUNDED", done, refunded)
    played.later(days=4)
    restored = [("refunds", identity, failed), ("sales", sale, {"state": "completed"})]
    await played.body("PAYMENT.REFUND.FAILED", failed, restored)
    await played.body("PAYMENT.SALE.REFUNDED", failed)
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=eur)

    assert [
        ("payment.refunded", "3000 EUR"),
        ("payment.restored", "3000 EUR"),
    ] == played.platform.said("payment.refunded", "payment.restored")
    assert (PaymentStatus.succeeded, None) == await _standing(played, sale)


async def test_cancelled_reversal_restores_the_payment(played: Played) -> None:
    sale, identity = "SALE0000000WON111", "RVSL0000000WON111"
    taken = refund(identity, sale, "-40.00", "USD", "completed")
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=usd("40.00"))
    reversed_ = [("refunds", identity, taken), ("sales", sale, {"state": "reversed"})]
    await played.body("PAYMENT.SALE.REVERSED", taken, reversed_)
    played.later(days=14)
    await played.books(
        ("sales", sale, {"state": "completed"}), ("refunds", identity, {"state": "cancelled"})
    )
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=usd("40.00"))

    assert [
        ("payment.reversed", "4000 USD"),
        ("payment.restored", "4000 USD"),
    ] == played.platform.said("payment.reversed", "payment.restored")
    assert (PaymentStatus.succeeded, None) == await _standing(played, sale)
    payment = await played.platform.payment(sale)
    assert payment is not None
    assert [PaymentStatus.declined] == [one.status for one in payment.sent_back]


async def test_refund_with_intranet_links_is_found_by_its_own_id(played: Played) -> None:
    """
    The links in the body are never followed.
    """
    sale, identity = "SALE0000000LNK111", "RFND0000000LNK111"
    done = refund(identity, sale, "-10.00", "USD", "completed")
    href = f"https://10.0.0.13:11881/v1/payments/refund/{identity}"
    body = {key: value for key, value in done.items() if key != "sale_id"}
    body["links"] = [{"rel": "self", "method": "GET", "href": href}]
    await played.trigger("PAYMENT.SALE.COMPLETED", id=sale, amount=usd("10.00"))
    books = [("refunds", identity, done), ("sales", sale, {"state": "refunded"})]
    await played.body("PAYMENT.SALE.REFUNDED", body, books)

    assert [("payment.refunded", "1000 USD")] == played.platform.said("payment.refunded")
    assert (PaymentStatus.refunded, Money(1000, "USD")) == await _standing(played, sale)
