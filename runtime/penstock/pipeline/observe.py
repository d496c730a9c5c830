"""Observe: commits what a gateway says of an entity, and asks it again where needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.api.invoices import InvoiceRefunds, Invoices
from penstock.api.subscriptions import Subscriptions
from penstock.api.webhooks import Reread
from penstock.domain import rules
from penstock.domain.change import AnyEntity, Change, change
from penstock.domain.dispute import Dispute, DisputeObservation
from penstock.domain.observation import (
    AnyObservation,
    CheckoutNews,
    Claimed,
    InvoiceObservation,
    NotYet,
    Observation,
)
from penstock.domain.payment import Implied, Payment, Transaction
from penstock.domain.ref import Ref
from penstock.domain.subscription import SubscriptionObservation
from penstock.errors import NotShownYet, PaymentConflict, Unconfirmable, UnknownGateway
from penstock.pipeline import notices
from penstock.ports import Ledger


def abilities(gateway: Gateway) -> rules.Abilities:
    """The capabilities of a gateway that the rules need to know."""
    return rules.Abilities(
        reread=isinstance(gateway, Reread),
        subscriptions=isinstance(gateway, Subscriptions),
        invoices=isinstance(gateway, Invoices),
        invoice_refunds=isinstance(gateway, InvoiceRefunds),
    )


@dataclass(frozen=True, slots=True)
class Observe:
    """Applies observations; process, the sweep and the operators' commands all use it."""

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    clock: Clock
    ids: Ids

    async def apply(
        self,
        ref: Ref,
        gateway: Gateway,
        before: AnyEntity | None,
        seen: AnyObservation | Claimed,
        *,
        implies: Sequence[Implied] = (),
    ) -> AnyEntity | None:
        """
        Commit what was seen; the entity as it stands then, None where it is nothing we keep.

        Args:
            before: the entity as it was before the gateway was asked, so that a commit between
                the two makes our version stale.

        Raises:
            NotShownYet: it shows a refund of a payment whose sale it does not show yet.
            LedgerConflict: another worker wrote the entity first.
            PaymentConflict: the id belongs to another gateway's entity.
        """
        if before is not None and before.gateway != gateway.name:
            raise PaymentConflict(f"{ref} belongs to another gateway's {ref.kind}")
        if isinstance(seen, InvoiceObservation):
            return await self._invoice(before, seen)
        if isinstance(seen, SubscriptionObservation | CheckoutNews):
            raise Unconfirmable(f"{ref}: the gateway shows no payment of it")
        decided = self._decided(ref, gateway, before, seen, implies)
        if decided is None or _same(before, decided):
            after = before
        else:
            await self.ledger.commit(decided)
            if isinstance(decided.entity, Payment):
                notices.stale_applied(decided.entity, self.clock.now())
            notices.dispute_opened(decided)
            after = decided.entity
        if isinstance(seen, Observation) and _unplaced(seen, after):
            raise NotShownYet("the gateway shows the refund, and an old copy of its sale")
        return after

    async def again(self, entity: Payment | Dispute) -> AnyEntity:
        """
        Ask the gateway's API how an entity stands now, and apply it; the entity as it stands then.

        Raises:
            GatewayUnavailable: no answer.
            LedgerConflict: another worker wrote the entity first.
        """
        gateway = self.gateways.get(entity.gateway)
        if gateway is None:
            raise UnknownGateway("the entity's gateway is not configured here")
        if not isinstance(gateway, Reread):
            return await self._done(entity)
        now = self.clock.now()
        seen = await gateway.reread(entity.ref, _steps(entity), now)
        if isinstance(seen, NotYet):
            waiting = rules.ask_again(entity, now, "the gateway does not show it")
            decided = change(entity, waiting, now=now, new_id=self.ids.new)
            await self.ledger.commit(decided)
            return decided.entity
        found = await self.apply(entity.ref, gateway, entity, seen) or entity
        if isinstance(found, Dispute) and found.confirmed:
            return await self._done(found)
        return found

    async def complete(
        self, gateway: Gateway, before: AnyEntity | None, seen: Observation
    ) -> AnyObservation:
        """What was seen; a known step that it does not show is read again."""
        if not isinstance(gateway, Reread) or not isinstance(before, Payment):
            return seen
        shown = {one.id for one in seen.refunds}
        if all(one.id in shown for one in before.sent_back):
            return seen
        known = (
            seen.transaction,
            *seen.refunds,
            *(t for t in before.sent_back if t.id not in shown),
        )
        again = await gateway.reread(before.ref, known, self.clock.now())
        return seen if isinstance(again, NotYet) else again

    async def disputed(self, payment: Payment, disputed: bool) -> Payment:
        """Note whether a dispute about a payment is open; the payment as it stands then."""
        gateway = self.gateways.get(payment.gateway)
        if gateway is None:
            raise UnknownGateway("the payment's gateway is not configured here")
        decided = rules.mark_disputed(
            payment,
            disputed,
            can=abilities(gateway),
            now=self.clock.now(),
            new_id=self.ids.new,
        )
        if decided is None:
            return payment
        await self.ledger.commit(decided)
        return decided.entity

    def _decided(
        self,
        ref: Ref,
        gateway: Gateway,
        before: AnyEntity | None,
        seen: Observation | DisputeObservation | Claimed,
        implies: Sequence[Implied],
    ) -> Change[Payment] | Change[Dispute] | None:
        now, new_id = self.clock.now(), self.ids.new
        payment = before if isinstance(before, Payment) else None
        dispute = before if isinstance(before, Dispute) else None
        match seen:
            case Observation():
                return rules.observe(
                    payment,
                    ref.id,
                    gateway.name,
                    seen,
                    can=abilities(gateway),
                    now=now,
                    new_id=new_id,
                    implies=implies,
                )
            case DisputeObservation():
                return rules.observe_dispute(
                    dispute, ref.id, gateway.name, seen, now=now, new_id=new_id
                )
            case Claimed():
                return rules.claim_dispute(
                    dispute,
                    ref.id,
                    gateway.name,
                    seen.observation,
                    seen.because,
                    rereads=isinstance(gateway, Reread),
                    now=now,
                    new_id=new_id,
                )
            case _:
                assert_never(seen)

    async def _invoice(self, before: AnyEntity | None, seen: InvoiceObservation) -> Payment | None:
        if not isinstance(before, Payment) or not rules.is_invoice_of(before, seen):
            return None
        decided = rules.observe_invoice(before, seen, now=self.clock.now(), new_id=self.ids.new)
        if decided is None:
            return before
        await self.ledger.commit(decided)
        return decided.entity

    async def _done(self, entity: Payment | Dispute) -> AnyEntity:
        after = rules.asked(entity)
        if after == entity:
            return entity
        decided = change(entity, after, now=self.clock.now(), new_id=self.ids.new)
        await self.ledger.commit(decided)
        return decided.entity


def _steps(entity: Payment | Dispute) -> tuple[Transaction, ...]:
    return entity.transactions if isinstance(entity, Payment) else ()


def _unplaced(seen: Observation, after: AnyEntity | None) -> bool:
    """Whether refunds were seen of a sale that is not known as paid: only this copy has them."""
    return bool(seen.refunds) and isinstance(after, Payment) and not after.paid


def _same(before: AnyEntity | None, decided: Change[AnyEntity]) -> bool:
    """Whether a change changes nothing but the version."""
    if before is None or decided.events:
        return False
    after = decided.entity
    return before == replace(after, version=before.version, updated_at=before.updated_at)
