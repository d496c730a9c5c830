"""Addresses in the configuration: which are refused, and whose subscription stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.config.address import PATTERN
from infra.config.configured import configured
from infra.config.load import load
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.program import defaults
from infra.rules.view import of
from penstock_email.settings import PATTERN as SINKS_PATTERN
from tests.plugins.paypal.reference import FOLDER, needs_reference

CASE = FOLDER.parents[1] / "cases" / "money" / "mail-addresses.json"
LONGEST = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
GOOD = ["ops@example.com", "o'brien+x@sub.example.co.uk", "a@xn--mller-kva.de", LONGEST]
BAD = [
    "Acme <a@example.com>",
    "a b@example.com",
    "a@b@example.com",
    "a@example.com\n",
    "a@example.com\r\nBcc: x@example.com",
    "a@müller.de",
    "",
    "a@localhost",
    ".a@example.com",
    "a.@example.com",
    "a..b@example.com",
    "a@-example.com",
    "a@example-.com",
    "a@example..com",
    "a@example.com.",
    "a@192.0.2.1",
    "a@[192.0.2.1]",
    f"{'a' * 65}@example.com",
    f"a@{'b' * 64}.com",
    f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.com",
]


def refused(key: str, value: Any) -> str | None:
    """What is said about a value; None if the configuration is taken."""
    declared = {name.removeprefix("penstock:"): one for name, one in defaults().items()}
    try:
        settings = load("dev", {**declared, key.removeprefix("penstock:"): value})
        configured(settings, installed())
    except ConfigError as exc:
        return str(exc)
    return None


def places(address: str) -> list[tuple[str, Any, str]]:
    """Everywhere an address is configured: key, value, and how the place is named."""
    letter = {"sender": "a@example.com", "recipients": ["b@example.com"]}
    return [
        ("penstock:alertEmails", [address], "penstock:alertEmails.0"),
        ("penstock:sinks", {"email": {**letter, "sender": address}}, "sinks.email.sender"),
        (
            "penstock:sinks",
            {"email": {**letter, "recipients": ["b@example.com", address]}},
            "sinks.email.recipients.1",
        ),
        ("penstock:sinks", {"email": {**letter, "reply_to": address}}, "sinks.email.reply_to"),
    ]


@pytest.mark.parametrize("address", BAD)
def test_an_address_that_no_server_accepts_is_refused_when_configured(
    address: str,
) -> None:
    for key, value, place in places(address):
        said = refused(key, value)

        assert said is not None, place
        assert place in said
        assert "as in oncall@example.com" in said


@pytest.mark.parametrize("address", GOOD)
def test_an_address_that_servers_accept_is_taken(address: str) -> None:
    assert [None] * 4 == [refused(key, value) for key, value, _ in places(address)]


@needs_reference
def test_the_collected_addresses_are_told_apart() -> None:
    case = json.loads(CASE.read_text("utf-8")) if CASE.exists() else {"good": [], "bad": []}
    wrong = [
        (address, place)
        for verdict in ("good", "bad")
        for address in case[verdict]
        for key, value, place in places(address)
        if (refused(key, value) is None) != (verdict == "good")
    ]

    assert [] == wrong


def test_there_is_one_rule_for_addresses() -> None:
    """
    The stack and the plugins do not import each other, so that the rule is written down twice.
    """
    assert PATTERN == SINKS_PATTERN


@pytest.mark.parametrize("second", ["a@example.com", "A@EXAMPLE.com"])
def test_an_address_given_twice_is_refused(second: str) -> None:
    said = refused("penstock:alertEmails", ["a@example.com", second])

    assert said is not None
    assert "penstock:alertEmails" in said
    assert "twice" in said


def test_taking_an_address_out_unsubscribes_that_address_only(dev: dict[str, Any]) -> None:
    def subscribed(*addresses: str) -> dict[str, str]:
        graph = capture("dev", {**dev, "penstock:alertEmails": list(addresses)})
        subscriptions = of(graph, "TopicSubscription")
        return {
            one["endpoint"]: name
            for name, one in subscriptions.items()
            if one["protocol"] == "email"
        }

    before = subscribed("a@example.com", "b@example.com")

    assert {"b@example.com": before["b@example.com"]} == subscribed("b@example.com")
    assert before == subscribed("b@example.com", "a@example.com")
    assert not [name for name in before.values() if "@" in name]
