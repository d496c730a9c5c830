"""
A check that nothing fails checks nothing.

Each check of the kit is run against a plugin that does everything right, which passes, and
against one broken in exactly what the check is for, which does not.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import BaseModel

from penstock.api import (
    Attempt,
    CollectRequest,
    Delivered,
    Event,
    GatewayUnavailable,
    InvoiceRefused,
    Money,
    RefundRequest,
)
from penstock.plugins import load
from penstock.testing import conformance
from penstock.testing.builders import (
    charge_request,
    checkout_request,
    delivery,
    invoice_draft,
    subscription_request,
)
from penstock.testing.clock import NOON
from penstock.testing.conformance import Bench
from penstock.testing.conformance.manages import Desk
from tests.plugins.conformance.acme import (
    BODY,
    DOOR,
    KEY,
    AcmePay,
    AcmeSettings,
    AcmeSink,
    Provider,
    signature,
)
from tests.plugins.conformance.broken_plugins import broken
from tests.plugins.registry.fakes import gateway_plugin, sink_plugin

GENUINE = delivery(BODY, {"x-acme-signature": signature(BODY)}, gateway="acmepay")


CLASSES: list[type] = [
    getattr(conformance, name) for name in conformance.__all__ if name != "Bench"
]


CHECKS: dict[str, tuple[type, Callable[..., Any]]] = {
    f"{cls.__name__}.{name}": (cls, check)
    for cls in CLASSES
    for name, check in inspect.getmembers(cls, inspect.isfunction)
    if name.startswith("test_")
}


class Sitting(
    conformance.GatewayConformance,
    conformance.WebhooksConformance,
    conformance.ConfirmConformance,
    conformance.RereadConformance,
    conformance.ObservesConformance,
    conformance.ChargesConformance,
    conformance.LookupConformance,
    conformance.RefundsConformance,
    conformance.InvoicesConformance,
    conformance.InvoiceRefundsConformance,
    conformance.PlansConformance,
    conformance.SubscriptionsConformance,
    conformance.ManagesSubscriptionsConformance,
    conformance.CollectsConformance,
    conformance.HistoryConformance,
    conformance.SubscriptionPaymentsConformance,
    conformance.CheckoutConformance,
):
    """All a gateway can sit."""


Sitting.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it


def bench(build: Any = AcmePay) -> Bench:
    """A bench for that gateway or sink; the Example gateway's data file stands in for its own."""
    rest = {"name": build.name, "settings": AcmeSettings, "secrets": ("key",)}
    if issubclass(build, AcmeSink):
        registration = load([sink_plugin(build=build, **rest)]).sink(build.name)
    else:
        made = gateway_plugin(build=build, door=DOOR, **rest)
        registration = load([made]).gateway(build.name)
    registration = replace(registration, plugin="penstock_example")
    return Bench(registration, secret={"key": KEY}, http=Provider())


def run(cls: type, check: Callable[..., Any], world: Bench) -> None:
    """Run one check, with everything it is parametrized with, as pytest would."""
    sits = Sitting() if issubclass(Sitting, cls) else cls()
    fixtures: dict[str, Any] = {
        "now": NOON,
        "genuine": GENUINE,
        "charge_request": charge_request(),
        "moves_money": lambda method, _: method == "PUT",
        "makes_invoices": lambda method, _: method == "PUT",
        "refund_request": RefundRequest("re-0", "p-1", "s-1", Money(1000, "USD")),
        "collect_request": CollectRequest("co-0", "s-1", Money(1250, "USD"), "owed"),
        "collects_money": lambda method, _: method == "PUT",
        "sends_back": lambda method, _: method == "PUT",
        "records_refunds": lambda method, _: method == "POST",
        "invoice_draft": invoice_draft(),
        **subscriptions(world),
    }
    wanted = [name for name in inspect.signature(check).parameters if name != "self"]
    if "notification" in wanted:
        fixtures["notification"] = AcmePay.read(world.build(), GENUINE)
    for given in parameters(check):
        arguments = {**fixtures, "bench": world, **given}
        answer = check(sits, **{name: arguments[name] for name in wanted})
        if inspect.isawaitable(answer):
            asyncio.run(answer)  # type: ignore[arg-type]  # a check is a coroutine function


def subscriptions(world: Bench) -> dict[str, Any]:
    """What the checks of plans and subscriptions are given."""

    async def approve(url: str) -> None:
        change = dict(parse_qsl(urlsplit(url).query))
        await world.http.request("POST", url, body=json.dumps(change).encode())

    async def take_payment(reference: str) -> None:
        url = f"https://acme.test/subscriptions/{reference}"
        await world.http.request("POST", url, body=b'{"paid": 1250}')

    return {
        "plan_ids": ["p-1", "p-2"],
        "subscription": "s-1",
        "unknown_subscription": "s-0",
        "unknown_plan": "p-0",
        "other_plan": "p-2",
        "subscription_request": subscription_request("p-1"),
        "approve": approve,
        "approve_checkout": approve,
        "checkout_request": checkout_request(),
        "unknown_checkout": "c-0",
        "moves_checkouts": lambda method, _: method != "GET",
        "desk": Desk(world, subscription_request("p-1"), approve, "p-2"),
        "take_payment": take_payment,
        "changes_subscriptions": lambda method, _: method != "GET",
    }


def parameters(check: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Each combination of what a check is parametrized with."""
    columns: list[list[dict[str, Any]]] = []
    for mark in getattr(check, "pytestmark", []):
        names, rows = mark.args
        names = [names] if isinstance(names, str) else names
        columns.append(
            [dict(zip(names, row if len(names) > 1 else [row], strict=True)) for row in rows]
        )
    for combination in itertools.product(*columns):
        yield {name: value for part in combination for name, value in part.items()}


def good(name: str) -> Bench:
    """The bench with the plugin that does everything right."""
    return bench(AcmeSink if name.startswith("Sink") else AcmePay)


@pytest.mark.parametrize("name", CHECKS)
def test_a_good_plugin_passes(name: str):
    run(*CHECKS[name], good(name))


class Loose(BaseModel):
    """Settings that swallow a misspelling."""


STALE = "test_its_data_file_says_what_its_classes_say"


LOOSE = "test_a_setting_it_has_not_is_refused"


UNSAT = "test_it_sits_the_conformance_of_all_it_claims"


SHUT = "test_its_door_lets_the_genuine_in"


NAMED = "test_the_fields_it_names_are_enough_to_authenticate"


@pytest.mark.parametrize(
    "name",
    [name for name in CHECKS if name.split(".")[1] not in (STALE, LOOSE, UNSAT, SHUT, NAMED)],
)
def test_a_plugin_broken_in_what_a_check_is_for_fails_it(name: str):
    with pytest.raises(FAILURES):
        run(*CHECKS[name], bench(broken(name)))


# A check fails by its assertion, or by what the plugin raised and should not have.
FAILURES = (
    AssertionError,
    pytest.fail.Exception,
    GatewayUnavailable,
    InvoiceRefused,
    ValueError,
    KeyError,
)


@pytest.mark.parametrize("cls", [conformance.GatewayConformance, conformance.SinkConformance])
class TestWhatIsWrongWithARegistration:
    """What no method can break."""

    def test_a_stale_data_file(self, cls: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        package = tmp_path / "stalepay"
        package.mkdir()
        (package / "plugin.json").write_text("{}\n")
        (package / "__init__.py").write_text(
            "from tests.plugins.registry.fakes import gateway_plugin\n"
            "penstock_register_gateways = gateway_plugin().penstock_register_gateways\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        world = good(cls.__name__)
        stale = replace(world, registration=replace(world.registration, plugin="stalepay"))

        with pytest.raises(AssertionError):
            run(*CHECKS[f"{cls.__name__}.{STALE}"], stale)

    def test_settings_that_swallow_a_misspelling(self, cls: type):
        world = good(cls.__name__)
        loose = replace(world, registration=replace(world.registration, settings=Loose))

        with pytest.raises((AssertionError, pytest.fail.Exception)):
            run(*CHECKS[f"{cls.__name__}.{LOOSE}"], loose)


def test_a_capability_nobody_sat():
    class Short(conformance.GatewayConformance):
        pass

    with pytest.raises(AssertionError, match="Short must also subclass WebhooksConformance"):
        Short().test_it_sits_the_conformance_of_all_it_claims(bench())


def test_a_door_that_is_shut():
    world = bench()
    shut = replace(DOOR, headers={"x-acme-signature": "[A-Z]+"})

    with pytest.raises(AssertionError, match="the pattern of x-acme-signature"):
        run(
            *CHECKS[f"WebhooksConformance.{SHUT}"],
            replace(world, registration=replace(world.registration, door=shut)),
        )


def test_a_secret_that_verify_does_not_get():
    world = bench()
    wrong = replace(world.registration, secrets=("key", "pin"), webhook_secrets=("pin",))

    with pytest.raises(AssertionError, match="webhook_secrets lacks a field"):
        run(*CHECKS[f"WebhooksConformance.{NAMED}"], replace(world, registration=wrong))


def test_charges_that_promise_nothing_are_not_charged_twice():
    promising_nothing = type("Broken", (AcmePay,), {"idempotent_charges": False})

    with pytest.raises(pytest.skip.Exception):
        run(
            *CHECKS["ChargesConformance.test_one_operation_moves_the_money_once"],
            bench(promising_nothing),
        )


def test_a_sink_without_a_secret_needs_none():
    class Open(AcmeSink):
        async def deliver(self, event: Event, attempt: Attempt) -> Any:
            return Delivered()

    world = bench(Open)
    run(
        *CHECKS["SinkConformance.test_an_unreadable_secret_is_waited_for"],
        replace(world, registration=replace(world.registration, secrets=())),
    )
