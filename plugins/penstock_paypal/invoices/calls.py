"""One call about one invoice at PayPal, and what a refusal of it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.api import GatewayUnavailable, InvoiceRefused, Unconfirmable
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api, path

INVOICES = "/v2/invoicing/invoices"
INVOICE = f"{INVOICES}/{{}}"


async def act(api: Api, reference: str, verb: str, body: Mapping[str, Any]) -> Answer:
    """
    Have PayPal do something with an invoice.

    Raises:
        GatewayUnavailable: no answer.
        InvoiceRefused: the reference is no id of an invoice.
    """
    where = within(f"{INVOICE}/{verb}", reference)
    return await api.send("POST", where, f"{verb} invoice", body=body)


async def show(api: Api, reference: str) -> Mapping[str, Any] | None:
    """
    Read an invoice in full; None where PayPal knows none of that id.

    Raises:
        GatewayUnavailable: no answer, or none that is an invoice.
        InvoiceRefused: the reference is no id of an invoice.
    """
    try:
        answer = await api.read(within(INVOICE, reference), "show invoice")
    except Unconfirmable as exc:
        raise GatewayUnavailable(str(exc)) from exc
    return answer.data if answer else None


def within(template: str, reference: str) -> str:
    """
    The path of something of an invoice.

    Raises:
        InvoiceRefused: the reference is no id of an invoice.
    """
    try:
        return path(template, reference)
    except ValueError as exc:
        raise InvoiceRefused("the reference is no id of an invoice at PayPal") from exc


def refusal(answer: Answer, what: str) -> GatewayUnavailable | InvoiceRefused:
    """The error for a call that was not done: for now, or for good."""
    # A 404 of what was made a moment ago may mean "not yet"; the next attempt looks first.
    if answer.passing or answer.missing:
        return answer.unavailable(what)
    return InvoiceRefused(f"PayPal, {what}: {answer.why}")
