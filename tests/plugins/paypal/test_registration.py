"""Whether PayPal's webhooks come to us, as people ask who look after a stack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from penstock.adapters.clock import SystemClock
from penstock.adapters.memory import MemorySecrets
from penstock.api import Registered
from penstock_paypal.webhooks import notification
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.conftest import Stage

URL = "https://api.test/webhooks/paypal"


async def register(stage: Stage, **told: Any) -> None:
    async with stage.control.put("/_simulator/registration", json={"url": URL, **told}) as answer:
        assert 200 == answer.status


def test_paypal_can_be_asked(stage: Stage) -> None:
    assert isinstance(stage.paypal, Registered)


async def test_a_webhook_for_everything_at_our_address_is_well(stage: Stage) -> None:
    await register(stage)

    assert await stage.paypal.unregistered(URL) is None


async def test_without_a_webhook_its_address_is_named(stage: Stage) -> None:
    assert URL in (await stage.paypal.unregistered(URL) or "")


async def test_a_webhook_of_another_id_is_not_the_one_we_verify(stage: Stage) -> None:
    await register(stage)
    other = {**stage.told.secret, "webhook_id": "WH-OTHER"}
    stage.secrets = MemorySecrets(SystemClock(), other)

    assert "webhook_id" in (await stage.other(stage.http).unregistered(URL) or "")


@pytest.mark.parametrize("missing", sorted(WANTED))
async def test_an_event_that_is_not_sent_is_named(stage: Stage, missing: str) -> None:
    await register(stage, events=sorted(WANTED - {missing}))

    assert missing in (await stage.paypal.unregistered(URL) or "")


async def test_all_events_with_an_effect_are_enough(stage: Stage) -> None:
    await register(stage, events=sorted(WANTED))

    assert await stage.paypal.unregistered(URL) is None


def test_every_event_with_an_effect_is_demanded() -> None:
    """
    But for the two that PayPal's list of events has no more.
    """
    acted_on = notification.CLAIMS | notification.GONE

    assert {"PAYMENT.REFUND.COMPLETED"} == acted_on - WANTED
    assert {"CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED"} < WANTED
    assert {"CUSTOMER.DISPUTE.RESOLVED", "INVOICING.INVOICE.PAID"} < WANTED


async def test_the_page_on_deploying_lists_the_events_that_doctor_demands(stage: Stage) -> None:
    """
    All of them, or doctor complains of a webhook that was made by the page; and no other.
    """
    page = (Path(__file__).parents[3] / "docs/deploy.md").read_text()
    listed = re.findall(r"^\* `([A-Z]+(?:\.[A-Z-]+)+)`$", page, re.M)
    await register(stage, events=listed)

    assert await stage.paypal.unregistered(URL) is None
    for one in listed:
        await register(stage, events=[other for other in listed if other != one])

        assert one in (await stage.paypal.unregistered(URL) or "")
