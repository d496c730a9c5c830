"""Setting a PayPal account up: what is missing is made once, what differs is reported."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from penstock.adapters.clock import SystemClock
from penstock.adapters.memory.secrets import MemorySecrets
from penstock.api import GatewayUnavailable, Http, Response, SettingsError
from penstock.api.account import ChecksPermissions, RegistersWebhooks, SetsUp, Step, StepState
from penstock.testing.context import RecordingLog, context
from penstock_paypal.account import PayPalAccount
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.simulator import build
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.conftest import Stage

URL = "https://api.shop.test/webhooks/paypal"
FILE: dict[str, Any] = {
    "products": [
        {
            "id": "TEA-CLUB",
            "name": "Tea club",
            "type": "PHYSICAL",
            "description": "Tea by post",
            "plans": [
                {
                    "name": "Tea monthly",
                    "description": "A box a month",
                    "currency": "EUR",
                    "price": "9.90",
                    "interval": "month",
                    "trials": [{"price": "0", "interval": "day", "interval_count": 14}],
                    "setup_fee": "2.50",
                    "suspend_after_failures": 2,
                    "tax_percent": "19",
                },
                {"name": "Tea yearly", "currency": "TWD", "price": 3000, "interval": "year"},
            ],
        }
    ]
}
CREATED, PRESENT, DIFFERS = StepState.created, StepState.present, StepState.differs


def account(stage: Stage, **changed: Any) -> PayPalAccount:
    return PayPalAccount(
        context(
            PayPalSettings.model_validate(stage.told.settings),
            secrets=stage.secrets,
            clock=SystemClock(),
            http=stage.http,
            log=stage.log,
            profile=stage.told.profile,
            **changed,
        )
    )


async def set_up(
    made: PayPalAccount, file: Mapping[str, Any] = FILE, *, dry_run: bool = False
) -> list[Step]:
    wanted = made.read_wanted(file)
    return [one async for one in made.set_up(wanted, URL, dry_run=dry_run)]


async def writes(stage: Stage) -> list[tuple[str, str]]:
    """What was sent to PayPal that could change something."""
    return [
        (method, path)
        for method, path in await stage.asked()
        if method != "GET" and path != "/v1/oauth2/token"
    ]


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The file with one value changed."""
    file = copy.deepcopy(FILE)
    place: Any = file
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return file


PLAN = ("products", 0, "plans", 0)


def test_it_offers_what_the_commands_ask_for(stage: Stage) -> None:
    for protocol in (SetsUp, ChecksPermissions, RegistersWebhooks):
        assert isinstance(account(stage), protocol)


async def test_the_first_run_makes_everything(stage: Stage) -> None:
    steps = await set_up(account(stage))

    assert [
        ("product TEA-CLUB", CREATED),
        ("plan Tea monthly", CREATED),
        ("plan Tea yearly", CREATED),
        (f"webhook {URL}", CREATED),
    ] == [(one.what, one.state) for one in steps]
    assert {"webhook_id": steps[-1].id} == steps[-1].secret
    (registered,) = stage.simulator.registry.webhooks.values()
    assert (URL, sorted(WANTED)) == (registered.url, sorted(registered.event_types))


async def test_a_second_run_writes_nothing(stage: Stage) -> None:
    first = await set_up(account(stage))
    before = await writes(stage)
    second = await set_up(account(stage))

    assert [PRESENT] * 4 == [one.state for one in second]
    assert [one.id for one in first] == [one.id for one in second]
    assert before == await writes(stage)
    assert 4 == len(before)


async def test_what_was_made_is_offered_to_buyers_as_the_file_says(stage: Stage) -> None:
    steps = await set_up(account(stage))
    offers = {one.id: one for one in await stage.paypal.plans()}
    monthly, yearly = (offers[str(one.id)] for one in steps[1:3])

    assert ["0.00 EUR", "9.90 EUR"] == [str(one.price) for one in monthly.cycles]
    assert [(True, 1, 14), (False, 0, 1)] == [
        (one.trial, one.cycles, one.interval.count) for one in monthly.cycles
    ]
    assert "2.50 EUR" == str(monthly.setup_fee)
    assert ["3000.00 TWD"] == [str(one.price) for one in yearly.cycles]


async def test_a_dry_run_writes_nothing_and_says_what_it_would_do(stage: Stage) -> None:
    steps = await set_up(account(stage), dry_run=True)

    assert [StepState.planned] * 4 == [one.state for one in steps]
    assert [] == await writes(stage)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (changed(*PLAN, "price", to="12"), "9.90 EUR every 1 month, the file"),
        (changed(*PLAN, "currency", to="USD"), "EUR every 1 month"),
        (changed(*PLAN, "interval", to="year"), "every 1 month, the file"),
        (changed(*PLAN, "trials", to=[]), "0.00 EUR every 14 day 1 times"),
        (
            changed(*PLAN, "setup_fee", to="3"),
            "setup fee at PayPal 2.50 EUR, in the file 3.00 EUR",
        ),
        (changed(*PLAN, "suspend_after_failures", to=1), "suspend_after_failures differs"),
        (changed(*PLAN, "tax_percent", to="7"), "tax_percent differs"),
        (changed(*PLAN, "description", to="Another"), "description differs"),
    ],
)
async def test_a_plan_that_differs_is_reported_and_not_changed(
    stage: Stage, file: dict[str, Any], said: str
) -> None:
    await set_up(account(stage))
    before = await writes(stage)
    _, monthly, yearly, webhook = await set_up(account(stage), file)

    assert (DIFFERS, PRESENT, PRESENT) == (monthly.state, yearly.state, webhook.state)
    assert said in monthly.note
    assert "give the plan a new name in the file" in monthly.note
    assert before == await writes(stage)


async def test_a_product_that_differs_is_reported_and_not_changed(stage: Stage) -> None:
    await set_up(account(stage))
    before = await writes(stage)
    product, *_ = await set_up(account(stage), changed("products", 0, "description", to="Coffee"))

    assert DIFFERS == product.state
    assert "description differ" in product.note
    assert before == await writes(stage)


async def test_a_plan_that_is_not_active_is_reported(stage: Stage) -> None:
    _, monthly, *_ = await set_up(account(stage))
    stage.simulator.books.plans[str(monthly.id)]["status"] = "INACTIVE"
    _, again, *_ = await set_up(account(stage))

    assert (DIFFERS, monthly.id) == (again.state, again.id)
    assert "not active" in again.note


async def test_two_active_plans_of_one_name_are_reported(stage: Stage) -> None:
    _, monthly, *_ = await set_up(account(stage))
    plans = stage.simulator.books.plans
    plans["P-SECOND"] = {**plans[str(monthly.id)], "id": "P-SECOND"}
    _, again, *_ = await set_up(account(stage))

    assert DIFFERS == again.state
    assert "P-SECOND" in again.note


async def test_a_plan_is_found_behind_many_others(stage: Stage) -> None:
    _, monthly, *_ = await set_up(account(stage))
    plans = stage.simulator.books.plans
    own = plans.pop(str(monthly.id))
    for number in range(45):
        plans[f"P-{number:04}"] = {**own, "id": f"P-{number:04}", "name": f"Other {number}"}
    plans[str(monthly.id)] = own
    _, again, *_ = await set_up(account(stage))

    assert (PRESENT, monthly.id) == (again.state, again.id)


@pytest.mark.parametrize("path", ["catalogs/products", "billing/plans", "notifications/webhooks"])
async def test_a_lost_answer_makes_nothing_twice(stage: Stage, path: str) -> None:
    """
    The deed was done and the answer was lost; the next run goes on.
    """
    await stage.fault(method="POST", path=path, drop=True, after=True, times=1)
    with pytest.raises(GatewayUnavailable):
        await set_up(account(stage))
    await set_up(account(stage))
    books = stage.simulator.books

    assert 1 == [one["name"] for one in books.products.values()].count("Tea club")
    names = [one["name"] for one in books.plans.values()]
    assert (1, 1) == (names.count("Tea monthly"), names.count("Tea yearly"))
    assert 1 == len(stage.simulator.registry.webhooks)


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


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "the file: expected the field products; it is empty"),
        ([], "the file: expected the field products; it is a list"),
        ({}, "products: missing; give a list of at least one product"),
        ({"products": []}, "products: expected a list of at least one product"),
        ({"products": {"id": "TEA-CLUB"}}, "products: expected a list.*it is a group of fields"),
        (
            {"products": ["TEA-CLUB"]},
            r"products\[0\]: expected the fields of a product; it is text",
        ),
        (
            {"products": FILE["products"], 1: 2},
            "1: no such field; remove it.*: there are products",
        ),
        (
            {"product": []},
            "product: no such field; remove it, or correct its name: did you mean products",
        ),
        (changed(*PLAN, "prize", to="9"), r"products\[0\].plans\[0\].prize: no such field.*price"),
        (
            changed("products", 0, "sku", to="x"),
            r"products\[0\].sku: no such field.*there are id, name",
        ),
        (
            changed(*PLAN, "trials", to=[{"price": "0", "interval": "day", "days": 3}]),
            r"plans\[0\].trials\[0\].days: no such field",
        ),
        (changed(*PLAN, "price", to=9.9), r"plans\[0\].price: write the amount in quotes"),
        (changed(*PLAN, "setup_fee", to=2.5), r"plans\[0\].setup_fee: write the number in quotes"),
        (
            changed(*PLAN, "price", to=True),
            r'^products\[0\].plans\[0\].price: expected an amount in quotes, such as "9.90"; it is'
            " true or false$",
        ),
        (
            changed(*PLAN, "cycles", to="3"),
            r"plans\[0\].cycles: expected a whole number from 0 to 999; it is text, so write it"
            " without quotes",
        ),
        (changed(*PLAN, "cycles", to=1000), "cycles: expected a whole number from 0 to 999$"),
        (changed(*PLAN, "name", to=12), r"name: .* 127 characters; it is a number.* in quotes"),
        (changed(*PLAN, "collect_outstanding", to="yes"), "expected true or false; it is text"),
        (changed(*PLAN, "trials", to=None), "trials: expected a list .* trials; it is empty"),
        (changed(*PLAN, "trials", to=[{}]), r"trials\[0\].price: missing; give an amount"),
        *(
            (
                changed(*PLAN, "tax_percent", to=text),
                "tax_percent: expected a percentage in quotes",
            )
            for text in ("abc", "", " 19", "-5", "1e1", "100.1", "19%", "19,5")
        ),
        (changed(*PLAN, "tax_percent", to=-5), "tax_percent: expected a percentage"),
        (
            changed(*PLAN, "trials", to=[{"price": "-1", "interval": "day"}]),
            r"trials\[0\].price: the amount must not be below 0",
        ),
        (changed(*PLAN, "price", to="9.905"), r"plans\[0\].price: amount is finer than EUR"),
        (changed(*PLAN, "price", to="9,90"), r"plans\[0\].price: amount must be a decimal"),
        (changed(*PLAN, "price", to="-1"), r"plans\[0\].price: the amount must be above 0"),
        (changed(*PLAN, "price", to="0"), r"plans\[0\].price: the amount must be above 0"),
        (changed("products", 0, "plans", 1, "price", to="10.5"), r"plans\[1\].price: .*TWD"),
        (changed(*PLAN, "currency", to="XQZ"), r"plans\[0\].currency: .*ISO 4217"),
        (changed(*PLAN, "currency", to="eur"), "currency: expected three capital letters"),
        (
            changed(*PLAN, "interval_count", to=13),
            r"plans\[0\].interval_count: PayPal takes at most 12",
        ),
        (
            changed(*PLAN, "interval", to="fortnight"),
            r"plans\[0\].interval: expected day, week, month or year",
        ),
        (changed("products", 0, "id", to="PROD-123456"), r"products\[0\].id: "),
        (
            changed("products", 0, "id", to="tea/club"),
            r"products\[0\].id: expected 6 to 50 capital letters, digits and hyphens",
        ),
        (changed("products", 0, "id", to=123456), r"products\[0\].id: .*; it is a number, so"),
        (changed("products", 0, "plans", to=[]), r"products\[0\].plans: expected a list"),
        (
            changed("products", 0, "plans", 1, "name", to="Tea monthly"),
            r"products\[0\].plans: the name 'Tea monthly' occurs twice",
        ),
        (
            changed("products", to=[FILE["products"][0], FILE["products"][0]]),
            "products: the id 'TEA-CLUB' occurs twice",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_its_field(stage: Stage, file: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        account(stage).read_wanted(file)


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
