"""What PayPal has of a catalogue, compared with the file; what is created is named exactly."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import GatewayUnavailable, HttpNotSent, Response, SettingsError
from penstock.api.account import Step, StepState
from penstock.testing.clock import NOON
from penstock.testing.context import CountingIds, FixedSecrets, RecordingLog, context
from penstock.testing.http import ScriptedHttp, response
from penstock_paypal.account import PayPalAccount
from penstock_paypal.account.connection import demand
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.fakes import ToldHttp
from tests.plugins.paypal.told import API, SECRET, TOKEN, granted

URL = "https://m.test/webhooks/paypal"
PLAN: dict[str, Any] = {"name": "P", "currency": "EUR", "price": "9.90", "interval": "month"}
SHOWN: dict[str, Any] = {
    "id": "P-1",
    "name": "P",
    "status": "ACTIVE",
    "billing_cycles": [
        {
            "frequency": {"interval_unit": "MONTH", "interval_count": 1},
            "tenure_type": "REGULAR",
            "sequence": 1,
            "total_cycles": 0,
            "pricing_scheme": {"fixed_price": {"value": "9.90", "currency_code": "EUR"}},
        }
    ],
}
PRODUCT: dict[str, Any] = {"id": "TEA-CLUB", "name": "T", "type": "PHYSICAL"}
WEBHOOKS = "/v1/notifications/webhooks"
NOT_COLLECTED = {"payment_preferences": {"auto_bill_outstanding": False}}


def account(http: Any, environment: str = "sandbox", **secret: str) -> PayPalAccount:
    settings = PayPalSettings.model_validate({"environment": environment})
    secrets = FixedSecrets({**SECRET, **secret})
    return PayPalAccount(context(settings, secrets=secrets, http=http, log=RecordingLog()))


class PayPalOf(ToldHttp):
    """PayPal with so many plans and webhooks; whatever else is asked for is not there."""

    def __init__(self, plans: Any = (), webhooks: Any = (), product: Any = PRODUCT) -> None:
        super().__init__({TOKEN: granted()})
        self.shown = {
            "/v1/billing/plans": {"plans": plans},
            WEBHOOKS: {"webhooks": webhooks},
            "/v1/catalogs/products/TEA-CLUB": product,
        }
        self.sent: list[tuple[str, str]] = []

    async def request(self, method: str, url: str, **more: Any) -> Response:
        where = url.removeprefix(API).partition("?")[0]
        if url in self.answers:
            return await super().request(method, url, **more)
        if method != "GET":
            self.sent.append((method, where))
            return response(201, {"id": "WH-NEW"})
        shown = self.shown.get(where)
        return response(200, shown) if shown is not None else response(404, {})


async def compared(http: PayPalOf, plan: Any = PLAN, **product: Any) -> list[Step]:
    made = account(http)
    wanted = made.read_wanted({"products": [{**PRODUCT, **product, "plans": [plan]}]})
    steps = [one async for one in made.set_up(wanted, None, dry_run=True)]
    assert [] == http.sent
    return steps


@pytest.mark.parametrize("name", ["A", "Z"])
async def test_a_product_of_another_name_differs(name: str) -> None:
    product, plan = await compared(PayPalOf([SHOWN]), name=name)

    assert (
        Step(
            "product TEA-CLUB",
            StepState.differs,
            "TEA-CLUB",
            "name differ from PayPal's: correct the file or PayPal's catalogue",
        )
        == product
    )
    assert Step("plan P", StepState.present, "P-1") == plan


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({}, {}),
        ({}, {"taxes": {"percentage": "0"}}),
        ({"tax_percent": "10"}, {"taxes": {"percentage": "10.0"}}),
        ({"tax_percent": "7.50"}, {"taxes": {"percentage": "7.5"}}),
        ({"tax_percent": "0"}, {"taxes": {"percentage": "0.00"}}),
        ({"tax_percent": 100}, {"taxes": {"percentage": "100", "inclusive": True}}),
        ({"tax_included": False}, {}),
        ({"tax_included": False}, {"taxes": {"inclusive": False}}),
        ({"collect_outstanding": True}, {"payment_preferences": {}}),
        (
            {"collect_outstanding": False},
            {"payment_preferences": {"auto_bill_outstanding": False}},
        ),
        ({"suspend_after_failures": 0}, {"payment_preferences": {}}),
        ({"suspend_after_failures": 2}, {"payment_preferences": {"payment_failure_threshold": 2}}),
        ({"setup_fee": "0"}, {}),
    ],
)
async def test_a_plan_that_says_the_same_in_other_words_is_there(here: Any, there: Any) -> None:
    _, plan = await compared(PayPalOf([{**SHOWN, **there}]), {**PLAN, **here})

    assert Step("plan P", StepState.present, "P-1") == plan


FEE = {"payment_preferences": {"setup_fee": {"value": "2.50", "currency_code": "EUR"}}}


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ({"setup_fee": "2"}, FEE, "setup fee at PayPal 2.50 EUR, in the file 2.00 EUR"),
        ({"setup_fee": "3"}, FEE, "setup fee at PayPal 2.50 EUR, in the file 3.00 EUR"),
        ({"setup_fee": "3"}, {}, "setup fee at PayPal none, in the file 3.00 EUR"),
        ({}, FEE, "setup fee at PayPal 2.50 EUR, in the file none"),
        ({"tax_percent": "1"}, {}, "tax_percent differs"),
        ({}, {"taxes": {"percentage": "1"}}, "tax_percent differs"),
        ({"tax_percent": "10"}, {"taxes": {"percentage": "100"}}, "tax_percent differs"),
        ({"tax_included": False}, {"taxes": {"inclusive": True}}, "tax_included differs"),
        ({"collect_outstanding": False}, {}, "collect_outstanding differs"),
        ({"suspend_after_failures": 1}, {}, "suspend_after_failures differs"),
        ({"description": "A"}, {"description": "B"}, "description differs"),
        ({"description": "B"}, {"description": "A"}, "description differs"),
        (
            {"cycles": 12, "price": "8"},
            {},
            "PayPal has 9.90 EUR every 1 month, the file 8.00 EUR every 1 month 12 times",
        ),
    ],
)
async def test_what_differs_of_a_plan_is_said_and_nothing_else(
    here: Any, there: Any, said: str
) -> None:
    _, plan = await compared(PayPalOf([{**SHOWN, **there}]), {**PLAN, **here})

    assert (StepState.differs, "P-1") == (plan.state, plan.id)
    assert plan.note.startswith(f"{said}: nothing was changed, because")


@pytest.mark.parametrize("status", ["A", "INACTIVE", "CREATED"])
async def test_of_the_plans_of_one_name_the_active_one_counts(status: str) -> None:
    old = {**SHOWN, "id": "P-0", "status": status}

    assert (
        Step("plan P", StepState.present, "P-1")
        == ((await compared(PayPalOf([old, SHOWN, {**SHOWN, "id": "P-2", "name": "Q"}])))[1])
    )
    _, plan = await compared(PayPalOf([old, {**old, "id": "P-9"}]))

    assert (StepState.differs, "P-0") == (plan.state, plan.id)
    assert plan.note.startswith("PayPal's plan of this name is not active")


async def test_a_plan_that_cannot_be_read_is_to_be_looked_at_there() -> None:
    (cycle,) = SHOWN["billing_cycles"]
    odd = {**cycle, "frequency": {"interval_unit": "FORTNIGHT"}}
    _, plan = await compared(PayPalOf([{**SHOWN, "billing_cycles": [odd]}]))

    assert (
        Step(
            "plan P",
            StepState.differs,
            "P-1",
            "PayPal shows a billing cycle with an interval that is not known here:"
            " look at it there",
        )
        == plan
    )


async def test_a_product_that_is_missing_is_planned_with_its_plans() -> None:
    assert [
        Step("product TEA-CLUB", StepState.planned, "TEA-CLUB", "would be created"),
        Step("plan P", StepState.planned, None, "would be created"),
    ] == await compared(PayPalOf([SHOWN], product=None))


async def test_what_is_created_is_what_the_file_says() -> None:
    """
    And its request ids are those of every run, so that none is made twice.
    """
    none = response(404, {})
    granting = response(200, {})
    http = ScriptedHttp(
        *(granted(), granted(), granting, granting, granting, none),
        *(response(201, {"id": "TEA-CLUB"}), response(201, {"id": "P-1"})),
        response(201, {"id": "P-2"}),
    )
    made = account(http)
    trials = [{"price": "0", "interval": "day"}, {"price": "0.01", "interval": "week"}]
    full = {"description": "D", "setup_fee": "2.50", "tax_percent": 19, "trials": trials}
    plans = [{**PLAN, **full, "interval_count": 3, "cycles": 5}, {**PLAN, "name": "Q"}]
    wanted = made.read_wanted({"products": [{**PRODUCT, "plans": plans}]})
    steps = [one async for one in made.set_up(wanted, None, dry_run=False)]

    assert ["TEA-CLUB", "P-1", "P-2"] == [one.id for one in steps]
    product, first, second = [one for one in http.requests if one.method == "POST"][2:]
    assert PRODUCT == product.json
    assert {
        "product_id": "TEA-CLUB",
        "name": "P",
        "status": "ACTIVE",
        "billing_cycles": [
            _cycle(1, "TRIAL", 1, "DAY", 1),
            _cycle(2, "TRIAL", 1, "WEEK", 1, price="0.01"),
            _cycle(3, "REGULAR", 5, "MONTH", 3, price="9.90"),
        ],
        "payment_preferences": {
            "auto_bill_outstanding": True,
            "payment_failure_threshold": 0,
            "setup_fee": {"currency_code": "EUR", "value": "2.50"},
        },
        "description": "D",
        "taxes": {"percentage": "19", "inclusive": True},
    } == first.json
    assert {"product_id", "name", "status", "billing_cycles", "payment_preferences"} == set(
        second.json
    )
    assert {"auto_bill_outstanding", "payment_failure_threshold"} == set(
        second.json["payment_preferences"]
    )
    assert [
        "9f985594-5954-532f-8f52-babe1fb7be6d",
        "dfe1bbfd-931e-567f-b05d-852a9fbd276f",
        "5f2f1556-ca68-5639-9348-43190e477dd4",
    ] == [one.headers["PayPal-Request-Id"] for one in (product, first, second)]


def _cycle(
    place: int, kind: str, total: int, unit: str, count: int, price: str | None = None
) -> dict[str, Any]:
    known = {
        "sequence": place,
        "tenure_type": kind,
        "total_cycles": total,
        "frequency": {"interval_unit": unit, "interval_count": count},
    }
    priced = {"fixed_price": {"currency_code": "EUR", "value": price}}
    return {**known, "pricing_scheme": priced} if price else known


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
