"""`penstock secrets set | rotate` ask the gateway whether it takes a secret."""

from __future__ import annotations

import pytest

from tests.contract.cli.running import run
from tests.contract.cli.shop import Shop, penstock


def test_a_secret_that_paypal_takes_is_written_and_the_answer_says_that_it_was_asked(shop: Shop):
    value = {**shop.credentials, "webhook_id": "WH-1"}
    result = penstock("secrets", "set", "paypal", given=value)

    assert (0, value) == (result.exit_code, shop.secret()), result.output
    assert "tested: paypal takes it" in result.stdout


def test_one_field_from_a_pipe_is_tested_with_the_others_that_are_there(shop: Shop):
    penstock("secrets", "set", "paypal", given={**shop.credentials, "webhook_id": "WH-1"})
    result = run(["secrets", "set", "paypal", "--field", "webhook_id"], "WH-2\n")

    assert (0, "WH-2") == (result.exit_code, (shop.secret() or {})["webhook_id"]), result.output
    assert "tested: paypal takes it" in result.stdout


@pytest.mark.parametrize("command", ["set", "rotate"])
def test_a_secret_that_paypal_does_not_take_is_not_written(shop: Shop, command: str):
    value = {**shop.credentials, "webhook_id": "WH-1"}
    penstock("secrets", "set", "paypal", given=value)
    wrong = {**value, "client_secret": "hush"}
    refused = penstock("secrets", command, "paypal", given=wrong)
    kept = shop.secret()
    forced = penstock("secrets", command, "paypal", "--untested", given=wrong)

    assert (5, value) == (refused.exit_code, kept), refused.output
    assert "nothing was written" in refused.stderr
    assert "hush" not in refused.output
    assert (0, wrong) == (forced.exit_code, shop.secret()), forced.output


def test_a_secret_is_not_written_while_paypal_gives_no_answer(shop: Shop):
    profile = {**shop.outputs["profile"]["paypal"], "api_url": "http://127.0.0.1:9"}
    shop.write(profile={"paypal": profile})
    result = penstock("secrets", "set", "paypal", given={**shop.credentials, "webhook_id": "W"})

    assert (6, None) == (result.exit_code, shop.secret()), result.output
    assert "--untested" in result.stderr
