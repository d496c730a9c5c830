"""Requests that the simulated PayPal once answered as no API of PayPal's would."""

from __future__ import annotations

import base64

import pytest

from tests.plugins.paypal.conftest import Stage

AGREEMENT = "/v1/payments/billing-agreements/I-NOBODYS00001"
INVOICE = "/v2/invoicing/invoices/INV2-DRAFT-0001"


async def test_an_agreement_from_before_subscriptions_is_unknown_in_paypals_own_words(
    stage: Stage,
):
    async with stage.control.get(AGREEMENT, headers=await stage.bearer()) as answer:
        said = await answer.json()

    assert (404, "RESOURCE_NOT_FOUND") == (answer.status, said["name"])


@pytest.mark.parametrize(
    ("status", "answered", "left"), [("DRAFT", 204, 0), ("SCHEDULED", 204, 0), ("SENT", 422, 1)]
)
async def test_an_invoice_is_deleted_as_long_as_it_was_not_sent(
    stage: Stage, status: str, answered: int, left: int
):
    held = stage.simulator.books.invoices
    held["INV2-DRAFT-0001"] = {"id": "INV2-DRAFT-0001", "status": status, "detail": {}}

    async with stage.control.delete(INVOICE, headers=await stage.bearer()) as answer:
        assert (answered, left) == (answer.status, len(held))


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/json", "text/plain"])
async def test_a_token_is_asked_for_by_a_form(stage: Stage, kind: str):
    basic = stage.told.secret["client_id"], stage.told.secret["client_secret"]
    headers = {"Content-Type": kind, "Authorization": _basic(*basic)}

    async with stage.control.post(
        "/v1/oauth2/token", data=b"grant_type=client_credentials", headers=headers
    ) as answer:
        assert 415 == answer.status


def _basic(name: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"
