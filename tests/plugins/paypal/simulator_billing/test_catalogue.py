"""Products and plans: what the simulated PayPal takes, lists and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.simulator_billing.shop import MONTHLY, TRIAL, YEARLY, Shop, cycle

PLANS, PRODUCTS = "/v1/billing/plans", "/v1/catalogs/products"
WHOLE = {"Prefer": "return=representation"}
MONTH = {"sequence": 1, **cycle("MONTH", "9.00")}


def plan(**fields: Any) -> dict[str, Any]:
    return {
        "product_id": "PROD-SIMULATED",
        "name": "Own",
        "billing_cycles": [MONTH],
        "payment_preferences": {},
        **fields,
    }


class TestPlans:
    async def test_a_fresh_simulator_sells_monthly_yearly_and_a_trial(self, shop: Shop) -> None:
        _, listed = await shop.call("GET", PLANS)

        assert [MONTHLY, YEARLY, TRIAL] == [one["id"] for one in listed["plans"]]

    async def test_the_list_leaves_prices_out_unless_asked(self, shop: Shop) -> None:
        _, brief = await shop.call("GET", PLANS)
        _, whole = await shop.call("GET", PLANS, **WHOLE)

        assert [False] * 3 == ["billing_cycles" in one for one in brief["plans"]]
        assert [True] * 3 == ["billing_cycles" in one for one in whole["plans"]]

    async def test_pages_hold_what_was_asked_for_and_link_to_the_next(self, shop: Shop) -> None:
        _, first = await shop.call("GET", f"{PLANS}?page_size=2&total_required=true")
        (following,) = (one["href"] for one in first["links"] if one["rel"] == "next")
        _, last = await shop.call("GET", following[following.index("/v1/") :])

        assert (2, 1) == (len(first["plans"]), len(last["plans"]))
        assert (3, 2) == (first["total_items"], first["total_pages"])
        assert "next" not in {one["rel"] for one in last["links"]}
        assert "total_items" not in (await shop.call("GET", PLANS))[1]

    @pytest.mark.parametrize("query", ["page_size=21", "page_size=0", "page=0", "page=x"])
    async def test_pages_out_of_bounds_are_refused(self, shop: Shop, query: str) -> None:
        field = f"/{query.partition('=')[0]}"

        assert (400, "INVALID_PARAMETER_VALUE", field) == await shop.refusal(
            "GET", f"{PLANS}?{query}"
        )

    async def test_plans_are_listed_by_id_and_product(self, shop: Shop) -> None:
        _, named = await shop.call("GET", f"{PLANS}?plan_ids={YEARLY},{TRIAL}")
        _, other = await shop.call("GET", f"{PLANS}?product_id=PROD-OTHER")

        assert ([YEARLY, TRIAL], []) == ([one["id"] for one in named["plans"]], other["plans"])

    async def test_the_answer_to_a_create_is_short_unless_asked(self, shop: Shop) -> None:
        _, brief = await shop.call("POST", PLANS, plan())
        _, whole = await shop.call("POST", PLANS, plan(), **WHOLE)

        assert "billing_cycles" not in brief
        assert whole == (await shop.call("GET", f"{PLANS}/{whole['id']}"))[1]

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"name": None}, (400, "MISSING_REQUIRED_PARAMETER", "/name")),
            ({"name": ""}, (400, "INVALID_STRING_MIN_LENGTH", "/name")),
            ({"name": "x" * 128}, (400, "INVALID_STRING_MAX_LENGTH", "/name")),
            (
                {"payment_preferences": None},
                (400, "MISSING_REQUIRED_PARAMETER", "/payment_preferences"),
            ),
            (
                {"payment_preferences": {"payment_failure_threshold": 1000}},
                (
                    400,
                    "INVALID_INTEGER_MAX_VALUE",
                    "/payment_preferences/payment_failure_threshold",
                ),
            ),
            ({"product_id": "PROD-NONE"}, (404, "INVALID_RESOURCE_ID", "/product_id")),
            ({"billing_cycles": []}, (400, "INVALID_ARRAY_MIN_ITEMS", "/billing_cycles")),
            (
                {"billing_cycles": [{}]},
                (400, "MISSING_REQUIRED_PARAMETER", "/billing_cycles/0/frequency"),
            ),
            (
                {"billing_cycles": [MONTH, {**MONTH, "sequence": 2}]},
                (400, "INVALID_PARAMETER_VALUE", "/billing_cycles"),
            ),
            (
                {"billing_cycles": [{**MONTH, "sequence": 2}]},
                (422, "INVALID_BILLING_CYCLE_SEQUENCE", "/billing_cycles"),
            ),
            (
                {
                    "billing_cycles": [
                        {**MONTH, "frequency": {"interval_unit": "YEAR", "interval_count": 2}}
                    ]
                },
                (
                    400,
                    "INVALID_INTEGER_MAX_VALUE",
                    "/billing_cycles/0/frequency/interval_count",
                ),
            ),
        ],
    )
    async def test_plans_that_paypal_refuses_are_refused(
        self, shop: Shop, change: dict[str, Any], problem: tuple[Any, ...]
    ) -> None:
        assert problem == await shop.refusal("POST", PLANS, plan(**change))

    async def test_a_plan_is_taken_off_and_put_back_on_sale(self, shop: Shop) -> None:
        path = f"{PLANS}/{MONTHLY}"

        assert (204, None) == await shop.call("POST", f"{path}/deactivate")
        assert (422, "PLAN_STATUS_INVALID", None) == await shop.refusal(
            "POST", f"{path}/deactivate"
        )
        assert (422, "PLAN_STATUS_INACTIVE", None) == await shop.refusal(
            "PATCH", path, [{"op": "replace", "path": "/name", "value": "New"}]
        )
        assert (204, None) == await shop.call("POST", f"{path}/activate")
        assert (422, "PLAN_STATUS_INVALID", None) == await shop.refusal("POST", f"{path}/activate")
        assert ["BILLING.PLAN.DEACTIVATED", "BILLING.PLAN.ACTIVATED"] == shop.told_of()

    async def test_a_plan_is_patched(self, shop: Shop) -> None:
        operation = {"op": "replace", "path": "/payment_preferences/payment_failure_threshold"}
        status, _ = await shop.call("PATCH", f"{PLANS}/{MONTHLY}", [{**operation, "value": 9}])
        _, shown = await shop.call("GET", f"{PLANS}/{MONTHLY}")

        assert (204, 9) == (status, shown["payment_preferences"]["payment_failure_threshold"])
        assert ["BILLING.PLAN.UPDATED"] == shop.told_of()

    @pytest.mark.parametrize(
        ("operations", "issue"),
        [
            ([], "MISSING_REQUEST_BODY"),
            ({}, "INVALID_PARAMETER_SYNTAX"),
            ([{"op": "replace", "path": "/status", "value": "x"}], "INVALID_PATCH_PATH"),
            ([{"op": "test", "path": "/name", "value": "x"}], "UNSUPPORTED_PATCH_OPERATION"),
            ([{"op": "replace", "path": "/name"}], "MISSING_REQUIRED_PARAMETER"),
            ([{"op": "replace", "path": "/name", "value": "x"}] * 2, "INVALID_PATCH_PATH"),
        ],
    )
    async def test_patches_that_paypal_refuses_are_refused(
        self, shop: Shop, operations: Any, issue: str
    ) -> None:
        refusal = await shop.refusal("PATCH", f"{PLANS}/{MONTHLY}", operations)

        assert (400, issue) == refusal[:2]

    async def test_an_unknown_plan_is_not_found(self, shop: Shop) -> None:
        assert (404, "INVALID_RESOURCE_ID", None) == await shop.refusal("GET", f"{PLANS}/P-NONE")


class TestProducts:
    async def test_a_product_is_made_shown_listed_and_changed(self, shop: Shop) -> None:
        body = {"name": "Silver", "type": "SERVICE"}
        status, made = await shop.call("POST", PRODUCTS, body)
        path = f"{PRODUCTS}/{made['id']}"
        change = [{"op": "add", "path": "/description", "value": "Shines"}]

        assert (201, made) == (status, (await shop.call("GET", path))[1])
        assert 204 == (await shop.call("PATCH", path, change))[0]
        assert "Shines" == (await shop.call("GET", path))[1]["description"]
        assert ["PROD-SIMULATED", made["id"]] == [
            one["id"] for one in (await shop.call("GET", PRODUCTS))[1]["products"]
        ]
        assert ["CATALOG.PRODUCT.CREATED", "CATALOG.PRODUCT.UPDATED"] == shop.told_of()

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({"type": "SERVICE"}, (400, "MISSING_REQUIRED_PARAMETER", "/name")),
            ({"name": "x", "type": "ODD"}, (400, "INVALID_PARAMETER_VALUE", "/type")),
            (
                {"name": "x", "type": "SERVICE", "id": "PROD-OWN"},
                (400, "INVALID_PARAMETER_SYNTAX", "/id"),
            ),
        ],
    )
    async def test_products_that_paypal_refuses_are_refused(
        self, shop: Shop, body: dict[str, Any], problem: tuple[Any, ...]
    ) -> None:
        assert problem == await shop.refusal("POST", PRODUCTS, body)

    async def test_an_own_id_is_taken_once(self, shop: Shop) -> None:
        body = {"name": "x", "type": "SERVICE", "id": "own-product"}

        assert 201 == (await shop.call("POST", PRODUCTS, body))[0]
        assert (422, "DUPLICATE_RESOURCE_IDENTIFIER", "/id") == await shop.refusal(
            "POST", PRODUCTS, body
        )
