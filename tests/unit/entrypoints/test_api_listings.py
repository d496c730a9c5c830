"""The API's other operations: events, webhooks and the audit trail."""

from __future__ import annotations

import pytest

from penstock.domain.caller import Scope
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.http.message import Answer
from penstock.entrypoints.http.tokens import mint
from penstock.operators.audited import Audited
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Message
from tests.unit.entrypoints.client import Client, conforms, told
from tests.unit.entrypoints.stand import Stand


async def charge(stand: Stand, payment: str) -> None:
    body = ChargeMessage(payment, "acme", Order(Money(1250, "USD"))).dumps()
    await stand.platform.charge(Message("m-1", body, payment, "r-1"))


class TestEvents:
    async def test_events_of_a_payment_are_found_by_subject_type_and_time(
        self, call: Client, stand: Stand
    ):
        await charge(stand, "p-1")
        await charge(stand, "p-2")

        async def subjects(*query: tuple[str, str]) -> list[str]:
            answer = await call("GET", "/events", query=list(query))
            conforms(answer, "EventPage")
            return [event["subject"] for event in told(answer)["events"]]

        assert ["p-1"] == await subjects(("subject", "p-1"))
        assert ["p-1"] == await subjects(("subject", "payment#p-1"), ("since", "2026-11-02"))
        assert ["p-2", "p-1"] == await subjects(("type", "payment.succeeded"))
        assert [] == await subjects(("type", "payment.declined"))
        assert [] == await subjects(("since", "2026-11-03"))

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ([("type", "payment.imagined")], "query.type"),
            ([("type", "dispute.opened"), ("subject", "payment#p-1")], "query.type"),
            ([("since", "soon")], "query.since"),
            ([("subject", "")], "query.subject"),
        ],
    )
    async def test_what_cannot_be_listed_is_400_and_names_the_parameter(
        self, call: Client, query: list[tuple[str, str]], field: str
    ):
        answer = await call("GET", "/events", query=query)

        assert (400, field) == (answer.status, told(answer)["errors"][0]["field"])

    async def test_pages_lead_through_the_whole_archive_newest_first(
        self, call: Client, stand: Stand
    ):
        for number in range(3):
            await charge(stand, f"p-{number}")
            stand.clock.advance(1)
        subjects, cursor = [], None
        for _ in range(2):
            query = [("limit", "2")] + ([("cursor", cursor)] if cursor else [])
            answer = await call("GET", "/events", query=query)
            conforms(answer, "EventPage")
            subjects += [event["subject"] for event in told(answer)["events"]]
            cursor = told(answer)["cursor"]

        assert ["p-2", "p-1", "p-0"] == subjects
        assert cursor is None

    async def test_a_cursor_of_somebody_elses_is_400(self, call: Client):
        answer = await call("GET", "/events", query=[("cursor", "bm90b3Vycw")])

        assert (400, "query.cursor") == (answer.status, told(answer)["errors"][0]["field"])


class TestWebhooks:
    async def test_a_webhook_needs_no_token_and_is_kept(self, call: Client, stand: Stand):
        answer = await call("POST", "/webhooks/acme", body=b'{"id": 1}', token="", sig="good")

        conforms(answer, "Received")
        assert 202 == answer.status
        assert 1 == (await stand.world.queues["deliveries"].depth())["visible"]

    @pytest.mark.parametrize(
        ("path", "body", "headers", "status"),
        [
            ("/webhooks/nobody", b"{}", {"sig": "good"}, 404),
            ("/webhooks/acme", b"{}", {}, 400),
            ("/webhooks/acme", b"no", {"sig": "good"}, 400),
            ("/webhooks/acme", b'"' + b" " * 1024 + b'"', {"sig": "good"}, 413),
        ],
    )
    async def test_what_the_door_refuses_is_a_problem_and_not_kept(
        self,
        call: Client,
        stand: Stand,
        path: str,
        body: bytes,
        headers: dict[str, str],
        status: int,
    ):
        answer = await call("POST", path, body=body, token="", **headers)

        assert status == answer.status
        conforms(answer, "Problem")
        assert 0 == (await stand.world.queues["deliveries"].depth())["visible"]


class TestAudit:
    async def test_what_operators_did_is_read_with_the_scope_operate(
        self, call: Client, stand: Stand
    ):
        world, actor = stand.world, "arn:aws:iam::123456789012:user/ada"
        audited = Audited(world.audit, stand.clock, world.ids, actor)
        async with audited("payments restrict", ["payment#p-1"], "fraud") as trail:
            trail.effect, trail.after = "restricted", {"held": 1}
        async with audited("payments release", ["payment#p-2"]):
            running = await read_audit(call, stand)
        both = told(await read_audit(call, stand, limit="1"))
        (one,) = told(await read_audit(call, stand, subject="payment#p-1"))["entries"]

        assert ["not_finished", "done"] == [entry["state"] for entry in told(running)["entries"]]
        assert (1, True) == (len(both["entries"]), both["cursor"] is not None)
        assert ("fraud", "restricted", {"held": 1}, actor) == (
            one["reason"],
            one["effect"],
            one["after"],
            one["actor"],
        )


async def read_audit(call: Client, stand: Stand, **query: str) -> Answer:
    kept, token = mint("x", stand.world.ids, stand.clock.now(), scopes=frozenset({Scope.operate}))
    await stand.world.tokens.put(kept)
    answer = await call("GET", "/audit", query=list(query.items()), token=token)
    assert 200 == answer.status
    conforms(answer, "AuditPage")
    return answer
