"""Refunds at the simulated PayPal, which keeps PayPal's books."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import Declined, Money, Pending, RefundRequest, Routed, Succeeded, Unanswered
from penstock.testing.http import Lossy, response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.refund_asked import ASKED, V2, capture_refund
from tests.plugins.paypal.sales import REFUND, REFUND_PATH, REFUND_V2_PATH
from tests.plugins.paypal.told import Told, problem


@pytest.mark.parametrize(
    ("shown", "means"),
    [
        ("COMPLETED", Succeeded(REFUND)),
        ("PENDING", Pending(REFUND)),
        ("FAILED", Declined("PayPal, refund: it failed or was cancelled")),
        ("CANCELLED", Declined("PayPal, refund: it failed or was cancelled")),
    ],
)
async def test_a_refund_has_its_state_when_made_and_when_read(
    told: Told, shown: str, means: Any
) -> None:
    told.at(V2, response(201, capture_refund(shown)))
    told.at(REFUND_PATH, problem(404))
    told.at(REFUND_V2_PATH, response(200, capture_refund(shown)))

    made = await told.paypal.refund(replace(ASKED, path=V2))
    read = await told.paypal.read_refund(replace(ASKED, path=V2, reference=REFUND))

    assert (means, means) == (made, read)


async def state(stage: Stage, kind: str, **fields: Any) -> RefundRequest:
    """A paid sale or capture at the simulator, and a refund of 5.00 of it with its path."""
    await stage.trigger(event_type=f"PAYMENT.{kind}.COMPLETED", set=fields)
    kept = stage.simulator.books.sales or stage.simulator.books.captures
    asked = replace(ASKED, transaction=next(iter(kept)))
    found = await stage.paypal.route_refund(asked)
    assert isinstance(found, Routed)
    return replace(asked, path=found.path)


@pytest.mark.parametrize("kind", ["SALE", "CAPTURE"])
async def test_parts_are_refunded_until_nothing_is_left(stage: Stage, kind: str) -> None:
    asked = await state(stage, kind)

    first = await stage.paypal.refund(asked)
    rest = replace(asked, operation_id="op-2", amount=Money(750, "USD"))
    second = await stage.paypal.refund(rest)
    more = await stage.paypal.refund(replace(asked, operation_id="op-3", amount=Money(1, "USD")))

    assert isinstance(first, Succeeded)
    assert isinstance(second, Succeeded)
    assert isinstance(more, Declined)
    assert "REFUNDED" in more.because
    assert 2 == len(stage.simulator.books.refunds)


@pytest.mark.parametrize("kind", ["SALE", "CAPTURE"])
async def test_a_lost_answer_is_looked_up_under_the_same_request_id(
    stage: Stage, kind: str
) -> None:
    asked = await state(stage, kind)
    lossy = stage.other(Lossy(stage.http, lambda _, url: url.endswith("/refund")))

    lost = await lossy.refund(asked)
    found = await stage.paypal.refund(asked)

    assert isinstance(lost, Unanswered)
    assert Succeeded(next(iter(stage.simulator.books.refunds))) == found
    assert 1 == len(stage.simulator.books.refunds)


@pytest.mark.parametrize("kind", ["SALE", "CAPTURE"])
async def test_above_what_is_left_and_other_currencies_are_refused(
    stage: Stage, kind: str
) -> None:
    asked = await state(stage, kind)

    above = await stage.paypal.refund(replace(asked, amount=Money(1251, "USD")))
    other = await stage.paypal.refund(replace(asked, amount=Money(500, "EUR")))

    assert isinstance(above, Declined)
    assert "EXCEEDED" in above.because
    assert isinstance(other, Declined)
    assert "CURRENCY_MISMATCH" in other.because


@pytest.mark.parametrize("kind", ["SALE", "CAPTURE"])
async def test_after_180_days_paypal_refuses(stage: Stage, kind: str) -> None:
    asked = await state(stage, kind)
    ahead = {"ahead_seconds": timedelta(days=181).total_seconds()}
    async with stage.control.put("/_simulator/clock", json=ahead) as moved:
        assert moved.status < 300

    answer = await stage.other(stage.http).refund(asked)

    assert isinstance(answer, Declined)
    assert "REFUND_TIME_LIMIT_EXCEEDED" in answer.because


@pytest.mark.parametrize("kind", ["SALE", "CAPTURE"])
async def test_a_balance_that_is_too_small_is_a_refusal(stage: Stage, kind: str) -> None:
    asked = await state(stage, kind)
    async with stage.control.put("/_simulator/refunds", json={"outcomes": ["insufficient"]}):
        pass

    answer = await stage.paypal.refund(asked)

    assert isinstance(answer, Declined)
    assert "INSUFFICIENT_FUNDS" in answer.because


@pytest.mark.parametrize("kind", ["SALE", "CAPTURE"])
async def test_a_pending_refund_is_read_until_it_is_decided(stage: Stage, kind: str) -> None:
    asked = await state(stage, kind)
    async with stage.control.put("/_simulator/refunds", json={"outcomes": ["pending"]}):
        pass

    made = await stage.paypal.refund(asked)
    assert isinstance(made, Pending)
    read = replace(asked, reference=made.reference)
    waiting = await stage.paypal.read_refund(read)
    where = f"/_simulator/refunds/{made.reference}"
    async with stage.control.put(where, json={"state": "completed"}) as became:
        assert became.status < 300

    assert made == waiting
    assert Succeeded(made.reference) == await stage.paypal.read_refund(read)
