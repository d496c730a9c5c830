"""
What an invoice says: a file of `templates/`, edited by the team, bundled with the plugin.

    {item}         the plan's name, or the order's description
    {number}       the invoice's number
    {transaction}  PayPal's id of the sale that paid it
    {payment}      our id of the payment
    {reference}    the merchant's own reference of the order
    {payer}        the payer's name

What is not known of a payment is left empty. There is no placeholder for a day: which day it is
depends on the merchant's time zone, and PayPal's own dates are in it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from penstock.api import InvoiceDraft, SettingsError

FOLDER = Path(__file__).parents[1] / "templates"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = ("item", "number", "transaction", "payment", "reference", "payer")
# PayPal's limits (invoicing_v2).
NAME, DESCRIPTION, NOTE = 200, 1000, 4000


def _checked(text: str) -> str:
    for name in _PLACEHOLDER.findall(text):
        if name not in _KNOWN:
            known = ", ".join(f"{{{one}}}" for one in _KNOWN)
            raise ValueError(f"there is no placeholder {{{name}}}; use {known}")
    return text


def _says_paid(text: str) -> str:
    if "{transaction}" not in text:
        raise ValueError("must name the payment that was made, by {transaction}")
    return text


Text = Annotated[str, Field(max_length=NOTE // 2), AfterValidator(_checked)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Part):
    """The invoice's one line."""

    name: Annotated[Text, Field(min_length=1)] = "{item}"
    description: Text = ""


class Tax(_Part):
    """The tax that the amount paid includes; `percent` is a decimal number as text."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    percent: Annotated[str, Field(pattern=r"^(100|[0-9]{1,2}([.][0-9]{1,5})?)$")]


class Seller(_Part):
    """Who makes the invoice; what is empty PayPal takes from the account."""

    business_name: Annotated[str, Field(max_length=300)] = ""
    tax_id: Annotated[str, Field(max_length=100)] = ""
    website: Annotated[str, Field(max_length=2048, pattern="^(https?://.+)?$")] = ""
    additional_notes: Annotated[str, Field(max_length=400)] = ""
    logo_url: Annotated[str, Field(max_length=2000, pattern="^(https://.+)?$")] = ""


class Letter(_Part):
    """An e-mail of PayPal's to the buyer."""

    subject: Annotated[Text, Field(min_length=1)]
    note: Text = ""


class InvoiceTemplate(_Part):
    """
    An invoice's text, term, tax and logo.

    Attributes:
        tax: included in the amount that was paid: it changes no total.
        paid: says that the sale is already paid; stands in the invoice and in both letters,
            because the buyer holds the invoice for a moment before its payment is recorded.
    """

    item: Item = Item()
    tax: Tax | None = None
    payment_term: Literal[
        "DUE_ON_RECEIPT", "NET_10", "NET_15", "NET_30", "NET_45", "NET_60", "NET_90", "NO_DUE_DATE"
    ] = "DUE_ON_RECEIPT"
    paid: Annotated[Text, AfterValidator(_says_paid)]
    note: Text = ""
    terms: Text = ""
    seller: Seller = Seller()
    mail: Letter
    cancellation: Letter


def load(name: str, folder: Path = FOLDER) -> InvoiceTemplate:
    """
    Read the template of that name.

    Raises:
        SettingsError: there is none, or it is none; says where and what to do.
    """
    try:
        return InvoiceTemplate.model_validate_json((folder / f"{name}.json").read_bytes())
    except FileNotFoundError as exc:
        there = ", ".join(sorted(path.stem for path in folder.glob("*.json")))
        raise SettingsError(
            f"paypal: invoice_template (PROVIDER_PAYPAL_INVOICE_TEMPLATE): the plugin has no "
            f"template of that name; name one of: {there}"
        ) from exc
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in error["loc"]) or "the file"
        raise SettingsError(
            f"paypal: templates/{name}.json: {where}: {error['msg']}; correct the file and build "
            "the zips again"
        ) from None


def fill(text: str, draft: InvoiceDraft, limit: int) -> str:
    """The text with its placeholders filled in, at most so long."""
    known = {
        "item": draft.item,
        "number": draft.number,
        "transaction": draft.transaction,
        "payment": draft.payment_id,
        "reference": draft.order_reference,
        "payer": draft.payer_name,
    }
    # In one go: what a payer calls himself is no template.
    return _PLACEHOLDER.sub(lambda found: known[found[1]] or "", text)[:limit]
