"""`penstock payments refund`, against the API on a live port."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import requests

from tests.contract.cli.commands import penstock, printed_json, write
from tests.contract.living import Live

REFUND = ["payments", "refund"]
WHY = ["--because", "damaged", "--key"]


@pytest.fixture
def payment(live: Live, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A payment of 12.50 USD whose money came."""
    write(folder, apiUrl=live.url)
    monkeypatch.setenv("PENSTOCK_TOKEN", live.token)
    bearer = {"Authorization": f"Bearer {live.token}"}
    asked = {"provider": "example", "order": {"amount": 1250, "currency": "USD"}}
    keyed = {**bearer, "Idempotency-Key": str(uuid4())}
    made = requests.post(f"{live.url}/payments", json=asked, headers=keyed, timeout=10).json()
    where = f"{live.url}/payments/{made['id']}"
    while requests.get(where, headers=bearer, timeout=10).json()["status"] == "accepted":
        pass
    return made["id"]


def test_a_part_is_refunded_to_the_digit_and_then_the_rest(payment: str):
    part = penstock(
        "--json", *REFUND, payment, *WHY, "k-1", "--amount", "5.00", "--currency", "USD"
    )
    rest = penstock(*REFUND, payment, *WHY, "k-2", "--note", "sorry")

    told = printed_json(part)
    assert (0, 500, "damaged") == (part.exit_code, told["amount"]["minor"], told["reason"])
    assert (0, "") == (rest.exit_code, rest.stderr)
    assert "7.50 USD" in rest.stdout
    assert f"penstock payments show {payment}" in rest.stdout


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--amount", "12.51", "--currency", "USD"], 5, "body.amount is above what is left"),
        (["--amount", "5.005", "--currency", "USD"], 2, "finer than USD's minor unit"),
        (["--amount", "5.00", "--currency", "EUR"], 5, "body.currency must be USD"),
        (["--amount", "5.00", "--currency", "XXX"], 2, "active currency"),
        (["--amount", "0", "--currency", "USD"], 2, "body.amount"),
        (["--amount", "-1.00", "--currency", "USD"], 2, "body.amount"),
        (["--amount", "5.00"], 2, "--amount and --currency: give both"),
    ],
)
def test_bad_input_names_the_option_or_field(
    payment: str, options: list[str], code: int, says: str
):
    told = penstock(*REFUND, payment, *WHY, "k-1", *options)

    assert (code, True) == (told.exit_code, says in told.stderr), told.stderr


def test_a_payment_that_is_not_there_is_not_found(payment: str):
    assert 4 == penstock(*REFUND, "pay-none", *WHY, "k-1").exit_code


def test_refunding_on_a_protected_stack_asks_for_its_name(payment: str, live: Live, folder: Path):
    write(folder, apiUrl=live.url, protected=True)

    told = penstock(*REFUND, payment, *WHY, "k-1")

    assert 5 == told.exit_code
    assert "--confirm local" in told.stderr
