"""The pages themselves: headers, words, links, and nothing personal."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from penstock import problems
from penstock.contracts import Checked
from penstock.entrypoints.http.handlers import Call
from penstock.entrypoints.http.message import Answer
from penstock.entrypoints.http.pages.handlers import PageHandlers
from penstock.entrypoints.http.pages.page import PageSettings, problem_page
from penstock.entrypoints.http.pages.texts import texts_of
from penstock.errors import RequestRefused
from penstock.testing.clock import NOON
from tests.unit.pages.scene import Scene, payment, subscription

SETTINGS = PageSettings(
    'Ann & "Bob"', "en", "https://shop.example/help", "https://shop.example/home?a=1&b=2"
)


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def ask(scene: Scene, operation: str, token: str, language: str = "") -> Answer:
    handlers = PageHandlers(lambda: scene.returning, SETTINGS).table()
    headers = {"accept-language": language} if language else {}
    return await handlers[operation](Call(Checked({"token": token}, None), headers, b""))


def state(answer: Answer) -> dict[str, Any]:
    return json.loads(answer.body)


class TestHeaders:
    async def test_no_page_is_kept_referred_framed_or_guessed_at(self, scene: Scene):
        answer = await ask(scene, "showReturn", await scene.signed_up())

        assert {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "content-type": "text/html; charset=utf-8",
        }.items() <= answer.headers.items()
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert policy.endswith("base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        assert "unsafe" not in policy

    @pytest.mark.parametrize("element", ["style", "script"])
    async def test_what_is_inline_is_allowed_by_its_hash(self, scene: Scene, element: str):
        answer = await ask(scene, "showReturn", await scene.signed_up())

        inline = re.search(f"<{element}>(.*)</{element}>", answer.body.decode(), re.DOTALL)
        assert inline is not None
        digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode()
        allowed = f"{element}-src 'sha256-{digest}'"
        assert allowed in answer.headers["content-security-policy"]

    async def test_a_settled_page_has_no_script(self, scene: Scene):
        token = await scene.signed_up(subscription(paid=True), payment())
        answer = await ask(scene, "showReturn", token)

        assert b"<script" not in answer.body
        assert "script-src" not in answer.headers["content-security-policy"]


class TestWords:
    async def test_a_paid_subscription_says_until_when(self, scene: Scene):
        token = await scene.signed_up(subscription(paid=True), payment())
        page = (await ask(scene, "showReturn", token)).body.decode()

        assert "Thank you, you have paid" in page
        until = texts_of("en").date(NOON + timedelta(days=30))
        assert f"Your subscription is active and paid until {until}." in page

    async def test_the_page_speaks_the_browsers_language(self, scene: Scene):
        token = await scene.signed_up()
        answer = await ask(scene, "showReturn", token, "zh-TW,en;q=0.5")

        assert "zh-TW" == answer.headers["content-language"]
        assert '<html lang="zh-TW">' in answer.body.decode()
        assert "等待確認中" in answer.body.decode()

    async def test_a_pending_payment_says_why_in_words(self, scene: Scene):
        token = await scene.signed_up(subscription(), payment("pending", reason="ECHECK"))

        told = state(await ask(scene, "getReturnState", token))
        assert ("pending", False) == (told["state"], told["settled"])
        assert told["because"].startswith("You paid from a bank account.")

    async def test_a_code_that_is_for_the_seller_is_not_shown(self, scene: Scene):
        reason = "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION"
        token = await scene.signed_up(subscription(), payment("pending", reason=reason))
        answer = await ask(scene, "showReturn", token)

        assert reason.lower() not in answer.body.decode().lower()

    async def test_a_suspended_one_links_to_where_the_payment_is_mended(self, scene: Scene):
        shown = subscription("suspended", links={"wallet": "https://gate.example/mend"})
        told = state(await ask(scene, "getReturnState", await scene.signed_up(shown)))

        expected = {
            "href": "https://gate.example/mend",
            "text": "Update your payment method",
            "first": True,
        }
        assert expected == told["links"][0]

    async def test_a_link_that_is_no_web_address_is_not_shown(self, scene: Scene):
        shown = subscription("suspended", links={"wallet": "javascript:alert(1)"})
        page = (await ask(scene, "showReturn", await scene.signed_up(shown))).body

        assert b"javascript" not in page

    async def test_the_brand_and_links_are_escaped(self, scene: Scene):
        page = (await ask(scene, "showReturn", await scene.signed_up())).body.decode()

        assert "<header>Ann &amp; &quot;Bob&quot;</header>" in page
        assert 'href="https://shop.example/home?a=1&amp;b=2"' in page

    async def test_nothing_personal_is_shown(self, scene: Scene):
        token = await scene.signed_up(subscription(paid=True), payment())

        for operation in ("showReturn", "getReturnState"):
            page = (await ask(scene, operation, token)).body.decode()
            for private in ("customer-1", "I-1", "SALE1", "key-1", "BA-1"):
                assert private not in page


class TestWithoutScript:
    async def test_a_waiting_page_has_a_link_to_look_again(self, scene: Scene):
        token = await scene.signed_up()
        page = (await ask(scene, "showReturn", token)).body.decode()

        assert f'<a class="first" href="{token}">Look again</a>' in page


class TestCancelled:
    async def test_the_buyer_may_still_approve(self, scene: Scene):
        token = await scene.signed_up(subscription("approval_pending"))
        page = (await ask(scene, "showCancelledReturn", token)).body.decode()

        assert "Nothing was charged" in page
        assert 'href="https://gate.example/approve?ba_token=BA-1"' in page

    async def test_a_buyer_who_approved_after_all_is_sent_on(self, scene: Scene):
        token = await scene.signed_up(subscription(paid=True), payment())
        answer = await ask(scene, "showCancelledReturn", token)

        assert (303, f"../{token}") == (answer.status, answer.headers["location"])


class TestRefused:
    @pytest.mark.parametrize("operation", ["showReturn", "getReturnState", "showCancelledReturn"])
    async def test_a_wrong_token_is_404(self, scene: Scene, operation: str):
        with pytest.raises(RequestRefused) as refused:
            await ask(scene, operation, "guessed")

        assert problems.NO_SUCH_RETURN == refused.value.kind

    def test_the_page_of_a_wrong_token_says_what_to_do(self):
        refused = RequestRefused(problems.NO_SUCH_RETURN, "for programs")
        answer = problem_page(refused, SETTINGS, "en")

        assert 404 == answer.status
        assert "Go back to where you subscribed" in answer.body.decode()
        assert "for programs" not in answer.body.decode()

    def test_a_page_that_cannot_be_shown_now_says_when(self):
        refused = RequestRefused(problems.UNAVAILABLE, headers={"retry-after": "5"})
        answer = problem_page(refused, SETTINGS, "zh-TW")

        assert (503, "5") == (answer.status, answer.headers["retry-after"])
        assert "請稍後再試" in answer.body.decode()
