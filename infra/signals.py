"""
Which lines of the logs are counted, and in whose logs: that follows from what functions can do.

`serve` on a host of one's own says all of it in one log group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.asks import ASKS
from infra.mocks import is_mock


@dataclass(frozen=True, slots=True)
class Signal:
    """
    What our code logs when something happens that somebody may have to know of.

    Attributes:
        events: the names of the log events.
        asking: functions that may ask gateways for one of these capabilities log it.
        functions: these functions log it, `deliver` for each sink's; `ALL` for every one.
    """

    events: tuple[str, ...]
    asking: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    @property
    def pattern(self) -> str:
        """The filter pattern of its lines."""
        return "{" + " || ".join(f'$.event = "{event}"' for event in self.events) + "}"

    def logged_by(self, functions: Iterable[str]) -> list[str]:
        """Those of the functions that may log it."""
        return [
            one
            for one in functions
            if self.functions in (ALL, frozenset({one.partition("-")[0]}))
            or not self.asking.isdisjoint(ASKS.get(one, ()))
        ]


ALL = frozenset({"*"})
ANYTHING = frozenset(one for asked in ASKS.values() for one in asked)
"""Every capability: who may ask for one runs the gateway's plugin."""
MOVING = frozenset({"charges", "refunds", "collects", "invoices"})
"""What moves or documents money by one call of ours."""


def _by(function: str, *events: str) -> Signal:
    return Signal(events, functions=frozenset({function}))


def _asking(event: str, *capabilities: str) -> Signal:
    return Signal((event,), frozenset(capabilities))


COUNTED: Mapping[str, Signal] = {
    "DeliveriesReceived": _by("receive", "delivery.received"),
    "DeliveriesRejected": _asking("delivery.rejected", "webhooks"),
    "DeliveriesAltered": _asking("delivery.altered", "confirm"),
    "DisputesOpened": _asking("dispute.opened", "confirm"),
    "RateLimited": _asking("gateway.rate_limited", *ANYTHING),
    "GatewayDenied": _asking("gateway.denied", *ANYTHING),
    "OperationsUnknown": _asking("operation.unknown", *MOVING),
    "InvoicesUnrecorded": _asking("invoice.unrecorded", "invoices"),
    "InvoiceRefundsRefused": _asking("invoice.refund_refused", "invoices"),
    "WebhooksFetched": _asking("webhook.fetched", "history", "subscriptionpayments"),
    "WebhooksMissed": _asking("webhook.missed", "history"),
    "SinksDisabled": _by("deliver", "sink.disabled"),
    "StagesFailed": Signal(("stage.failed",), functions=ALL),
    "SweepsFinished": _by("sweep", "sweep.finished"),
    "SweepsUnfinished": _by("sweep", "sweep.failed", "sweep.out_of_time"),
    "GapsFinished": _by("gaps", "gaps.finished"),
    "GapsFailed": _by("gaps", "gaps.failed", "gaps.wait"),
}
"""By the name of the metric."""
OLDEST = '{$.event = "dead_letters.waiting" && $.oldest_days = *}'
"""
The lines that say how long the oldest dead letter of a queue has been one, in days.

By when it was first parked: SQS's own age begins anew when a letter is renewed, and whenever
somebody looks at it a few times.
"""
AGE = "DeadLetterDays"
ANSWERED: Mapping[str, str] = {
    # Refused by `receive` (its door's limit), or by the API itself (10 MB), which may not have
    # looked at the route by then: what a line has no value for it writes as -.
    "WebhooksTooLarge": '{$.status = "413" && ($.route = "POST /webhook*" || $.route = "-")}',
    # The API's throttling: a gateway that is sent away comes again, and strangers, too.
    "WebhooksThrottled": '{$.status = "429" && ($.route = "POST /webhook*" || $.route = "-")}',
}
"""Which lines of the API's access log are counted."""
METRICS = (*COUNTED, *ANSWERED, AGE)
MEASURED = (
    '{($.event = "stage.finished" || $.event = "delivery.received")'
    ' && $.stage = "*" && $.status = "*" && $.ms = *}'
)
"""The lines that say how long a stage took for one item."""
BY_STATUS: Mapping[str, str] = {"stack": "$.stack", "stage": "$.stage", "status": "$.status"}
"""Not by outcome: each plugin has outcomes of its own, and each combination is billed."""
UNMEASURED = frozenset({"api", "merchant", "operate", "gaps", "renew"})
"""Functions that are no stage."""


def is_stage(function: str) -> bool:
    """Whether a function says how long each item took."""
    return function not in UNMEASURED and not is_mock(function)


def stages(functions: Iterable[str]) -> list[str]:
    """The stages that functions work for, each once: all sinks' are `deliver`."""
    named = (one.partition("-")[0] for one in functions if is_stage(one))
    return list(dict.fromkeys(named))
