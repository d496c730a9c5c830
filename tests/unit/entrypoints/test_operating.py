"""Operators' commands over the API, on both hosts: what they do, and what they are refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from penstock.api import Refused, Unanswered
from penstock.domain.audit import Entry
from penstock.domain.caller import Scope
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.ref import EntityKind, Ref
from penstock.entrypoints.http.operating import MOST_RELEASED
from penstock.pipeline.batch import Status
from penstock.pipeline.gate import KNOWN_FOR
from penstock.ports import Outgoing
from penstock.settings import Function
from tests.unit.entrypoints.client import ORDER
from tests.unit.entrypoints.hosts import HOSTS, Ask, Told, bearer
from tests.unit.entrypoints.merchant.backend import JSON, problem, shaped
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.acme import notification

ON = {"PENSTOCK_OPERATIONS_API": "true"}
WHY = "the card was reported stolen"
COMMANDS = ("restrict", "release", "reprocess", "resolve", "make-invoice")


@dataclass
class Console:
    """Sends operators' commands with a token of every scope."""

    stand: Stand
    ask: Ask
    token: tuple[str, bytes] = field(repr=False)

    async def __call__(self, command: str, key: str = "k-1", **body: Any) -> Told:
        headers = [self.token, JSON, ("Idempotency-Key", key.encode())]
        sent = json.dumps({"reason": WHY, **body}).encode()
        return await self.ask("POST", f"/operations/{command}", headers, sent)

    async def charge(self, key: str = "p-1") -> str:
        """A payment whose message waits in its queue."""
        headers = [self.token, JSON, ("Idempotency-Key", key.encode())]
        body = json.dumps({"provider": "acme", "order": ORDER}).encode()
        return (await self.ask("POST", "/payments", headers, body)).json["id"]

    async def work(self) -> None:
        """Work the payments queue off."""
        queue = self.stand.world.queues["payments"]
        batch = self.stand.platform.batch(Function.charge)
        messages = await queue.receive(10, 0)
        results = await batch.run(messages, lambda: 60.0)
        for message, result in zip(messages, results, strict=True):
            if result.status is not Status.retry:
                await queue.delete(message)

    async def payment(self, identity: str) -> Payment:
        found = await self.stand.world.ledger.load(Payment, identity)
        assert found is not None
        return found

    async def entries(self) -> list[Entry]:
        today = self.stand.clock.now().date()
        return list(await self.stand.world.audit.of_day(today, 100))

    @property
    def actor(self) -> str:
        return f"token {self.token[1].decode().split('_')[1]}"


@pytest.fixture
def stand() -> Stand:
    return Stand(environ=ON)


@pytest.fixture(params=list(HOSTS))
async def console(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Console]:
    async with HOSTS[request.param](stand) as ask:
        yield Console(stand, ask, await bearer(stand, frozenset(Scope)))


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
    asked = {"kind": "payment", "value": identity, "outcome": "succeeded"}
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


async def test_a_command_that_was_refused_may_be_sent_again_under_its_key(console: Console):
    identity = await sold(console.stand)
    refused = await console("make-invoice", payment=identity)
    again = await console("make-invoice", payment=identity)

    assert (409, "command-refused", []) == problem(refused) == problem(again)
    assert ["refused", "refused"] == [
        one.done.ending.value for one in await console.entries() if one.done
    ]


async def test_what_is_held_of_too_many_is_released_by_the_command_line(console: Console):
    world = console.stand.world
    asked = {"kind": "gateway", "value": "acme"}
    await console("restrict", **asked)
    for number in range(MOST_RELEASED + 1):
        await world.restrictions.note("gateway#acme", Ref(EntityKind.payment, f"pay-{number}"))
    refused = await console("release", "k-2", **asked)

    assert (409, "command-refused", []) == problem(refused)
    assert "`penstock gateways release VALUE --because REASON`" in refused.json["detail"]
    assert 1 == len(await world.restrictions.list())


@pytest.mark.parametrize(
    ("command", "body", "expected"),
    [
        ("restrict", {"kind": "gateway", "value": "nobody"}, (422, "body.value")),
        ("restrict", {"kind": "payer", "value": "a\u2028b"}, (422, "body.value")),
        ("restrict", {"kind": "payer", "value": "c-9", "reason": "  "}, (422, "body.reason")),
        ("restrict", {"kind": "country", "value": "DE"}, (400, "body.kind")),
        ("restrict", {"kind": "payer", "value": "c-9", "reason": "x" * 301}, (400, "body.reason")),
        ("release", {"kind": "payer"}, (400, "body.value")),
        ("reprocess", {"payment": "acme-SALE1", "because": "x"}, (400, "body")),
        ("resolve", {"kind": "payment", "value": "acme-SALE1"}, (400, "body.outcome")),
        (
            "resolve",
            {"kind": "payment", "value": "acme-SALE1", "outcome": "failed", "operation": "o-9"},
            (422, "body.operation"),
        ),
        ("make-invoice", {"payment": 7}, (400, "body.payment")),
    ],
)
async def test_a_wrong_field_is_named(
    console: Console, command: str, body: dict[str, Any], expected: tuple[int, str]
):
    await sold(console.stand)
    told = await console(command, **body)
    status, kind, fields = problem(told)

    assert (expected[0], [expected[1]]) == (status, fields)
    assert ("field-refused" if status == 422 else "bad-request") == kind
    assert [] == list(await console.stand.world.restrictions.list())


@pytest.mark.parametrize(
    ("command", "body", "kind"),
    [
        ("restrict", {"kind": "payment", "value": "pay-9"}, "no-such-payment"),
        ("restrict", {"kind": "subscription", "value": "acme-I-9"}, "no-such-subscription"),
        ("reprocess", {"payment": "pay-9"}, "no-such-payment"),
        (
            "resolve",
            {"kind": "subscription", "value": "acme-I-9", "outcome": "failed"},
            "no-such-subscription",
        ),
        ("make-invoice", {"payment": "pay-9"}, "no-such-payment"),
    ],
)
async def test_what_is_not_there_is_404(
    console: Console, command: str, body: dict[str, Any], kind: str
):
    assert (404, kind, []) == problem(await console(command, **body))


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_token_without_the_scope_operate_is_refused_and_nothing_is_written(
    console: Console, command: str
):
    reads = await bearer(console.stand, frozenset({Scope.read, Scope.pay}))
    console = replace(console, token=reads)
    told = await console(command, kind="gateway", value="acme", payment="acme-SALE1")

    assert (403, "scope-missing", []) == problem(told)
    assert ([], []) == (
        await console.entries(),
        list(await console.stand.world.restrictions.list()),
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("host", list(HOSTS))
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_they_are_not_there_unless_a_stack_turns_them_on(
    host: str, command: str, method: str
):
    stand = Stand()
    async with HOSTS[host](stand) as ask:
        token = await bearer(stand, frozenset(Scope))
        told = await ask(method, f"/operations/{command}", [token, JSON], b"{}")
        contract = await ask("GET", "/openapi.json", [], b"")

    assert (404, "no-such-path", []) == problem(told)
    assert [] == [path for path in contract.json["paths"] if path.startswith("/operations")]


async def test_the_contract_shows_them_where_they_are_on(console: Console):
    contract = await console.ask("GET", "/openapi.json", [], b"")
    shown = {path.removeprefix("/operations/") for path in contract.json["paths"]}

    assert set(COMMANDS) <= shown


async def sold(stand: Stand) -> str:
    """A sale that a webhook told of, whose invoice is made or withheld."""
    one = notification()
    queue = stand.world.queues["verified"]
    await queue.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    (message,) = await queue.receive(1, 0)
    await stand.platform.process(message)
    await queue.delete(message)
    return "acme-SALE1"
