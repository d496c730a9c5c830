"""Least privilege, by refusal: each function makes every call of one list."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.config.project import ROOT
from penstock.domain.delivery import Delivery
from tests.e2e.allowed_calls import LEDGER, LOOK_UPS, calls
from tests.e2e.probe import Call, ask, role_of
from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
_MONEY = {*LEDGER, "publish events", "read PayPal's secret"}


def _consumer(queue: str) -> set[str]:
    """A consumer takes messages off its queue, and parks what it can do nothing with."""
    return {f"consume {queue}", f"send to {queue}'s DLQ"}


def _sink(name: str) -> set[str]:
    return {*_consumer(f"sink-{name}"), "read the ledger", "write the ledger"}


ALLOWED: Mapping[str, set[str]] = {
    "receive": {"publish deliveries"},
    "api": {*LEDGER, "query events", *LOOK_UPS, "send to payments"},
    "merchant": {
        *_MONEY,
        "query by reference",
        "query by subscription",
        "send to payments",
    },
    "verify": {
        *_consumer("deliveries"),
        "send to verified",
        "send to rejected",
        "read PayPal's webhook id",
    },
    "process": {*_consumer("verified"), *_MONEY, "send to rejected"},
    "charge": {*_consumer("payments"), *_MONEY},
    "sweep": {*_MONEY, "query what is due", "send to payments", "send to verified"},
    "gaps": {
        "read the ledger",
        "write the ledger",
        "read PayPal's secret",
        "send to verified",
    },
    "renew": {
        f"{what} {queue}'s DLQ"
        for what in ("consume", "send to")
        for queue in ("deliveries", "verified", "payments", "sink-slack", "sink-email")
    },
    # On AWS the condition on items leaves it what its commands write, and no more.
    "operate": {*LEDGER, "delete from the ledger"},
    "deliver-slack": {*_sink("slack"), "read Slack's secret"},
    "deliver-email": {*_sink("email"), "send e-mail"},
}
"""Everything else in `calls` is refused."""
REFUSED: Mapping[str, tuple[str, str]] = {
    # function: what it must never get to do, what it does all day
    "receive": ("read PayPal's secret", "publish deliveries"),
    "api": ("publish events", "send to payments"),
    "merchant": ("publish deliveries", "send to payments"),
    "verify": ("read PayPal's secret", "send to verified"),
    "process": ("publish deliveries", "write the ledger"),
    "charge": ("publish deliveries", "write the ledger"),
    "sweep": ("consume payments", "query what is due"),
    "gaps": ("publish events", "send to verified"),
    "renew": ("send to verified", "send to payments's DLQ"),
    "operate": ("publish events", "write the ledger"),
    "deliver-slack": ("read PayPal's secret", "read Slack's secret"),
    "deliver-email": ("read Slack's secret", "send e-mail"),
}


def test_the_platform_enforces_iam(world: World) -> None:
    health = f"{world.platform.emulator.url}/_ministack/health"
    with urllib.request.urlopen(health, timeout=10) as answer:  # noqa: S310 - our own emulator
        told = json.load(answer)

    assert "enabled" == told["auth"]


@pytest.mark.parametrize("function", sorted(ALLOWED))
def test_a_function_may_do_what_it_does_and_nothing_else(world: World, function: str) -> None:
    listed = calls(world)
    told = ask(world.platform, function, listed)
    role = role_of(world.platform, function).rsplit("/", 1)[-1]
    never, always = REFUSED[function]

    assert f":assumed-role/{role}/" in told.who
    assert "ASIA" == told.key
    assert told.answers.keys() - ALLOWED[function] == told.refused
    assert never in told.refused
    assert always not in told.refused


def test_the_table_is_about_every_function(world: World) -> None:
    assert world.platform.outputs["functions"].keys() == ALLOWED.keys() == REFUSED.keys()


def test_the_page_names_what_is_refused() -> None:
    page = (ROOT / "docs" / "stack.md").read_text()

    for function, (never, always) in REFUSED.items():
        assert f"| {function} | {always} | {never} |" in page


def test_the_functions_themselves_run_with_their_roles_temporary_keys(world: World) -> None:
    """
    What the real workers were given, in place of the emulator's own all-powerful `test`.
    """
    sent = world.send_webhook()
    # Each sink has a function of its own.
    until(lambda: world.slack(sent.payment, "invoice.paid"), what="the Slack message")
    until(lambda: world.mail(sent.payment, "payment.succeeded"), what="the e-mail")
    keys = {
        name: _keys_of_workers(world, physical)
        for name, physical in world.platform.outputs["functions"].items()
    }
    ran = {name for name, found in keys.items() if found}

    assert {"receive", "verify", "process", "deliver-slack", "deliver-email"} <= ran
    assert {"ASIA"} == {key[:4] for found in keys.values() for key in found}
    assert len(ran) == len({key for found in keys.values() for key in found})


def test_a_function_without_its_policy_can_do_nothing(world: World) -> None:
    """
    The function's own calls are judged by its own role: without it nothing is taken, with it is.
    """
    iam = world.platform.client("iam")
    role = role_of(world.platform, "receive").rsplit("/", 1)[-1]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        without = world.send_webhook()
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    with_it = world.send_webhook()

    assert ([503], [202]) == (without.answers, with_it.answers)


def test_a_delivery_that_the_role_of_receive_published_goes_all_the_way(world: World) -> None:
    """
    The allowed call does what it is for, not only pass: verify finds this one forged.
    """
    body = b'{"id": "WH-probe-published", "event_type": "PAYMENT.SALE.COMPLETED"}'
    delivery = Delivery.of("paypal", {}, body, datetime.now(UTC))
    published: dict[str, Any] = {
        "TopicArn": world.platform.outputs["deliveriesTopicArn"],
        "Message": delivery.dumps(),
        "MessageGroupId": delivery.id,
        "MessageDeduplicationId": delivery.id,
    }
    told = ask(world.platform, "receive", {"publish": Call("sns", "publish", published)})

    assert {"publish": "done"} == told.answers
    until(lambda: world.waiting(world.queue("rejected"), delivery.id), what="the forged delivery")


def _keys_of_workers(world: World, physical: str) -> set[str]:
    found: set[str] = set()
    for pid in world.platform.emulator.workers(physical):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue  # It ended while we looked.
        for variable in environment.split(b"\0"):
            name, _, value = variable.partition(b"=")
            if name == b"AWS_ACCESS_KEY_ID":
                found.add(value.decode())
    return found
