"""A buyer's whole way in Chromium: shop, plan, the simulated gateway's approval page, paid."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
from playwright.async_api import Page

from local.shop import shop
from penstock.entrypoints.serve.host import serving
from penstock.entrypoints.serve.tryout import HOST, tryout
from tests.browser.conftest import Browsing
from tests.browser.looking import SCHEMES, SCREENSHOTS, SIZES, faults, inspected, looking

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Town:
    """A shop whose platform, gateways included, answers."""

    shop: str
    token: str


@asynccontextmanager
async def town() -> AsyncIterator[Town]:
    async with (
        tryout() as tried,
        serving(tried.platform, tried.sinks, host=HOST, port=tried.port) as api,
        shop(api, tried.token, 0, tried.simulators.values()) as url,
        aiohttp.ClientSession() as http,
    ):
        registration = f"{tried.simulators['paypal']}/_simulator/registration"
        await http.put(registration, json={"url": f"{api}/webhooks/paypal"})
        yield Town(url, tried.token)


async def fill(page: Page, email: str = "ann@example.org") -> None:
    await page.get_by_label("Customer reference").fill("customer-42")
    await page.get_by_label("Given name").fill("Ann")
    await page.get_by_label("Surname").fill("Buyer")
    await page.get_by_label("E-mail").fill(email)


async def look_again_until_paid(page: Page) -> None:
    """By the page's link, as without scripts; the page that says paid has none."""
    paid = page.get_by_role("heading", name="Thank you, you have paid")
    again = page.get_by_role("link", name="Look again")
    await paid.or_(again).first.wait_for()
    while not await paid.is_visible():
        async with page.expect_navigation():
            await again.click()
        await paid.or_(again).first.wait_for()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("Gold, monthly", "Thank you, you have paid"),
        ("Gold, monthly, the first week free", "Your free trial has begun"),
    ],
)
async def test_a_buyer_picks_a_plan_approves_it_and_is_told(
    browsing: Browsing, size: str, scheme: str, plan: str, says: str
):
    async with town() as there, browsing() as browser, looking(browser, size, scheme) as page:
        await page.goto(there.shop)
        await page.get_by_role("link", name=f"Choose {plan}", exact=True).click()
        await fill(page)
        await page.get_by_role("button", name="Continue to PayPal").click()
        await page.get_by_text("Simulated PayPal").first.wait_for()
        name = "trial" if "free" in plan else "paid"
        await page.screenshot(path=SCREENSHOTS / f"way-{name}-approval-{size}-{scheme}.png")
        await page.locator("button[value=subscribe]").click()

        await page.get_by_role("heading", name=says).wait_for()
        await page.screenshot(path=SCREENSHOTS / f"way-{name}-return-{size}-{scheme}.png")
        assert [] == await faults(page)
        assert "/returns/" in page.url


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("pending", "Your payment is pending"),
        ("hold", "Thank you, you have paid"),
        ("fail", "Your payment did not go through"),
        ("late", "Thank you, you have paid"),
    ],
)
async def test_whatever_becomes_of_the_payment_the_buyer_is_told(
    browsing: Browsing, outcome: str, says: str
):
    async with town() as there, browsing() as browser, looking(browser) as page:
        await page.goto(there.shop)
        await page.get_by_role("link", name="Choose Gold, monthly", exact=True).click()
        await fill(page)
        await page.get_by_role("button", name="Continue to PayPal").click()
        await page.locator(f"input[value={outcome}]").check()
        await page.locator("button[value=subscribe]").click()

        await page.get_by_role("heading", name=says).wait_for()


async def test_a_buyer_who_cancels_is_told_that_nothing_was_charged(browsing: Browsing):
    async with town() as there, browsing() as browser, looking(browser) as page:
        await page.goto(there.shop)
        await page.get_by_role("link", name="Choose Gold, monthly", exact=True).click()
        await fill(page)
        await page.get_by_role("button", name="Continue to PayPal").click()
        await page.locator("button[value=cancel]").click()

        await page.get_by_role("heading", name="You have not subscribed").wait_for()
        await page.get_by_role("link", name="Approve the subscription").click()
        await page.locator("button[value=subscribe]").click()

        await page.get_by_role("heading", name="Thank you, you have paid").wait_for()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
async def test_a_buyer_pays_once_approves_and_sees_it_is_paid(
    browsing: Browsing, size: str, scheme: str
):
    async with town() as there, browsing() as browser, looking(browser, size, scheme) as page:
        await page.goto(there.shop)
        await page.get_by_role("link", name="Or buy the book of the month, once").click()
        assert [] == await faults(page)
        await page.get_by_role("button", name="Pay with PayPal").click()
        await page.get_by_text("Simulated PayPal").first.wait_for()
        await page.screenshot(path=SCREENSHOTS / f"book-approval-{size}-{scheme}.png")
        await page.locator("button[value=subscribe]").click()

        await page.get_by_role("heading", name="Thank you, you have paid").wait_for()
        assert [] == await faults(page)
        await page.screenshot(path=SCREENSHOTS / f"book-return-{size}-{scheme}.png")
        assert "/returns/p-" in page.url


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("pending", "Your payment is pending"),
        ("refused", "Your payment did not go through"),
        ("late", "Thank you, you have paid"),
    ],
)
async def test_whatever_becomes_of_the_books_payment_the_buyer_is_told(
    browsing: Browsing, outcome: str, says: str
):
    async with town() as there, browsing() as browser, looking(browser) as page:
        await page.goto(f"{there.shop}/book")
        await page.get_by_role("button", name="Pay with PayPal").click()
        await page.locator(f"input[value={outcome}]").check()
        await page.locator("button[value=subscribe]").click()

        await page.get_by_role("heading", name=says).wait_for()
        assert [] == await faults(page)


async def test_a_declined_buyer_tries_another_card_and_has_paid(browsing: Browsing):
    async with town() as there, browsing() as browser, looking(browser) as page:
        await page.goto(f"{there.shop}/book")
        await page.get_by_role("button", name="Pay with PayPal").click()
        await page.locator("input[value=declined]").check()
        await page.locator("button[value=subscribe]").click()
        await page.get_by_role("heading", name="Your payment did not go through").wait_for()
        assert [] == await faults(page)

        await page.get_by_role("link", name="Try again").click()
        await page.locator("button[value=subscribe]").click()

        await page.get_by_role("heading", name="Thank you, you have paid").wait_for()


async def test_a_buyer_who_leaves_the_book_unpaid_may_still_approve(browsing: Browsing):
    async with town() as there, browsing() as browser, looking(browser) as page:
        await page.goto(f"{there.shop}/book")
        await page.get_by_role("button", name="Pay with PayPal").click()
        await page.locator("button[value=cancel]").click()
        await page.get_by_role("heading", name="You have not paid").wait_for()
        assert [] == await faults(page)

        await page.get_by_role("link", name="Approve the payment").click()
        await page.locator("button[value=subscribe]").click()

        await page.get_by_role("heading", name="Thank you, you have paid").wait_for()


async def test_the_book_is_bought_at_the_example_gateway_without_scripts(browsing: Browsing):
    async with (
        town() as there,
        browsing() as browser,
        looking(browser, java_script_enabled=False) as page,
    ):
        await page.goto(f"{there.shop}/book")
        await page.get_by_role("button", name="Pay with Example").click()
        await page.get_by_role("button", name="Pay now").click()
        await look_again_until_paid(page)


async def test_the_whole_way_works_without_scripts(browsing: Browsing):
    async with (
        town() as there,
        browsing() as browser,
        looking(browser, java_script_enabled=False) as page,
    ):
        await page.goto(there.shop)
        await page.get_by_role("link", name="Choose Gold, yearly", exact=True).click()
        await fill(page)
        await page.get_by_role("button", name="Continue to PayPal").click()
        await page.locator("button[value=subscribe]").click()
        await look_again_until_paid(page)


async def test_a_wrong_field_is_named_and_what_was_written_is_kept(browsing: Browsing):
    async with town() as there, browsing() as browser, looking(browser) as page:
        await page.goto(there.shop)
        await page.get_by_role("link", name="Choose Gold, monthly", exact=True).click()
        await fill(page)
        await page.get_by_label("Customer reference").fill("x" * 128)
        await page.get_by_role("button", name="Continue to PayPal").click()

        await page.get_by_role("alert").wait_for()
        wrong = page.get_by_label("Customer reference")
        assert "true" == await wrong.get_attribute("aria-invalid")
        assert "Ann" == await page.get_by_label("Given name").input_value()
        assert [] == await faults(page)
        await page.screenshot(path=SCREENSHOTS / "shop-wrong-phone-light.png", full_page=True)


async def test_the_shops_pages_have_no_fault_and_no_token(browsing: Browsing):
    async with town() as there, browsing() as browser:
        form = f"{there.shop}/plans/paypal/P-MONTHLY00000000000000000"

        assert [] == await inspected(browser, there.shop, "shop-plans")
        assert [] == await inspected(browser, form, "shop-form")
        async with looking(browser) as page:
            for url in (there.shop, form):
                await page.goto(url)
                assert there.token not in await page.content()
