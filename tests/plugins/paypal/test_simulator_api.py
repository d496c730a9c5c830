"""The API of the simulated PayPal, and what it keeps."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from penstock_paypal.simulator import build
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.simulated_sale import SALE


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"event_type": "NO.SUCH.EVENT"}, 400),
        ({"copies": 0}, 400),
        ({"unknown": 1}, 400),
        ({"event_type": "INVOICING.INVOICE.PAID"}, 404),
    ],
)
async def test_an_order_it_cannot_follow_is_refused(
    stage: Stage, order: dict[str, Any], status: int
) -> None:
    async with stage.control.post("/_simulator/webhooks", json=order) as answer:
        assert status == answer.status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/billing/plans"),
        ("GET", "/v1/billing/subscriptions/I-1"),
        ("GET", f"/v1/payments/sale/{SALE}"),
        ("POST", "/v2/invoicing/invoices"),
        ("POST", "/v2/invoicing/search-invoices"),
        ("POST", "/v2/invoicing/generate-next-invoice-number"),
    ],
)
@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, ("name", "AUTHENTICATION_FAILURE")),
        ({"Authorization": "Bearer nonsense"}, ("error", "invalid_token")),
    ],
)
async def test_the_api_wants_a_token(
    stage: Stage, method: str, path: str, headers: dict[str, str], error: tuple[str, str]
) -> None:
    async with stage.control.request(method, path, headers=headers) as answer:
        assert 401 == answer.status
        assert error in (await answer.json()).items()


async def test_a_wrong_client_gets_no_token(stage: Stage) -> None:
    basic = base64.b64encode(b"client:wrong").decode()
    async with stage.control.post(
        "/v1/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {basic}"},
    ) as answer:
        assert (401, "invalid_client") == (answer.status, (await answer.json())["error"])


async def test_a_plan_a_subscription_and_the_numbers_are_served(stage: Stage) -> None:
    call = {"headers": await stage.bearer()}
    cycle = {
        "tenure_type": "REGULAR",
        "sequence": 1,
        "frequency": {"interval_unit": "MONTH", "interval_count": 1},
        "pricing_scheme": {"fixed_price": {"currency_code": "USD", "value": "5.00"}},
    }
    plan = {
        "product_id": "PROD-SIMULATED",
        "name": "Silver",
        "billing_cycles": [cycle],
        "payment_preferences": {},
    }
    async with stage.control.post("/v1/billing/plans", json=plan, **call) as answer:
        plan_id = (await answer.json())["id"]
    async with stage.control.post(
        "/v1/billing/subscriptions", json={"plan_id": plan_id, "custom_id": "c-1"}, **call
    ) as answer:
        subscription = await answer.json()
    path = f"/v1/billing/subscriptions/{subscription['id']}"
    async with stage.control.get(path, **call) as answer:
        assert "plan" not in await answer.json()
    async with stage.control.get(f"{path}?fields=plan", **call) as answer:
        assert "Silver" == (await answer.json())["plan"]["name"]
    async with stage.control.post("/v2/invoicing/generate-next-invoice-number", **call) as answer:
        assert "0001" == (await answer.json())["invoice_number"]

    assert "APPROVAL_PENDING" == subscription["status"]


async def test_a_number_may_be_taken_twice_unless_told_otherwise(stage: Stage) -> None:
    """
    Whether PayPal refuses it is not known, so nothing may rest on it.
    """
    call = {"headers": await stage.bearer()}
    invoice = {"detail": {"currency_code": "USD", "invoice_number": "N-1"}}
    statuses = []
    for strict in (False, False, True):
        await stage.control.put("/_simulator/unique-invoice-numbers", json=strict)
        async with stage.control.post("/v2/invoicing/invoices", json=invoice, **call) as answer:
            statuses.append(answer.status)

    assert [201, 201, 422] == statuses


async def test_people_see_the_invoices_and_nobody_writes_into_the_page(stage: Stage) -> None:
    await stage.trigger()
    sale = next(iter(stage.simulator.books.sales))
    evil = "<script>alert(1)</script>@example.com"
    invoice = {
        "detail": {"currency_code": "USD", "invoice_number": "N-1"},
        "primary_recipients": [{"billing_info": {"email_address": evil}}],
    }
    await stage.control.post("/v2/invoicing/invoices", json=invoice, headers=await stage.bearer())
    async with stage.control.get("/invoices") as answer:
        page = await answer.text()
    async with stage.control.get(f"/activity/payment/{sale}") as answer:
        activity = await answer.text()

    assert "N-1" in page
    assert "<script>" not in page
    assert sale in activity


def test_its_keys_and_credentials_survive_a_restart(keys: Path) -> None:
    first, second = (build(keys).describe("http://x") for _ in range(2))

    assert first == second


def test_what_it_keeps_is_for_its_owner_only(keys: Path, tmp_path: Path) -> None:
    build(tmp_path / "new")
    private = [
        tmp_path / "new" / name for name in ("key.pem", "authority.pem", "credentials.json")
    ]

    assert [0o600] * 3 == [file.stat().st_mode & 0o777 for file in private]


async def test_its_profile_admits_its_own_certificate_address_and_no_other(stage: Stage) -> None:
    await stage.trigger()
    (delivery,) = stage.received
    pattern = stage.told.profile["door"]["paypal-cert-url"]
    own = delivery.headers["paypal-cert-url"]

    assert re.fullmatch(pattern, own)
    assert not re.fullmatch(pattern, own.replace("127.0.0.1", "127.0.0.1.evil.example"))
    assert not re.fullmatch(pattern, own + "\n")
