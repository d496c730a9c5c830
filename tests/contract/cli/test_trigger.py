"""`penstock trigger`: the simulator sends a webhook, and the command says what it concerns."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.cli.commands import penstock, write
from tests.contract.living import Live, logged_apart


def shown(url: str) -> Any:
    """What a simulator shows there."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a simulator of ours
        return json.loads(answer.read())


def tell(live: Live, faults: Any) -> None:
    """Have the simulated PayPal do that to its next webhooks."""
    url = f"{live.simulators['paypal']}/_simulator/deliveries/faults"
    headers = {"Content-Type": "application/json"}
    order = urllib.request.Request(url, json.dumps(faults).encode(), headers)  # noqa: S310 - ours
    urllib.request.urlopen(order, timeout=10).close()  # noqa: S310 - a simulator of ours


@pytest.fixture(autouse=True)
def _log_apart() -> Iterator[None]:
    """The server runs in this process, whose output is the command's: it logs elsewhere."""
    with logged_apart():
        yield


class TestTrigger:
    @pytest.fixture(autouse=True)
    def local(self, folder: Path, live: Live) -> None:
        """The stack file of a platform whose API and simulator are those of `serve --memory`."""
        write(folder, apiUrl=live.url, simulators=live.simulators)

    def test_a_signed_webhook_with_own_data_is_taken(self):
        result = penstock("--json", "trigger", "--set", "resource.amount.total=34.50")

        assert 0 == result.exit_code, result.stderr
        assert [202] == json.loads(result.stdout)["answers"]

    def test_copies_come_side_by_side(self):
        result = penstock("--json", "trigger", "--copies", "3")

        assert [202] * 3 == json.loads(result.stdout)["answers"]

    def test_a_webhook_that_the_simulator_loses_is_said_to_be_lost(self, live: Live):
        tell(live, [{"lost": True, "times": 1}])

        result = penstock("trigger")

        assert 0 == result.exit_code, result.stderr
        assert "happened; its webhook was not sent" in result.stdout

    def test_a_gateway_that_the_stack_lacks_is_refused_and_names_those_it_has(self):
        result = penstock("trigger", "--gateway", "acmepay")

        assert 4 == result.exit_code
        assert "has no gateway acmepay; it has " in result.stderr

    def test_a_forged_one_passes_the_door_and_is_found_out_later(self):
        result = penstock("--json", "trigger", "--forge")

        assert [202] == json.loads(result.stdout)["answers"]

    def test_any_body_may_be_sent_and_a_refusal_is_code_5(self, folder: Path):
        (folder / "body").write_bytes(b"no JSON")
        result = penstock("--json", "trigger", "--body", str(folder / "body"))

        assert 5 == result.exit_code
        assert [400] == json.loads(result.stdout)["answers"]

    def test_what_is_told_ends_with_the_payment_to_look_at(self):
        told = penstock("trigger").stdout.split("\n")

        assert told[0].endswith("sent; answered 202")
        assert told[1].startswith("penstock payments show paypal-")

    @pytest.mark.parametrize("arguments", [["--forge"], ["BILLING.SUBSCRIPTION.CREATED"]])
    def test_no_payment_is_promised_where_none_will_be(self, arguments: list[str]):
        (told,) = penstock("trigger", *arguments).stdout.splitlines()

        assert told.endswith("sent; answered 202")

    def test_a_refund_names_the_payment_it_concerns(self):
        sale = ("--set", "resource.id=SALE00000000TRG11")
        penstock("trigger", *sale)
        named = ("--set", "resource.sale_id=SALE00000000TRG11")
        told = penstock("trigger", "PAYMENT.SALE.REFUNDED", *named).stdout.splitlines()

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
        sent = json.loads(penstock("--json", "trigger", event).stdout)

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
        told = penstock("trigger", "--body", str(folder / "body")).stdout.splitlines()

        assert told[0].startswith("CUSTOMER.DISPUTE.CREATED WH-OWN-1 (dispute PP-D-7, payment")
        assert "penstock payments show paypal-SALE00000000TRG12" == told[1]

    def test_a_value_may_be_an_object_and_reach_the_subscription(self, live: Live):
        amount = 'resource.amount={"total":"7.00","currency":"EUR"}'
        name = "subscriber.name.given_name=Grace"
        result = penstock("--json", "trigger", "--set", amount, "--subscription", name)
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
        result = penstock("trigger", "PAYMENT.SALE.COMPLETE")

        assert 2 == result.exit_code
        assert "PAYMENT.CAPTURE.COMPLETED" in result.stderr
        assert "CUSTOMER.DISPUTE.CREATED" in result.stderr

    def test_an_api_that_gives_no_answer_is_code_6(self, folder: Path, live: Live):
        write(folder, apiUrl="http://127.0.0.1:9", simulators=live.simulators)
        result = penstock("trigger")

        assert (6, 1) == (result.exit_code, len(result.stderr.splitlines()))
        assert "answered nothing" in result.stdout

    @pytest.mark.parametrize("change", ["no-equals", "=value"])
    def test_a_set_that_cannot_be_read_is_code_2(self, change: str):
        assert 2 == penstock("trigger", "--set", change).exit_code
