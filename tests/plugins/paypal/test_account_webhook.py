"""The account's webhook, and the credentials it is asked with."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import GatewayUnavailable, HttpNotSent, Response, SettingsError
from penstock.api.account import Step, StepState
from penstock.testing.clock import NOON
from penstock.testing.context import CountingIds, FixedSecrets, context
from penstock.testing.http import response
from penstock_paypal.account.connection import demand
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.accounts import WEBHOOKS, PayPalOf, account
from tests.plugins.paypal.fakes import ToldHttp
from tests.plugins.paypal.told import API, SECRET, TOKEN

URL = "https://m.test/webhooks/paypal"


@pytest.mark.parametrize(
    ("status", "raised", "said"),
    [
        (400, SettingsError, r"^PayPal, plan P: 400 INVALID, A \(plan_id: INVALID\)$"),
        (401, GatewayUnavailable, "^PayPal, plan P: 401 INVALID, A$"),
        (403, SettingsError, "403 INVALID, A: the app may not do that; `penstock paypal check`"),
        (404, SettingsError, r"^PayPal, plan P: 404 INVALID, A \(plan_id: INVALID\)$"),
        (409, GatewayUnavailable, "^PayPal, plan P: 409 INVALID, A$"),
        (500, GatewayUnavailable, "^PayPal, plan P: 500 INVALID, A$"),
    ],
)
def test_what_paypal_refuses_is_for_a_person_and_what_may_pass_is_for_later(
    status: int, raised: type[Exception], said: str
) -> None:
    told = {"name": "A", "details": [{"field": "/plan_id", "issue": "INVALID"}]}
    with pytest.raises(raised, match=said):
        demand(Answer.of(response(status, told), NOON, Pace(CountingIds())), "plan P")
    with pytest.raises(SettingsError, match=r"^PayPal, plan P: 422 A$"):
        demand(Answer.of(response(422, {"name": "A"}), NOON, Pace(CountingIds())), "plan P")
    done = Answer.of(response(201, {"id": "P-1"}), NOON, Pace(CountingIds()))

    assert done is demand(done, "plan P")


@pytest.mark.parametrize("sandbox", [HttpNotSent("no connection"), response(401, {})])
async def test_credentials_that_no_other_environment_takes_are_refused_by_their_own(
    sandbox: Response | Exception,
) -> None:
    live = TOKEN.replace(".sandbox", "")
    http = ToldHttp({live: response(401, {}), TOKEN: sandbox})

    with pytest.raises(SettingsError, match="PayPal's live does not take them: copy both again"):
        await account(http, "live").permissions()


async def test_credentials_are_tried_once_before_anything_is_asked_and_not_again() -> None:
    http = PayPalOf()
    made = account(http)
    for _ in range(2):
        assert [] == [one for one in await made.permissions() if one.granted is not True]

    assert [("POST", TOKEN)] * 2 == http.asked  # one to try them, one that is used


def events(*names: str) -> list[dict[str, str]]:
    return [{"name": one} for one in names]


OURS = {"id": "WH-1", "url": URL, "event_types": events(*sorted(WANTED))}
ABOVE = {"id": "WH-Z", "url": "https://z.test/", "event_types": []}
BELOW = {"id": "WH-A", "url": "https://a.test/", "event_types": []}


async def test_the_webhook_at_the_address_is_the_one_among_others() -> None:
    http = PayPalOf(webhooks=[ABOVE, BELOW, OURS])

    assert Step(
        f"webhook {URL}", StepState.present, "WH-1", "", {"webhook_id": "WH-1"}
    ) == await account(http).register_webhook(URL, dry_run=False)
    assert [] == await account(http, webhook_id="WH-1").webhook_drift(URL)
    assert [
        "url: webhook WH-Z goes to https://z.test/",
        f"url: PayPal has no webhook for {URL}/other",
    ] == await account(http, webhook_id="WH-Z").webhook_drift(f"{URL}/other")
    assert [] == http.sent


@pytest.mark.parametrize("identity", [{"id": "WH-1"}, {}])
async def test_a_dry_run_says_which_events_would_change(identity: dict[str, str]) -> None:
    other = {"url": URL, "event_types": events(*sorted(WANTED)[1:], "X"), **identity}
    http = PayPalOf(webhooks=[other])
    secret = {"webhook_id": "WH-1"} if identity else {}
    note = f"would change: missing events: {min(WANTED)}; extra events: X"
    planned = Step(f"webhook {URL}", StepState.planned, identity.get("id"), note, secret)

    assert planned == await account(http).register_webhook(URL, dry_run=True)
    assert [] == http.sent
    step = await account(http).register_webhook(URL, dry_run=False)

    # One that PayPal shows without an id cannot be changed.
    assert ([("PATCH", f"{WEBHOOKS}/WH-1")] if identity else []) == http.sent
    assert (StepState.changed if identity else StepState.planned) == step.state


async def test_a_webhook_that_is_missing_is_planned_then_made() -> None:
    http = PayPalOf(webhooks=[ABOVE])
    what, made = f"webhook {URL}", account(http)

    assert Step(
        what, StepState.planned, None, f"would be created, {len(WANTED)} events"
    ) == await made.register_webhook(URL, dry_run=True)
    assert Step(
        what, StepState.created, "WH-NEW", f"for {len(WANTED)} events", {"webhook_id": "WH-NEW"}
    ) == await made.register_webhook(URL, dry_run=False)
    http.answers[API + WEBHOOKS] = [response(200, {}), response(200, {}), response(201, {})]
    with pytest.raises(SettingsError, match=rf"^PayPal, {what}: the answer has no id"):
        await made.register_webhook(URL, dry_run=False)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        (URL, True),
        ("https://m.test:443/x", True),
        ("https://m.test:442/x", False),
        ("https://m.test:444/x", False),
        ("https://m.test:99999/x", False),
        ("https://[m.test/x", False),
        ("https:///x", False),
        ("http://m.test/x", False),
        ("wss://m.test/x", False),
    ],
)
async def test_paypal_calls_https_on_port_443_only(url: str, good: bool) -> None:
    http = PayPalOf()
    if good:
        assert (
            StepState.created == (await account(http).register_webhook(url, dry_run=False)).state
        )
    else:
        with pytest.raises(SettingsError, match="PayPal sends webhooks to https on port 443 only"):
            await account(http).register_webhook(url, dry_run=False)
        assert [] == http.sent


LESS = {**OURS, "event_types": events(*sorted(WANTED)[1:])}


@pytest.mark.parametrize(
    ("webhooks", "said"),
    [
        ([ABOVE, BELOW, OURS], None),
        ([{**OURS, "event_types": events(*sorted(WANTED), "EXTRA")}], None),
        ([{**OURS, "event_types": events("*")}], None),
        ([{**LESS, "id": "WH-9"}, OURS], None),
        ([OURS, {**LESS, "id": "WH-2"}], None),
        ([LESS], f"PayPal's webhook lacks {min(WANTED)}: run"),
        ([{**OURS, "id": "WH-9"}], "webhook_id is not the id of PayPal's webhook: run"),
        ([ABOVE, BELOW], f"PayPal has no webhook for {URL}: run"),
        ([], f"PayPal has no webhook for {URL}: run"),
    ],
)
async def test_a_webhook_is_well_if_ours_at_the_address_has_every_event(
    webhooks: list[Any], said: str | None
) -> None:
    secrets = FixedSecrets({**SECRET, "webhook_id": "WH-2"}, {**SECRET, "webhook_id": "WH-1"})
    settings = PayPalSettings.model_validate({"environment": "sandbox"})
    http = PayPalOf(webhooks=webhooks)
    found = await PayPal(context(settings, secrets=secrets, http=http)).unregistered(URL)

    assert (f"{said} `penstock webhooks register`" if said else None) == found
