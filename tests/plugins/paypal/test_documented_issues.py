"""Each refusal that PayPal's specifications list for a call that moves money, and its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from penstock.api import Closed, Critical, Declined, NotApproved, Refused, Response, Unanswered
from tests.plugins.paypal.ordering import CAPTURE, refused
from tests.plugins.paypal.reference import FOLDER, needs_reference
from tests.plugins.paypal.subscribing import Scripted
from tests.plugins.paypal.test_collecting import ASKED as COLLECT
from tests.plugins.paypal.test_collecting import PATH as COLLECT_PATH
from tests.plugins.paypal.test_refunding import ASKED as REFUND
from tests.plugins.paypal.test_refunding import V2
from tests.plugins.paypal.told import Told, problem

NOTHING_WAS_REFUNDED = (
    *("CANNOT_BE_ZERO_OR_NEGATIVE", "DECIMAL_PRECISION", "DECIMALS_NOT_SUPPORTED"),
    *("INVALID_CURRENCY_CODE", "CURRENCY_MISMATCH", "CANNOT_BE_NEGATIVE"),
    *("REFUND_CAPTURE_CURRENCY_MISMATCH", "REFUND_TIME_LIMIT_EXCEEDED", "REFUND_AMOUNT_TOO_LOW"),
    *("REFUND_FAILED_INSUFFICIENT_FUNDS", "PENDING_CAPTURE", "PAYEE_ACCOUNT_LOCKED_OR_CLOSED"),
    *("PAYER_ACCOUNT_LOCKED_OR_CLOSED", "PAYEE_ACCOUNT_RESTRICTED", "TRANSACTION_DISPUTED"),
    *("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK", "REFUND_IS_RESTRICTED"),
    *("PLATFORM_FEE_EXCEEDED", "PLATFORM_FEE_NOT_ENABLED"),
)
MAY_BE_OUR_OWN_REFUND = (
    *("CAPTURE_FULLY_REFUNDED", "REFUND_AMOUNT_EXCEEDED", "MAX_NUMBER_OF_REFUNDS_EXCEEDED"),
    *("REFUND_NOT_ALLOWED", "PARTIAL_REFUND_NOT_ALLOWED", "DUPLICATE_INVOICE_ID"),
)
NOTHING_WAS_COLLECTED = (
    *("USER_ACCOUNT_CLOSED", "SUBSCRIBER_ACCOUNT_LOCKED", "SUBSCRIBER_ACCOUNT_CLOSED"),
    *("SUBSCRIBER_ACCOUNT_RESTRICTED", "SUBSCRIPTION_STATUS_INVALID", "CURRENCY_MISMATCH"),
)
MAY_BE_OUR_OWN_COLLECTION = (
    *("ZERO_OUTSTANDING_BALANCE", "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE"),
)
CAPTURES: Mapping[type, tuple[str, ...]] = {
    # The buyer may choose another means of payment and approve again.
    Declined: (
        *("INSTRUMENT_DECLINED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING", "PAYER_CANNOT_PAY"),
        *("PAYER_ACCOUNT_RESTRICTED", "PAYER_ACCOUNT_LOCKED_OR_CLOSED", "TRANSACTION_REFUSED"),
        *("TRANSACTION_LIMIT_EXCEEDED", "TRANSACTION_BLOCKED_BY_PAYEE"),
        *("PAYEE_BLOCKED_TRANSACTION", "COMPLIANCE_VIOLATION", "DOMESTIC_TRANSACTION_REQUIRED"),
        "CARD_BRAND_NOT_SUPPORTED",
    ),
    NotApproved: ("ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED"),
    Closed: ("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",),
    Unanswered: ("ORDER_ALREADY_CAPTURED", "ORDER_COMPLETION_IN_PROGRESS"),
    # The merchant's account.
    Refused: (
        *("TRANSACTION_RECEIVING_LIMIT_EXCEEDED", "AUTH_CAPTURE_NOT_ENABLED"),
        *("NOT_ENABLED_FOR_CARD_PROCESSING", "PAYEE_NOT_ENABLED_FOR_CARD_PROCESSING"),
        *("NOT_ENABLED_FOR_BANK_PROCESSING", "PAYEE_NOT_ENABLED_FOR_BANK_PROCESSING"),
        *("SETUP_ERROR_FOR_BANK", "DUPLICATE_INVOICE_ID"),
    ),
}


@pytest.mark.parametrize("issue", [*NOTHING_WAS_REFUNDED, *MAY_BE_OUR_OWN_REFUND])
async def test_a_first_refund_that_is_refused_is_refused_for_good(told: Told, issue: str) -> None:
    told.at(V2, problem(422, issue))

    assert isinstance(await told.paypal.refund(replace(REFUND, path=V2)), Declined)


@pytest.mark.parametrize("issue", NOTHING_WAS_REFUNDED)
async def test_a_refusal_that_has_its_own_cause_ends_a_doubted_refund(
    told: Told, issue: str
) -> None:
    told.at(V2, problem(422, issue))

    answer = await told.paypal.refund(replace(REFUND, path=V2, doubted=True))

    assert isinstance(answer, Declined)


@pytest.mark.parametrize(
    "refusal",
    [
        *(problem(422, issue) for issue in MAY_BE_OUR_OWN_REFUND),
        problem(400, "TRANSACTION_ALREADY_REFUNDED"),
        problem(404, "INVALID_RESOURCE_ID"),
        problem(422, "AN_ISSUE_OF_TOMORROW"),
    ],
    ids=repr,
)
async def test_a_refusal_that_an_earlier_attempt_may_explain_is_for_people(
    told: Told, refusal: Response
) -> None:
    """
    "All of it went back" may be our own refund, whose answer was lost: no money is freed on it.
    """
    told.at(V2, refusal)

    answer = await told.paypal.refund(replace(REFUND, path=V2, doubted=True))

    assert isinstance(answer, Critical)


@pytest.mark.parametrize("issue", [*NOTHING_WAS_COLLECTED, *MAY_BE_OUR_OWN_COLLECTION])
async def test_a_first_collection_that_is_refused_is_refused_for_good(
    told: Told, issue: str
) -> None:
    told.at(COLLECT_PATH, problem(422, issue))

    assert isinstance(await told.paypal.collect(COLLECT), Declined)


@pytest.mark.parametrize(
    ("issue", "means"),
    [
        *((issue, Declined) for issue in NOTHING_WAS_COLLECTED),
        *((issue, Critical) for issue in (*MAY_BE_OUR_OWN_COLLECTION, "AN_ISSUE_OF_TOMORROW")),
    ],
)
async def test_a_doubted_collection_that_is_refused(told: Told, issue: str, means: type) -> None:
    """
    "Nothing is owed" may be our own collection, whose answer was lost.
    """
    told.at(COLLECT_PATH, problem(422, issue))

    assert isinstance(await told.paypal.collect(replace(COLLECT, doubted=True)), means)


@pytest.mark.parametrize(
    ("issue", "means"), [(issue, means) for means, issues in CAPTURES.items() for issue in issues]
)
async def test_a_capture_that_is_refused(issue: str, means: type) -> None:
    # ORDER_ALREADY_CAPTURED is read back, and that is answered nothing here.
    scripted = Scripted(refused(issue), refused("INTERNAL_SERVER_ERROR", 500))

    assert means is type(await scripted.paypal.capture_checkout(CAPTURE))


@needs_reference
def test_no_documented_refusal_of_a_refund_is_left_out() -> None:
    path = "/v2/payments/captures/{capture_id}/refund"
    documented = set(_issues("payments_payment_v2.json", path))

    assert documented == {*NOTHING_WAS_REFUNDED, *MAY_BE_OUR_OWN_REFUND}


@needs_reference
def test_no_documented_refusal_of_a_collection_is_left_out() -> None:
    path = "/v1/billing/subscriptions/{id}/capture"
    documented = set(_issues("billing_subscriptions_v1.json", path))

    assert documented == {*NOTHING_WAS_COLLECTED, *MAY_BE_OUR_OWN_COLLECTION}


@needs_reference
def test_each_refusal_of_a_capture_here_is_documented() -> None:
    """
    The specification lists others, of cards, banks and wallets that we never ask for: those need
    a person.
    """
    path = "/v2/checkout/orders/{id}/capture"
    documented = set(_issues("checkout_orders_v2.json", path))

    assert {issue for issues in CAPTURES.values() for issue in issues} <= documented


def _issues(name: str, path: str) -> Iterator[str]:
    """The issues of a POST's 422, as a specification lists them."""
    spec = json.loads((FOLDER / "specs" / name).read_text("utf-8"))
    yield from _named(spec["paths"][path]["post"]["responses"]["422"], spec)


def _named(part: Any, spec: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _named(one, spec)
    if not isinstance(part, dict):
        return
    issue = part.get("issue")
    if isinstance(issue, dict) and "enum" in issue:
        yield from issue["enum"]
    if reference := part.get("$ref"):
        found = spec
        for name in reference.removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/")]
        yield from _named(found, spec)
    for name, value in part.items():
        if name != "issue":
            yield from _named(value, spec)
