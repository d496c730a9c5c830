"""Creating a subscription: what is made and refused, and a request sent again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.simulator_billing.shop import (
    CONTEXT,
    MONTHLY,
    SUBSCRIPTIONS,
    Shop,
    ahead,
)

AT = "/application_context"
BODY = {"plan_id": MONTHLY, "custom_id": "c-1"}


class TestCreating:
    async def test_a_new_subscription_waits_for_approval(self, shop: Shop) -> None:
        made = await shop.create()
        shown = await shop.show(made["id"])
        (event,) = shop.events
        links = {one["rel"]: one["href"] for one in made["links"]}

        assert ("APPROVAL_PENDING", "c-1", MONTHLY) == (
            shown["status"],
            shown["custom_id"],
            shown["plan_id"],
        )
        assert "/webapps/billing/subscriptions?ba_token=BA-" in links["approve"]
        assert ("BILLING.SUBSCRIPTION.CREATED", "2.0", shown) == (
            event["event_type"],
            event["resource_version"],
            event["resource"],
        )
        assert not {"subscriber", "billing_info"} & set(shown)

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"plan_id": None}, (400, "MISSING_REQUIRED_PARAMETER", "/plan_id")),
            ({"plan_id": "P-NONE"}, (404, "INVALID_RESOURCE_ID", "/plan_id")),
            ({"custom_id": ""}, (400, "INVALID_STRING_MIN_LENGTH", "/custom_id")),
            ({"custom_id": "x" * 128}, (400, "INVALID_STRING_MAX_LENGTH", "/custom_id")),
            ({"custom_id": "Söhne"}, (400, "INVALID_PARAMETER_SYNTAX", "/custom_id")),
            ({"custom_id": "line\n"}, (400, "INVALID_PARAMETER_SYNTAX", "/custom_id")),
            ({"custom_id": 7}, (400, "INVALID_PARAMETER_SYNTAX", "/custom_id")),
            (
                {"application_context": {"cancel_url": CONTEXT["cancel_url"]}},
                (400, "MISSING_REQUIRED_PARAMETER", f"{AT}/return_url"),
            ),
            (
                {"application_context": {"return_url": CONTEXT["return_url"]}},
                (400, "MISSING_REQUIRED_PARAMETER", f"{AT}/cancel_url"),
            ),
            (
                {"application_context": {**CONTEXT, "return_url": "javascript:alert(1)"}},
                (400, "INVALID_PARAMETER_SYNTAX", f"{AT}/return_url"),
            ),
            (
                {"application_context": {**CONTEXT, "user_action": "PAY"}},
                (400, "INVALID_PARAMETER_VALUE", f"{AT}/user_action"),
            ),
            (
                {"start_time": "2026-01-01T00:00:00Z"},
                (400, "INVALID_PARAMETER_VALUE", "/start_time"),
            ),
            ({"start_time": "soon"}, (400, "INVALID_STRING_MIN_LENGTH", "/start_time")),
            ({"quantity": "2"}, (422, "SUBSCRIPTION_CANNOT_HAVE_QUANTITY", "/quantity")),
            (
                {"shipping_amount": {"currency_code": "EUR", "value": "1.00"}},
                (422, "CURRENCY_MISMATCH", None),
            ),
            (
                {"plan": {"billing_cycles": [{"sequence": 9}]}},
                (422, "INVALID_BILLING_CYCLE_SEQUENCE", "/plan/billing_cycles"),
            ),
        ],
    )
    async def test_what_paypal_refuses_is_refused_and_nothing_is_made(
        self, shop: Shop, change: dict[str, Any], problem: tuple[Any, ...]
    ) -> None:
        body = {"plan_id": MONTHLY, "application_context": CONTEXT, **change}

        assert problem == await shop.refusal("POST", SUBSCRIPTIONS, body)
        assert ({}, []) == (shop.simulator.books.subscriptions, shop.events)

    async def test_the_longest_reference_is_taken(self, shop: Shop) -> None:
        made = await shop.create(custom_id="~ " * 63 + "x")

        assert 127 == len((await shop.show(made["id"]))["custom_id"])

    async def test_a_plan_off_sale_is_not_sold(self, shop: Shop) -> None:
        await shop.call("POST", f"/v1/billing/plans/{MONTHLY}/deactivate")

        assert (422, "PLAN_STATUS_INVALID", "/plan_id") == await shop.refusal(
            "POST", SUBSCRIPTIONS, {"plan_id": MONTHLY}
        )

    async def test_an_override_changes_the_price_of_this_subscription(self, shop: Shop) -> None:
        cheap = {
            "sequence": 1,
            "pricing_scheme": {"fixed_price": {"currency_code": "USD", "value": "5"}},
        }
        identity = await shop.subscribed(MONTHLY, plan={"billing_cycles": [cheap]})

        assert "5.00" == shop.events[-1]["resource"]["amount"]["total"]
        assert (await shop.show(identity))["plan_overridden"]

    async def test_the_plan_is_shown_where_it_is_asked_for(self, shop: Shop) -> None:
        path = f"{SUBSCRIPTIONS}/{(await shop.create())['id']}"
        _, brief = await shop.call("GET", path)
        _, whole = await shop.call("GET", f"{path}?fields=last_failed_payment,plan")

        assert "plan" not in brief
        assert ("Gold, monthly", "PROD-SIMULATED") == (
            whole["plan"]["name"],
            whole["plan"]["product_id"],
        )

    async def test_the_last_failed_payment_is_shown_where_it_is_asked_for(
        self, shop: Shop
    ) -> None:
        identity = await shop.subscribed(MONTHLY, "fail")
        _, brief = await shop.call("GET", f"{SUBSCRIPTIONS}/{identity}")

        assert "last_failed_payment" not in brief["billing_info"]
        assert "last_failed_payment" in (await shop.show(identity))["billing_info"]


class TestReplays:
    async def test_the_same_request_answers_200_with_what_it_made(self, shop: Shop) -> None:
        status, first = await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1")
        again, second = await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1")

        assert (201, 200, first) == (status, again, second)
        assert ["CREATED"] == shop.told_of()

    async def test_a_replay_shows_the_current_state(self, shop: Shop) -> None:
        _, first = await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1")
        await shop.control(f"subscriptions/{first['id']}/approve", {})
        _, second = await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1")

        assert (first["id"], "ACTIVE") == (second["id"], second["status"])

    async def test_another_body_is_refused(self, shop: Shop) -> None:
        await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1")
        other = {**BODY, "custom_id": "c-2"}

        assert (422, "DUPLICATE_REQUEST_ID", None) == await shop.refusal(
            "POST", SUBSCRIPTIONS, other, PayPal_Request_Id="r-1"
        )

    @pytest.mark.parametrize(("hours", "status"), [(71.9, 200), (72, 201)])
    async def test_an_id_is_kept_for_72_hours(self, shop: Shop, hours: float, status: int) -> None:
        await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1")
        await shop.at(ahead(hours=hours))

        assert status == (await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1"))[0]

    async def test_a_refused_request_uses_no_id_up(self, shop: Shop) -> None:
        await shop.call("POST", SUBSCRIPTIONS, {"plan_id": "P-NONE"}, PayPal_Request_Id="r-1")

        assert 201 == (await shop.call("POST", SUBSCRIPTIONS, BODY, PayPal_Request_Id="r-1"))[0]
