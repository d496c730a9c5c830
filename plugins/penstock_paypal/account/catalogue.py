"""Products and plans: found by the product's id and the plan's name, created where missing."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from penstock.api import BillingCycle, Log, Money
from penstock.api.account import Step, StepState
from penstock_paypal import shapes
from penstock_paypal.account.connection import demand
from penstock_paypal.account.wanted import Plan, Product, Wanted
from penstock_paypal.client.api import Api, path
from penstock_paypal.subscriptions.plan import UnknownPlan, offer
from penstock_paypal.subscriptions.plans import PLANS, PayPalPlans

_PRODUCTS = "/v1/catalogs/products"
_NAMESPACE = uuid.UUID("6f2a1f0e-7f0b-5d0e-9d0b-0f6f0f1c2b3a")
_SHOWN = ("name", "description", "type", "category", "home_url", "image_url")
_NEW_NAME = (
    "nothing was changed, because it would change what existing subscribers agreed to: give the"
    " plan a new name in the file, or change the plan at PayPal"
)


async def set_up(api: Api, log: Log, wanted: Wanted, *, dry_run: bool) -> AsyncIterator[Step]:
    """Create the products and plans that are missing, one after another."""
    plans = PayPalPlans(api, log)
    for product in wanted.products:
        there = await api.read(path(f"{_PRODUCTS}/{{}}", product.id), "show product")
        if there:
            yield _compared(product, there.data)
        elif dry_run:
            yield Step(f"product {product.id}", StepState.planned, product.id, "would be created")
        else:
            yield await _create_product(api, product)
        known = await plans.of_product(product.id) if there else ()
        for plan in product.plans:
            yield await _plan(api, product.id, plan, known, dry_run=dry_run)


def _compared(product: Product, shown: Mapping[str, Any]) -> Step:
    what = f"product {product.id}"
    given = product.model_dump(include=set(_SHOWN), exclude_none=True)
    other = [name for name, value in given.items() if shapes.text(shown, name) != value]
    if not other:
        return Step(what, StepState.present, product.id)
    note = f"{', '.join(other)} differ from PayPal's: correct the file or PayPal's catalogue"
    return Step(what, StepState.differs, product.id, note)


async def _create_product(api: Api, product: Product) -> Step:
    body = {"id": product.id, **product.model_dump(include=set(_SHOWN), exclude_none=True)}
    what = f"product {product.id}"
    answer = await api.send("POST", _PRODUCTS, what, body=body, request_id=_request_id(body))
    demand(answer, what)
    return Step(what, StepState.created, product.id)


async def _plan(
    api: Api,
    product_id: str,
    plan: Plan,
    known: Sequence[Mapping[str, Any]],
    *,
    dry_run: bool,
) -> Step:
    what = f"plan {plan.name}"
    same = [one for one in known if shapes.text(one, "name") == plan.name]
    active = [one for one in same if shapes.text(one, "status") == "ACTIVE"]
    if len(active) > 1:
        ids = ", ".join(str(one.get("id")) for one in active)
        note = f"PayPal has several active plans of this name ({ids}): deactivate all but one"
        return Step(what, StepState.differs, None, note)
    if same:
        return _matched(what, plan, (active or same)[0])
    if dry_run:
        return Step(what, StepState.planned, None, "would be created")
    body = _body(product_id, plan)
    answer = await api.send("POST", PLANS, what, body=body, request_id=_request_id(body))
    made = demand(answer, what)
    return Step(what, StepState.created, shapes.identity(made.data, "id"))


def _matched(what: str, plan: Plan, shown: Mapping[str, Any]) -> Step:
    """A plan of that name, compared with the file."""
    identity = shapes.identity(shown, "id")
    if shapes.text(shown, "status") != "ACTIVE":
        note = "PayPal's plan of this name is not active: activate it there, or use a new name"
        return Step(what, StepState.differs, identity, note)
    try:
        there = offer(shown)
    except UnknownPlan as exc:
        return Step(what, StepState.differs, identity, f"PayPal shows {exc}: look at it there")
    told = [f"PayPal has {_cycles(there.cycles)}, the file {_cycles(plan.billing)}"]
    told = told if there.cycles != plan.billing else []
    if there.setup_fee != plan.fee:
        told.append(
            f"setup fee at PayPal {_money(there.setup_fee)}, in the file {_money(plan.fee)}"
        )
    told += _preferences(plan, shown)
    if not told:
        return Step(what, StepState.present, identity)
    return Step(what, StepState.differs, identity, f"{'; '.join(told)}: {_NEW_NAME}")


def _preferences(plan: Plan, shown: Mapping[str, Any]) -> list[str]:
    """What else differs of a plan."""
    preferences = shapes.mapping(shown.get("payment_preferences"))
    taxes = shapes.mapping(shown.get("taxes"))
    percent = shapes.text(taxes, "percentage")
    pairs = (
        ("description", shapes.text(shown, "description"), plan.description),
        (
            "collect_outstanding",
            preferences.get("auto_bill_outstanding", True),
            plan.collect_outstanding,
        ),
        (
            "suspend_after_failures",
            shapes.count(preferences, "payment_failure_threshold") or 0,
            plan.suspend_after_failures,
        ),
        ("tax_percent", _plain(percent), _plain(plan.tax_percent)),
        ("tax_included", taxes.get("inclusive", plan.tax_included), plan.tax_included),
    )
    return [f"{name} differs" for name, there, here in pairs if there != here]


def _plain(number: str | int | None) -> str:
    """A percentage without the zeros that PayPal may add: `10.0` is `10`."""
    text = str(number or 0)
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _body(product_id: str, plan: Plan) -> dict[str, Any]:
    """The request that creates a plan (billing_subscriptions_v1, `plan_request_POST`)."""
    body: dict[str, Any] = {
        "product_id": product_id,
        "name": plan.name,
        "status": "ACTIVE",
        "billing_cycles": [_cycle(place, one) for place, one in enumerate(plan.billing, start=1)],
        "payment_preferences": {
            "auto_bill_outstanding": plan.collect_outstanding,
            "payment_failure_threshold": plan.suspend_after_failures,
        },
    }
    if plan.description:
        body["description"] = plan.description
    if plan.fee:
        body["payment_preferences"]["setup_fee"] = shapes.amount(plan.fee)
    if plan.tax_percent is not None:
        body["taxes"] = {"percentage": str(plan.tax_percent), "inclusive": plan.tax_included}
    return body


def _cycle(place: int, cycle: BillingCycle) -> dict[str, Any]:
    interval = cycle.interval
    body: dict[str, Any] = {
        "sequence": place,
        "tenure_type": "TRIAL" if cycle.trial else "REGULAR",
        "total_cycles": cycle.cycles,
        "frequency": {
            "interval_unit": interval.unit.value.upper(),
            "interval_count": interval.count,
        },
    }
    if cycle.price and cycle.price.minor:
        body["pricing_scheme"] = {"fixed_price": shapes.amount(cycle.price)}
    return body


def _request_id(body: Mapping[str, Any]) -> str:
    """The same for the same request: after a lost answer a second run makes nothing twice."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, digest))


def _cycles(cycles: Sequence[BillingCycle]) -> str:
    return ", then ".join(
        f"{_money(one.price)} every {one.interval.count} {one.interval.unit.value}"
        + (f" {one.cycles} times" if one.cycles else "")
        for one in cycles
    )


def _money(of: Money | None) -> str:
    return f"{of.decimal} {of.currency}" if of else "none"
