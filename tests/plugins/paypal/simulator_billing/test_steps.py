"""Each step of a subscription from status to status."""

from __future__ import annotations

import pytest

from tests.plugins.paypal.simulator_billing.shop import (
    CONTEXT,
    SALE,
    SUBSCRIPTIONS,
    Shop,
    ahead,
    cycle,
    day,
)


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
