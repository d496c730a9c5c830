"""
The payments message and the body of POST /payments: schema and code accept the same set.

The schema is asked with numbers read exactly, as JSON Schema means them (1250.0 is an integer).
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.contracts import load
from penstock.domain.currencies import DIGITS
from penstock.domain.money import Money
from penstock.errors import MalformedMessage, RequestRefused
from penstock.pipeline.orders import EMAIL, Action, ChargeMessage, load_message, load_order

SCHEMA = json.loads((Path(__file__).parents[2] / "contracts/messages/payment.json").read_text())
VALID = jsonschema_rs.Draft202012Validator(SCHEMA, pattern_options=jsonschema_rs.RegexOptions())
PAY = load().operations["createPayment"].checks
LEAST = '{"id":"p-1","provider":"example","order":{"amount":AMOUNT,"currency":"USD"}}'

NUMBERS = [
    "1", "1250.0", "1.25e3", "1e15", "1E15", "1000000000000000.0", "1.0000000000000001e15",
    "1000000000000001", "0.99999999999999999999", "1.00000000000000000001", "9007199254740993.0",
    "9007199254740993.5", "0", "0.0", "-0", "-0.0", "0e5", "-1", "1e-1", "10e-1", "1e16", "1e400",
    "1e-400", "0.5", "1.5", "12.50", "100000000000000000000000000000000",
    "1" + "0" * 15 + "." + "0" * 20,
]  # fmt: skip
TEXTS = [
    "", "x", "@", "a@", "@b", "a@b", "a@b@c", "a b@c", "a@b ", " a@b", "a@b\n",
    "a\x00@b", "a\x85@b", "a\ufeff@b", "a\u200b@b", "a\u2028@b", "a\xa0@b", "a\x1c@b",
    "é@ü", "ann@example.org", "🙂@🙂", "x" * 255, "x" * 256, "🙂" * 255, "🙂" * 256, "usd",
    "USD", "USD\n", "ZZZ", "XXX", "XTS",
    "XAU", "CLF", "JPY", "p-1", "p.1_", "-p", "/etc", "p" * 100, "p" * 101, "p\n", "Example",
    "example", "é",
]  # fmt: skip


def by_schema(text: str) -> bool:
    return VALID.is_valid(json.loads(text, parse_float=Decimal))


def by_code(text: str) -> bool:
    try:
        load_message(text)
    except MalformedMessage:
        return False
    return True


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS).map(lambda text: Raw(text)),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda n: Raw(str(n))),
    st.sampled_from(TEXTS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(TEXTS), inner, max_size=2)
    ),
    max_leaves=4,
)


class Raw(str):
    """A number as it is written."""

    __slots__ = ()


def dumped(value: Any) -> str:
    match value:
        case Raw():
            return str(value)
        case dict():
            return "{" + ",".join(f"{json.dumps(k)}:{dumped(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(dumped, value)) + "]"
        case _:
            return json.dumps(value)


short = st.sampled_from(["a", "order-1", "Ann", "x" * 255])
full = st.fixed_dictionaries(
    {
        "id": st.just("p-1"),
        "provider": st.just("example"),
        "order": st.fixed_dictionaries(
            {
                "amount": st.integers(1, 10**15) | st.sampled_from(NUMBERS).map(Raw),
                "currency": st.sampled_from(sorted(DIGITS)),
            },
            optional={
                "reference": short,
                "description": short,
                "payer": st.fixed_dictionaries(
                    {},
                    optional={"reference": short, "name": short, "email": st.sampled_from(TEXTS)},
                ),
                "metadata": st.dictionaries(st.text("ab", max_size=41), short, max_size=21),
            },
        ),
    }
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A message, and perhaps one change: a value, a missing field or an unknown one."""
    message = draw(full)
    places = [message, message["order"]]
    places += [message["order"][n] for n in ("payer", "metadata") if n in message["order"]]
    target = draw(st.sampled_from(places))
    match draw(st.sampled_from(["nothing", "replace", "drop", "add"])):
        case "replace" if target:
            target[draw(st.sampled_from(sorted(target)))] = draw(anything)
        case "drop" if target:
            del target[draw(st.sampled_from(sorted(target)))]
        case "add":
            name = draw(st.sampled_from(["also", "payer", "email", "name", "reference", ""]))
            target[name] = draw(anything)
        case _:
            pass
    return message


def least(**order: Any) -> Any:
    return {"id": "p", "provider": "e", "order": {"amount": 1, "currency": "USD", **order}}


acting = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["p-1", "-p"]),
        "provider": st.just("example"),
        "action": st.sampled_from([*Action, "steal", "", None]),
        "operation": st.sampled_from(["op-1", "-op", "op\n", None]),
        "order": st.just({"amount": 1, "currency": "USD"}) | st.none(),
    },
)


@given(mutated() | anything | acting)
@example(least(payer={"email": "x"}))
@example(least(reference=None))
@example(least(description=None))
@example(least(payer=None))
@example(least(payer={"name": None}))
@example(least(metadata=None))
@example(least(currency="ZZZ"))
@example(least(currency="XXX"))
def test_schema_and_code_accept_the_same_messages(message: Any):
    text = dumped(message)

    assert by_schema(text) == by_code(text)


@given(mutated())
def test_what_is_accepted_is_read_as_it_was_written(message: Any):
    text = dumped(message)
    if not by_schema(text):
        return
    read = ChargeMessage.loads(text)

    written = json.loads(text, parse_float=Decimal)["order"]
    assert (written["amount"], written["currency"]) == (
        read.order.amount.minor,
        read.order.amount.currency,
    )
    assert read == ChargeMessage.loads(read.dumps())


@pytest.mark.parametrize("number", NUMBERS)
def test_schema_and_code_agree_on_numbers_however_they_are_written(number: str):
    text = LEAST.replace("AMOUNT", number)

    assert by_schema(text) == by_code(text)


@pytest.mark.parametrize(
    ("number", "minor"), [("1250.0", 1250), ("1.25e3", 1250), ("1e15", 10**15), ("1", 1)]
)
def test_an_integer_is_charged_however_it_is_written(number: str, minor: int):
    assert minor == ChargeMessage.loads(LEAST.replace("AMOUNT", number)).order.amount.minor


@pytest.mark.parametrize(
    "number", ["0.99999999999999999999", "1.00000000000000000001", "NaN", "Infinity"]
)
def test_what_is_nearly_an_integer_is_none(number: str):
    with pytest.raises(MalformedMessage):
        ChargeMessage.loads(LEAST.replace("AMOUNT", number))


@given(mutated())
def test_the_api_refuses_or_the_code_reads_the_order_exactly(message: Any):
    """
    What passes the contract's checks of POST /payments is what the code takes, to the digit.
    """
    message.pop("id", None)
    text = dumped(message)
    headers = {"content-type": "application/json", "idempotency-key": "k"}
    try:
        checked = PAY(path={}, query=(), headers=headers, body=text.encode())
    except RequestRefused:
        return
    written = json.loads(text, parse_float=Decimal)["order"]

    assert written["amount"] == load_order(checked.body["order"]).amount.minor
    assert by_schema(dumped({**message, "id": "p-1"}))


@pytest.mark.parametrize(
    "number", ["0.99999999999999999999", "9007199254740993.5", "1e-400", "1e400"]
)
def test_the_api_takes_no_amount_that_a_float_would_round_to_an_integer(number: str):
    body = f'{{"provider":"example","order":{{"amount":{number},"currency":"USD"}}}}'
    headers = {"content-type": "application/json", "idempotency-key": "k"}

    with pytest.raises(RequestRefused) as refused:
        PAY(path={}, query=(), headers=headers, body=body.encode())
    assert 400 == refused.value.status


def test_schema_and_code_name_the_same_currencies_and_addresses():
    order = SCHEMA["$defs"]["order"]["properties"]

    assert sorted(DIGITS) == order["currency"]["enum"]
    assert EMAIL == order["payer"]["properties"]["email"]["pattern"]


@pytest.mark.parametrize("code", SCHEMA["$defs"]["order"]["properties"]["currency"]["enum"])
def test_every_currency_of_the_schema_is_money(code: str):
    assert code == Money.parse("1", code).currency
