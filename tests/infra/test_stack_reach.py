"""A setting that passes the preview works where it is deployed: what functions cannot reach is
refused."""

from __future__ import annotations

from typing import Any

import pytest

from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.reach import leads_out

DATABASE = {"database": "books", "user": "penstock_writer"}
HERE = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "127.0.0.1",
    "127.8.0.9",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "0",
    "127.0.0.999",
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020\u30020\u30021",
    "\u24dbocalhost",
    "::1",
    "[::1]",
    "::",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "fe80::1%eth0",
]
INSIDE = [
    "10.0.0.7",
    "172.16.0.1",
    "192.168.1.5",
    "100.64.0.1",
    "169.254.169.254",
    "fd00:ec2::254",
    "224.0.0.1",
    "db",
    "printer.local",
    "ip-10-0-0-7.ec2.internal",
    "nas.home.arpa",
    "db.test",
    "db.invalid",
    "db.onion",
]


@pytest.mark.parametrize("host", [*HERE, *INSIDE])
def test_an_address_of_this_machine_or_of_a_network_leads_nowhere_in_any_form(host: str) -> None:
    assert not leads_out(host)


@pytest.mark.parametrize(
    "host",
    [
        "db.example.com",
        "db.example.com.",
        "localhost.example.com",
        "xn--bcher-kva.example.com",
        "books.abc123.eu-west-1.rds.amazonaws.com",
        "8.8.8.8",
        "2a00:1450:4001:82a::200e",
        "0x7f.example.com",
    ],
)
def test_a_public_name_or_address_may_lead_out(host: str) -> None:
    assert leads_out(host)


@pytest.mark.parametrize(
    ("kind", "name", "given", "setting"),
    [
        ("sinks", "webhook", {"url": "http://localhost/hook"}, "url"),
        ("sinks", "webhook", {"url": "http://127.0.0.1:8000/hook"}, "url"),
        ("sinks", "webhook", {"url": "http://[::1]/hook"}, "url"),
        ("sinks", "postgres", {**DATABASE, "host": "localhost", "tls": "none"}, "host"),
        ("sinks", "postgres", {**DATABASE, "host": "127.0.0.1"}, "host"),
        ("sinks", "postgres", {**DATABASE, "host": "10.0.0.7"}, "host"),
        ("sinks", "postgres", {**DATABASE, "host": "db.example.com", "ca_file": "a"}, "ca_file"),
        ("gateways", "stripe", {"api_url": "http://127.0.0.1:9000"}, "api_url"),
        ("gateways", "example", {"request_uri": "http://localhost:9000/charges"}, "request_uri"),
    ],
)
def test_what_functions_cannot_reach_is_refused_by_its_key_with_the_remedy(
    dev: dict[str, Any], kind: str, name: str, given: dict[str, str], setting: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        capture("dev", {**dev, f"penstock:{kind}": {name: given}})

    said = str(refused.value)
    assert f"penstock:{kind}.{name}.{setting} names a " in said
    assert ": remove it" in said or ": name one that is on the internet" in said
    assert not [one for one in given.values() if one.startswith("http") and one in said]


def test_a_host_of_ones_own_may_have_the_database_beside_it(dev: dict[str, Any]) -> None:
    here = {"postgres": {**DATABASE, "host": "127.0.0.1", "tls": "none"}}

    assert capture("dev", {**dev, "penstock:sinks": here, "penstock:consumers": "serve"})


def test_a_webhook_to_this_machine_is_refused_for_a_host_of_ones_own_too(
    dev: dict[str, Any],
) -> None:
    """The protection against requests into this network does not depend on who delivers."""
    here = {"hook": {"plugin": "webhook", "url": "http://localhost/hook"}}

    with pytest.raises(ConfigError, match=r"sink 'hook': url is plain http:// .*: write https://"):
        capture("dev", {**dev, "penstock:sinks": here, "penstock:consumers": "serve"})


def test_a_setting_of_the_wrong_form_is_refused_in_words(dev: dict[str, Any]) -> None:
    hook = {"webhook": {"url": "https://shop.example.com:65536/hunter2"}}

    with pytest.raises(ConfigError) as refused:
        capture("dev", {**dev, "penstock:sinks": hook})

    assert (
        "penstock:sinks.webhook.url has a value of kind str that does not do: it is the endpoint: "
        "https, a public name, a path; no secret in it; write one as in "
        "https://shop.example.com/webhooks"
    ) == str(refused.value)
