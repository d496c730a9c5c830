"""What somebody should be told of, for every part of the stack; docs/runbook.md says what then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.components.alarm import Watch
from infra.components.function import Function
from infra.components.log_metric import NAMESPACE
from infra.stack import Foundation

HOUR = 3600

ASKING = ("merchant", "verify", "process", "charge", "sweep", "gaps")
"""Every function that runs a gateway's plugin, which may ask the gateway's API."""
# Which functions say what. `serve` on a host of one's own says all of it in one log group.
COUNTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "DeliveriesReceived": ("delivery.received", ("receive",)),
    "DeliveriesRejected": ("delivery.rejected", ("verify", "process")),
    "DeliveriesAltered": ("delivery.altered", ("process",)),
    "RateLimited": ("gateway.rate_limited", ASKING),
    "GatewayDenied": ("gateway.denied", ASKING),
    "OperationsUnknown": ("operation.unknown", ("process", "charge", "sweep")),
    "InvoicesUnrecorded": ("invoice.unrecorded", ("process", "sweep")),
    "InvoiceRefundsRefused": ("invoice.refund_refused", ("process", "sweep")),
    "WebhooksFetched": ("webhook.fetched", ("sweep", "gaps")),
    "WebhooksMissed": ("webhook.missed", ("gaps",)),
    "GapsFailed": ("gaps.failed", ("gaps",)),
}
ANSWERED: Mapping[str, str] = {
    # Refused by `receive` (its door's limit), or by the API itself (10 MB), which may not have
    # looked at the route by then: what a line has no value for it writes as -.
    "WebhooksTooLarge": ('{$.status = "413" && ($.route = "POST /webhook*" || $.route = "-")}'),
}
"""Which lines of the API's access log are counted."""
METRICS = (*COUNTED, *ANSWERED)
MEASURED = (
    '{($.event = "stage.finished" || $.event = "delivery.received")'
    ' && $.stage = "*" && $.status = "*" && $.ms = *}'
)
"""The lines that say how long a stage took for one item."""
BY_STATUS: Mapping[str, str] = {"stack": "$.stack", "stage": "$.stage", "status": "$.status"}
"""Not by outcome: each plugin has outcomes of its own, and each combination is billed."""
UNMEASURED = frozenset({"api", "merchant", "gaps"})
"""Functions that are no stage."""


def watches(made: Foundation, functions: Mapping[str, Function]) -> Iterator[Watch]:
    """Every condition, for every queue, function and the API."""
    yield from _queues(made)
    yield from _functions(made, functions)
    yield from _api(made)
    yield from _money(made)


def _queues(made: Foundation) -> Iterator[Watch]:
    for name, queue in made.queues.items():
        if queue.dlq is None:
            continue
        yield Watch(
            "dead-letters",
            name,
            f"Messages of {name} were parked.",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            {"QueueName": queue.dlq.name},
            "Maximum",
        )
        yield Watch(
            "old-messages",
            name,
            f"A message of {name} has waited for a quarter of an hour.",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            {"QueueName": queue.queue.name},
            "Maximum",
            least=900,
        )


def _functions(made: Foundation, functions: Mapping[str, Function]) -> Iterator[Watch]:
    for name, one in functions.items():
        of_it = {"FunctionName": one.function.name}
        yield Watch(
            "function-errors", name, f"Function {name} broke.", "AWS/Lambda", "Errors", of_it
        )
        yield Watch(
            "function-throttles",
            name,
            f"Function {name} was kept from running.",
            "AWS/Lambda",
            "Throttles",
            of_it,
            periods=2,
        )


def _api(made: Foundation) -> Iterator[Watch]:
    of_it = {"ApiId": made.api.api.id}
    yield Watch("api-errors", "", "The API answered 5xx.", "AWS/ApiGateway", "5xx", of_it, least=5)
    yield Watch(
        "api-latency",
        "",
        "One answer of the API in a hundred took over 3 s.",
        "AWS/ApiGateway",
        "Latency",
        of_it,
        "p99",
        least=3000,
        periods=3,
    )


def _money(made: Foundation) -> Iterator[Watch]:
    def counted(kind: str, means: str, metric: str, least: float = 1, seconds: int = 300) -> Watch:
        return Watch(
            kind,
            "",
            means,
            NAMESPACE,
            metric,
            {"Stack": made.stack},
            least=least,
            seconds=seconds,
        )

    yield counted(
        "forged-deliveries",
        "Three deliveries within an hour were not what they claimed to be.",
        "DeliveriesRejected",
        least=3,
        seconds=HOUR,
    )
    yield counted(
        "altered-deliveries",
        "A transmission came with two bodies: one of them is made up.",
        "DeliveriesAltered",
        seconds=HOUR,
    )
    yield counted(
        "oversize-webhooks",
        "A webhook was too large to be taken.",
        "WebhooksTooLarge",
        seconds=HOUR,
    )
    yield counted("rate-limited", "A gateway's rate limit was reached.", "RateLimited")
    yield counted(
        "gateway-denied",
        "A gateway did not take our credentials.",
        "GatewayDenied",
    )
    yield counted(
        "unknown-operations", "A call that moves money was not answered.", "OperationsUnknown"
    )
    yield counted(
        "unrecorded-invoices", "An invoice was sent and not recorded.", "InvoicesUnrecorded"
    )
    yield counted(
        "refused-invoice-refunds",
        "A gateway refused to record a refund on an invoice.",
        "InvoiceRefundsRefused",
    )
    yield counted(
        "fetched-webhooks",
        "Ten notifications within an hour came by the gateway's list, not by their webhooks.",
        "WebhooksFetched",
        least=10,
        seconds=HOUR,
    )
    yield counted(
        "missed-webhooks",
        "A gateway lists a notification that the ledger has lacked for half an hour.",
        "WebhooksMissed",
        seconds=HOUR,
    )
    yield counted(
        "failed-gap-detector",
        "Three runs of the gap detector within an hour did not get to their end.",
        "GapsFailed",
        least=3,
        seconds=HOUR,
    )
    yield Watch(
        "no-deliveries",
        "",
        f"No gateway has delivered anything for {made.settings.quiet_hours} h.",
        NAMESPACE,
        "DeliveriesReceived",
        {"Stack": made.stack},
        seconds=HOUR,
        periods=made.settings.quiet_hours,
        below=True,
        silence="breaching",
    )
