"""`GET /docs` in Chromium: its forms send requests, on a phone and with the keyboard alone."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page, Request

from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.tokens import mint
from penstock.entrypoints.http.web import application
from tests.browser.conftest import Browsing
from tests.browser.looking import SIZES, faults, inspected, looking
from tests.contract.shown.house import House

pytestmark = pytest.mark.browser


@pytest.fixture
def house() -> House:
    return House()


async def token(house: House) -> str:
    kept, text = mint("docs", house.world.ids, house.clock.now())
    await house.world.tokens.put(kept)
    return text


async def opened(page: Page, operation: str) -> None:
    await page.get_by_text(f"Try it: {operation}", exact=True).click()


async def answered(page: Page, operation: str) -> tuple[str, str]:
    """The status and the body that the form shows."""
    shown = page.locator(f"#{operation} .answer")
    await shown.locator("h4").wait_for()
    body = shown.get_by_label("Body of the answer")
    return await shown.locator("h4").inner_text(), await body.inner_text()


async def test_the_page_has_no_fault(browsing: Browsing, house: House):
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
    ):
        assert [] == await inspected(browser, f"{url}/docs", "docs")


@pytest.mark.parametrize("size", SIZES)
async def test_a_form_sends_its_request_and_shows_the_answer(
    browsing: Browsing, house: House, size: str
):
    text = await token(house)
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser, size) as page,
    ):
        asked: list[Request] = []
        page.on("request", lambda one: asked.append(one))
        await page.goto(f"{url}/docs")
        await page.get_by_label("Bearer token").fill(text)
        await opened(page, "listPlans")
        await page.get_by_role("button", name="Send GET /plans", exact=True).click()
        status, body = await answered(page, "listPlans")

        assert ("200 OK", "Gold") == (status, json.loads(body)["plans"][0]["name"])
        assert [] == await faults(page)
        assert {url} == {one.url.partition("/docs")[0].partition("/plans")[0] for one in asked}
        stored = "() => localStorage.length + sessionStorage.length + document.cookie.length"
        assert 0 == await page.evaluate(stored)
        assert text not in page.url + await page.content()
        await page.reload()
        assert "" == await page.get_by_label("Bearer token").input_value()


async def test_a_payment_is_made_with_the_keyboard_alone(browsing: Browsing, house: House):
    text = await token(house)
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser) as page,
    ):
        await page.goto(f"{url}/docs")
        await page.keyboard.press("Tab")
        assert "Skip to the operations" == await focused(page)
        await page.keyboard.press("Enter")
        await page.get_by_label("Bearer token").focus()
        await page.keyboard.type(text)
        await page.get_by_text("Try it: createPayment", exact=True).focus()
        await page.keyboard.press("Enter")
        while await focused(page) != "Send POST /payments":
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        status, body = await answered(page, "createPayment")

        assert ("202 Accepted", "accepted") == (status, json.loads(body)["status"])


async def test_another_example_fills_the_body(browsing: Browsing, house: House):
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser) as page,
    ):
        await page.goto(f"{url}/docs")
        await opened(page, "createPayment")
        await page.locator("#createPayment-example").select_option(label="least")

        body = json.loads(await page.locator("#createPayment-body").input_value())
        assert {"provider": "example", "order": {"amount": 500, "currency": "JPY"}} == body


async def test_a_webhooks_form_has_and_sends_the_headers_of_the_gateway_that_is_chosen(
    browsing: Browsing, house: House
):
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser) as page,
    ):
        asked: list[Request] = []
        page.on("request", lambda one: asked.append(one))
        await page.goto(f"{url}/docs")
        await opened(page, "receiveWebhook")
        form = page.locator("#receiveWebhook form")
        for gateway, own, other in (
            ("example", "example-signature", "paypal-auth-algo"),
            ("paypal", "paypal-auth-algo", "example-signature"),
        ):
            await form.get_by_label("gateway").select_option(gateway)
            shown = await form.locator("[data-place=header]").evaluate_all(
                "all => all.filter((one) => one.checkVisibility()).map((one) => one.name)"
            )
            assert (True, False) == (own in map(str.lower, shown), other in map(str.lower, shown))
            async with page.expect_response(f"{url}/webhooks/{gateway}") as told:
                await form.get_by_role("button").click()
            headers = await (await told.value).request.all_headers()
            assert 202 == (await told.value).status
            assert (True, False) == (own in headers, other in headers)


async def test_one_command_for_curl_of_a_webhook_is_open_at_a_time(
    browsing: Browsing, house: House
):
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser) as page,
    ):
        await page.goto(f"{url}/docs")
        section = page.locator("#receiveWebhook")
        # The first one, example's, is open already.
        for gateway, other in (("paypal", "example"), ("example", "paypal")):
            await section.get_by_text(f"curl for {gateway}", exact=True).click()
            command = section.get_by_role("group", name=f"curl for receiveWebhook of {gateway}")
            await command.wait_for()
            assert f"/webhooks/{gateway}" in await command.inner_text()
            assert not await page.locator(f"#receiveWebhook-curl-{other}").is_visible()


@pytest.mark.parametrize("typed", ["..", "//evil.example/x", "<img src=x onerror=alert(1)>"])
async def test_what_is_typed_into_a_path_reaches_no_other_host_and_becomes_no_page(
    browsing: Browsing, house: House, typed: str
):
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser) as page,
    ):
        asked: list[Request] = []
        page.on("request", lambda one: asked.append(one))
        await page.goto(f"{url}/docs")
        await opened(page, "getProblem")
        await page.locator("#getProblem-name").fill(typed)
        await page.get_by_role("button", name="Send GET /problems/{name}").click()
        shown = page.locator("#getProblem .answer")
        await shown.locator("h4, p:has-text('No answer')").first.wait_for()

        assert all(one.url.startswith(f"{url}/") for one in asked)
        assert 0 == await shown.locator("img").count()


async def test_a_page_that_is_answered_is_shown_as_text(browsing: Browsing, house: House):
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser) as page,
    ):
        await page.goto(f"{url}/docs")
        await opened(page, "getProblem")
        await page.get_by_role("button", name="Send GET /problems/{name}").click()
        status, body = await answered(page, "getProblem")

        assert "200 OK" == status
        assert body.startswith("<!doctype html>")


async def test_without_scripts_the_page_is_still_a_reference(browsing: Browsing, house: House):
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
        looking(browser, java_script_enabled=False) as page,
    ):
        await page.goto(f"{url}/docs")

        assert await page.get_by_role("heading", name="GET /plans", exact=True).is_visible()
        assert not await page.get_by_text("Try it: listPlans", exact=True).is_visible()


async def test_an_injected_script_is_refused(browsing: Browsing, house: House):
    """
    The policy of the page allows its own script by its hash, and no other.
    """
    async with (
        listening(application(house.platform), "127.0.0.1", 0) as url,
        browsing() as browser,
    ):
        page = await browser.new_page()
        await page.goto(f"{url}/docs")
        await page.evaluate(
            "() => { const one = document.createElement('script');"
            " one.textContent = 'window.hit = true'; document.body.append(one); }"
        )

        assert await page.evaluate("() => window.hit === undefined")


async def focused(page: Page) -> str:
    return await page.evaluate("() => document.activeElement.textContent.trim()")
