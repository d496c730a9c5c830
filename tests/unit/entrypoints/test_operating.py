"""Operators' commands over the API: what each does, once."""

from __future__ import annotations

from penstock.api import Refused, Unanswered
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import PaymentStatus
from penstock.pipeline.gate import KNOWN_FOR
from tests.unit.entrypoints.console import WHY, Console, console, sold, stand
from tests.unit.entrypoints.merchant.backend import problem, shaped

__all__ = ["console", "stand"]


async def test_a_payment_is_restricted_and_released(console: Console):
    """
    As the command line does it: what is held is sent once it is released.
    """
    identity = await console.charge()
    restricted = await console("restrict", kind="payment", value=identity)
    await console.work()
    held = await console.payment(identity)
    released = await console("release", "k-2", kind="payment", value=identity)
    console.stand.clock.advance(KNOWN_FOR.total_seconds())
    await console.stand.platform.sweep()
    await console.work()

    assert ("payments restrict", f"payment#{identity}", False, True, "restricted") == tuple(
        shaped(restricted, "CommandDone")[name]
        for name in ("command", "subject", "dry_run", "changed", "effect")
    )
    assert [("charge", "reserved")] == [
        (one["kind"], one["state"]) for one in restricted.json["operations"]
    ]
    charge = held.operation(OperationKind.charge)
    assert charge is not None
    assert charge.restricted_at is not None
    assert (1, True) == (
        shaped(released, "CommandDone")["released"],
        released.json["changed"],
    )
    assert PaymentStatus.succeeded is (await console.payment(identity)).status


async def test_the_audit_trail_names_the_tokens_id_and_not_the_token(console: Console):
    await console("restrict", kind="gateway", value="acme")
    (entry,) = await console.entries()

    assert (console.actor, "gateways restrict", ("gateway#acme",), WHY) == (
        entry.begun.actor,
        entry.begun.command,
        entry.begun.subjects,
        entry.begun.reason,
    )
    assert entry.done is not None
    assert "restricted" == entry.done.effect
    assert console.token[1].decode().rpartition("_")[2] not in repr(entry)


async def test_a_repeat_gets_the_first_answer_and_restricts_nothing_again(console: Console):
    """
    However late it comes: the restriction was lifted meanwhile.
    """
    asked = {"kind": "gateway", "value": "acme"}
    first = await console("restrict", **asked)
    await console("release", "k-2", **asked)
    console.stand.clock.advance(3600)
    again = await console("restrict", **asked)

    assert first.json == again.json
    assert [] == list(await console.stand.world.restrictions.list())
    assert 2 == len(await console.entries())


async def test_the_key_of_another_command_is_refused(console: Console):
    await console("restrict", kind="gateway", value="acme")
    other = await console("release", kind="gateway", value="acme")

    assert (422, "key-reused", []) == problem(other)
    assert 1 == len(await console.stand.world.restrictions.list())


async def test_a_dry_run_does_nothing_and_leaves_the_key_free(console: Console):
    asked = {"kind": "gateway", "value": "acme"}
    dry = await console("restrict", **asked, dry_run=True)
    before = (list(await console.stand.world.restrictions.list()), await console.entries())
    done = await console("restrict", **asked)

    assert (True, True, "dry run, nothing was done: restricted") == (
        dry.json["dry_run"],
        dry.json["changed"],
        dry.json["effect"],
    )
    assert ([], []) == before
    assert ("restricted", False) == (done.json["effect"], done.json["dry_run"])


async def test_an_unknown_charge_is_resolved(console: Console):
    console.stand.acme.answers = [Unanswered("timeout")]
    identity = await console.charge()
    await console.work()
    console.stand.clock.advance(60)
    (charge,) = (await console.payment(identity)).operations
    asked = {"kind": "payment", "value": identity, "operation": charge.id}
    asked["outcome"] = "succeeded"
    nameless = await console("resolve", **asked)
    done = await console("resolve", "k-2", **asked, gateway_id="ch-7")

    assert (422, "field-refused", ["body.gateway_id"]) == problem(nameless)
    assert ("charge resolved as succeeded", "ch-7", WHY) == (
        shaped(done, "CommandDone")["effect"],
        done.json["operations"][0]["reference"],
        done.json["operations"][0]["reason"],
    )
    assert PaymentStatus.succeeded is (await console.payment(identity)).status


async def test_a_payment_is_read_again_at_its_gateway(console: Console):
    identity = await sold(console.stand)
    done = shaped(await console("reprocess", payment=identity), "CommandDone")

    assert done["effect"].startswith("to be asked by the sweep: ")
    assert ([], "payments reprocess") == (done["left"], done["command"])


async def test_a_withheld_invoice_is_made_under_the_number_that_is_told(console: Console):
    console.stand.acme.create_answers = [Refused("INVALID_RECIPIENT")]
    identity = await sold(console.stand)
    dry = await console("make-invoice", payment=identity, dry_run=True)
    untouched = await console.payment(identity)
    done = await console("make-invoice", payment=identity)
    await console.stand.platform.sweep()
    other = await console("make-invoice", "k-2", payment=identity)

    assert untouched.invoice_withheld
    assert dry.json["operations"] == done.json["operations"]
    assert ("PS-SALE1", "invoice PS-SALE1 reserved; the sweep makes it") == (
        shaped(done, "CommandDone")["invoice"],
        done.json["effect"],
    )
    assert (409, "command-refused", []) == problem(other)
    invoice = (await console.payment(identity)).operation(OperationKind.invoice)
    assert invoice is not None
    assert OperationState.succeeded is invoice.state
