"""Write down what a person found out about an operation that cannot be looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import Restrictable
from penstock.domain.subscription import Subscription
from penstock.errors import (
    CommandRefused,
    LedgerConflict,
    OptionRefused,
    UnknownOperation,
    UnknownPayment,
)
from penstock.operators.audited import Audited, Trail, said
from penstock.ports import Ledger

_WRITES = 10
_NAMED = (OperationKind.charge, OperationKind.capture, OperationKind.refund)
"""Kinds that have an id at the gateway once they succeeded."""


class Outcome(StrEnum):
    """What became of an operation, as a person says."""

    succeeded = "succeeded"
    failed = "failed"


_STATES = {
    Outcome.succeeded: OperationState.succeeded,
    Outcome.failed: OperationState.declined,
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """
    What the command did.

    Attributes:
        entity: as it stands now.
        operation: as it stands now.
        already: whether that outcome was known before; then nothing was changed.
    """

    entity: Restrictable
    operation: Operation
    outcome: Outcome
    already: bool = False

    @property
    def effect(self) -> str:
        """What the command did, in one line."""
        before = "was resolved" if self.already else "resolved"
        also = " before" if self.already else ""
        return f"{self.operation.kind.value} {before} as {self.outcome}{also}"


@dataclass(frozen=True, slots=True)
class Resolve:
    """
    `penstock payments resolve`, `penstock subscriptions resolve`.

    Attributes:
        abilities: what each configured gateway can do.
    """

    ledger: Ledger
    clock: Clock
    ids: Ids
    audited: Audited
    abilities: Mapping[str, rules.Abilities]

    async def __call__(
        self,
        ref: Ref,
        outcome: Outcome,
        evidence: str,
        *,
        operation_id: str | None = None,
        reference: str | None = None,
        dry_run: bool = False,
    ) -> Resolved:
        """
        Settle an operation as if the gateway had answered so, with its events.

        Args:
            evidence: how the person knows; kept with the operation.
            operation_id: left out, the only one in doubt.
            reference: the gateway's id of it.

        Raises:
            UnknownPayment: there is no such payment, subscription or operation.
            CommandRefused: it must not be resolved so; says why and what to do.
            LedgerConflict: other workers keep writing the entity; run the command again.
        """
        evidence = said(evidence, "--evidence")
        if dry_run:
            entity = await self._entity(ref)
            found = self._operation(entity, operation_id, outcome, evidence)
            already = self._refuse(entity, found, outcome, reference)
            return Resolved(entity, found, outcome, already)
        plural = "subscriptions" if ref.kind is EntityKind.subscription else "payments"
        subjects = [str(ref), *([f"operation#{operation_id}"] if operation_id else [])]
        async with self.audited(f"{plural} resolve", subjects, evidence) as trail:
            for _ in range(_WRITES):
                try:
                    return await self._once(ref, outcome, evidence, operation_id, reference, trail)
                except LedgerConflict:
                    continue
            raise LedgerConflict(f"other workers keep writing {ref}; run the command again")

    async def _once(
        self,
        ref: Ref,
        outcome: Outcome,
        evidence: str,
        operation_id: str | None,
        reference: str | None,
        trail: Trail,
    ) -> Resolved:
        entity = await self._entity(ref)
        found = self._operation(entity, operation_id, outcome, evidence)
        trail.before = {
            "operation": found.id,
            "kind": found.kind.value,
            "state": found.state.value,
        }
        if self._refuse(entity, found, outcome, reference):
            done = Resolved(entity, found, outcome, already=True)
            trail.effect = done.effect
            return done
        decided = rules.resolve(
            entity,
            found,
            succeeded=outcome is Outcome.succeeded,
            evidence=evidence,
            reference=reference,
            can=self.abilities.get(entity.gateway, rules.Abilities()),
            now=self.clock.now(),
            new_id=self.ids.new,
        )
        await self.ledger.commit(decided)
        after = decided.entity.operation_by_id(found.id) or found
        trail.after = {"state": after.state.value, "reference": after.reference or "none"}
        done = Resolved(decided.entity, after, outcome)
        trail.effect = done.effect
        return done

    async def _entity(self, ref: Ref) -> Restrictable:
        entity = await self.ledger.find(ref)
        if isinstance(entity, Payment | Subscription):
            return entity
        raise UnknownPayment(f"there is no {ref.kind.value} of that id")

    def _operation(
        self, entity: Restrictable, operation_id: str | None, outcome: Outcome, evidence: str
    ) -> Operation:
        if operation_id is not None:
            found = entity.operation_by_id(operation_id)
            if found is None:
                raise UnknownOperation(f"{entity.ref} has no operation of that id")
            return found
        # The same command may have been killed before it could say what it had done: what else
        # is in doubt by now is not what it was about.
        state = _STATES[outcome]
        same = [one for one in entity.operations if one.state is state and one.reason == evidence]
        match meant := [*rules.doubtful(entity), *same]:
            case [only]:
                return only
            case []:
                raise CommandRefused("none of its operations is unknown or parked")
            case _:
                names = ", ".join(
                    f"{one.id} ({one.kind.value}, {one.state.value})" for one in meant
                )
                raise OptionRefused("--operation", f"is needed, it may be one of: {names}")

    def _refuse(
        self, entity: Restrictable, found: Operation, outcome: Outcome, reference: str | None
    ) -> bool:
        """
        Refuse what must not be resolved; True for what is known so already.

        Raises:
            CommandRefused: says why and what to do.
        """
        succeeded = outcome is Outcome.succeeded
        if found.state is _STATES[outcome]:
            return True
        because = rules.why_not_resolve(entity, found, succeeded=succeeded, now=self.clock.now())
        if because is not None:
            raise CommandRefused(f"not resolved: {because}")
        if succeeded and found.kind in _NAMED and not reference:
            raise OptionRefused(
                "--gateway-id", f"is needed: the id that the gateway gave the {found.kind.value}"
            )
        return False
