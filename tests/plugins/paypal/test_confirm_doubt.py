"""Confirm in doubt: what may come yet is waited for, and what never will be is for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import Contradicted, GatewayUnavailable, Money, NotYet, Unconfirmable
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.sales import (
    AGREEMENT,
    SALE,
    SALE_PATH,
    SUBSCRIPTION_PATH,
    confirmed,
    notification,
    sale,
)
from tests.plugins.paypal.told import Told, problem


@pytest.mark.parametrize(
    "missing", [problem(404), response(404, b""), problem(400, "INVALID_RESOURCE_ID")]
)
async def test_a_young_sale_that_is_not_there_is_not_there_yet(told: Told, missing: Any) -> None:
    told.at(SALE_PATH, missing)

    assert isinstance(await told.paypal.confirm(notification(), NOON), NotYet)


async def test_an_old_sale_that_is_not_there_contradicts_with_what_was_claimed(told: Told) -> None:
    told.at(SALE_PATH, problem(404))
    answer = await told.paypal.confirm(notification(age=timedelta(minutes=15)), NOON)

    assert isinstance(answer, Contradicted)
    assert (("id",), SALE, Money(1250, "USD"), AGREEMENT) == (
        answer.fields,
        answer.observation.transaction.id,
        answer.observation.transaction.amount,
        answer.observation.subscription,
    )


@pytest.mark.parametrize(
    "amount", [None, {"total": "much", "currency": "USD"}, {"total": "1.00", "currency": "XXX"}]
)
async def test_a_sale_that_is_not_there_and_claims_no_readable_amount_is_for_people(
    told: Told, amount: Any
) -> None:
    told.at(SALE_PATH, problem(404))
    claim = notification(age=timedelta(minutes=15))
    unreadable = replace(claim, resource={**claim.resource, "amount": amount})

    with pytest.raises(Unconfirmable, match="amount is unreadable"):
        await told.paypal.confirm(unreadable, NOON)


@pytest.mark.parametrize("answer", [response(200, sale(state="quantum")), response(400, b"")])
async def test_what_waiting_will_not_help_is_for_people(told: Told, answer: Any) -> None:
    """
    A state nobody here knows, a question PayPal refuses: parked with its reason.
    """
    told.at(SALE_PATH, answer)
    with pytest.raises(Unconfirmable, match="show sale"):
        await told.paypal.confirm(notification(), NOON)


async def test_what_concerns_no_payment_is_not_asked_about(told: Told) -> None:
    other = notification("BILLING.SUBSCRIPTION.ACTIVATED", entity=None)

    assert await told.paypal.locate(other, NOON) is None
    assert [] == told.asked


async def test_a_sale_event_that_names_no_sale_is_for_people(told: Told) -> None:
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(notification(entity=None), NOON)


async def test_an_entity_that_must_not_enter_a_path_is_never_asked_for(told: Told) -> None:
    old = notification(entity="paypal-../../v2/x", age=timedelta(hours=1))

    assert isinstance(await told.paypal.confirm(old, NOON), Contradicted)
    assert [] == told.asked


async def test_a_subscription_that_is_not_there_yet_is_waited_for(told: Told) -> None:
    told.at(SUBSCRIPTION_PATH, problem(404))
    young, old = (notification(age=timedelta(minutes=minutes)) for minutes in (1, 16))

    assert isinstance(await told.paypal.confirm(young, NOON), NotYet)
    assert (await confirmed(told, old)).payer is None


@pytest.mark.parametrize(
    "answer",
    [
        response(200, {}),
        response(200, sale(amount={"total": "1e3", "currency": "USD"})),
        response(200, sale(id="../x")),
        response(200, b"<html>"),
        response(200, b""),
        response(302, b"", {"location": "https://evil.example"}),
        problem(403, "PERMISSION_DENIED"),
        problem(409),
        problem(429),
        problem(500),
        response(503, b"<html>"),
    ],
)
async def test_an_answer_that_says_nothing_of_the_sale_decides_nothing(
    told: Told, answer: Any
) -> None:
    told.at(SALE_PATH, answer)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.confirm(notification(age=timedelta(days=1)), NOON)


async def test_over_http_a_hidden_sale_is_not_there_yet(stage: Stage) -> None:
    await stage.trigger(contradict={"resource": None})
    (delivery,) = stage.received

    assert isinstance(
        await stage.paypal.confirm(stage.paypal.read(delivery), delivery.received_at), NotYet
    )
