"""What is read out of PayPal's JSON, and what of it is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from penstock.api import Money
from penstock.testing.builders import notification
from penstock.testing.clock import NOON
from penstock.testing.context import CountingIds
from penstock.testing.http import response
from penstock_paypal import shapes
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace
from penstock_paypal.money.waiting import wait, young

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0),
        (999_999, 999_999),
        (1_000_000, None),
        (-1, None),
        (True, None),
        (1.0, None),
        ("0", 0),
        ("99999", 99_999),
        ("100000", None),
        ("-1", None),
        ("", None),
        ("\u0663", None),
        (None, None),
    ],
)
def test_a_count_is_a_whole_number_below_a_million(value: object, number: int | None) -> None:
    assert number == shapes.count({"total": value}, "total")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("", None),
        (1, None),
        (chr(0xD7FF) + chr(0xE000), chr(0xD7FF) + chr(0xE000)),
        (chr(0xD800), None),
        (f"x{chr(0xDFFF)}", None),
    ],
)
def test_a_text_has_no_half_characters(value: object, text: str | None) -> None:
    assert text == shapes.text({"a": {"b": value}}, "a", "b")


@pytest.mark.parametrize(
    ("value", "identity"),
    [("AB-1", "AB-1"), ("A1", None), ("A" * 64, "A" * 64), ("A" * 65, None), ("a.b", None)],
)
def test_an_id_has_3_to_64_capitals_digits_or_hyphens(value: str, identity: str | None) -> None:
    assert identity == shapes.identity({"id": value}, "id")


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-02T12:00:00Z", NOON),
        ("2026-11-02T12:00:00", NOON),
        ("2026-11-02T20:00:00+08:00", NOON),
        ("2026-19-02T12:00:00Z", None),
        ("0001-01-01T00:00:00+12:00", None),
        (7, None),
    ],
)
def test_a_moment_without_a_zone_is_utc(value: object, moment: datetime | None) -> None:
    found = shapes.moment({"time": value}, "time")

    assert moment == found
    assert found is None or UTC is found.tzinfo


@pytest.mark.parametrize(
    ("value", "money"),
    [
        ({"total": "12.50", "currency": "USD"}, Money(1250, "USD")),
        ({"value": "12.50", "currency_code": "USD"}, Money(1250, "USD")),
        ({"value": 0, "currency_code": "USD"}, Money(0, "USD")),
        ({"value": True, "currency_code": "USD"}, None),
        ({"value": "12.50", "currency_code": 1}, None),
        ({"value": "12.505", "currency_code": "USD"}, None),
        ({"value": "12.50"}, None),
        ({}, None),
    ],
)
def test_an_amount_is_read_in_either_shape(value: object, money: Money | None) -> None:
    assert money == shapes.money({"amount": value}, "amount")


@pytest.mark.parametrize(
    ("money", "value"),
    [
        (Money(1250, "USD"), "12.50"),
        (Money(1250, "JPY"), "1250"),
        (Money(125_000, "HUF"), "1250"),
        (Money(0, "TWD"), "0"),
    ],
)
def test_an_amount_is_sent_without_decimals_where_paypal_takes_none(
    money: Money, value: str
) -> None:
    assert {"currency_code": money.currency, "value": value} == shapes.amount(money)


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        (-60, 10),
        (0, 10),
        (9, 10),
        (10, 10),
        (11, 11),
        (450, 450),
        (451, 450),
        (899, 2),
        (900, 1),
        (2000, 1),
    ],
)
def test_the_api_is_asked_again_after_as_long_as_the_event_is_old(age: int, seconds: int) -> None:
    """
    Ten seconds at least, and the last time one second after the first quarter of an hour.
    """
    assert seconds == wait(notification(), NOON + age * SECOND)


@pytest.mark.parametrize(("age", "is_young"), [(0, True), (899, True), (900, False)])
def test_an_event_is_young_for_a_quarter_of_an_hour(age: int, is_young: bool) -> None:
    assert is_young is young(notification(), NOON + age * SECOND)


def answered(status: int, body: object = b"") -> Answer:
    return Answer.of(response(status, body), NOON, Pace(CountingIds()))


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (199, ["passing"]),
        (200, ["ok", "passing"]),
        (299, ["ok", "passing"]),
        (300, ["passing"]),
        (399, ["passing"]),
        (400, []),
        (401, ["denied", "passing"]),
        (402, []),
        (403, ["denied", "passing"]),
        (404, ["missing"]),
        (405, []),
        (408, ["passing"]),
        (409, ["passing"]),
        (410, []),
        (422, []),
        (425, ["passing"]),
        (428, []),
        (429, ["throttled", "passing"]),
        (499, []),
        (500, ["passing"]),
        (503, ["passing"]),
    ],
)
def test_what_a_status_says_is_the_same_everywhere(status: int, names: list[str]) -> None:
    answer = answered(status)
    every = ("ok", "missing", "absent", "denied", "throttled", "passing")

    assert names == [name for name in every if getattr(answer, name)]


def test_there_is_no_such_thing_by_paypals_word_only_in_json() -> None:
    said = answered(400, {"name": "INVALID_RESOURCE_ID"})
    page = answered(404, b"<html>")

    assert [(True, True), (True, False)] == [(one.missing, one.absent) for one in (said, page)]


def test_issues_are_the_details_then_the_name_then_oauths_error_each_once() -> None:
    told = {
        "name": "B",
        "error": "c",
        "details": [{"issue": "A"}, {"issue": "A"}, {"issue": "no code"}, "x", {"issue": "B"}],
    }

    assert ("A", "B", "c") == answered(400, told).issues
    assert () == answered(399, told).issues


def test_rate_limits_are_said_by_an_issue_of_a_refusal_too() -> None:
    told = {"name": "RATE_LIMIT_REACHED"}

    assert (True, True) == (answered(400, told).throttled, answered(400, told).passing)
    assert not answered(200, told).throttled


@pytest.mark.parametrize(
    ("where", "field"),
    [
        ("/subscriber/name", "subscriber.name"),
        ("$.items[0].name", "items[0].name"),
        ("plan_id", "plan_id"),
        ("x" * 128, "x" * 128),
        ("x" * 129, None),
        ("ada@example.test", None),
        ("", None),
    ],
)
def test_a_field_is_named_as_a_path_and_nothing_else_is_repeated(
    where: str, field: str | None
) -> None:
    told = {"details": [{"field": where, "issue": "INVALID"}, {"field": where}]}
    expected = ((field, "INVALID"),) if field else ()

    assert expected == answered(400, told).fields
    assert () == answered(399, told).fields


@pytest.mark.parametrize("length", [64, 65])
def test_the_name_for_support_is_paypals_code_or_its_header(length: int) -> None:
    name = "d" * length
    known = name if length == 64 else None
    header = Answer.of(response(400, b"", {"paypal-debug-id": name}), NOON, Pace(CountingIds()))

    assert known == answered(400, {"debug_id": name}).debug_id == header.debug_id
    assert "400 A" == answered(400, {"name": "A"}).why
    assert "400" == answered(400).why
