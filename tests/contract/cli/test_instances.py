"""Two accounts of PayPal in one stack: a command names the account that it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.cli.shop import Shop, penstock

EU, US = "penstock-local/paypal-eu", "penstock-local/paypal-us"
ACCOUNTS = {
    name: {"plugin": "paypal", "environment": "local"} for name in ("paypal-eu", "paypal-us")
}


@pytest.fixture
def shops(shop: Shop) -> Shop:
    """The stack with two accounts in the place of one."""
    profile: dict[str, Any] = shop.outputs["profile"]["paypal"]
    for name in (EU, US):
        shop.vault.create_secret(Name=name)
    shop.write(gateways=ACCOUNTS, profile=dict.fromkeys(ACCOUNTS, profile))
    return shop


def value(shop: Shop, name: str) -> dict[str, str]:
    """What a secret holds."""
    return json.loads(shop.vault.get_secret_value(SecretId=name)["SecretString"])


def test_a_secret_is_set_by_the_accounts_name_and_the_others_stays(shops: Shop):
    given = {**shops.credentials, "webhook_id": "WH-eu"}
    done = penstock("secrets", "set", "paypal-eu", given=given)
    unknown = penstock("secrets", "set", "paypal", given=given)

    assert 0 == done.exit_code, done.output
    assert given == value(shops, EU)
    with pytest.raises(shops.vault.exceptions.ResourceNotFoundException):
        value(shops, US)
    assert 4 == unknown.exit_code
    assert "there are paypal-eu, paypal-us" in unknown.stderr


def test_set_up_is_of_the_account_that_is_named(shops: Shop):
    unclear = shops.setup("--from-file", "-", given=shops.credentials)
    unknown = shops.setup("--gateway", "paypal-uk", "--from-file", "-", given=shops.credentials)
    done = shops.setup("--gateway", "paypal-eu", "--from-file", "-", given=shops.credentials)

    assert (2, 4) == (unclear.exit_code, unknown.exit_code)
    assert "name one with --gateway: paypal-eu, paypal-us" in unclear.stderr
    assert "it has paypal-eu, paypal-us" in unknown.stderr
    assert 0 == done.exit_code, done.output
    assert shops.credentials.items() <= value(shops, EU).items()
    assert "/webhooks/paypal-eu" in done.stdout


def test_set_up_asks_which_account_also_where_one_is_called_as_the_plugin(shops: Shop):
    """
    What only looks may take that one.
    """
    two = dict.fromkeys(("paypal", "paypal-eu"), ACCOUNTS["paypal-eu"])
    profile = dict.fromkeys(two, shops.outputs["profile"]["paypal-eu"])
    shops.write(gateways=two, profile=profile)
    given = {**shops.credentials, "webhook_id": "WH-1"}
    penstock("secrets", "set", "paypal", given=given)
    unclear = shops.setup("--from-file", "-", given=shops.credentials)
    looked = penstock("paypal", "check")

    assert (2, [], 0) == (unclear.exit_code, shops.written(), looked.exit_code), looked.output
    assert "name one with --gateway: paypal, paypal-eu" in unclear.stderr


def test_the_only_account_needs_no_name(shops: Shop):
    shops.write(gateways={"paypal-eu": ACCOUNTS["paypal-eu"]})
    done = shops.setup("--from-file", "-", given=shops.credentials)

    assert 0 == done.exit_code, done.output
    assert shops.credentials.items() <= value(shops, EU).items()


def test_webhooks_are_registered_for_each_account_at_its_own_route(shops: Shop):
    for name in ACCOUNTS:
        penstock("secrets", "set", name, given={**shops.credentials, "webhook_id": f"WH-{name}"})
    done = penstock("webhooks", "register", "--dry-run", "--json")

    assert 0 == done.exit_code, done.output
    said = json.dumps(json.loads(done.stdout))
    assert all(f"/webhooks/{name}" in said for name in ACCOUNTS)
