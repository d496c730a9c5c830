"""Messages of payments.fifo: what is refused, in which words, and what is read of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from penstock.errors import MalformedMessage
from penstock.pipeline import orders
from penstock.pipeline.orders import (
    Action,
    ActionMessage,
    ChargeMessage,
    load_message,
    load_order,
)

ORDER: Mapping[str, Any] = {"amount": 1250, "currency": "EUR"}
CHARGE: Mapping[str, Any] = {"id": "p-1", "provider": "acme", "order": ORDER}
REFUND: Mapping[str, Any] = {
    "id": "p-1",
    "provider": "acme",
    "action": "refund",
    "operation": "op-1",
}


def refused(message: object) -> str:
    text = message if isinstance(message, str) else json.dumps(message)
    with pytest.raises(MalformedMessage) as refusal:
        load_message(text)
    return str(refusal.value)


def with_order(**fields: Any) -> Mapping[str, Any]:
    return {**CHARGE, "order": {**ORDER, **fields}}


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ([], "message is a list: "),
        ({"provider": "acme", "order": ORDER}, "id is missing: "),
        (with_order(amount="1250"), "order.amount is a str: "),
        (with_order(amount=12.5), "order.amount is a Decimal: "),
        (with_order(amount=0), "order.amount is a int: "),
        (with_order(reference=""), "order.reference is a str: "),
        (with_order(reference="x" * 256), "order.reference is a str: "),
        (with_order(reference=None), "order.reference is a NoneType: it must not be null"),
        (with_order(currency="ZZZ"), "order.currency is a str: it must be an active currency"),
        (with_order(payer={"email": "a@"}), "order.payer.email is a str: "),
        (with_order(payer={"email": "a@" + "b" * 254}), "order.payer.email is a str: "),
        (with_order(extra=1), "order.* is an unknown field; leave it out"),
        (with_order(metadata={"": "v"}), "order.metadata.* is a str: "),
    ],
)
def test_a_refusal_names_the_field_its_kind_and_the_remedy(message: object, says: str):
    assert refused(message).startswith(says)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({**CHARGE, "order": None}, "order is a NoneType: it must not be null; leave it out"),
        ({"id": "p-1", "provider": "acme"}, "order is missing: a charge has one"),
        (
            {**CHARGE, "operation": "op-1"},
            "operation is for the other actions; leave it out of a charge",
        ),
        (
            {"id": "p-1", "provider": "acme", "action": "refund"},
            "operation is missing: the action refund names one",
        ),
        ({**REFUND, "order": ORDER}, "order is for charges; leave it out of a refund"),
        (
            {**REFUND, "action": "steal"},
            "action is a str: it must be one of charge, refund, capture, void, collect; "
            "newer code sent it",
        ),
        ("[" * 100_000, "the message is no JSON; send an object"),
        ("no json", "the message is no JSON; send an object"),
        ('{"amount": NaN}', "the message is no JSON; send an object"),
    ],
)
def test_a_message_that_does_not_fit_its_action_is_refused_in_these_words(
    message: object, says: str
):
    assert says == refused(message)


@pytest.mark.parametrize("wrong", ["0042-4242", 4242.4242])
def test_a_refused_value_is_in_no_exception_behind_the_refusal(wrong: object):
    with pytest.raises(MalformedMessage) as refusal:
        load_message(json.dumps(with_order(amount=wrong)))

    assert "4242" not in f"{refusal.value} {refusal.value.__context__}"


def test_the_shortest_and_the_longest_texts_are_taken():
    longest = {"k" * 40: "v" * 255}
    order = load_order(
        {
            **ORDER,
            "amount": 1,
            "reference": "r",
            "description": "d" * 255,
            "payer": {"reference": "p" * 255, "name": "n", "email": "a@b"},
            "metadata": {"k": "v", **longest},
        }
    )

    assert (1, "r", 255) == (order.amount.minor, order.reference, len(order.description or ""))
    assert order.payer is not None
    assert ("n", "a@b") == (order.payer.name, order.payer.email)
    assert {"k": "v", **longest} == order.metadata
    assert order == ChargeMessage.loads(ChargeMessage("p-1", "acme", order).dumps()).order


def test_the_highest_amount_is_a_thousand_million_million():
    assert 10**15 == load_order({**ORDER, "amount": 10**15}).amount.minor
    with pytest.raises(MalformedMessage):
        load_order({**ORDER, "amount": 10**15 + 1})


def test_an_order_without_payer_and_metadata_is_written_without_them():
    message = load_message(json.dumps(CHARGE))

    assert isinstance(message, ChargeMessage)
    assert message.order.payer is None
    assert CHARGE == json.loads(message.dumps())


def test_only_a_charge_is_read_as_one():
    with pytest.raises(MalformedMessage, match=r"^action must be charge here$"):
        ChargeMessage.loads(json.dumps(REFUND))
    assert ActionMessage("p-1", "acme", Action.refund, "op-1") == load_message(json.dumps(REFUND))


def test_the_reader_is_built_at_the_first_message_and_not_at_the_import():
    """
    Every function imports it, and few read a message: it would lengthen each cold start.
    """
    assert orders._Message.model_config.get("defer_build")  # pyright: ignore[reportPrivateUsage]
