"""The simulated PayPal by itself: a command, and a fixture for anybody's tests."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from penstock_paypal.simulator.threaded import RunningPayPal

pytest_plugins = ["penstock_paypal.simulator.fixture"]
COMMAND = [sys.executable, "-m", "penstock_paypal.simulator"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_command_tells_how_to_use_it_and_serves_until_it_is_ended(
    tmp_path: Path, end: signal.Signals
) -> None:
    hook = "http://127.0.0.1:9/webhooks"
    command = [*COMMAND, "--webhook-url", hook, "--folder", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
    with process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        with urllib.request.urlopen(told["url"], timeout=60) as page:  # noqa: S310 - the one just started
            shown = page.read().decode()
        process.send_signal(end)
        code = process.wait(timeout=60)

    assert {"url", "client_id", "client_secret", "webhook_id"} == told.keys()
    assert (0, True) == (code, hook in shown)


@pytest.mark.parametrize("hook", ["http://shop.example/", "nonsense"])
def test_the_command_refuses_an_address_that_paypal_would_not_call(hook: str) -> None:
    made = subprocess.run(  # noqa: S603 - our own interpreter
        [*COMMAND, "--webhook-url", hook], capture_output=True, text=True, check=False
    )

    assert (2, True) == (made.returncode, "--webhook-url must be" in made.stderr)


def test_the_command_says_that_its_port_is_taken(paypal_simulator: RunningPayPal) -> None:
    port = paypal_simulator.url.rpartition(":")[2]
    made = subprocess.run(  # noqa: S603 - our own interpreter
        [*COMMAND, "--port", port], capture_output=True, text=True, check=False
    )

    assert (1, True) == (made.returncode, f"cannot serve on port {port}" in made.stderr)


def test_the_fixture_gives_a_simulator_that_nothing_has_happened_at(
    paypal_simulator: RunningPayPal,
) -> None:
    assert [] == paypal_simulator.tell("GET", "deliveries")
    paypal_simulator.register("http://127.0.0.1:9/")
    paypal_simulator.tell("POST", "webhooks", {"target": "http://127.0.0.1:9/"})
    paypal_simulator.set_clock(61)
    (delivery,) = paypal_simulator.tell("GET", "deliveries")

    assert 2 == len(delivery["attempts"])


def test_the_fixture_tells_what_the_simulator_refuses(paypal_simulator: RunningPayPal) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        paypal_simulator.tell("PUT", "tokens", {"expires_in": 0})
    refused.value.close()

    assert 400 == refused.value.code
