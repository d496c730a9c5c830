"""Subscriptions: what is created and refused, and each step from status to status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.simulator_billing.shop import (
    CONTEXT,
    MONTHLY,
    SALE,
    SUBSCRIPTIONS,
    TRIAL,
    YEARLY,
    Shop,
    ahead,
    cycle,
    day,
)

AT = "/application_context"
BODY = {"plan_id": MONTHLY, "custom_id": "c-1"}
CAPTURE = {
    "note": "Balance",
    "capture_type": "OUTSTANDING_BALANCE",
    "amount": {"currency_code": "USD", "value": "12.50"},
}


async def owing(shop: Shop) -> str:
    """The path of a subscription that owes the price of one cycle."""
    identity = await shop.subscribed()
    await shop.pays(identity, "fail", 3)
    await shop.at(day("2026-03-10"))
    shop.events.clear()
    return f"{SUBSCRIPTIONS}/{identity}"


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


class TestSteps:
    async def test_cancelling_ends_the_billing_for_good(self, shop: Shop) -> None:
        identity = await shop.subscribed()
        shop.told_of()

        assert 204 == await shop.step(identity, "cancel", "Too dear")
        shown = await shop.show(identity)

        assert ("CANCELLED", "Too dear") == (shown["status"], shown["status_change_note"])
        assert "next_billing_time" not in shown["billing_info"]
        assert "last_payment" in shown["billing_info"]
        assert ["self"] == [one["rel"] for one in shown["links"]]
        await shop.at(ahead(days=400))

        assert ["CANCELLED"] == shop.told_of()

    async def test_a_suspended_subscription_is_not_billed_until_it_is_activated(
        self, shop: Shop
    ) -> None:
        identity = await shop.subscribed()
        await shop.step(identity, "suspend")
        shop.told_of()
        await shop.at(day("2026-04-15"))

        assert ([], "SUSPENDED") == (shop.told_of(), (await shop.show(identity))["status"])
        assert 204 == await shop.step(identity, "activate")
        shown = await shop.show(identity)

        assert (["ACTIVATED"], "ACTIVE") == (shop.told_of(), shown["status"])
        assert "2026-04-30T10:00:00Z" == shown["billing_info"]["next_billing_time"]
        await shop.at(day("2026-04-30"))

        assert [SALE] == shop.told_of()

    async def test_a_suspended_subscription_can_be_cancelled(self, shop: Shop) -> None:
        identity = await shop.subscribed()
        await shop.step(identity, "suspend")

        assert 204 == await shop.step(identity, "cancel")

    async def test_an_approved_subscription_is_begun_by_the_merchant(self, shop: Shop) -> None:
        context = {**CONTEXT, "user_action": "CONTINUE"}
        identity = await shop.subscribed(application_context=context)

        assert ("APPROVED", ["CREATED"]) == (
            (await shop.show(identity))["status"],
            shop.told_of(),
        )
        assert 204 == (await shop.call("POST", f"{SUBSCRIPTIONS}/{identity}/activate"))[0]
        assert ["ACTIVATED", SALE] == shop.told_of()

    @pytest.mark.parametrize(
        ("before", "step"),
        [
            ([], "suspend"),
            ([], "cancel"),
            ([], "activate"),
            (["approve"], "activate"),
            (["approve", "suspend"], "suspend"),
            (["approve", "cancel"], "suspend"),
            (["approve", "cancel"], "cancel"),
            (["approve", "cancel"], "activate"),
            (["approve", "expire"], "cancel"),
            (["approve", "expire"], "activate"),
        ],
    )
    async def test_a_step_that_the_status_forbids_is_refused(
        self, shop: Shop, before: list[str], step: str
    ) -> None:
        plan = await shop.plan(cycle("DAY", "1.00", 1))
        identity = (await shop.create(plan))["id"]
        for one in before:
            if one == "approve":
                await shop.control(f"subscriptions/{identity}/approve", {})
            elif one == "expire":
                await shop.at(ahead(days=2))
            else:
                await shop.step(identity, one)
        shown = await shop.show(identity)

        assert (422, "SUBSCRIPTION_STATUS_INVALID", None) == await shop.refusal(
            "POST", f"{SUBSCRIPTIONS}/{identity}/{step}", {"reason": "x"}
        )
        assert shown == await shop.show(identity)

    @pytest.mark.parametrize("step", ["cancel", "suspend"])
    @pytest.mark.parametrize(
        ("body", "issue"),
        [
            ({}, "MISSING_REQUIRED_PARAMETER"),
            ({"reason": ""}, "INVALID_STRING_MIN_LENGTH"),
            ({"reason": "x" * 129}, "INVALID_STRING_MAX_LENGTH"),
        ],
    )
    async def test_a_reason_is_wanted(
        self, shop: Shop, step: str, body: dict[str, str], issue: str
    ) -> None:
        identity = await shop.subscribed()

        assert (400, issue, "/reason") == await shop.refusal(
            "POST", f"{SUBSCRIPTIONS}/{identity}/{step}", body
        )

    @pytest.mark.parametrize("step", ["cancel", "suspend", "activate", "revise"])
    async def test_an_unknown_subscription_is_not_found(self, shop: Shop, step: str) -> None:
        assert (404, "INVALID_RESOURCE_ID", None) == await shop.refusal(
            "POST", f"{SUBSCRIPTIONS}/I-NONE/{step}", {"reason": "x"}
        )

    async def test_the_buyer_can_cancel_at_paypal(self, shop: Shop) -> None:
        identity = await shop.subscribed()
        await shop.control(f"subscriptions/{identity}/cancel")

        assert "SUBSCRIBER" == (await shop.show(identity))["status_changed_by"]
        assert "CANCELLED" == shop.told_of()[-1]

    async def test_a_subscription_that_a_test_stated_can_be_cancelled(self, shop: Shop) -> None:
        await shop.control("books", [["subscriptions", "I-STATED", {"status": "ACTIVE"}]])

        assert 204 == await shop.step("I-STATED", "cancel")

    async def test_a_stated_subscription_is_billed_when_it_falls_due(self, shop: Shop) -> None:
        """
        A next billing time without cycles costs nothing, and is not waited for for ever.
        """
        stated = {"status": "ACTIVE", "billing_info.next_billing_time": "2026-02-10T10:00:00Z"}
        await shop.control("books", [["subscriptions", "I-STATED", stated]])
        await shop.at(day("2026-03-01"))

        assert [] == shop.told_of()


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


class TestMoney:
    async def test_a_captured_balance_is_a_sale_and_is_gone(self, shop: Shop) -> None:
        path = await owing(shop)
        status, transaction = await shop.call("POST", f"{path}/capture", CAPTURE)
        _, shown = await shop.call("GET", path)

        assert (200, "COMPLETED") == (status, transaction["status"])
        assert "0.0" == shown["billing_info"]["outstanding_balance"]["value"]
        assert [transaction["id"]] == [one["resource"]["id"] for one in shop.events]

    async def test_a_capture_is_not_repeated_under_its_request_id(self, shop: Shop) -> None:
        path = await owing(shop)
        part = {**CAPTURE, "amount": {"currency_code": "USD", "value": "2.50"}}
        _, first = await shop.call("POST", f"{path}/capture", part, PayPal_Request_Id="r-1")
        _, again = await shop.call("POST", f"{path}/capture", part, PayPal_Request_Id="r-1")
        _, shown = await shop.call("GET", path)

        assert first == again
        assert "10.0" == shown["billing_info"]["outstanding_balance"]["value"]

    @pytest.mark.parametrize(("how", "answer"), [("pending", 202), ("fail", 200)])
    async def test_a_capture_may_be_pending_or_fail(
        self, shop: Shop, how: str, answer: int
    ) -> None:
        path = await owing(shop)
        await shop.pays(path.rpartition("/")[2], how)
        status, transaction = await shop.call("POST", f"{path}/capture", CAPTURE)

        assert (answer, {"pending": "PENDING", "fail": "DECLINED"}[how]) == (
            status,
            transaction["status"],
        )

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"note": None}, (400, "MISSING_REQUIRED_PARAMETER", "/note")),
            ({"capture_type": "ALL"}, (400, "INVALID_PARAMETER_VALUE", "/capture_type")),
            ({"amount": None}, (400, "MISSING_REQUIRED_PARAMETER", "/amount")),
            (
                {"amount": {"currency_code": "USD", "value": "12.51"}},
                (422, "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE", "/amount/value"),
            ),
            (
                {"amount": {"currency_code": "EUR", "value": "1.00"}},
                (422, "CURRENCY_MISMATCH", "/amount/currency_code"),
            ),
        ],
    )
    async def test_captures_that_paypal_refuses_are_refused(
        self, shop: Shop, change: dict[str, Any], problem: tuple[Any, ...]
    ) -> None:
        path = await owing(shop)

        assert problem == await shop.refusal("POST", f"{path}/capture", {**CAPTURE, **change})

    async def test_nothing_outstanding_is_not_captured(self, shop: Shop) -> None:
        path = f"{SUBSCRIPTIONS}/{await shop.subscribed()}"

        assert (422, "ZERO_OUTSTANDING_BALANCE", None) == await shop.refusal(
            "POST", f"{path}/capture", CAPTURE
        )

    async def test_transactions_are_the_payments_of_the_period(self, shop: Shop) -> None:
        path = await owing(shop)
        query = "start_time=2026-01-31T00:00:00Z&end_time=2026-03-09T00:00:00Z"
        _, listed = await shop.call("GET", f"{path}/transactions?{query}")

        assert [
            ("COMPLETED", "2026-01-31T12:00:00Z"),
            ("DECLINED", "2026-02-28T10:00:00Z"),
            ("DECLINED", "2026-03-05T10:00:00Z"),
        ] == [(one["status"], one["time"]) for one in listed["transactions"]]
        assert "11.76" == listed["transactions"][0]["amount_with_breakdown"]["net_amount"]["value"]

    @pytest.mark.parametrize(
        ("query", "problem"),
        [
            ("", (400, "MISSING_REQUIRED_PARAMETER", "/start_time")),
            ("start_time=2026-01-31T00:00:00Z", (400, "MISSING_REQUIRED_PARAMETER", "/end_time")),
            ("start_time=yesterday&end_time=x", (400, "INVALID_PARAMETER_SYNTAX", "/start_time")),
            (
                "start_time=2026-01-31T00:00:00Z&end_time=2026-01-30T00:00:00Z",
                (400, "INVALID_PARAMETER_VALUE", "/end_time"),
            ),
        ],
    )
    async def test_a_period_has_two_ends(
        self, shop: Shop, query: str, problem: tuple[Any, ...]
    ) -> None:
        path = f"{SUBSCRIPTIONS}/{await shop.subscribed()}/transactions?{query}"

        assert problem == await shop.refusal("GET", path)

    async def test_a_setup_fee_is_a_payment_of_its_own(self, shop: Shop) -> None:
        fee = {"currency_code": "USD", "value": "20.00"}
        plan = await shop.plan(cycle("MONTH", "9.00"), setup_fee=fee)
        await shop.subscribed(plan)

        assert ["20.00", "9.00"] == [
            one["resource"]["amount"]["total"] for one in shop.events if one["event_type"] == SALE
        ]

    @pytest.mark.parametrize(
        ("action", "told"),
        [("CANCEL", ["CANCELLED"]), ("CONTINUE", ["ACTIVATED", SALE])],
    )
    async def test_a_setup_fee_that_fails_does_as_the_plan_says(
        self, shop: Shop, action: str, told: list[str]
    ) -> None:
        fee = {"currency_code": "USD", "value": "20.00"}
        preferences = {"setup_fee": fee, "setup_fee_failure_action": action}
        plan = await shop.plan(cycle("MONTH", "9.00"), **preferences)
        await shop.subscribed(plan, "fail")

        assert told == shop.told_of()[2:]


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
