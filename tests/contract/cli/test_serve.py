"""`penstock serve` and `penstock plugins`: they start, stop and say what there is."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.request import urlopen

import pytest

from tests.contract.cli.commands import penstock
from tests.contract.living import Live


def test_plugins_are_listed_with_what_they_can_do():
    found = {one["name"]: one for one in json.loads(penstock("--json", "plugins", "list").stdout)}

    known = {"paypal", "example", "slack", "email", "webhook", "stripe", "postgres"}

    assert known == found.keys()
    assert [
        "webhooks",
        "observes",
        "charges",
        "lookup",
        "refunds",
        "plans",
        "subscriptions",
        "managessubscriptions",
        "checkout",
        "history",
        "subscriptionpayments",
    ] == found["example"]["capabilities"]
    assert ["PROVIDER_EXAMPLE_REQUEST_URI"] == found["example"]["settings"]


@pytest.mark.slow
def test_the_server_stops_cleanly_when_told_to():
    command = [sys.executable, "-m", "penstock.entrypoints.cli", "serve", "--memory", "--port=0"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(2)]
        server.terminate()
        _, errors = server.communicate(timeout=60)

    assert lines[0].startswith("penstock: serving on http://127.0.0.1:")
    assert "Bearer pst_" in lines[1]
    assert (0, "") == (server.returncode, errors)


@pytest.mark.slow
def test_metrics_are_served_on_an_address_of_their_own():
    command = [sys.executable, "-m", "penstock.entrypoints.cli", "serve", "--memory", "--port=0"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [*command, "--metrics=0"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        line = next(line for line in server.stdout if "metrics on" in line)
        with urlopen(line.split()[-1], timeout=60) as answer:  # noqa: S310 - our own server
            told = answer.read().decode()
        server.terminate()

    assert line.startswith("penstock: metrics on http://127.0.0.1:")
    assert 'penstock_queue_messages{queue="payments",state="visible"} 0.0' in told


@pytest.mark.parametrize("told", ["", "x", "host:", "70000", "1.2.3.4:x"])
def test_a_metrics_address_that_is_none_is_wrong_usage(told: str):
    result = penstock("serve", "--memory", "--metrics", told)

    assert (2, 1) == (result.exit_code, len(result.stderr.splitlines()))


def test_a_port_that_is_taken_is_one_line(live: Live):
    result = penstock("serve", "--memory", "--port", live.url.rpartition(":")[2])

    assert 1 == result.exit_code
    assert 1 == len(result.stderr.splitlines())
