"""The pages' routes on both hosts: no token needed, refusals as a page where one was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest

from penstock.entrypoints.functions.api import answer
from penstock.entrypoints.functions.merchant import make_merchant
from tests.unit.pages.scene import SECRET, Scene, payment, subscription
from tests.unit.pages.served import platform_of, served

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
Ask = Callable[[str, str], Awaitable[tuple[int, str, str]]]


@asynccontextmanager
async def by_function(scene: Scene) -> AsyncIterator[Ask]:
    api = make_merchant(platform_of(scene))

    async def ask(path: str, accept: str) -> tuple[int, str, str]:
        where, _, query = path.partition("?")
        event = {
            "rawPath": where,
            "rawQueryString": query,
            "headers": {"accept": accept},
            "requestContext": {"http": {"method": "GET"}},
        }
        told = await answer(api, event)
        return told.status, told.headers["content-type"], told.body.decode()

    yield ask


@asynccontextmanager
async def by_server(scene: Scene) -> AsyncIterator[Ask]:
    async with served(scene) as url, aiohttp.ClientSession() as http:

        async def ask(path: str, accept: str) -> tuple[int, str, str]:
            async with http.get(url + path, headers={"accept": accept}) as told:
                return told.status, told.headers["content-type"], await told.text()

        yield ask


Host = Callable[[Scene], AbstractAsyncContextManager[Ask]]
HOSTS = pytest.mark.parametrize("host", [by_function, by_server])
WRONG = ["guessed", "%0A", f"{'0' * 32}-{SECRET}", "a" * 2000]


@HOSTS
async def test_the_gateways_query_parameters_are_ignored(host: Host):
    scene = Scene()
    token = await scene.signed_up(subscription(paid=True), payment())
    async with host(scene) as ask:
        status, media, page = await ask(f"/returns/{token}?subscription_id=I-9&token=EC-1", "*/*")

    assert (200, "text/html; charset=utf-8") == (status, media)
    assert "I-9" not in page
    assert "Ada&#x27;s Books" in page


@HOSTS
@pytest.mark.parametrize("token", WRONG)
@pytest.mark.parametrize("page", ["", "/cancelled"])
async def test_a_wrong_token_is_a_page_for_a_browser(host: Host, token: str, page: str):
    scene = Scene()
    async with host(scene) as ask:
        status, media, text = await ask(f"/returns/{token}{page}", BROWSER)

    assert (404, "text/html; charset=utf-8") == (status, media)
    assert "Go back to where you subscribed" in text
    assert [] == scene.gate.asked


@HOSTS
async def test_a_wrong_token_is_a_problem_for_a_program(host: Host):
    async with host(Scene()) as ask:
        told = [await ask("/returns/guessed", "*/*"), await ask("/returns/x/state", BROWSER)]

    assert 2 * [(404, "application/problem+json")] == [one[:2] for one in told]
    assert all("urn:penstock:problem:no-such-return" in one[2] for one in told)


@HOSTS
async def test_no_secret_of_a_buyer_is_logged(host: Host, capsys: pytest.CaptureFixture[str]):
    scene = Scene()
    token = await scene.signed_up(subscription("approval_pending"))
    scene.gate.down = True
    async with host(scene) as ask:
        await ask(f"/returns/{token}", BROWSER)
        await ask(f"/returns/{token}x", BROWSER)

    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
