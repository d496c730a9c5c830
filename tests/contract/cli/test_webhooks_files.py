"""`penstock webhooks check`: how files may be written, and wrong usage, which ends with 64."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock_paypal.webhooks import door
from tests.contract.cli.kept_webhooks import (
    AUTHENTIC,
    FORGED,
    UNDECIDED,
    USAGE,
    Kept,
    penstock,
)
from tests.plugins.paypal.reference import (
    SANDBOX_URL,
    needs_reference,
)


@needs_reference
@pytest.mark.parametrize(
    "encode",
    [
        lambda headers: json.dumps(headers).encode("utf-8-sig"),
        lambda headers: codecs.BOM_UTF16_LE + json.dumps(headers).encode("utf-16-le"),
        lambda headers: json.dumps(headers, indent=2).replace("\n", "\r\n").encode(),
        lambda headers: json.dumps({k.title(): v for k, v in headers.items()}).encode(),
        lambda headers: json.dumps({k: f" {v}\t" for k, v in headers.items()}).encode(),
        lambda headers: json.dumps({"Host": "x", **headers, "X-Other": ""}).encode(),
    ],
    ids=["BOM", "UTF-16", "CRLF", "case", "blanks", "more headers"],
)
def test_how_the_headers_were_written_down_makes_no_difference(
    kept: Kept, encode: Callable[[Any], bytes]
):
    assert AUTHENTIC == kept.check(raw=encode(kept.headers)).exit_code


@needs_reference
@pytest.mark.parametrize("again", ["PayPal-Transmission-Id", "paypal-transmission-id"])
def test_a_header_that_came_twice_is_forged(kept: Kept, again: str):
    """
    Also under the same name: JSON allows it, and most readers keep the last one.
    """
    text = json.dumps(kept.headers)
    twice = f'{{"{again}": "{kept.headers[door.ID]}", {text[1:]}'
    result = kept.check(raw=twice.encode())

    assert FORGED == result.exit_code
    assert "came more than once" in result.output


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"{} {}",
        b"\xff\xfe\xfa",
        b"[" * 200_000,
        b'[["paypal-auth-algo", "SHA256withRSA"]]',
        b'{"paypal-auth-algo": 1}',
        b'{"paypal-auth-algo": null}',
        b'{"paypal-auth-algo": ["SHA256withRSA"]}',
        b'{"x": {"y": "z"}}',
    ],
)
def test_headers_that_are_no_json_object_of_texts_are_wrong_usage(invented: Kept, raw: bytes):
    result = invented.check(raw=raw)

    assert USAGE == result.exit_code
    assert "penstock: --headers: " in result.output


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "2026-11-28",
        "2026-11-28T10:15:00",
        "2026-11-28T10:15Z",
        "20261128T101500Z",
        "2026-11-28T10:15:00+0800",
        "2026-11-28T10:15:60Z",
        "2026-13-28T10:15:00Z",
        "2026-02-30T10:15:00Z",
        "2026-11-28T10:15:00+25:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "1795860900",
        "2026-11-28T10:15:00Z\n",
    ],
)
def test_a_time_without_offset_or_of_another_form_is_wrong_usage(invented: Kept, at: str):
    result = invented.opted(at=at).check()

    assert USAGE == result.exit_code
    assert "penstock: --at: " in result.output


@needs_reference
@pytest.mark.parametrize(
    "at",
    [
        "2016-09-21T22:00:46Z",
        "2016-09-21t22:00:46z",
        "2016-09-21 22:00:46Z",
        "2016-09-21T22:00:46.123456789Z",
        "2016-09-22T06:00:46+08:00",
        "2016-09-21T15:00:46-07:00",
        "2016-09-21T22:00:46-00:00",
    ],
)
def test_a_time_may_be_written_in_every_form_of_rfc_3339(kept: Kept, at: str):
    assert AUTHENTIC == kept.opted(at=at).check().exit_code


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"webhook_id": None}, "--webhook-id"),
        ({"webhook_id": ""}, "--webhook-id"),
        ({"webhook_id": " WH1"}, "--webhook-id"),
        ({"webhook_id": "WH\udcff1"}, "--webhook-id"),
        ({"headers": None}, "--headers"),
        ({"headers": "not/there.json"}, "--headers"),
        ({"headers": "."}, "--headers"),
        ({"body": None}, "--body"),
        ({"body": "not/there"}, "--body"),
        ({"body": "."}, "--body"),
        ({"certificates": "not/there"}, "--certificates"),
        ({"certificates": "pyproject.toml"}, "--certificates"),
        ({"env": "local"}, "--env"),
        ({"env": ""}, "--env"),
        ({"env": "LIVE"}, "--env"),
        ({"gateway": "nope"}, "--gateway"),
        ({"bogus": "1"}, "--bogus"),
    ],
)
def test_wrong_usage_ends_with_64_and_names_the_option(
    invented: Kept, options: dict[str, str | None], named: str
):
    result = invented.opted(**options).check()

    assert USAGE == result.exit_code, result.output
    assert named in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("webhooks", "check"),
        ("--nope", "webhooks", "check"),
        ("webhooks", "--nope", "check"),
        ("--json", "webhooks", "check", "--nope"),
    ],
)
def test_wrong_usage_around_the_command_is_never_an_answer(arguments: tuple[str, ...]):
    assert USAGE == penstock(*arguments).exit_code


def test_wrong_usage_of_other_commands_keeps_its_code():
    assert 2 == penstock("webhooks", "drift", "--nope").exit_code
    assert 2 == penstock("webhooks", "chek").exit_code


def test_an_argument_too_many_is_wrong_usage(invented: Kept):
    assert USAGE == invented.check("more").exit_code


def test_help_says_what_the_codes_mean(invented: Kept):
    result = invented.check("--help")

    assert 0 == result.exit_code
    for said in ("0   authentic", "1   forged", "2   undecided", "64  wrong usage"):
        assert said in result.output


@needs_reference
def test_json_says_the_same(kept: Kept):
    result = kept.check("--json")

    assert AUTHENTIC == result.exit_code
    assert {
        "answer": "authentic",
        "because": "paypal signed it for webhook 9XL90610J3647323C",
        "note": None,
        "gateway": "paypal",
        "environment": "sandbox",
        "at": "2016-09-21T22:00:46+00:00",
        "exit_code": 0,
    } == json.loads(result.stdout)


ANY_TEXT = st.text(max_size=30) | st.sampled_from(
    ["\ud800", "\0", "\r\n", "2026-11-02T12:00:00Z", "A" * 344, "A" * 342 + "==", SANDBOX_URL]
)
ANY_VALUE = ANY_TEXT | st.none() | st.integers() | st.lists(ANY_TEXT, max_size=2)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    changed=st.dictionaries(
        st.sampled_from([*door.PATTERNS, door.CERT_URL, "x"]), ANY_VALUE, max_size=3
    ),
    body=st.binary(max_size=40),
    pem=st.binary(max_size=40) | st.just(b"-----BEGIN CERTIFICATE-----\nAAAA\n"),
    at=st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | ANY_TEXT,
)
def test_whatever_is_given_it_ends_with_one_of_its_four_codes_and_never_authentic(
    invented: Kept, changed: dict[str, Any], body: bytes, pem: bytes, at: str
):
    kept = replace(invented.opted(at=at), headers={**invented.headers, **changed}, body=body)
    kept.files = {f"{SANDBOX_URL.rpartition('/')[2]}.pem": pem}

    assert kept.check().exit_code in (FORGED, UNDECIDED, USAGE)
