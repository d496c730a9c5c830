"""The handlers of the contract's operations, by operationId; both hosts call these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from penstock import problems
from penstock.bootstrap import Platform
from penstock.contracts import Checked, Contract
from penstock.domain.caller import Caller
from penstock.domain.events import EventType
from penstock.domain.payment import Payment, PaymentStatus
from penstock.entrypoints.http.audit_view import audit_view
from penstock.entrypoints.http.documents import STYLE
from penstock.entrypoints.http.message import Answer, html_answer, json_answer, receipt
from penstock.entrypoints.http.problem_page import problem_page
from penstock.entrypoints.http.reference.page import page
from penstock.entrypoints.http.views import asked_view, payment_view
from penstock.entrypoints.http.webhook_headers import of_stack
from penstock.errors import RequestRefused
from penstock.pipeline.collecting import CollectAsked
from penstock.pipeline.log import log
from penstock.pipeline.refunding import RefundAsked
from penstock.queries.audit import AuditQuery, ListAudit
from penstock.queries.events import EventQuery, ListEvents
from penstock.queries.payments import ListPayments, PaymentQuery


@dataclass(frozen=True, slots=True)
class Call:
    """
    A request that fits the contract; a webhook is read from its raw bytes.

    Attributes:
        caller: who sent it; None where the operation needs no token.
    """

    checked: Checked
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    caller: Caller | None = None

    @property
    def authenticated(self) -> Caller:
        """
        Who sent it, for an operation that needs a token.

        Raises:
            RuntimeError: a bug: the contract lets everybody call the operation.
        """
        if self.caller is None:
            raise RuntimeError("this operation is open, so its caller is not known")
        return self.caller


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Handlers:
    """One method per operation."""

    platform: Platform
    contract: Contract

    def table(self) -> Mapping[str, Handler]:
        """The handlers by operationId."""
        return {
            "receiveWebhook": self.receive_webhook,
            "getPayment": self.get_payment,
            "createRefund": self.create_refund,
            "collectSubscription": self.collect,
            "listPayments": self.list_payments,
            "listEvents": self.list_events,
            "listAudit": self.list_audit,
            "getHealth": self.get_health,
            "getContract": self.get_contract,
            "getDocs": self.get_docs,
            "getProblem": self.get_problem,
        }

    async def receive_webhook(self, call: Call) -> Answer:
        """Keep a delivery. The caller answers DoorRefusal and ChannelUnavailable."""
        gateway = call.checked.parameters["gateway"]
        clock = self.platform.world.clock
        began = clock.monotonic()
        delivery = await self.platform.receive(gateway, call.headers, call.body)
        log().info(
            # The stage's one line; alarms count it, by this name.
            "delivery.received",
            stage="receive",
            delivery_id=delivery.id,
            entity=delivery.id[:12],
            gateway=gateway,
            outcome="accepted",
            status="done",
            ms=round((clock.monotonic() - began) * 1000, 1),
        )
        return receipt(delivery.id)

    async def get_payment(self, call: Call) -> Answer:
        """Read a payment."""
        payment = await self.platform.ledger.load(Payment, call.checked.parameters["id"])
        if payment is None:
            raise RequestRefused(problems.NO_SUCH_PAYMENT, "there is no payment of that id")
        return json_answer(200, payment_view(payment, payment.id))

    async def create_refund(self, call: Call) -> Answer:
        """Accept a refund."""
        asked = call.checked.body
        payment, refund = await self.platform.refunding(
            call.checked.parameters["Idempotency-Key"],
            call.checked.parameters["id"],
            RefundAsked(
                asked.get("amount"), asked.get("currency"), asked.get("reason"), asked.get("note")
            ),
            call.authenticated,
        )
        where = f"../{payment.id}"
        view = {**asked_view(refund), "payment": payment.id, "links": {"payment": where}}
        return json_answer(202, view, {"location": where})

    async def collect(self, call: Call) -> Answer:
        """Accept a collection."""
        asked = call.checked.body
        subscription, collection = await self.platform.collecting(
            call.checked.parameters["Idempotency-Key"],
            call.checked.parameters["id"],
            CollectAsked(asked["reason"], asked.get("amount"), asked.get("currency")),
            call.authenticated,
        )
        where = f"../{subscription.id}"
        view = {**asked_view(collection), "subscription": subscription.id}
        links = {"subscription": where}
        return json_answer(202, {**view, "links": links}, {"location": where})

    async def list_payments(self, call: Call) -> Answer:
        """Look payments up."""
        wanted = dict(call.checked.parameters)
        status = wanted.pop("status")
        query = PaymentQuery(status=PaymentStatus(status) if status else None, **wanted)
        found = await ListPayments(self.platform.ledger, self.platform.world.clock)(query)
        views = [payment_view(one, f"payments/{one.id}") for one in found.payments]
        return json_answer(200, {"payments": views, "cursor": found.cursor})

    async def list_events(self, call: Call) -> Answer:
        """Read a page of the archive, or of one entity's history."""
        wanted = dict(call.checked.parameters)
        kind = wanted.pop("type")
        query = EventQuery(type=EventType(kind) if kind else None, **wanted)
        found = await ListEvents(self.platform.ledger)(query)
        events = [event.cloud_event() for event in found.events]
        return json_answer(200, {"events": events, "cursor": found.cursor})

    async def list_audit(self, call: Call) -> Answer:
        """Read a page of the audit trail."""
        world = self.platform.world
        found = await ListAudit(world.audit, world.clock)(AuditQuery(**call.checked.parameters))
        entries = [audit_view(entry) for entry in found.entries]
        return json_answer(200, {"entries": entries, "cursor": found.cursor})

    async def get_health(self, _: Call) -> Answer:
        """Liveness only. Alarms cover readiness."""
        return json_answer(200, {"status": "ok"})

    async def get_contract(self, _: Call) -> Answer:
        """The contract for programs."""
        headers = self.platform.webhook_headers
        return json_answer(200, of_stack(self.contract.published, headers))

    async def get_docs(self, _: Call) -> Answer:
        """The contract for people."""
        return page(self.contract, self.platform.webhook_headers)

    async def get_problem(self, call: Call) -> Answer:
        """A kind of problem for people."""
        shown = problem_page(self.contract, call.checked.parameters["name"])
        return html_answer(shown, STYLE)
