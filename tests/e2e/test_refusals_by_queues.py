"""Least privilege, by refusal: who may send what is believed, and what operators may do."""

from __future__ import annotations

import pytest

from tests.e2e.allowed_calls import LEDGER, LOOK_UPS, calls
from tests.e2e.probe import a_role, ask_as
from tests.e2e.world import World

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
BELIEVED = {f"send to {queue}{of}" for queue in ("verified", "payments") for of in ("", "'s DLQ")}
"""Whose messages have an effect, or come back to where they have."""


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("somebody", BELIEVED),
        ("penstock-local-verify-too", BELIEVED),
        ("penstock-local-serve", set()),
    ],
)
def test_whom_the_account_allows_everything_may_still_not_send_what_is_believed(
    world: World, name: str, refused: set[str]
) -> None:
    """
    Each queue's own Deny goes before any Allow; only those it spares get through.
    """
    listed = calls(world)
    asked = {call: listed[call] for call in (*BELIEVED, "send to rejected")}
    with a_role(world.platform, name, sqs_SendMessage="*") as role:
        told = ask_as(world.platform, role, asked)

    assert f":assumed-role/{name}/" in told.who
    assert refused == told.refused


def test_an_operators_role_may_do_what_commands_ask_for_and_nothing_else(world: World) -> None:
    """
    It commits, looks at queues and sends to them; it parks nothing and reads no secret.
    """
    out = world.platform.outputs
    # Emptying a queue is allowed, and would be done.
    listed = {name: call for name, call in calls(world).items() if name != "empty a queue"}
    told = ask_as(world.platform, out["roles"]["operator"], listed)
    queues = {f"{what} {queue}" for what in ("send to", "consume") for queue in out["queues"]}
    dead = {f"consume {name}'s DLQ" for name, one in out["queues"].items() if one.get("dlqUrl")}
    reads = {"query what is due", "query events", *LOOK_UPS}

    assert ":assumed-role/penstock-local-operator/" in told.who
    assert {*LEDGER, "delete from the ledger", *reads, *queues, *dead} == (
        told.answers.keys() - told.refused
    )


def test_the_deny_is_what_keeps_them_out(world: World) -> None:
    sqs, url = world.platform.client("sqs"), world.queue("verified")
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    try:
        with a_role(world.platform, "somebody", sqs_SendMessage="*") as role:
            told = ask_as(world.platform, role, {"send": calls(world)["send to verified"]})
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=asked["Attributes"])

    assert set() == told.refused
