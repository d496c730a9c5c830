"""
The checks of `penstock smoke`, in the order in which they are made.

    payments.fifo ─► charge ─► gateway ─► ledger ─► events ─► each sink
    POST /webhooks/example, with a signature that is wrong ─► verify ─► rejected.fifo
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from penstock.adapters.aws.sqs import SqsChannel
from penstock.api import AwsError, GatewayUnavailable
from penstock.domain.delivery import Delivery
from penstock.domain.money import Money
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Order, Payment, PaymentStatus
from penstock.domain.ref import EntityKind, Ref
from penstock.entrypoints.cli.reach import health
from penstock.entrypoints.cli.trial import Check, Proof, Trial
from penstock.errors import MalformedMessage
from penstock.operators.passes import walk
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Message, Outgoing

_AMOUNT = Money(100, "EUR")
_SECONDS = 10.0
_PATIENCE = 1.0
_EVENTS = 20
_CLOCKS_DIFFER = timedelta(minutes=5)
"""How far this machine's clock may be ahead of that of CloudWatch Logs."""
_LOGS_LATE = timedelta(seconds=30)
"""How long after the effects a line of a log may come; the effects may have used up the time."""
_DONE = "done"
_SIGNATURE = ("example-signature", "0" * 64)
"""The gateway's header, with a signature that no key makes."""
_PAYPAL = "paypal"


async def api(trial: Trial) -> AsyncIterator[Proof]:
    """The API answers."""
    _, said, todo = await health(trial.world.http, trial.stack.api_url)
    yield Proof("api", said, todo is None, todo)


async def sends(trial: Trial) -> AsyncIterator[Proof]:
    """A payment is on its queue, and a webhook with a wrong signature is past the door."""
    order = Order(_AMOUNT, reference=trial.payment, description="Smoke test")
    message = ChargeMessage(trial.payment, trial.gateway, order)
    queue = SqsChannel(trial.world.clients, trial.stack.queues["payments"].url)
    attributes = {"gateway": trial.gateway}
    await queue.send(
        Outgoing(message.dumps(), trial.payment, trial.payment, attributes=attributes)
    )
    yield Proof("payments.fifo", f"took {trial.payment}, {_AMOUNT.decimal} EUR")

    try:
        answer = await trial.world.http.request(
            "POST",
            f"{trial.stack.api_url}/webhooks/{trial.gateway}",
            headers={"content-type": "application/json", **dict([_SIGNATURE])},
            body=_forged(trial),
            timeout=_SECONDS,
        )
    except GatewayUnavailable as exc:
        yield Proof.failed("webhook", f"no answer: {exc}")
        return
    if answer.status != 202:
        yield Proof.failed("webhook", f"the API answered {answer.status} instead of 202")
        return
    trial.delivery = str(json.loads(answer.body)["delivery_id"])
    yield Proof("webhook", "answered 202: its wrong signature is for verify to find")


def _forged(trial: Trial) -> bytes:
    """All a payment's notification needs but the signature: nothing else keeps it out."""
    at = trial.began.isoformat(timespec="seconds")
    data = {
        "id": trial.payment,
        "at": at,
        "minor": _AMOUNT.minor,
        "currency": _AMOUNT.currency,
        "status": "succeeded",
        "reference": trial.payment,
    }
    body = {"id": trial.payment, "type": "payment.succeeded", "created_at": at, "data": data}
    return json.dumps(body).encode()


async def charged(trial: Trial) -> AsyncIterator[Proof]:
    """The ledger holds the payment, with one charge, and its events have left."""

    async def settled() -> Payment | None:
        found = await trial.world.ledger.load(Payment, trial.payment)
        if found is None or found.status is not PaymentStatus.succeeded:
            return None
        return None if await trial.world.ledger.unsent(found) else found

    payment = await trial.seen(settled)
    if payment is None:
        payment = await trial.world.ledger.load(Payment, trial.payment)
        status = payment.status.value if payment else "not there"
        todo = trial.command(f"payments show {trial.payment}")
        yield Proof.failed("ledger", f"the payment is {status}", todo)
        return
    charges = [one for one in payment.operations if one.kind is OperationKind.charge]
    named = ", ".join(str(one.reference) for one in charges)
    yield Proof("ledger", f"succeeded, {len(charges)} charge: {named}", len(charges) == 1)
    history = await trial.world.ledger.history(Ref(EntityKind.payment, trial.payment), _EVENTS)
    trial.events = tuple(reversed(history))
    told = ", ".join(one.type for one in trial.events)
    yield Proof("events", f"published: {told}", bool(trial.events))


async def sinks(trial: Trial) -> AsyncIterator[Proof]:
    """Each sink was given the events that it selects."""
    if not trial.events:
        return
    for sink in trial.stack.sinks:
        wanted = trial.stack.selection(sink)
        due = [one for one in trial.events if wanted is None or one.type in wanted]
        if not due:
            yield Proof(f"sink {sink}", "selects no event of this payment", ok=None)
            continue
        missing = [
            one.type for one in due if not await trial.seen(partial(_given, trial, sink, one.id))
        ]
        if missing:
            todo = trial.command(f"queue depth sink-{sink}")
            yield Proof.failed(f"sink {sink}", f"lacks {', '.join(missing)}", todo)
        else:
            yield Proof(f"sink {sink}", f"took {', '.join(one.type for one in due)}")


async def _given(trial: Trial, sink: str, event: str) -> bool | None:
    return await trial.world.attempts.delivered(sink, event) or None


async def rejected(trial: Trial) -> AsyncIterator[Proof]:
    """The webhook is in `rejected`, with its reason, and nowhere in the ledger."""
    if trial.delivery is None:
        return
    reason = await trial.seen(partial(_take_rejected, trial))
    if reason is None:
        todo = f"is signing_key set? {trial.command('secrets list')}"
        yield Proof.failed("rejected.fifo", "the webhook is not there", todo)
    else:
        yield Proof("rejected.fifo", f"{reason}; removed again")
    known = await trial.world.ledger.find(
        Ref(EntityKind.payment, f"{trial.gateway}-{trial.payment}")
    )
    said = "the webhook made a payment" if known else "the webhook made no payment"
    yield Proof("forged payment", said, known is None)


async def _take_rejected(trial: Trial) -> str | None:
    """Why our webhook was rejected; it is taken off the queue, others are left there."""
    reasons: list[str] = []

    async def take(message: Message) -> bool:
        if _delivery_id(message) != trial.delivery:
            return False
        reasons.append(message.attributes.get("reason", "no reason is given"))
        return True

    await walk(trial.world.parked("rejected"), take, _PATIENCE)
    return reasons[0] if reasons else None


def _delivery_id(message: Message) -> str | None:
    try:
        return Delivery.loads(message.body).id
    except MalformedMessage:
        return None


async def logs(trial: Trial) -> AsyncIterator[Proof]:
    """Each stage says in its log that it has done its part; its line comes after the effect."""
    outputs = trial.stack.outputs
    served = outputs["settings"].get("consumers") == "serve"
    group = outputs.get("serveLogGroup")
    if served and "aws" in outputs:
        yield Proof("logs", "they are on the host that consumes, where its output goes", ok=None)
        return
    stages = {"charge": trial.payment} | (
        {f"deliver-{sink}": trial.payment for sink in _told(trial)} if trial.events else {}
    )
    if trial.delivery:
        stages["verify"] = trial.delivery[:12]
    until = max(trial.until, trial.world.clock.now() + _LOGS_LATE)
    for stage, entity in stages.items():
        where = str(group) if served else f"/aws/lambda/{outputs['functions'][stage]}"
        look = partial(_status, trial, where, stage, entity)
        if await trial.seen(partial(_done, look), until):
            yield Proof(f"log of {stage}", f"{entity}: {_DONE}")
            continue
        status = await look()
        said = f"has no {entity}" if status is None else f"{entity}: {status}"
        yield Proof.failed(f"log of {stage}", said, f"aws logs tail {where}")


async def _done(look: Callable[[], Awaitable[str | None]]) -> bool | None:
    """Whether the stage is done; what it says before, as of a retry, is not the end."""
    return True if await look() == _DONE else None


def _told(trial: Trial) -> list[str]:
    """The sinks that get an event of the payment."""
    types = {one.type for one in trial.events}
    chosen = {sink: trial.stack.selection(sink) for sink in trial.stack.sinks}
    return [sink for sink, wanted in chosen.items() if wanted is None or types & {*wanted}]


async def _status(trial: Trial, group: str, stage: str, entity: str) -> str | None:
    """The status of the last line in which a stage names the entity."""
    asked: dict[str, Any] = {
        "logGroupName": group,
        "startTime": int((trial.began - _CLOCKS_DIFFER).timestamp() * 1000),
        "filterPattern": f'"{entity}"',
    }
    found: str | None = None
    while True:
        try:
            page = await trial.world.clients.call("logs", "filter_log_events", **asked)
        except AwsError as exc:
            if exc.code != "ResourceNotFoundException":
                raise
            return None
        for one in page["events"]:
            found = _status_of(str(one["message"]), stage, entity) or found
        if not page.get("nextToken"):
            return found
        asked["nextToken"] = page["nextToken"]


def _status_of(line: str, stage: str, entity: str) -> str | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    name, _, sink = stage.partition("-")
    ours = fields.get("stage") == name and fields.get("entity") == entity
    if not ours or (sink and fields.get("sink", sink) != sink):
        return None
    return str(fields.get("status"))


async def unproved(trial: Trial) -> AsyncIterator[Proof]:
    """What only a payment at the provider, or a look by a person, can prove."""
    for name in trial.stack.instances(_PAYPAL):
        yield Proof(
            name,
            "its signature, API and invoices need a payment of its sandbox",
            ok=None,
        )
    for sink in _told(trial):
        yield Proof(f"people at {sink}", f"it took {trial.payment}; look for it there", ok=None)


CHECKS: tuple[Check, ...] = (api, sends, charged, sinks, rejected, logs, unproved)
