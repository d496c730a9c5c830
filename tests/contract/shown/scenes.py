"""Each example of the contract as a request and its answer; `test_examples.py` runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.shown import before
from tests.contract.shown.documents import example, operations
from tests.contract.shown.house import Visit, reader
from tests.unit.entrypoints.hosts import Told

Before = Callable[[Visit], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Scene:
    """
    A request of the contract, and what it is answered.

    Attributes:
        status: of the answer.
        answer: the key of the answer's example in the contract; None where it has none.
        body: the key of the request's example; None for a request without a body.
        before: what has happened; a text that it returns is the `token` of the path.
        query: what the address has besides the path.
        headers: those that the contract gives no example of, or another value than its example.
        change: changes the body to provoke a problem.
    """

    operation: str
    status: int
    answer: str | None = None
    body: str | None = None
    before: Before = before.nothing
    query: str = ""
    at: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token: Callable[[Visit], Awaitable[str]] | None = None
    change: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """What the test is called."""
        gateway = self.at.get("gateway")
        shown = (self.operation, gateway, self.body, str(self.status), self.answer)
        return "-".join(filter(None, shown))


async def run(scene: Scene, visit: Visit) -> Told:
    """Play a scene at one host; the answer to its request."""
    described = operations()[scene.operation]
    found = await scene.before(visit)
    path, headers = dict(scene.at), dict(scene.headers)
    if isinstance(found, str):
        path.setdefault("token", found)
    for one in described.get("parameters", ()):
        place = {"path": path, "header": headers}.get(one["in"])
        if place is not None and "examples" in one and one["name"] not in place:
            place[one["name"]] = next(iter(one["examples"].values()))["value"]
    body = None
    if scene.body:
        examples = described["requestBody"]["content"]["application/json"]["examples"]
        file = examples[scene.body]["externalValue"]
        body = example(file.removeprefix("examples/").removesuffix(".json"))
        body = changed(body, scene.change)
    token = await scene.token(visit) if scene.token else None
    if described["security"] == []:
        token = ""
    where = described["path"].format_map(path) + (f"?{scene.query}" if scene.query else "")
    given = {name: value for name, value in headers.items() if value}
    return await visit(described["method"], where, body, token=token, **given)


def changed(body: Any, change: Mapping[str, Any]) -> Any:
    """A body with other values; objects are merged."""
    if not change:
        return body
    return {
        **body,
        **{
            name: changed(body[name], value) if isinstance(value, dict) else value
            for name, value in change.items()
        },
    }


async def nobody(visit: Visit) -> str:
    return ""


_CHARGED = {"id": "pay-90fb4f2ac310ea7c8048a2da37041479"}
SCENES = (
    Scene("getHealth", 200, "ok"),
    Scene("receiveWebhook", 202, "received", "sale", at={"gateway": "paypal"}),
    Scene("receiveWebhook", 202, None, "sale", at={"gateway": "example"}),
    Scene("receiveWebhookOld", 202, "received", "sale"),
    Scene("createPayment", 202, "accepted", "full"),
    Scene("createPayment", 202, None, "least"),
    Scene("createPayment", 201, "opened", "checkout"),
    Scene("getPayment", 200, "succeeded", before=before.paid),
    Scene("getPayment", 200, "held", before=before.held),
    Scene("getPayment", 200, "partially_refunded", before=before.partly_refunded),
    Scene("getPayment", 200, "declined", before=before.declined, at=_CHARGED),
    Scene("listPayments", 200, "page", before=before.both, query="since=2026-03-01"),
    Scene("createRefund", 202, "accepted", "part", before=before.paid),
    Scene("createRefund", 202, None, "rest", before=before.paid),
    Scene("listPlans", 200, "plans"),
    Scene("listPlansOld", 200, "plans"),
    Scene("createSubscription", 201, "opened", "monthly"),
    Scene("createSubscriptionOld", 201, "opened", "monthly"),
    Scene(
        "listSubscriptions", 200, "found", before=before.subscribed, query="reference=customer-42"
    ),
    Scene("getSubscription", 200, "active", before=before.subscribed),
    Scene("getSubscription", 200, "cancelled", before=before.cancelled),
    Scene("listSubscriptionPayments", 200, "paid", before=before.subscribed),
    Scene("cancelSubscription", 200, "cancelled", "reason", before=before.subscribed),
    Scene("suspendSubscription", 200, "suspended", "reason", before=before.subscribed),
    Scene("resumeSubscription", 200, "resumed", "reason", before=before.suspended),
    Scene("reviseSubscription", 200, "revised", "yearly", before=before.subscribed),
    Scene("collectSubscription", 202, "accepted", "all", before=before.owing),
    Scene("listEvents", 200, "page", before=before.disputed, query="limit=3"),
    Scene("listAudit", 200, "page", before=before.watched, query="since=2026-03-01"),
    Scene("restrict", 200, "restricted", "payment", before=before.charged),
    Scene("restrict", 200, None, "gateway"),
    Scene("release", 200, "released", "payment", before=before.restricted),
    Scene("reprocessPayment", 200, "asked", "payment", before=before.paid),
    Scene("resolveOperation", 200, "resolved", "charge", before=before.in_doubt),
    Scene("makeInvoice", 200, "reserved", "payment", before=before.sold_without_address),
    Scene("getReturnState", 200, "waiting", before=before.signing_up),
    Scene("getReturnState", 200, "suspended", before=before.buyer_suspended),
    Scene("createPayment", 400, "field", "full", change={"order": {"amount": "12.50"}}),
    Scene("createPayment", 400, "header", "full", headers={"Idempotency-Key": "k,k"}),
    Scene("createPayment", 401, "token", "full", token=nobody),
    Scene("createPayment", 403, "scope", "full", token=reader),
    Scene("createPayment", 422, "key", "least", before=before.key_taken),
)
