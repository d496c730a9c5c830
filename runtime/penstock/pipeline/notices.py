"""
The log events that alarms count: their names are an interface.

Each has the fields that a person needs to look further, next to those that `correlation` binds.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from penstock.errors import PenstockError

if TYPE_CHECKING:
    from penstock.domain.change import AnyEntity, Change
    from penstock.domain.operation import Operation
    from penstock.domain.payment import Payment
    from penstock.domain.subscription import Subscription


def stage_failed(stage: str, failed: BaseException) -> None:
    """
    A stage met an unexpected error: a bug.

    Its message may hold a payload, so the line has its type and its place only.
    """
    structlog.get_logger().error(
        "stage.failed", stage=stage, kind=type(failed).__name__, at=_place(failed)
    )


def run_failed(what: str, failed: Exception) -> None:
    """A run of the sweep or of the gap detector failed; a bug is logged as `stage.failed`."""

    if isinstance(failed, PenstockError):
        structlog.get_logger().warning(f"{what}.failed", because=str(failed))
    else:
        stage_failed(what, failed)


def gaps_out_of_time() -> None:
    """A run of the gap detector was cut off; the next one goes on where it stopped."""
    structlog.get_logger().warning("gaps.failed", because="out of time: the run was cut off")


def renew_out_of_time() -> None:
    """A look at the dead letters was cut off; the next one begins anew."""
    structlog.get_logger().warning("renew.out_of_time")


def _place(failed: BaseException) -> str:
    trace = failed.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def delivery_rejected(delivery_id: str, gateway: str, because: str) -> None:
    """A delivery was rejected: it has no effect."""
    structlog.get_logger().warning(
        "delivery.rejected", delivery_id=delivery_id, gateway=gateway, because=because
    )


def delivery_altered(delivery_id: str, gateway: str) -> None:
    """A transmission came with another body than before: one of the two is forged."""
    structlog.get_logger().warning("delivery.altered", delivery_id=delivery_id, gateway=gateway)


def stale_applied(payment: Payment, now: datetime) -> None:
    """The gateway's API has shown an old copy for a day: it is applied, and asked again."""
    # Imported here, as below: `verify` has notices, too, and needs no entity.
    from penstock.domain import rules

    since = payment.stale_since
    if since is not None and now - since >= rules.GIVE_UP_STALE:
        structlog.get_logger().warning(
            "payment.stale_applied", payment=payment.id, gateway=payment.gateway
        )


def dispute_opened(decided: Change[AnyEntity]) -> None:
    """Log that a dispute began, if this change says so; `respond_by` is the seller's limit."""
    from penstock.domain.dispute import Dispute
    from penstock.domain.events import EventType

    dispute = decided.entity
    opened = any(event.type is EventType.dispute_opened for event in decided.events)
    if opened and isinstance(dispute, Dispute):
        until = dispute.seen.respond_by
        structlog.get_logger().warning(
            "dispute.opened",
            gateway=dispute.gateway,
            dispute=dispute.id,
            payment=next(iter(dispute.seen.payments), None),
            respond_by=until.isoformat() if until else None,
        )


def operation_unknown(before: Payment | Subscription, operation: Operation) -> None:
    """Log that an operation has just become unknown: whether money moved is not known."""
    from penstock.domain.operation import OperationState

    known = before.operation_by_id(operation.id)
    was = known.state if known else None
    if operation.state is OperationState.unknown and was is not OperationState.unknown:
        structlog.get_logger().error(
            "operation.unknown",
            kind=operation.kind,
            **{before.kind.value: before.id},
            gateway=before.gateway,
            because=operation.reason,
        )


def invoice_unrecorded(payment: Payment, reference: str, because: str) -> None:
    """An invoice is with the buyer, payable, though the money is taken already."""
    structlog.get_logger().error(
        "invoice.unrecorded",
        payment=payment.id,
        gateway=payment.gateway,
        reference=reference,
        because=because,
    )


def invoice_refund_refused(payment: Payment, because: str) -> None:
    """The gateway refuses to record on a paid invoice what went back of its payment."""
    structlog.get_logger().error(
        "invoice.refund_refused", payment=payment.id, gateway=payment.gateway, because=because
    )


def webhook_fetched(gateway: str, event_id: str, type: str) -> None:
    """The gateway lists a notification that the ledger lacks: it is processed now."""
    structlog.get_logger().info(
        "webhook.fetched", gateway=gateway, event_id=event_id, notification_type=type
    )


def webhook_missed(gateway: str, event_id: str, type: str) -> None:
    """The ledger has lacked a notification for half an hour, and no queue holds it."""
    structlog.get_logger().warning(
        "webhook.missed", gateway=gateway, event_id=event_id, notification_type=type
    )


def list_cut(gateway: str, at: datetime) -> None:
    """The gateway shows only some of the notifications of one moment: others may be missed."""
    structlog.get_logger().warning(
        "webhook.missed", gateway=gateway, because=f"the list is cut at {at.isoformat()}"
    )


def sink_disabled(sink: str, because: str) -> None:
    """A sink's endpoint is not tried any more: its events are parked."""
    structlog.get_logger().error("sink.disabled", sink=sink, because=because)


def sink_enabled(sink: str) -> None:
    """A sink's endpoint that was disabled has taken an event: it gets all of them again."""
    structlog.get_logger().info("sink.enabled", sink=sink)


def sweep_finished(swept: int, failed: int, left: int) -> None:
    """A run of the sweep is over; `left` is the number of due entities that had no turn."""
    structlog.get_logger().info("sweep.finished", swept=swept, failed=failed, left=left)


def sweep_out_of_time(left: int | None) -> None:
    """A run of the sweep ended with entities left; None where it was cut off."""
    structlog.get_logger().warning("sweep.out_of_time", left=left)


def gaps_wait(gateway: str) -> None:
    """Nothing is fetched while earlier notifications still wait to be processed."""
    structlog.get_logger().warning("gaps.wait", gateway=gateway)
