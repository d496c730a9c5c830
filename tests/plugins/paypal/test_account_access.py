"""The webhook, the permissions and the credentials of a PayPal account, asked by commands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from penstock.adapters.clock import SystemClock
from penstock.adapters.memory.secrets import MemorySecrets
from penstock.api import GatewayUnavailable, Http, Response, SettingsError
from penstock.api.account import StepState
from penstock.testing.context import RecordingLog, context
from penstock_paypal.account import PayPalAccount
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.simulator import build
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.setting_up import (
    PRESENT,
    URL,
    account,
    set_up,
    writes,
)


async def test_the_events_of_a_webhook_are_corrected_and_its_id_stays(stage: Stage) -> None:
    made = stage.simulator.registry.register(
        URL, ["PAYMENT.SALE.COMPLETED", "BILLING.PLAN.CREATED"]
    )
    step = await account(stage).register_webhook(URL, dry_run=False)

    assert (StepState.changed, made.id) == (step.state, step.id)
    assert "extra events: BILLING.PLAN.CREATED" in step.note
    assert sorted(WANTED) == sorted(stage.simulator.registry.webhooks[made.id].event_types)
    assert PRESENT == (await account(stage).register_webhook(URL, dry_run=False)).state


async def test_drift_names_the_address_the_id_and_the_events(stage: Stage) -> None:
    async def drift() -> list[str]:
        return list(await account(stage).webhook_drift(URL))

    assert [f"url: PayPal has no webhook for {URL}"] == await drift()
    old = stage.simulator.registry.register("https://old.test/webhooks/paypal")

    assert f"url: webhook {old.id} goes to https://old.test/webhooks/paypal" == (await drift())[0]
    stage.simulator.registry.register(URL, sorted(WANTED))

    assert [] == await drift()
    stage.simulator.registry.register(URL, [*sorted(WANTED)[1:], "BILLING.PLAN.CREATED"])

    assert [
        f"missing events: {sorted(WANTED)[0]}",
        "extra events: BILLING.PLAN.CREATED",
    ] == await drift()
    stage.simulator.registry.register(URL)

    assert ["extra events: *"] == await drift()
    other = {**stage.told.secret, "webhook_id": "WH-OTHER"}
    stage.secrets = MemorySecrets(SystemClock(), other)

    assert (await drift())[0].startswith("webhook_id: PayPal's is ")


async def test_every_permission_of_a_complete_app_is_there(stage: Stage) -> None:
    found = await account(stage).permissions()

    assert {
        "catalogue products",
        "plans",
        "subscriptions",
        "invoicing",
        "sales",
        "captures",
        "disputes",
        "webhooks",
        "webhook events",
    } == {one.name for one in found}
    assert {True} == {one.granted for one in found}, found
    assert [] == await writes(stage)


async def test_a_permission_that_is_missing_is_named_with_its_remedy(stage: Stage) -> None:
    problem = {"name": "NOT_AUTHORIZED", "details": [{"issue": "PERMISSION_DENIED"}]}
    await stage.fault(path="/v1/customer/disputes", status=403, body=problem)
    await stage.fault(path="/v1/billing/plans", status=503)
    found = {one.name: one for one in await account(stage).permissions()}

    assert {"disputes": False, "plans": None} == {
        name: one.granted for name, one in found.items() if one.granted is not True
    }
    assert "enable Disputes" in found["disputes"].note
    assert "ask again later" in found["plans"].note


async def test_a_missing_permission_stops_set_up_with_its_name(stage: Stage) -> None:
    await stage.fault(method="POST", path="/v1/catalogs/products", status=403)

    with pytest.raises(SettingsError, match=r"product TEA-CLUB.*may not do that.*paypal check"):
        await set_up(account(stage))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/catalogs/products", "catalogue products"),
        ("/v1/billing/plans", "plans"),
        ("/v1/notifications/webhooks$", "webhooks"),
    ],
)
async def test_what_may_not_be_read_stops_set_up_before_anything_is_made(
    stage: Stage, path: str, name: str
) -> None:
    await stage.fault(method="GET", path=path, status=403)

    with pytest.raises(SettingsError, match=f"{name}: PayPal answered 403: .*nothing was changed"):
        await set_up(account(stage))
    assert [] == await writes(stage)


@dataclass
class TwoPayPals:
    """The network with both of PayPal's environments, each a simulator."""

    inner: Http
    addresses: Mapping[str, str]

    async def request(self, method: str, url: str, **more: Any) -> Response:
        for real, ours in self.addresses.items():
            if url.startswith(real):
                return await self.inner.request(method, ours + url.removeprefix(real), **more)
        raise AssertionError(f"nobody expected {method} {url}")


@pytest.fixture
async def both(stage: Stage, tmp_path: Path) -> AsyncIterator[tuple[Stage, TwoPayPals, Any]]:
    """The stage as PayPal's live environment, and another simulator as its sandbox."""
    other = build(tmp_path / "sandbox")
    async with TestServer(other.app) as server:
        sandbox = str(server.make_url("")).rstrip("/")
        live = str(stage.told.profile["api_url"])
        network = TwoPayPals(
            stage.http,
            {"https://api-m.sandbox.paypal.com": sandbox, "https://api-m.paypal.com": live},
        )
        yield stage, network, other


def in_environment(name: str, http: Http, secret: Mapping[str, str]) -> PayPalAccount:
    return PayPalAccount(
        context(
            PayPalSettings(environment=name),  # type: ignore[arg-type] # a name of the two
            secrets=MemorySecrets(SystemClock(), secret),
            clock=SystemClock(),
            http=http,
            log=RecordingLog(),
        )
    )


async def test_credentials_of_the_other_environment_are_said_to_be_that(
    both: tuple[Stage, TwoPayPals, Any],
) -> None:
    stage, network, sandbox = both
    made = in_environment("sandbox", network, stage.told.secret)
    for ask in (
        set_up(made),
        made.permissions(),
        made.register_webhook(URL, dry_run=False),
        made.webhook_drift(URL),
    ):
        with pytest.raises(SettingsError, match="are live credentials, and this is sandbox"):
            await ask

    assert [] == await writes(stage)
    assert {} == sandbox.registry.webhooks


async def test_credentials_of_no_environment_are_refused(
    both: tuple[Stage, TwoPayPals, Any],
) -> None:
    _, network, _ = both
    made = in_environment("live", network, {"client_id": "a", "client_secret": "b"})

    with pytest.raises(SettingsError, match="PayPal's live does not take them"):
        await set_up(made)


async def test_no_answer_is_no_refusal_of_credentials(stage: Stage) -> None:
    await stage.fault(path="oauth2/token", status=503)

    with pytest.raises(GatewayUnavailable):
        await set_up(account(stage))


@pytest.mark.parametrize(
    "url", ["http://api.shop.test/webhooks/paypal", "https://api.shop.test:8443/x", "nonsense"]
)
async def test_an_address_that_paypal_does_not_call_is_refused(
    both: tuple[Stage, TwoPayPals, Any], url: str
) -> None:
    stage, network, _ = both
    made = in_environment("live", network, stage.told.secret)

    with pytest.raises(SettingsError, match="https on port 443"):
        await made.register_webhook(url, dry_run=False)
    assert [] == await writes(stage)
