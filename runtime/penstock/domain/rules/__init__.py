"""The rules: pure functions from what is known and what is new to what is committed."""

from penstock.domain.rules.access import AccessPolicy, access_at, access_until
from penstock.domain.rules.checkouts import (
    begin_checkout,
    captured,
    declined,
    expire,
    given_up_at,
    may_capture,
    not_approved,
    open_capture,
    opened,
    payable,
    refuse_checkout,
    reserve_capture,
)
from penstock.domain.rules.collections import collection_parked, collection_settled
from penstock.domain.rules.disputes import claim_dispute, observe_dispute
from penstock.domain.rules.following import mark_disputed
from penstock.domain.rules.forgetting import forget, why_not_forget
from penstock.domain.rules.gone import MOST_STEPS
from penstock.domain.rules.invoices import (
    NO_RECIPIENT,
    NO_SUM,
    WENT_BACK,
    Abilities,
    decide_invoice,
    invoice_number,
    is_invoice_of,
    money_is_gone,
    observe_invoice,
    recorded,
    refunds_recorded,
    refunds_refused,
    reserve_refunds,
    withhold,
)
from penstock.domain.rules.observed import contradict, observe
from penstock.domain.rules.operations import accept, defer, settle, with_operation
from penstock.domain.rules.records import record
from penstock.domain.rules.refunds import (
    MOST_REFUNDS,
    refund_failed,
    refund_moved,
    refund_parked,
    refundable,
    refunds_of,
    reserve_refund,
)
from penstock.domain.rules.remaking import remake_invoice, why_not_remake
from penstock.domain.rules.rereading import GIVE_UP_STALE, ask_again, ask_now, asked, next_ask
from penstock.domain.rules.resolving import doubtful, resolve, why_not_resolve
from penstock.domain.rules.restricting import RESTRICTABLE, held, release
from penstock.domain.rules.subscriptions import (
    Learned,
    look_at_access,
    observe_subscription,
    standing,
)

__all__ = [
    "GIVE_UP_STALE",
    "MOST_REFUNDS",
    "MOST_STEPS",
    "NO_RECIPIENT",
    "NO_SUM",
    "RESTRICTABLE",
    "WENT_BACK",
    "Abilities",
    "AccessPolicy",
    "Learned",
    "accept",
    "access_at",
    "access_until",
    "ask_again",
    "ask_now",
    "asked",
    "begin_checkout",
    "captured",
    "claim_dispute",
    "collection_parked",
    "collection_settled",
    "contradict",
    "decide_invoice",
    "declined",
    "defer",
    "doubtful",
    "expire",
    "forget",
    "given_up_at",
    "held",
    "invoice_number",
    "is_invoice_of",
    "look_at_access",
    "mark_disputed",
    "may_capture",
    "money_is_gone",
    "next_ask",
    "not_approved",
    "observe",
    "observe_dispute",
    "observe_invoice",
    "observe_subscription",
    "open_capture",
    "opened",
    "payable",
    "record",
    "recorded",
    "refund_failed",
    "refund_moved",
    "refund_parked",
    "refundable",
    "refunds_of",
    "refunds_recorded",
    "refunds_refused",
    "refuse_checkout",
    "release",
    "remake_invoice",
    "reserve_capture",
    "reserve_refund",
    "reserve_refunds",
    "resolve",
    "settle",
    "standing",
    "why_not_forget",
    "why_not_remake",
    "why_not_resolve",
    "with_operation",
    "withhold",
]
