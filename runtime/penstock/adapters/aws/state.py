"""
An entity's state as an item, also one that older code wrote.

Version 1 had payments only and named no version. Version 2 writes a payment's steps under another
name, so that version 1's code fails on reading a newer item, and retries, instead of writing it
back without the fields it does not know. Version 2's code does so for any field that it does not
know: a new field needs no new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.adapters.aws.codec import Record, UnknownField, from_record, to_record
from penstock.domain.change import AnyEntity
from penstock.domain.dispute import Dispute
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.record import Record as Notification
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.rules.gone import EARLIER
from penstock.domain.signup import SignUp
from penstock.domain.subscription import Subscription
from penstock.errors import LedgerUnavailable

SCHEMA = 2
_CLASSES: Mapping[EntityKind, type[AnyEntity]] = {
    EntityKind.payment: Payment,
    EntityKind.subscription: Subscription,
    EntityKind.signup: SignUp,
    EntityKind.dispute: Dispute,
    EntityKind.notification: Notification,
}
_KEYS = frozenset(("pk", "sk", "schema", "commit", "due_pk", "due_at", "day", "reference"))
"""What an item holds besides the entity's fields."""
_MONEY_CAME = frozenset({"succeeded", "refunded", "partially_refunded", "reversed"})


def kept(kind: EntityKind) -> bool:
    """Whether this code keeps entities of that kind."""
    return kind in _CLASSES


def write(entity: AnyEntity) -> Record:
    """The entity's fields; the key has its id."""
    record = to_record(entity)
    # The key says it: an item of more than 1 KB costs twice as much to write.
    del record["id"]
    if isinstance(entity, Payment):
        record["steps"] = record.pop("transactions", [])
    return {**record, "schema": SCHEMA}


def read(ref: Ref, record: Mapping[str, Any]) -> AnyEntity:
    """
    The entity of a state item.

    Raises:
        LedgerUnavailable: newer code wrote it; this code must not touch it.
    """
    schema = record.get("schema", 1)
    if schema > SCHEMA:
        raise LedgerUnavailable(f"{ref}: written by newer code (schema {schema})")
    fields = dict(record) if schema == SCHEMA else _upgraded(record)
    if ref.kind is EntityKind.payment:
        fields["transactions"] = fields.pop("steps", [])
    # Version 1 has ended: it gets no field that this code does not know.
    beside = _KEYS if schema == SCHEMA else frozenset(fields)
    try:
        return from_record(_CLASSES[ref.kind], {**fields, "id": ref.id}, beside)
    except UnknownField as exc:
        raise LedgerUnavailable(f"{ref}: written by newer code ({exc})") from exc


def _upgraded(record: Mapping[str, Any]) -> Record:
    """A payment of version 1: what its events had said by then is worked out once."""
    steps = list(record["transactions"])
    told = record.get("refunded")
    back = [one for one in steps[1:] if one["status"] == PaymentStatus.refunded.value]
    rest = told["minor"] - sum(abs(one["amount"]["minor"]) for one in back) if told else 0
    if told and steps and rest > 0 and record["status"] == "partially_refunded":
        # More was published than the steps add up to: it must not be published as restored.
        steps.insert(
            1,
            {
                "id": EARLIER,
                "kind": "refund",
                "status": PaymentStatus.refunded.value,
                "amount": {"minor": rest, "currency": told["currency"]},
                "at": record["updated_at"],
            },
        )
    paid = record["status"] in _MONEY_CAME
    return {**record, "steps": steps, **({"paid": True} if paid else {})}
