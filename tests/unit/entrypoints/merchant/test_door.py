"""What the merchant's API needs: a token, and an address that buyers can return to."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.http.web import application
from penstock.errors import SettingsError
from penstock.settings import Function, Settings
from tests.unit.entrypoints.hosts import HOSTS
from tests.unit.entrypoints.merchant.backend import JSON, problem
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import Club


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/plans"),
        ("POST", "/subscriptions"),
        ("GET", "/subscriptions?reference=x"),
        ("GET", "/subscriptions/club-I-1"),
        ("GET", "/subscriptions/club-I-1/payments"),
        ("POST", "/subscriptions/club-I-1/cancel"),
        ("POST", "/subscriptions/club-I-1/suspend"),
        ("POST", "/subscriptions/club-I-1/resume"),
        ("POST", "/subscriptions/club-I-1/revise"),
    ],
)
@pytest.mark.parametrize("host", list(HOSTS))
async def test_a_token_is_needed(stand: Stand, host: str, method: str, path: str):
    async with HOSTS[host](stand) as ask:
        told = await ask(method, path, [JSON], b"{}")

    assert (401, "unauthorized", []) == problem(told)


class TestPublicAddress:
    @pytest.mark.parametrize(
        "url",
        ["https://pay.example.org", "https://pay.example.org/dev/", "http://127.0.0.1:8080"],
    )
    def test_an_address_that_buyers_can_return_to_is_taken(self, url: str):
        assert url.rstrip("/") == Settings.read({"PENSTOCK_API_URL": url}).public_url

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "http://pay.example.org",
            "http://127.0.0.1.example.org",
            "ftp://x",
            "https://",
            "https://a@b.org",
            "https://pay.example.org?a=b",
            "pay.example.org",
        ],
    )
    def test_any_other_is_an_error_that_names_the_setting_and_not_the_value(self, url: str):
        with pytest.raises(SettingsError, match="PENSTOCK_API_URL") as told:
            _ = Settings.read({"PENSTOCK_API_URL": url}).public_url

        assert "example.org" not in str(told.value)

    @pytest.mark.parametrize("make", [application, make_merchant])
    async def test_no_host_starts_with_it_where_a_gateway_takes_subscriptions(self, make: Any):
        stand = Stand(club=Club(), environ={"PENSTOCK_API_URL": "http://pay.example.org"})

        with pytest.raises(SettingsError, match="PENSTOCK_API_URL"):
            make(stand.platform)

    def test_the_function_needs_it(self):
        names = {
            "PENSTOCK_LEDGER_TABLE": "t",
            "PENSTOCK_EVENTS_TOPIC_ARN": "a",
            "PENSTOCK_GATEWAYS": "club",
            "PENSTOCK_SECRETS_PREFIX": "p",
        }

        with pytest.raises(SettingsError, match="PENSTOCK_API_URL is missing"):
            Settings.read(names, Function.merchant)
        with pytest.raises(SettingsError, match="no address that buyers can return to"):
            Settings.read({**names, "PENSTOCK_API_URL": "http://x.org"}, Function.merchant)
