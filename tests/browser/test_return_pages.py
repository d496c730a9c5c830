"""The buyer's pages in Chromium: every state, phone and desktop, light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from penstock.domain.change import Change
from tests.browser.conftest import Browsing
from tests.browser.looking import SIZES, faults, inspected, looking
from tests.unit.pages.scene import MONTH, TRIAL, Scene, payment, subscription
from tests.unit.pages.served import served

pytestmark = pytest.mark.browser

MANAGE = {"wallet": "https://gate.example/mend"}
STATES: dict[str, list[Any]] = {
    "waiting": [subscription("approval_pending")],
    "paid": [subscription(paid=True), payment()],
    "trial": [subscription(cycles=(TRIAL, MONTH))],
    "pending": [subscription(), payment("pending", reason="ECHECK")],
    "on-hold": [subscription(paid=True), payment(hold="held")],
    "failed": [subscription(links=MANAGE), payment("declined")],
    "suspended": [subscription("suspended", paid=True, links=MANAGE), payment()],
    "cancelled": [subscription("cancelled", paid=True), payment()],
    "ended": [subscription("expired")],
}


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("state", STATES)
async def test_a_page_has_no_fault(browsing: Browsing, state: str, language: str):
    scene = Scene()
    token = await scene.signed_up(*STATES[state])
    async with served(scene) as url, browsing() as browser:
        name = f"return-{state}-{language}"

        assert [] == await inspected(browser, f"{url}/returns/{token}", name, locale=language)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
async def test_the_cancelled_page_has_no_fault(browsing: Browsing, language: str):
    scene = Scene()
    token = await scene.signed_up(subscription("approval_pending"))
    async with served(scene) as url, browsing() as browser:
        where = f"{url}/returns/{token}/cancelled"

        assert [] == await inspected(browser, where, f"cancel-{language}", locale=language)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
async def test_the_page_of_a_wrong_token_has_no_fault(browsing: Browsing, language: str):
    async with served(Scene()) as url, browsing() as browser:
        where = f"{url}/returns/guessed"

        assert [] == await inspected(browser, where, f"gone-{language}", locale=language)


@pytest.mark.parametrize("size", SIZES)
async def test_a_waiting_page_says_paid_by_itself(browsing: Browsing, size: str):
    scene = Scene()
    token = await scene.signed_up(subscription("approval_pending"))
    async with served(scene) as url, browsing() as browser, looking(browser, size) as page:
        await page.goto(f"{url}/returns/{token}?subscription_id=I-1&ba_token=BA-1&token=BA-1")
        assert "Waiting for confirmation · Ada's Books" == await page.title()

        await become_paid(scene)

        await page.get_by_role("status").get_by_text("Thank you, you have paid").wait_for()
        await expect(page).to_have_title("Thank you, you have paid · Ada's Books")
        await expect(page.get_by_role("link")).to_have_text(["Continue", "Contact us"])


async def test_without_scripts_the_page_is_looked_at_again_by_a_link(browsing: Browsing):
    scene = Scene()
    token = await scene.signed_up(subscription("approval_pending"))
    async with (
        served(scene) as url,
        browsing() as browser,
        looking(browser, java_script_enabled=False) as page,
    ):
        await page.goto(f"{url}/returns/{token}")
        await become_paid(scene)
        await page.get_by_role("link", name="Look again").click()

        await page.get_by_role("heading", name="Thank you, you have paid").wait_for()


async def become_paid(scene: Scene) -> None:
    """The gateway's notifications arrive."""
    await scene.ledger.commit(Change(subscription(paid=True), 0))
    await scene.keep(payment())


async def test_the_inspection_finds_faults(browsing: Browsing):
    async with browsing() as browser, looking(browser) as page:
        await page.set_content(
            "<p style='color:#999;font-size:12px'>pale<a href='/'>x</a></p>"
            "<div style='width:2000px'>wide</div>"
        )
        found = " ".join(await faults(page))

    for fault in ("color-contrast", "html-has-lang", "44 px", "16 px", "sideways"):
        assert fault in found
