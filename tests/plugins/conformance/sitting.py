"""How each check of the kit is run here: with AcmePay's fixtures, and without pytest."""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from penstock.api import CollectRequest, Delivery, Money, RefundRequest
from penstock.plugins import Registration, load
from penstock.testing import conformance
from penstock.testing.builders import (
    charge_request,
    checkout_request,
    delivery,
    invoice_draft,
    order,
    subscription_request,
)
from penstock.testing.clock import NOON
from penstock.testing.conformance import Bench
from penstock.testing.conformance.manages import Desk
from tests.plugins.conformance.acme import (
    BODY,
    DECLINED,
    DOOR,
    KEY,
    AcmePay,
    AcmeSettings,
    Provider,
    signature,
)
from tests.plugins.conformance.acme_sink import AcmeSink
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
    return Bench(_registration(build), secret={"key": KEY}, http=Provider())


@functools.cache
def _registration(build: Any) -> Registration:
    rest = {"name": build.name, "settings": AcmeSettings, "secrets": ("key",)}
    if issubclass(build, AcmeSink):
        registration = load([sink_plugin(build=build, **rest)]).sink(build.name)
    else:
        made = gateway_plugin(build=build, door=DOOR, **rest)
        registration = load([made]).gateway(build.name)
    return replace(registration, plugin="penstock_example")


def run(cls: type, check: Callable[..., Any], world: Bench, sitting: type | None = None) -> None:
    """Run one check, with everything it is parametrized with, as pytest would."""
    sits = (sitting or (Sitting if issubclass(Sitting, cls) else cls))()
    fixtures: dict[str, Any] = {
        "now": NOON,
        "genuine": GENUINE,
        "charge_request": charge_request(),
        "declined_request": replace(charge_request(), order=order(reference=DECLINED)),
        "paid": paid,
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
    calls = [
        {name: {**fixtures, "bench": world, "dark": world, **given}[name] for name in wanted}
        for given in parameters(check)
    ]
    if inspect.iscoroutinefunction(check):
        asyncio.run(_each(functools.partial(check, sits), calls))
    else:
        for call in calls:
            check(sits, **call)


async def _each(check: Callable[..., Awaitable[None]], calls: Sequence[dict[str, Any]]) -> None:
    for call in calls:
        await check(**call)


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


def paid(amount: Money) -> Delivery:
    """A delivery that says that this was paid."""
    told = {"event": "e-1", "type": "paid", "minor": amount.minor, "currency": amount.currency}
    body = json.dumps(told).encode()
    return delivery(body, {"x-acme-signature": signature(body)}, gateway="acmepay")


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
