"""A stack that stands: what it says of itself, and that its routes lead somewhere."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.emulated import Provisioned, provision_counted
from infra.emulated.kind import Clients
from infra.graph.program import stack_config
from local.emulator import Emulator

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack(emulator: Emulator, bundles: Path) -> Provisioned:
    """A stack for those that only look at it."""
    config = {**stack_config("dev"), "bundles": str(bundles)}
    return provision_counted("looked-at", config, emulator.url)


def test_its_outputs_are_those_the_command_line_reads(
    emulator: Emulator, stack: Provisioned
) -> None:
    outputs = stack.outputs

    assert {"deliveries", "verified", "payments", "rejected", "sink-slack", "sink-email"} == set(
        outputs["queues"]
    )
    assert {"url"} == set(outputs["queues"]["rejected"])
    assert (
        f"{emulator.url}/000000000000/penstock-looked-at-payments-dlq.fifo"
        == (outputs["queues"]["payments"]["dlqUrl"])
    )
    assert ("looked-at", "us-east-1", "penstock-looked-at-ledger", "penstock-looked-at") == tuple(
        outputs[name] for name in ("stack", "region", "ledgerTable", "secretsPrefix")
    )
    assert "penstock-looked-at-deliver-slack" == outputs["functions"]["deliver-slack"]
    assert {"paypal", "example"} == set(outputs["gateways"])
    assert 1 == outputs["settings"]["sqsMaxNumberOfMessages"]
    assert outputs["protected"] is False


def test_its_functions_have_the_logging_that_was_asked_for(
    emulator: Emulator, stack: Provisioned
) -> None:
    clients = Clients(emulator.url, "us-east-1", "000000000000", "test")
    told = clients("lambda").get_function_configuration(
        FunctionName=stack.outputs["functions"]["process"]
    )

    assert {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "INFO"} == (
        told["LoggingConfig"]
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "seen"),
    [
        ("POST", "/webhooks/paypal", 202, "/webhooks/paypal"),
        ("GET", "/payments/x", 404, "/payments/x"),
        ("DELETE", "/no/such/path", 404, "/no/such/path"),
    ],
)
def test_the_api_reaches_its_functions(
    stack: Provisioned, method: str, path: str, status: int, seen: str
) -> None:
    url = urlsplit(stack.outputs["apiUrl"])
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=20)
    connection.request(method, url.path + path, body=b"{}" if method == "POST" else None)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()

    assert (status, seen) == (answer.status, body)
