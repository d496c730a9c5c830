"""PayPal's tokens: asked for once, renewed, and tried with both credentials."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from penstock.api import GatewayUnavailable, HttpNotSent, HttpUnanswered, NotSent
from penstock.testing.builders import invoice_draft
from penstock.testing.context import FixedSecrets, NoSecrets
from penstock.testing.http import response
from tests.plugins.paypal.client import FOUND, SALE_PATH, ask_once, told
from tests.plugins.paypal.told import SECRET, TOKEN, Told, granted

__all__ = ["told"]


async def test_a_token_is_asked_for_once_by_all_at_once(told: Told) -> None:
    told.http.gate = asyncio.Event()
    asking = [asyncio.create_task(ask_once(told)) for _ in range(10)]
    await asyncio.sleep(0)
    told.http.gate.set()
    await asyncio.gather(*asking)

    assert (1, 10) == (told.tokens, len(told.asked))


async def test_a_token_is_renewed_before_it_ends(told: Told) -> None:
    """
    By what PayPal says of its life, not by what it used to be.
    """
    told.http.answers[TOKEN] = granted(life=3600)
    await ask_once(told)
    told.clock.advance(3600 - 301)
    await ask_once(told)

    assert 1 == told.tokens
    told.clock.advance(2)
    await ask_once(told)

    assert 2 == told.tokens


async def test_a_refused_token_is_replaced_once(told: Told) -> None:
    told.at(SALE_PATH, response(401, {"error": "invalid_token"}), FOUND)
    await ask_once(told)

    assert (2, 2) == (told.tokens, len(told.asked))


async def test_a_token_refused_again_is_for_people_to_mend(told: Told) -> None:
    told.at(SALE_PATH, response(401, {"error": "invalid_token"}))
    with pytest.raises(GatewayUnavailable, match="401 invalid_token"):
        await ask_once(told)

    assert (2, 2) == (told.tokens, len(told.asked))


async def test_both_credentials_of_a_rotation_are_tried(told: Told) -> None:
    new = {"client_id": "new", "client_secret": "not yet known to PayPal"}
    told = Told(secrets=FixedSecrets(new, SECRET))
    told.at(SALE_PATH, FOUND)
    told.http.answers[TOKEN] = [response(401, {"error": "invalid_client"}), granted()]
    await ask_once(told)

    assert (2, 0) == (told.tokens, told.secrets.refreshes)


async def test_the_former_secret_of_the_same_client_is_tried_too() -> None:
    """
    A new secret may be written before PayPal takes it; the one before is good until then.
    """
    told = Told(secrets=FixedSecrets({**SECRET, "client_secret": "not yet good"}, SECRET))
    told.at(SALE_PATH, FOUND)
    told.http.answers[TOKEN] = [response(401, {"error": "invalid_client"}), granted()]
    await ask_once(told)
    await ask_once(told)

    assert (2, 0, 2) == (told.tokens, told.secrets.refreshes, len(told.asked))


async def test_a_token_of_a_secret_that_is_no_longer_ours_is_not_used() -> None:
    """
    The secret was replaced, because it was lost perhaps; its client is the same.
    """
    rotated = {**SECRET, "client_secret": "rotated"}
    told = Told(secrets=FixedSecrets(SECRET, fresh=(rotated,)))
    told.at(SALE_PATH, FOUND)
    await ask_once(told)
    await told.secrets.refresh()
    await ask_once(told)

    assert 2 == told.tokens


async def test_new_credentials_are_looked_for_when_the_known_ones_fail() -> None:
    fresh = {"client_id": "client", "client_secret": "rotated"}
    told = Told(secrets=FixedSecrets(SECRET, fresh=(fresh,)))
    told.at(SALE_PATH, FOUND)
    told.http.answers[TOKEN] = [response(401, {"error": "invalid_client"}), granted()]
    await ask_once(told)

    assert (2, 1) == (told.tokens, told.secrets.refreshes)


@pytest.mark.parametrize(
    "answer",
    [
        response(401, {"error": "invalid_client"}),
        response(429, b""),
        response(500, b"<html>"),
        response(200, b"<html>"),
        response(200, {"access_token": "A21AA"}),
        response(200, {"access_token": "A\u00e9", "expires_in": 1}),
        HttpNotSent("no connection"),
        HttpUnanswered("timeout"),
    ],
)
async def test_without_a_token_nothing_was_sent(told: Told, answer: Any) -> None:
    """
    So whatever wanted to be sent may be tried again.
    """
    told.http.answers[TOKEN] = answer

    assert isinstance(await told.paypal.create_invoice(invoice_draft()), NotSent)
    assert [] == told.asked


async def test_an_unreadable_secret_means_nothing_was_sent() -> None:
    told = Told(secrets=NoSecrets())  # type: ignore[arg-type] # a secret that cannot be read

    assert isinstance(await told.paypal.create_invoice(invoice_draft()), NotSent)
    assert [] == told.http.asked
