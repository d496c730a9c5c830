"""A subscription's plan is revised, and its fields are patched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.simulator_billing.shop import (
    MONTHLY,
    SUBSCRIPTIONS,
    TRIAL,
    YEARLY,
    Shop,
    cycle,
    day,
)


class TestRevising:
    async def test_a_revision_is_billed_from_the_next_cycle_once_approved(
        self, shop: Shop
    ) -> None:
        identity = await shop.subscribed(MONTHLY)
        shop.told_of()
        path = f"{SUBSCRIPTIONS}/{identity}/revise"
        status, answer = await shop.call("POST", path, {"plan_id": YEARLY})
        links = {one["rel"]: one["href"] for one in answer["links"]}

        assert (200, YEARLY) == (status, answer["plan_id"])
        assert (MONTHLY, []) == ((await shop.show(identity))["plan_id"], shop.told_of())
        async with shop.client.post(
            "/webapps/billing/subscriptions",
            data={"ba_token": links["approve"].partition("=")[2], "action": "subscribe"},
            allow_redirects=False,
        ) as sent:
            assert 303 == sent.status
        shown = await shop.show(identity)

        assert (YEARLY, ["UPDATED"]) == (shown["plan_id"], shop.told_of())
        assert "2026-02-28T10:00:00Z" == shown["billing_info"]["next_billing_time"]
        await shop.at(day("2026-03-31"))
        (paid,) = (one["resource"] for one in shop.events)

        assert ("2026-02-28T10:00:00Z", "120.00") == (paid["create_time"], paid["amount"]["total"])

    async def test_a_revision_that_is_not_approved_changes_nothing(self, shop: Shop) -> None:
        identity = await shop.subscribed(MONTHLY)
        await shop.call("POST", f"{SUBSCRIPTIONS}/{identity}/revise", {"plan_id": YEARLY})
        await shop.at(day("2026-02-28"))

        assert "12.50" == shop.events[-1]["resource"]["amount"]["total"]

    async def test_a_new_plan_has_no_trial_for_an_old_subscriber(self, shop: Shop) -> None:
        identity = await shop.subscribed(YEARLY)
        await shop.call("POST", f"{SUBSCRIPTIONS}/{identity}/revise", {"plan_id": TRIAL})
        await shop.control(f"subscriptions/{identity}/approve", {})

        assert ["REGULAR"] == [
            one["tenure_type"]
            for one in (await shop.show(identity))["billing_info"]["cycle_executions"]
        ]

    async def test_a_plan_of_another_product_is_refused(self, shop: Shop) -> None:
        identity = await shop.subscribed()
        _, product = await shop.call(
            "POST", "/v1/catalogs/products", {"name": "x", "type": "SERVICE"}
        )
        _, plan = await shop.call(
            "POST",
            "/v1/billing/plans",
            {
                "product_id": product["id"],
                "name": "x",
                "billing_cycles": [{"sequence": 1, **cycle("MONTH", "1.00")}],
                "payment_preferences": {},
            },
        )

        assert (422, "PLAN_PRODUCT_NOT_COMPATIBLE", "/plan_id") == await shop.refusal(
            "POST", f"{SUBSCRIPTIONS}/{identity}/revise", {"plan_id": plan["id"]}
        )

    async def test_an_unknown_plan_is_refused(self, shop: Shop) -> None:
        path = f"{SUBSCRIPTIONS}/{await shop.subscribed()}/revise"

        assert (404, "INVALID_RESOURCE_ID", "/plan_id") == await shop.refusal(
            "POST", path, {"plan_id": "P-NONE"}
        )

    async def test_a_cancelled_subscription_is_not_revised(self, shop: Shop) -> None:
        identity = await shop.subscribed()
        await shop.step(identity, "cancel")

        assert (422, "SUBSCRIPTION_STATUS_INVALID", None) == await shop.refusal(
            "POST", f"{SUBSCRIPTIONS}/{identity}/revise", {"plan_id": YEARLY}
        )


class TestPatching:
    async def test_the_reference_is_changed(self, shop: Shop) -> None:
        identity = await shop.subscribed()
        shop.told_of()
        change = [{"op": "replace", "path": "/custom_id", "value": "c-2"}]

        assert 204 == (await shop.call("PATCH", f"{SUBSCRIPTIONS}/{identity}", change))[0]
        assert ("c-2", ["UPDATED"]) == (
            (await shop.show(identity))["custom_id"],
            shop.told_of(),
        )

    @pytest.mark.parametrize(
        ("path", "value", "problem"),
        [
            ("/custom_id", "ö", (400, "INVALID_PARAMETER_SYNTAX")),
            ("/status", "CANCELLED", (400, "INVALID_PATCH_PATH")),
            (
                "/billing_info/outstanding_balance",
                {"currency_code": "USD", "value": "9.00"},
                (422, "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE"),
            ),
        ],
    )
    async def test_what_cannot_be_patched_is_refused(
        self, shop: Shop, path: str, value: Any, problem: tuple[Any, ...]
    ) -> None:
        identity = await shop.subscribed()
        change = [{"op": "replace", "path": path, "value": value}]

        assert problem == (await shop.refusal("PATCH", f"{SUBSCRIPTIONS}/{identity}", change))[:2]
