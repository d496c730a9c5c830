"""What PayPal takes and refuses when a subscription is created or revised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.simulator.billing import checks
from penstock_paypal.simulator.billing.contract import cycles
from penstock_paypal.simulator.billing.pricing import currency
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.problems import Problem


def creation(body: Mapping[str, Any], books: Books) -> Document:
    """
    See that a subscription may be made of the request; the plan.

    Raises:
        Problem: it may not.
    """
    plan = _plan(body, books)
    if "custom_id" in body:
        checks.reference(body["custom_id"], "/custom_id")
    _terms(body, plan)
    start = shapes.moment(body, "start_time")
    if start is not None and start < books.clock():
        raise Problem(400, "INVALID_PARAMETER_VALUE", "/start_time")
    _context(body)
    return plan


def revision(body: Mapping[str, Any], subscription: Document, books: Books) -> Document:
    """
    See that a subscription may be revised as the request says; the plan it will have.

    Raises:
        Problem: it may not.
    """
    old = books.plans.get(str(subscription.get("plan_id")), {})
    plan = _plan(body, books) if "plan_id" in body else old
    if plan.get("product_id") != old.get("product_id"):
        raise Problem(422, "PLAN_PRODUCT_NOT_COMPATIBLE", "/plan_id")
    if currency(plan) != currency(old):
        raise Problem(422, "CURRENCY_MISMATCH", "/plan_id")
    _terms(body, plan)
    _context(body)
    return plan


def period(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    """
    The period whose transactions are wanted.

    Raises:
        Problem: an end is missing, or is no time.
    """
    start, end = checks.moment(query, "start_time"), checks.moment(query, "end_time")
    if end < start:
        raise Problem(400, "INVALID_PARAMETER_VALUE", "/end_time")
    return start, end


def _plan(body: Mapping[str, Any], books: Books) -> Document:
    plan = books.plans.get(str(body.get("plan_id")))
    if plan is None:
        raise Problem(404, "INVALID_RESOURCE_ID", "/plan_id")
    if plan.get("status") != "ACTIVE":
        raise Problem(422, "PLAN_STATUS_INVALID", "/plan_id")
    return plan


def _terms(body: Mapping[str, Any], plan: Document) -> None:
    """Quantity, shipping, and overrides of the plan: they have the plan's currency and cycles."""
    if body.get("quantity", "1") != "1" and not plan.get("quantity_supported"):
        raise Problem(422, "SUBSCRIPTION_CANNOT_HAVE_QUANTITY", "/quantity")
    code = currency(plan)
    amounts = [shapes.text(body, "shipping_amount", "currency_code")]
    known = {cycle.get("sequence") for cycle in cycles(plan)}
    for cycle in shapes.sequence(shapes.at(body, "plan", "billing_cycles")):
        if shapes.mapping(cycle).get("sequence") not in known:
            raise Problem(422, "INVALID_BILLING_CYCLE_SEQUENCE", "/plan/billing_cycles")
        amounts.append(shapes.text(cycle, "pricing_scheme", "fixed_price", "currency_code"))
    if any(one not in (None, code) for one in amounts):
        raise Problem(422, "CURRENCY_MISMATCH")


def _context(body: Mapping[str, Any]) -> None:
    context = shapes.mapping(body.get("application_context"))
    for name in ("return_url", "cancel_url"):
        if name in context:
            checks.address(context[name], f"/application_context/{name}")
