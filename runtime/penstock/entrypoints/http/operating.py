"""The handlers of operators' short commands, by operationId; both hosts call these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock import problems
from penstock.bootstrap import Platform
from penstock.domain import rules
from penstock.domain.operation import OperationKind
from penstock.domain.place import stamp
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import RestrictionKind
from penstock.entrypoints.http.handlers import Call, Handler
from penstock.entrypoints.http.message import Answer, json_answer
from penstock.entrypoints.http.views import operation_view
from penstock.errors import (
    CommandRefused,
    OptionRefused,
    RequestRefused,
    UnknownOperation,
    UnknownPayment,
)
from penstock.operators.audited import Audited
from penstock.operators.invoices import MakeInvoice, Request, number_of
from penstock.operators.once import Once
from penstock.operators.reprocessing import Reprocess
from penstock.operators.resolving import Outcome, Resolve
from penstock.operators.restrictions import COMMANDS, Meant, Release, Restrict, in_force

MOST_RELEASED = 50
"""Payments and subscriptions that one request releases: each is read and written."""
_FIELDS = {
    "--because": "reason",
    "--evidence": "reason",
    "--gateway-id": "gateway_id",
    "--operation": "operation",
}
"""The body's field of each option of the command line; any other is the `value`."""


@dataclass(frozen=True, slots=True)
class Run:
    """
    One run of a command.

    Attributes:
        name: the request's, the same for each of its repeats.
        meant: what its first try was about.
    """

    audited: Audited
    name: str
    meant: str
    dry_run: bool


Work = Callable[[Run], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class OperateHandlers:
    """One method an operation."""

    platform: Platform

    def table(self) -> Mapping[str, Handler]:
        """The handlers by operationId."""
        return {
            "restrict": self.restrict,
            "release": self.release,
            "reprocessPayment": self.reprocess,
            "resolveOperation": self.resolve,
            "makeInvoice": self.make_invoice,
        }

    async def restrict(self, call: Call) -> Answer:
        """Keep new calls that move or document money from being made."""
        body, world = call.checked.body, self.platform.world
        kind, value = RestrictionKind(body["kind"]), body["value"]
        gateways = self.platform.settings.gateways
        if kind is RestrictionKind.gateway and value not in gateways:
            raise _field("value", f"names no gateway; there are {', '.join(gateways)}")

        async def work(run: Run) -> dict[str, Any]:
            command = Restrict(world.ledger, world.restrictions, world.clock, run.audited)
            since = datetime.fromisoformat(run.meant)
            done = await command(kind, value, body["reason"], since=since, dry_run=run.dry_run)
            held = [operation_view(one) for one in (*done.waiting, *done.under_way)]
            return {"changed": done.anew, "effect": done.effect, "operations": held}

        command = f"{COMMANDS[kind]} restrict"
        now = stamp(world.clock.now())
        return await self._answered(call, command, f"{kind.value}#{value}", work, now)

    async def release(self, call: Call) -> Answer:
        """Lift a restriction, and have the sweep send what it held."""
        body, world = call.checked.body, self.platform.world
        kind, value = RestrictionKind(body["kind"]), body["value"]

        async def work(run: Run) -> dict[str, Any]:
            command = Release(
                world.ledger, world.restrictions, world.clock, world.ids, run.audited
            )
            meant, most = Meant.read(run.meant), MOST_RELEASED
            done = await command(
                kind, value, body["reason"], meant=meant, dry_run=run.dry_run, most=most
            )
            return {
                "changed": done.restriction is not None or done.due > 0,
                "effect": done.effect,
                "operations": [],
                "released": done.due,
            }

        command = f"{COMMANDS[kind]} release"
        known = Meant.of(await in_force(world.restrictions, f"{kind.value}#{value}"))
        return await self._answered(call, command, f"{kind.value}#{value}", work, known.text)

    async def reprocess(self, call: Call) -> Answer:
        """Have a payment read again at its gateway."""
        body, world = call.checked.body, self.platform.world

        async def work(run: Run) -> dict[str, Any]:
            command = Reprocess(world.ledger, world.clock, world.ids, run.audited)
            done = await command(body["payment"], body["reason"], dry_run=run.dry_run)
            return {
                "changed": bool(done.asked),
                "effect": done.effect,
                "operations": [operation_view(one) for one in done.asked],
                "left": [operation_view(one) for one in done.left],
            }

        return await self._answered(call, "payments reprocess", f"payment#{body['payment']}", work)

    async def resolve(self, call: Call) -> Answer:
        """Write down what became of an operation that is unknown or parked."""
        body, world = call.checked.body, self.platform.world
        ref = Ref(EntityKind(body["kind"]), body["value"])
        able = {name: rules.Abilities.named(can) for name, can in self.platform.abilities.items()}

        async def work(run: Run) -> dict[str, Any]:
            command = Resolve(world.ledger, world.clock, world.ids, run.audited, able)
            done = await command(
                ref,
                Outcome(body["outcome"]),
                body["reason"],
                operation_id=body["operation"],
                reference=body.get("gateway_id"),
                dry_run=run.dry_run,
            )
            shown = [operation_view(done.operation)]
            return {"changed": not done.already, "effect": done.effect, "operations": shown}

        return await self._answered(call, f"{ref.kind.value}s resolve", str(ref), work)

    async def make_invoice(self, call: Call) -> Answer:
        """Have a payment's invoice made that was withheld."""
        body, world = call.checked.body, self.platform.world

        async def work(run: Run) -> dict[str, Any]:
            command = MakeInvoice(world.ledger, world.clock, world.ids, run.audited)
            done = await command(
                payment,
                body["reason"],
                new_number=body.get("new_number", False),
                asked=Request(run.name, run.meant),
                dry_run=run.dry_run,
            )
            made = done.payment.operation(OperationKind.invoice)
            return {
                "changed": not done.already,
                "effect": done.effect,
                "operations": [operation_view(made)] if made else [],
                "invoice": done.number,
            }

        payment = body["payment"]
        number = await number_of(world.ledger, payment)
        return await self._answered(call, "invoices make", f"payment#{payment}", work, number)

    async def _answered(
        self, call: Call, command: str, subject: str, work: Work, meant: str = ""
    ) -> Answer:
        world, caller = self.platform.world, call.authenticated
        audited = Audited(world.audit, world.clock, world.ids, f"token {caller.token_id}")
        dry_run: bool = call.checked.body.get("dry_run", False)

        async def run(name: str, meant: str) -> str:
            done = await work(Run(audited, name, meant, dry_run))
            if dry_run:
                done["effect"] = f"dry run, nothing was done: {done['effect']}"
            named = {"command": command, "subject": subject, "dry_run": dry_run}
            return json.dumps({**named, **done})

        with _as_problems(subject):
            if dry_run:
                return json_answer(200, json.loads(await run("", meant)))
            once = Once(world.answers, world.clock, world.ids)
            key = call.checked.parameters["Idempotency-Key"]
            digest = _digest(command, call.checked.body)
            told = await once(
                caller.client, key, digest, lambda asked: run(asked.key, asked.meant or ""), meant
            )
            return json_answer(200, json.loads(told))


def _digest(command: str, body: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in body.items() if name != "dry_run"}
    return hashlib.sha256(json.dumps([command, asked], sort_keys=True).encode()).hexdigest()


@contextmanager
def _as_problems(subject: str) -> Generator[None]:
    """What the operator module refuses, as the API answers it."""
    try:
        yield
    except OptionRefused as exc:
        raise _field(_FIELDS.get(exc.option, "value"), exc.detail) from exc
    except CommandRefused as exc:
        raise RequestRefused(problems.COMMAND_REFUSED, str(exc)) from exc
    except UnknownOperation as exc:
        raise _field("operation", "names no operation of it") from exc
    except UnknownPayment as exc:
        unknown = problems.NO_SUCH_PAYMENT
        if subject.startswith(f"{EntityKind.subscription.value}#"):
            unknown = problems.NO_SUCH_SUBSCRIPTION
        raise RequestRefused(unknown, str(exc)) from exc


def _field(name: str, detail: str) -> RequestRefused:
    return RequestRefused(problems.FIELD_REFUSED, fields=[(f"body.{name}", detail)])
