"""`penstock smoke` does nothing where a charge would move money, or could not be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.cli.commands import write
from tests.contract.cli.running import run


@pytest.mark.parametrize(
    ("gateways", "simulators", "code", "because"),
    [
        ({"paypal": {"environment": "live"}}, {}, 3, "has no gateway example"),
        (
            {"example": {"request_uri": "https://bank.test/charges"}},
            {},
            5,
            "the gateway example of local is a real one, and a charge would move money",
        ),
        (
            # Its own address goes before that of the simulator which runs beside it.
            {"shop": {"plugin": "example", "request_uri": "https://bank.test/charges"}},
            {"shop": "http://127.0.0.1:4600"},
            5,
            "the gateway shop of local is a real one",
        ),
    ],
)
def test_real_money_is_refused_before_anything_is_sent(
    folder: Path, gateways: object, simulators: object, code: int, because: str
) -> None:
    write(folder, gateways=gateways, simulators=simulators)

    done = run(["smoke"])

    assert (code, "") == (done.exit_code, done.stdout)
    assert because in done.stderr
