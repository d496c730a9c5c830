"""The command line: what it shows, how it ends, and what it asks on a protected stack."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from local.emulator import REGION, Emulator
from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus, Transaction
from penstock.entrypoints.cli.stack import Stack
from penstock.entrypoints.cli.tree import app
from tests.adapters.bench import table
from tests.contract.conftest import Live

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DESTRUCTIVE = [
    ["queue", "purge", "payments", "--yes"],
    ["queue", "send", "payments"],
    ["tokens", "revoke", "0123456789abcdef"],
    ["invoices", "make", "p-1", "--because", "asked for"],
]


def penstock(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=given)


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """For tests whose server logs to this process's standard output meanwhile."""
    command = [sys.executable, "-m", "penstock.entrypoints.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program


def at_a_terminal(*arguments: str, typed: str) -> int:
    """The exit code of a command at whose terminal a line is typed."""
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "penstock.entrypoints.cli", *arguments]
    try:
        os.write(main, f"{typed}\n".encode())
        return subprocess.run(command, stdin=terminal, capture_output=True, check=False).returncode  # noqa: S603 - our own program
    finally:
        os.close(main)
        os.close(terminal)


def shown(url: str) -> Any:
    """What a simulator shows there."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a simulator of ours
        return json.loads(answer.read())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own; what the commands do to the environment is undone."""
    for name in ("ENDPOINT_URL", "REGION", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".penstock/local").mkdir(parents=True)
    return tmp_path


def write(folder: Path, **outputs: Any) -> None:
    stack: dict[str, Any] = {
        "stack": "local",
        "region": REGION,
        "apiUrl": "http://127.0.0.1:1",
        "ledgerTable": "cli-ledger",
        "deliveriesTopicArn": "arn:d",
        "eventsTopicArn": "arn:e",
        "secretsPrefix": "penstock-local",
        "queues": {name: {"url": "http://q"} for name in ("verified", "rejected", "payments")},
        "functions": {},
        "gateways": {"example": {"request_uri": "http://127.0.0.1:1"}},
        "sinks": {},
        "settings": {},
        "protected": False,
    }
    (folder / ".penstock/local/stack.json").write_text(json.dumps({**stack, **outputs}))


Shows = Callable[..., None]


@pytest.fixture
def pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shows:
    """A pulumi that shows a stack whose AWS does not answer, with more outputs as given."""
    program = folder / "bin/pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\ncat {folder}/outputs\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    aws = {
        "endpoint_url": "http://127.0.0.1:9",
        "region": REGION,
        "access_key_id": "test",
        "secret_access_key": "test",
    }

    def shows(**outputs: Any) -> None:
        write(folder, aws=aws)
        stack = json.loads((folder / ".penstock/local/stack.json").read_text())
        del stack["protected"]
        (folder / "outputs").write_text(json.dumps({**stack, **outputs}))

    return shows


@pytest.fixture
def stack(folder: Path, emulator: Emulator) -> Iterator[Stack]:
    """A stack on the emulator with a ledger and two queues, empty for each test."""
    emulator.reset()
    session = boto3.Session("test", "test", region_name=REGION)
    dynamodb = session.client("dynamodb", endpoint_url=emulator.url)
    dynamodb.create_table(**table("cli-ledger"))
    sqs = session.client("sqs", endpoint_url=emulator.url)

    def queue(name: str) -> str:
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "30"}
        made = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)
        return str(made["QueueUrl"])

    write(
        folder,
        aws={
            "endpoint_url": emulator.url,
            "region": REGION,
            "access_key_id": "test",
            "secret_access_key": "test",
        },
        queues={
            "payments": {"url": queue("payments"), "dlqUrl": queue("payments-dlq")},
            "verified": {"url": queue("verified"), "dlqUrl": queue("verified-dlq")},
            "rejected": {"url": queue("rejected")},
        },
    )
    yield Stack("local", json.loads((folder / ".penstock/local/stack.json").read_text()))
    sqs.close()
    dynamodb.close()


def keep(stack: Stack, *changes: Change[Payment]) -> None:
    stack.enter(os.environ)

    async def commit() -> None:
        world = stack.world()
        for change in changes:
            await world.ledger.commit(change)
        await world.close()

    asyncio.run(commit())


def declined(name: str) -> list[Change[Payment]]:
    order = Order(Money(1250, "USD"), reference="order-1")
    first = rules.accept(name, "example", order, now=NOON, new_id=lambda: f"e-{name}")
    charge = first.entity.operation(OperationKind.charge)
    assert charge is not None
    second = rules.settle(
        first.entity,
        charge.settle(OperationState.declined, reason="no funds"),
        PaymentStatus.declined,
        now=NOON,
        new_id=lambda: f"e-{name}",
        reason="no funds",
    )
    return [first, second]


def sent_back(name: str, **seen: Any) -> list[Change[Payment]]:
    """A held sale of 100.00, of which 10.00 were refunded and 25.00 are about to be."""
    sale = Transaction("S-1", "sale", PaymentStatus.partially_refunded, usd(10_000), NOON)
    steps = (
        Transaction("R-1", "refund", PaymentStatus.refunded, usd(1000), NOON),
        Transaction("R-2", "reversal", PaymentStatus.pending, usd(2500), NOON),
    )
    state = Observation(
        sale, refunds=steps, hold="new_seller", fee=usd(320), net=usd(9680), **seen
    )
    ids = count(1)
    return [
        rules.observe(
            None,
            name,
            "acme",
            state,
            can=rules.Abilities(),
            now=NOON,
            new_id=lambda: f"{name}-{next(ids)}",
        )
    ]


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def withheld(name: str) -> Change[Payment]:
    """A paid sale whose invoice the gateway refused."""
    sale = Transaction("S1", "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
    seen = Observation(sale, payer=Payer(email="buyer@example.org"))
    can = rules.Abilities(invoices=True)
    change = rules.observe(None, name, "paypal", seen, can=can, now=NOON, new_id=lambda: "e-1")
    (invoice,) = change.entity.operations
    refused = replace(invoice, attempts=1).settle(OperationState.declined, reason="no")
    payment = replace(change.entity.with_operation(refused), invoice_withheld="no")
    return replace(change, entity=payment)


class TestErrors:
    def test_without_a_stack_it_is_one_line_and_code_3(self, folder: Path):
        result = penstock("queue", "depth")

        assert (3, 1) == (result.exit_code, len(result.stderr.splitlines()))
        assert "make run" in result.stderr

    def test_a_stack_that_gives_no_answer_is_one_line_and_code_6(self, folder: Path):
        aws = {
            "endpoint_url": "http://127.0.0.1:9",
            "region": REGION,
            "access_key_id": "test",
            "secret_access_key": "test",
        }
        write(folder, aws=aws)
        result = penstock("payments", "show", "p-1")

        assert (6, 1) == (result.exit_code, len(result.stderr.splitlines()))

    @pytest.mark.parametrize("outputs", [{"protected": True}, {}], ids=["protected", "older"])
    @pytest.mark.parametrize("arguments", DESTRUCTIVE, ids=" ".join)
    @pytest.mark.parametrize("name", ["production", "prod"])
    def test_nothing_is_lost_or_moved_on_a_protected_stack_without_its_name(
        self, pulumi: Shows, arguments: list[str], outputs: dict[str, Any], name: str
    ):
        """
        Whatever it is called. A stack that does not say whether it is protected counts as such.
        """
        pulumi(**outputs)
        plain = penstock("--stack", name, *arguments)
        other = penstock("--stack", name, *arguments, "--confirm", "dev")

        for result in (plain, other):
            assert (5, 1) == (result.exit_code, len(result.stderr.splitlines()))
            assert f"--confirm {name}" in result.stderr

    @pytest.mark.parametrize("arguments", DESTRUCTIVE, ids=" ".join)
    def test_with_its_name_the_command_goes_on(self, pulumi: Shows, arguments: list[str]):
        """
        As on a stack that is not protected: as far as AWS, which does not answer here.
        """
        pulumi(protected=True)
        meant = penstock("--stack", "production", *arguments, "--confirm", "production")
        pulumi(protected=False)
        unprotected = penstock("--stack", "production", *arguments)

        assert (6, 6) == (meant.exit_code, unprotected.exit_code)

    def test_at_a_terminal_the_name_is_asked_for(self, pulumi: Shows):
        pulumi(protected=True)
        purge = ("--stack", "production", "queue", "purge", "payments", "--yes")

        assert (5, 6) == (
            at_a_terminal(*purge, typed="dev"),
            at_a_terminal(*purge, typed="production"),
        )

    def test_a_stack_is_asked_of_pulumi_once_a_command(self, pulumi: Shows, folder: Path):
        pulumi(protected=True)
        penstock("--stack", "live", "queue", "purge", "payments", "--yes", "--confirm", "live")

        assert ["stack output --json --stack live"] == (folder / "asked").read_text().splitlines()

    @pytest.mark.parametrize("name", ["--help", "../prod", "PROD"])
    def test_a_stacks_name_is_a_plain_name(self, folder: Path, name: str):
        assert 2 == penstock(f"--stack={name}", "queue", "depth").exit_code

    def test_a_wrong_option_is_code_2(self):
        assert 2 == penstock("events", "list", "--limit", "0").exit_code

    def test_trigger_is_local_only(self, folder: Path):
        result = penstock("--stack", "dev", "trigger")

        assert (5, 1) == (result.exit_code, len(result.stderr.splitlines()))

    def test_trigger_without_a_simulator_says_so(self, folder: Path):
        write(folder)

        assert 3 == penstock("trigger").exit_code


@pytest.mark.emulator
class TestOnAStack:
    def test_a_payment_is_shown_for_people_and_for_programs(self, stack: Stack):
        keep(stack, *declined("p-1"))
        people, programs = penstock("payments", "show", "p-1"), penstock("--json", *SHOW)

        assert "no funds" in people.stdout
        assert ("declined", "12.50") == (
            json.loads(programs.stdout)["status"],
            json.loads(programs.stdout)["amount"]["value"],
        )

    def test_what_went_back_is_shown_with_its_amounts_and_the_hold_and_the_fee(self, stack: Stack):
        keep(stack, *sent_back("p-1"))
        people, programs = penstock("payments", "show", "p-1"), penstock("--json", *SHOW)

        for shown in (
            "sent back  10.00 of 100.00 USD",
            "refund     10.00 of 100.00 USD refunded, R-1, 2026-11-02T12:00:00Z",
            "reversal   25.00 of 100.00 USD pending, R-2, 2026-11-02T12:00:00Z",
            "on hold    new_seller",
            "fee        3.20 USD",
            "net        96.80 USD",
        ):
            assert shown in people.stdout
        view = json.loads(programs.stdout)
        assert ("10.00", "new_seller", "3.20", "96.80") == (
            view["refunded"]["value"],
            view["hold"],
            view["fee"]["value"],
            view["net"]["value"],
        )

    def test_a_payers_name_moves_no_cursor_and_turns_no_line_around(self, stack: Stack):
        payer = Payer("P1", "Ada\x1b[2J\u202e\nstatus  declined")
        keep(stack, *sent_back("p-1", payer=payer))
        shown = penstock("payments", "show", "p-1").stdout

        assert "Ada\\x1b[2J\\u202e\\nstatus  declined" in shown
        assert not {"\x1b", "\u202e"} & set(shown)

    def test_a_payment_nobody_knows_is_code_4(self, stack: Stack):
        assert 4 == penstock("payments", "show", "nobody").exit_code

    def test_a_withheld_invoice_is_reserved_and_the_payment_shown(self, stack: Stack):
        keep(stack, withheld("paypal-S1"))
        made = penstock("--json", *MAKE, "paypal-S1", "--because", "the address is right now")
        again = penstock(*MAKE, "paypal-S1", "--because", "impatience")
        people = penstock("payments", "show", "paypal-S1")

        assert ("PS-S1", False) == (
            json.loads(made.stdout)["invoice"],
            json.loads(made.stdout)["asks_for_address_first"],
        )
        assert "the address is right now" in people.stdout
        assert (5, 1) == (again.exit_code, len(again.stderr.splitlines()))
        assert 4 == penstock(*MAKE, "nobody", "--because", "x").exit_code

    def test_events_are_listed_newest_first_with_the_way_to_the_next_page(self, stack: Stack):
        keep(stack, *declined("p-1"), *declined("p-2"))
        first = json.loads(penstock("events", "list", "--limit", "1", "--json").stdout)
        second = json.loads(
            penstock("events", "list", "--cursor", first["cursor"], "--json").stdout
        )

        assert ["p-2", "p-1"] == [
            event["subject"] for page in (first, second) for event in page["events"]
        ]

    def test_a_cursor_of_somebody_elses_is_code_2(self, stack: Stack):
        assert 2 == penstock("events", "list", "--cursor", "hm").exit_code

    def test_payments_are_looked_up_by_reference_subscription_and_status(self, stack: Stack):
        keep(stack, *declined("p-1"), *sent_back("p-2", subscription="I-1"))
        look = ("payments", "list", "--json")

        def found(*options: str) -> list[str]:
            shown = json.loads(penstock(*look, *options).stdout)
            return [payment["id"] for payment in shown["payments"]]

        assert ["p-1"] == found("--reference", "order-1")
        assert ["p-2"] == found("--subscription", "acme-I-1")
        assert [] == found("--reference", "order-1", "--status", "succeeded")
        assert ["p-1"] == found("--reference", "order-1", "--since", "2026-11-02")
        assert "12.50 USD" in penstock("payments", "list", "--reference", "order-1").stdout

    def test_events_are_listed_by_type_subject_and_time(self, stack: Stack):
        keep(stack, *declined("p-1"), *declined("p-2"))

        def found(*options: str) -> list[str]:
            shown = json.loads(penstock("events", "list", "--json", *options).stdout)
            return [event["subject"] for event in shown["events"]]

        assert ["p-2", "p-1"] == found("--type", "payment.declined")
        assert ["p-1"] == found("--subject", "p-1")
        assert ["p-1"] == found("--subject", "payment#p-1", "--since", "2026-11-02")
        assert [] == found("--type", "payment.succeeded")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("payments", "list", "--since", "2020-01-01"), "--since is more than 31 days ago"),
            (("payments", "list", "--subscription", "I-1"), "--subscription is no subscription's"),
            (("events", "list", "--since", "soon"), "--since is no RFC 3339 time or date"),
        ],
    )
    def test_what_cannot_be_listed_is_code_2_and_names_the_option(
        self, stack: Stack, arguments: tuple[str, ...], message: str
    ):
        result = penstock(*arguments)

        assert (2, 1) == (result.exit_code, len(result.stderr.splitlines()))
        assert message in result.stderr

    def test_a_message_is_sent_counted_shown_given_back_and_purged(self, stack: Stack):
        assert 0 == penstock("queue", "send", "payments", "--amount", "700").exit_code
        for _ in range(2):
            (shown,) = json.loads(penstock("--json", "queue", "receive", "payments").stdout)
            assert 700 == json.loads(shown["body"])["order"]["amount"]
        assert 2 == shown["receives"]
        depth = json.loads(penstock("queue", "depth", "--json").stdout)
        assert {"visible": 1, "in_flight": 0, "dead": 0} == depth["payments"]

        assert 5 == penstock("queue", "purge", "payments", given="n\n").exit_code
        assert 0 == penstock("queue", "purge", "payments", given="y\n").exit_code
        assert [] == json.loads(penstock("--json", "queue", "receive", "payments").stdout)

    def test_a_message_of_ones_own_is_sent_even_if_it_is_broken(self, stack: Stack):
        assert 0 == penstock("queue", "send", "payments", "--body", "-", given="no").exit_code
        (shown,) = json.loads(penstock("--json", "queue", "receive", "payments").stdout)

        assert "no" == shown["body"]

    def test_a_payment_sent_again_by_hand_is_not_dropped_as_a_copy(
        self, stack: Stack, folder: Path
    ):
        body = '{"id":"p-1","provider":"example","order":{"amount":1,"currency":"USD"}}'
        (folder / "body").write_text(body)
        for _ in range(2):
            assert 0 == penstock("queue", "send", "payments", "--body", "body").exit_code

        depth = json.loads(penstock("queue", "depth", "--json").stdout)
        assert 2 == depth["payments"]["visible"]

    @pytest.mark.parametrize("wrong", [["--provider", "Nope"], ["--currency", "ZZZ"]])
    def test_a_sample_that_would_be_parked_is_not_sent(self, stack: Stack, wrong: list[str]):
        assert 2 == penstock("queue", "send", "payments", *wrong).exit_code

    def test_a_queue_that_is_not_there_is_code_4_and_names_those_that_are(self, stack: Stack):
        result = penstock("queue", "receive", "nobody")

        assert 4 == result.exit_code
        assert "payments" in result.stderr

    def test_a_terminal_queue_has_no_dead_letters(self, stack: Stack):
        assert 4 == penstock("queue", "receive", "rejected", "--dlq").exit_code

    def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(self, stack: Stack):
        token = penstock("tokens", "create", "the shop").stdout.strip()
        (listed,) = json.loads(penstock("tokens", "list", "--json").stdout)

        assert token.startswith(f"pst_{listed['id']}_")
        assert "the shop" == listed["name"]
        assert token.split("_")[2] not in json.dumps(listed)
        assert 0 == penstock("tokens", "revoke", listed["id"]).exit_code
        assert 4 == penstock("tokens", "revoke", listed["id"]).exit_code

    def test_a_token_is_listed_with_its_scopes_client_expiry_and_last_use(self, stack: Stack):
        penstock("tokens", "create", "shop")
        options = ["--scope", "operate", "--scope", "read", "--client", "office"]
        made = json.loads(
            penstock("--json", "tokens", "create", "ops", *options, "--expires", "90d").stdout
        )
        shop, ops = json.loads(penstock("tokens", "list", "--json").stdout)
        people = penstock("tokens", "list").stdout

        assert (["read", "pay"], "shop", None, None) == (
            shop["scopes"],
            shop["client"],
            shop["expires_at"],
            shop["last_used_at"],
        )
        assert (["read", "operate"], "office") == (ops["scopes"], ops["client"])
        lasts = datetime.fromisoformat(ops["expires_at"]) - datetime.fromisoformat(
            ops["created_at"]
        )
        assert timedelta(days=90) == lasts
        assert ops == {name: value for name, value in made.items() if name != "token"}
        for word in (ops["id"], "read,operate", "office", ops["expires_at"][:10], "never"):
            assert word in people

    @pytest.mark.parametrize(
        ("option", "said"),
        [
            (["--scope", "write"], "operate"),
            (["--expires", "90"], "90d"),
            (["--expires", "0d"], "90d"),
            (["--expires", "-1d"], "90d"),
            (["--expires", "10000w"], "9999"),
            (["--client", " "], "client"),
        ],
    )
    def test_a_wrong_scope_duration_or_client_makes_no_token(
        self, stack: Stack, option: list[str], said: str
    ):
        result = penstock("tokens", "create", "shop", *option)

        assert 2 == result.exit_code
        assert said in result.stderr
        assert [] == json.loads(penstock("tokens", "list", "--json").stdout)


SHOW = ("payments", "show", "p-1")
MAKE = ("invoices", "make")


class TestTrigger:
    @pytest.fixture(autouse=True)
    def local(self, folder: Path, live: Live) -> None:
        """The stack file of a platform whose API and simulator are those of `serve --memory`."""
        write(folder, apiUrl=live.url, simulators=live.simulators)

    def test_a_signed_webhook_with_own_data_is_taken(self):
        result = in_a_process("--json", "trigger", "--set", "resource.amount.total=34.50")

        assert 0 == result.returncode, result.stderr
        assert [202] == json.loads(result.stdout)["answers"]

    def test_copies_come_side_by_side(self):
        result = in_a_process("--json", "trigger", "--copies", "3")

        assert [202] * 3 == json.loads(result.stdout)["answers"]

    def test_a_forged_one_passes_the_door_and_is_found_out_later(self):
        result = in_a_process("--json", "trigger", "--forge")

        assert [202] == json.loads(result.stdout)["answers"]

    def test_any_body_may_be_sent_and_a_refusal_is_code_5(self, folder: Path):
        (folder / "body").write_bytes(b"no JSON")
        result = in_a_process("--json", "trigger", "--body", str(folder / "body"))

        assert 5 == result.returncode
        assert [400] == json.loads(result.stdout)["answers"]

    def test_what_is_told_ends_with_the_payment_to_look_at(self):
        told = in_a_process("trigger").stdout.split("\n")

        assert told[0].endswith("sent; answered 202")
        assert told[1].startswith("penstock payments show paypal-")

    @pytest.mark.parametrize("arguments", [["--forge"], ["BILLING.SUBSCRIPTION.CREATED"]])
    def test_no_payment_is_promised_where_none_will_be(self, arguments: list[str]):
        (told,) = in_a_process("trigger", *arguments).stdout.splitlines()

        assert told.endswith("sent; answered 202")

    def test_a_refund_names_the_payment_it_concerns(self):
        sale = ("--set", "resource.id=SALE00000000TRG11")
        in_a_process("trigger", *sale)
        named = ("--set", "resource.sale_id=SALE00000000TRG11")
        told = in_a_process("trigger", "PAYMENT.SALE.REFUNDED", *named).stdout.splitlines()

        assert "payment paypal-SALE00000000TRG11" in told[0]
        assert "penstock payments show paypal-SALE00000000TRG11" == told[1]

    @pytest.mark.parametrize(
        ("event", "kind"),
        [
            ("PAYMENT.CAPTURE.COMPLETED", "payment"),
            ("PAYMENT.CAPTURE.REFUNDED", "refund"),
            ("CUSTOMER.DISPUTE.CREATED", "dispute"),
            ("BILLING.PLAN.CREATED", "plan"),
            ("BILLING.SUBSCRIPTION.CREATED", "subscription"),
        ],
    )
    def test_each_family_of_events_is_sent_and_names_what_it_concerns(self, event: str, kind: str):
        sent = json.loads(in_a_process("--json", "trigger", event).stdout)

        assert ([202], event, kind) == (
            sent["answers"],
            sent["event_type"],
            sent["concerns"][0]["kind"],
        )

    def test_a_body_of_ones_own_is_named_by_what_it_says(self, folder: Path):
        event = {
            "id": "WH-OWN-1",
            "event_type": "CUSTOMER.DISPUTE.CREATED",
            "resource": {
                "dispute_id": "PP-D-7",
                "disputed_transactions": [{"seller_transaction_id": "SALE00000000TRG12"}],
            },
        }
        (folder / "body").write_text(json.dumps(event))
        told = in_a_process("trigger", "--body", str(folder / "body")).stdout.splitlines()

        assert told[0].startswith("CUSTOMER.DISPUTE.CREATED WH-OWN-1 (dispute PP-D-7, payment")
        assert "penstock payments show paypal-SALE00000000TRG12" == told[1]

    def test_a_value_may_be_an_object_and_reach_the_subscription(self, live: Live):
        amount = 'resource.amount={"total":"7.00","currency":"EUR"}'
        name = "subscriber.name.given_name=Grace"
        result = in_a_process("--json", "trigger", "--set", amount, "--subscription", name)
        books = f"{live.simulators['paypal']}/_simulator/books"
        sale = shown(f"{books}/sales/{json.loads(result.stdout)['resource_id']}")
        subscription = shown(f"{books}/subscriptions/{sale['billing_agreement_id']}")

        assert {"total": "7.00", "currency": "EUR"} == sale["amount"]
        assert "Grace" == subscription["subscriber"]["name"]["given_name"]

    def test_set_and_body_together_are_refused(self, folder: Path):
        """
        A body is sent as it is.
        """
        (folder / "body").write_bytes(b"{}")
        result = penstock("trigger", "--set", "a=b", "--body", str(folder / "body"))

        assert 2 == result.exit_code

    def test_an_unknown_event_is_refused_with_those_that_are_known(self):
        result = in_a_process("trigger", "PAYMENT.SALE.COMPLETE")

        assert 2 == result.returncode
        assert "PAYMENT.CAPTURE.COMPLETED" in result.stderr
        assert "CUSTOMER.DISPUTE.CREATED" in result.stderr

    def test_an_api_that_gives_no_answer_is_code_6(self, folder: Path, live: Live):
        write(folder, apiUrl="http://127.0.0.1:9", simulators=live.simulators)
        result = in_a_process("trigger")

        assert (6, 1) == (result.returncode, len(result.stderr.splitlines()))
        assert "answered nothing" in result.stdout

    @pytest.mark.parametrize("change", ["no-equals", "=value"])
    def test_a_set_that_cannot_be_read_is_code_2(self, change: str):
        assert 2 == penstock("trigger", "--set", change).exit_code


def test_plugins_are_listed_with_what_they_can_do():
    found = {one["name"]: one for one in json.loads(penstock("--json", "plugins", "list").stdout)}

    assert {"paypal", "example", "slack", "email"} == found.keys()
    assert [
        "webhooks",
        "observes",
        "charges",
        "lookup",
        "plans",
        "subscriptions",
        "managessubscriptions",
    ] == found["example"]["capabilities"]
    assert ["PROVIDER_EXAMPLE_REQUEST_URI"] == found["example"]["settings"]


def test_the_server_stops_cleanly_when_told_to():
    command = [sys.executable, "-m", "penstock.entrypoints.cli", "serve", "--memory", "--port=0"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(2)]
        server.terminate()
        _, errors = server.communicate(timeout=20)

    assert lines[0].startswith("penstock: serving on http://127.0.0.1:")
    assert "Bearer pst_" in lines[1]
    assert (0, "") == (server.returncode, errors)


def test_a_port_that_is_taken_is_one_line(live: Live):
    result = penstock("serve", "--memory", "--port", live.url.rpartition(":")[2])

    assert 1 == result.exit_code
    assert 1 == len(result.stderr.splitlines())
