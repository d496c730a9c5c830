"""`penstock plans` and `penstock subscriptions`, against the API on a live port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.cli.commands import penstock, printed_json, write
from tests.contract.serving import Served, serving_club


@pytest.fixture
def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with serving_club() as made:
        write(folder, apiUrl=made.url)
        monkeypatch.setenv("PENSTOCK_TOKEN", made.token)
        yield made


NAMED = ["--given-name", "Ann", "--surname", "Buyer", "--email", "ann@example.org"]
WHAT = ["--provider", "club", "--reference", "customer-42", "--key", "k-1", "--plan"]
CREATE = ["subscriptions", "create", *NAMED, *WHAT]


def test_plans_are_listed_with_their_prices(served: Served):
    told = penstock("plans", "list")

    assert (0, "") == (told.exit_code, told.stderr)
    assert "9.90 EUR a month" in told.stdout


def test_a_subscription_is_opened_shown_suspended_resumed_and_cancelled(served: Served):
    opened = penstock("--json", *CREATE, "GOLD")
    identity = printed_json(opened)["id"]
    told = [
        penstock("subscriptions", "list", "--reference", "customer-42"),
        penstock("subscriptions", "show", identity),
        penstock("subscriptions", "revise", identity, "--plan", "GOLD", "--because", "x"),
        penstock("subscriptions", "suspend", identity, "--because", "on holiday"),
        penstock("subscriptions", "resume", identity, "--because", "back again"),
        penstock("subscriptions", "cancel", identity, "--because", "moved away"),
    ]

    assert [(0, "")] * 6 == [(one.exit_code, one.stderr) for one in told]
    assert "cancelled, nothing paid yet" in told[-1].stdout
    assert "https://club.test/revise/" in told[2].stdout


def test_collecting_from_a_buyer_who_owes_nothing_is_refused(served: Served):
    opened = penstock("--json", *CREATE, "GOLD")
    identity = printed_json(opened)["id"]
    collect = ["subscriptions", "collect", identity, "--because", "x", "--key", "k-1"]

    told = penstock(*collect)
    odd = penstock(*collect, "--amount", "1.005", "--currency", "EUR")

    assert (5, True) == (told.exit_code, "the buyer owes nothing" in told.stderr)
    assert (2, True) == (odd.exit_code, "finer than EUR's minor unit" in odd.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([*CREATE, "NONE"], 5, "body.plan is no active plan"),
        (["subscriptions", "show", "club-I-9"], 4, "No such subscription"),
        (["subscriptions", "list", "--reference", ""], 2, "query.reference"),
    ],
)
def test_what_is_refused_names_the_field(
    served: Served, arguments: list[str], code: int, says: str
):
    told = penstock(*arguments)

    assert code == told.exit_code
    assert says in told.stderr


def test_without_a_token_it_says_how_to_get_one(folder: Path, monkeypatch: pytest.MonkeyPatch):
    write(folder)
    monkeypatch.delenv("PENSTOCK_TOKEN", raising=False)

    told = penstock("plans", "list")

    assert 3 == told.exit_code
    assert "penstock tokens create" in told.stderr


def test_an_api_that_is_away_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch):
    write(folder)
    monkeypatch.setenv("PENSTOCK_TOKEN", "pst_x")

    told = penstock("plans", "list")

    assert 6 == told.exit_code
    assert "the API gave no answer" in told.stderr


def test_cancelling_on_a_protected_stack_asks_for_its_name(served: Served, folder: Path):
    write(folder, apiUrl=served.url, protected=True)

    told = penstock("subscriptions", "cancel", "club-I-1", "--because", "x")

    assert 5 == told.exit_code
    assert "--confirm local" in told.stderr
