"""Webhooks that somebody kept: judged for one webhook id, over the network or over a folder."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import Authentic, Authenticity, Delivery, Forged, Undecided
from penstock.api.account import CheckedWebhook
from penstock.testing.context import context
from penstock_paypal.account import PayPalAccount
from penstock_paypal.account.folder import issuers
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.simulator.authority import NAME, Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.signature import SIMULATOR_ID
from tests.plugins.paypal.fakes import ToldHttp
from tests.plugins.paypal.signing import SENT, URL, WEBHOOK_ID, World

NO_MATCH = Forged("the signature does not match")
CERT = URL.rpartition("/")[2]


async def check(
    authority: Authority,
    delivery: Delivery,
    *,
    webhook_id: str = WEBHOOK_ID,
    certificates: dict[str, bytes] | None = None,
    http: ToldHttp | None = None,
    intermediates: bytes | None = None,
) -> CheckedWebhook:
    """The account's answer; the local platform trusts the authority's root."""
    between = pem(authority.intermediate) if intermediates is None else intermediates
    profile = {
        "api_url": "https://api.local",
        "certificate_urls": re.escape(URL[: -len("0000")]) + "[0-9a-f]{4}",
        "certificate_name": NAME,
        "activity_url": "https://www.local/",
        "anchors": pem(authority.root).decode(),
        "intermediates": between.decode(),
    }
    settings = PayPalSettings(environment="local", extra_certificates="")
    account = PayPalAccount(context(settings, http=http or ToldHttp(), profile=profile))
    return await account.check_webhook(delivery, webhook_id, certificates)


@pytest.mark.parametrize("webhook_id", [WEBHOOK_ID, "ZZL71081MK3756722"])
async def test_a_kept_webhook_is_authentic_for_the_id_it_was_signed_for(
    authority: Authority, world: World, webhook_id: str
) -> None:
    kept = world.genuine(webhook_id=webhook_id)
    found = await check(authority, kept, webhook_id=webhook_id, http=world.http)

    assert CheckedWebhook(Authentic()) == found
    assert [("GET", URL)] == world.http.asked
    assert CheckedWebhook(NO_MATCH) == await check(
        authority, kept, webhook_id="5AAAAAAAAAAAAAAAA", http=world.http
    )


async def test_what_the_simulator_signed_is_named_so_and_authentic_only_for_its_own_id(
    authority: Authority, world: World
) -> None:
    kept = world.genuine(webhook_id=SIMULATOR_ID)
    asked = await check(authority, kept, webhook_id=SIMULATOR_ID, http=world.http)
    other = await check(authority, kept, http=world.http)

    assert Authentic() == asked.answer
    assert asked.note.startswith(f"{SIMULATOR_ID} is what PayPal's webhook simulator signs for")
    assert isinstance(other.answer, Forged)
    assert "signed by PayPal's webhook simulator" in other.answer.because


async def test_with_a_folder_nothing_is_downloaded_and_its_issuers_complete_the_chain(
    authority: Authority, world: World
) -> None:
    folder = {f"live-{CERT}.pem": world.pem, "between.pem": pem(authority.intermediate)}
    kept = world.genuine()

    assert CheckedWebhook(Authentic()) == await check(
        authority, kept, certificates=folder, intermediates=b""
    )
    del folder["between.pem"]

    assert isinstance(
        (await check(authority, kept, certificates=folder, intermediates=b"")).answer, Undecided
    )


async def test_a_certificate_that_the_folder_lacks_is_named(
    authority: Authority, world: World
) -> None:
    missing = Undecided(f"no file of the folder has a name that ends with {CERT}.pem")

    assert CheckedWebhook(missing) == await check(authority, world.genuine(), certificates={})


async def test_what_no_certificate_could_mend_is_forged_without_one(
    authority: Authority, world: World
) -> None:
    kept = world.genuine(**{door.CERT_URL: "https://evil.example/CERT-1"})
    forged = Forged("the certificate's address is not PayPal's")

    assert CheckedWebhook(forged) == await check(authority, kept, certificates={})


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["forged", "unreadable", "good"], Authentic),
        (["good", "forged"], Authentic),
        (["forged", "unreadable"], Undecided),
        (["unreadable", "forged"], Undecided),
        (["forged"], Forged),
    ],
)
async def test_of_several_certificates_of_one_id_a_good_one_counts_then_one_that_decides_nothing(
    authority: Authority, world: World, names: list[str], kind: type[Authenticity]
) -> None:
    pems = {
        "good": world.pem,
        "unreadable": b"no PEM",
        "forged": World.of(authority, name="evil.example").pem,
    }
    folder = {f"{place}-{CERT}.pem": pems[name] for place, name in enumerate(names)}
    found = await check(authority, world.genuine(), certificates=folder)

    assert kind is type(found.answer)


LINES = b'{"id":"WH-1",\n"event_type":"X",\n"resource":{}}'


@pytest.mark.parametrize(
    ("signed", "kept", "what"),
    [
        (LINES, b"\xef\xbb\xbf" + LINES, "without its byte order mark"),
        (LINES, LINES + b"\n", "without its last line break"),
        (LINES, LINES + b"\r\n", "without its last line break"),
        (LINES, LINES.replace(b"\n", b"\r\n"), "with LF instead of CRLF"),
    ],
)
async def test_a_body_that_was_changed_when_it_was_saved_is_said_to_be_so_and_stays_forged(
    authority: Authority, world: World, signed: bytes, kept: bytes, what: str
) -> None:
    delivery = replace(world.genuine(body=signed), body=kept)
    note = f"the signature holds for the body {what}: the file was changed when it was saved"

    assert CheckedWebhook(NO_MATCH, note) == await check(authority, delivery, http=world.http)


@pytest.mark.parametrize("kept", [LINES + b" ", b"\xef\xbb\xbf" + LINES + b" \n", b"{}\r\n"])
async def test_a_body_that_was_changed_otherwise_is_forged_and_no_more_is_said(
    authority: Authority, world: World, kept: bytes
) -> None:
    delivery = replace(world.genuine(body=LINES), body=kept)

    assert CheckedWebhook(NO_MATCH) == await check(authority, delivery, http=world.http)


async def test_a_kept_webhook_is_judged_as_of_when_it_came(
    authority: Authority,
) -> None:
    world = World.of(authority, end=SENT + timedelta(hours=1))

    assert CheckedWebhook(Authentic()) == await check(authority, world.genuine(), http=world.http)


def test_what_is_no_certificate_in_a_folder_hides_none_behind_it(authority: Authority) -> None:
    good = pem(authority.intermediate)
    folder = {"a.txt": good, "b.pem": b"no PEM", "c.pem": good, "d.pem": pem(authority.root)}

    assert good + b"\n" + pem(authority.root) == issuers(folder)
