"""`GET /docs`: an index, a command for curl that works, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shlex
from collections.abc import AsyncIterator

import pytest

from penstock.contracts import Contract, load
from penstock.entrypoints.http.reference.page import page
from penstock.entrypoints.http.reference.sample import Sample
from tests.contract.shown.house import Visit, visiting
from tests.unit.entrypoints.hosts import HOSTS, Told

CONTRACT = load()


@pytest.fixture(params=list(HOSTS))
async def visit(request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    async with visiting(request.param) as made:
        yield made


def shown(contract: Contract = CONTRACT) -> str:
    return page(contract, {"acme": ["sig"]}).body.decode()


def samples() -> dict[str, Sample]:
    return {
        described["operationId"]: Sample.of(method, path, described)
        for path, methods in CONTRACT.published["paths"].items()
        for method, described in methods.items()
    }


async def test_both_hosts_serve_the_page_under_a_policy_that_allows_its_own_script_only(
    visit: Visit,
):
    told = await visit("GET", "/docs", token="")
    text = told.body.decode()
    policy = told.headers["content-security-policy"]

    assert (200, "text/html; charset=utf-8") == (told.status, told.media)
    for name in ("style", "script"):
        (content,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_loads_nothing_and_links_to_no_other_host():
    addresses = re.findall(r'(?:href|src|action|srcset)="([^"]*)"', shown())

    assert addresses
    assert [] == [one for one in addresses if re.match(r"[a-z]+:|//", one)]


def test_the_index_leads_to_every_operation_and_each_has_curl_and_a_form():
    text = shown()

    for name, operation in CONTRACT.operations.items():
        assert f'<a href="#{name}">' in text
        assert f'<section id="{name}"' in text
        assert f'id="{name}-curl' in text
        assert (
            f'data-method="{operation.method}" data-path="{html.escape(operation.path)}"' in text
        )


def test_text_of_the_contract_is_escaped():
    hostile = "<img src=x onerror=alert(1)> & `<b>`"
    document = {**CONTRACT.document, "info": {**CONTRACT.document["info"], "description": hostile}}
    text = shown(Contract(document, CONTRACT.folder))

    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; <code>&lt;b&gt;</code>" in text


@pytest.mark.parametrize("name", sorted(CONTRACT.operations))
async def test_the_command_for_curl_is_a_request_that_keeps_to_the_contract(
    visit: Visit, name: str
):
    """
    What it names may not be there (404); it is never refused for its form.
    """
    for one in samples()[name].each_gateway().values():
        told = await sent(visit, shlex.split(one.curl.replace("\\\n", " ")))

        assert str(told.status) in CONTRACT.operations[name].described["responses"]
        assert told.status < 300 or told.status == 404


def test_a_webhooks_command_has_the_headers_of_its_own_gateway_and_of_no_other():
    commands = {
        gateway: shlex.split(one.curl.replace("\\\n", " "))
        for gateway, one in samples()["receiveWebhook"].each_gateway().items()
    }

    assert ["paypal", "example"] == list(commands)
    for gateway, words in commands.items():
        named = {word.partition(":")[0] for word in words}
        assert f"$PENSTOCK_API/webhooks/{gateway}" in words
        assert ("PayPal-Auth-Algo" in named) is (gateway == "paypal")
        assert ("Example-Signature" in named) is (gateway == "example")


def test_the_page_shows_the_webhook_of_each_of_the_stacks_gateways():
    """
    A gateway that requires no headers is there, too; a header of two gateways is in both sets.
    """
    text = page(CONTRACT, {"acme": ["sig"], "bank": ["sig", "x-bank"], "club": []}).body.decode()
    section = text.partition('<section id="receiveWebhook"')[2].partition("</section>")[0]

    assert ["acme", "bank", "club"] == re.findall(r'<option value="(\w+)">', section)
    for gateway, headers in {"acme": {"sig"}, "bank": {"sig", "x-bank"}, "club": set()}.items():
        command = section.partition(f'id="receiveWebhook-curl-{gateway}"')[2]
        sent = re.findall(r"-H &#39;([\w-]+):", command.partition("</pre>")[0])
        form = section.partition(f'<fieldset data-gateway="{gateway}"')[2]
        asked = re.findall(
            r'name="([\w-]+)" data-place="header"', form.partition("</fieldset>")[0]
        )
        assert headers == {*sent} - {"Content-Type"} == {*asked}


async def sent(visit: Visit, words: list[str]) -> Told:
    """What the command would send."""
    assert ["curl", "-i", "-X"] == words[:3]
    method, address, rest = words[3], words[4], words[5:]
    headers: list[tuple[str, bytes]] = []
    body = b""
    for option, value in zip(rest[::2], rest[1::2], strict=True):
        if option == "-H":
            field, _, text = value.partition(": ")
            headers.append((field, text.replace("$PENSTOCK_TOKEN", visit.token).encode()))
        else:
            assert "--data" == option
            body = value.encode()
    return await visit.ask(method, address.removeprefix("$PENSTOCK_API"), headers, body)
