"""The alarms for every part of the stack; docs/runbook.md says what to do about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from infra.asks import GAPS_MINUTES
from infra.components.alarm import Watch
from infra.components.function import Function
from infra.components.log_metric import NAMESPACE
from infra.config.coherence import MOST_IN_FLIGHT
from infra.signals import AGE, stages
from infra.stack import Foundation

HOUR = 3600
DAY = 24 * HOUR
HALF_A_DAY = DAY // 2
OLD_DAYS = (3, 9)
"""A weekend; and the last day before a letter has to be renewed to stay."""
RETRIES = 5
"""Of one stage within five minutes, for half an hour: one message that backs off has fewer."""


def watches(made: Foundation, functions: Mapping[str, Function]) -> Iterator[Watch]:
    """Every condition, for every queue, function and the API."""
    yield from _queues(made)
    yield from _old_letters(made)
    yield from _functions(made, functions)
    yield from _api(made)
    yield from _money(made)
    yield from _stages(made, functions)
    yield from _scheduled(made)


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
        yield Watch(
            "in-flight",
            name,
            f"Half of the messages that {name} can have in flight are.",
            "AWS/SQS",
            "ApproximateNumberOfMessagesNotVisible",
            {"QueueName": queue.queue.name},
            "Maximum",
            least=MOST_IN_FLIGHT / 2,
        )


def _old_letters(made: Foundation) -> Iterator[Watch]:
    """Dead letters that nobody has decided on, by when they were first parked."""
    for days in OLD_DAYS:
        yield Watch(
            "old-dead-letters",
            f"{days}-days",
            f"A dead letter has waited for {days} days for somebody to decide.",
            NAMESPACE,
            AGE,
            {"Stack": made.stack},
            "Maximum",
            least=days,
            # Twice the time between two looks: each period has a value while there is a letter.
            seconds=HALF_A_DAY,
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


def _stages(made: Foundation, functions: Iterable[str]) -> Iterator[Watch]:
    """What goes wrong in a stage, whichever it is."""
    yield _counted(
        made,
        "stage-failures",
        "A stage met an error that it does not foresee: a bug.",
        "StagesFailed",
    )
    yield _counted(
        made,
        "disabled-sinks",
        "A sink's endpoint was disabled: its events are parked.",
        "SinksDisabled",
    )
    for stage in stages(functions):
        if stage == "receive":
            # It retries nothing: gateways do, and the API's errors tell of it.
            continue
        yield Watch(
            "retries",
            stage,
            f"The stage {stage} has had to retry for half an hour.",
            NAMESPACE,
            "ms",
            {"stack": made.stack, "stage": stage, "status": "retry"},
            "SampleCount",
            least=RETRIES,
            periods=6,
        )


def _scheduled(made: Foundation) -> Iterator[Watch]:
    """Whether what the schedule starts runs, and gets to its end."""
    minutes = made.settings.sweep_minutes
    yield _silent(made, "sweep", "The sweep", "SweepsFinished", minutes)
    seconds = _three_runs(minutes)
    yield _counted(
        made,
        "sweep-unfinished",
        f"The sweep failed or ran out of time three times within {seconds // 60} minutes.",
        "SweepsUnfinished",
        least=3,
        seconds=seconds,
    )
    if any("history" in one.offer.capabilities for one in made.plugins.gateways.values()):
        yield _silent(made, "gaps", "The gap detector", "GapsFinished", GAPS_MINUTES)


def _silent(made: Foundation, name: str, said: str, metric: str, minutes: int) -> Watch:
    seconds = _three_runs(minutes)
    return Watch(
        f"{name}-silent",
        "",
        f"{said} has not finished a run for {seconds // 60} minutes.",
        NAMESPACE,
        metric,
        {"Stack": made.stack},
        seconds=seconds,
        below=True,
        silence="breaching",
    )


def _three_runs(minutes: int) -> int:
    """Seconds in which a schedule should have started three runs, and a quarter of an hour."""
    return max(3 * 60 * minutes, 900)


def _counted(
    made: Foundation,
    kind: str,
    means: str,
    metric: str,
    least: float = 1,
    seconds: int = 300,
) -> Watch:
    return Watch(
        kind, "", means, NAMESPACE, metric, {"Stack": made.stack}, least=least, seconds=seconds
    )


def _money(made: Foundation) -> Iterator[Watch]:
    counted = partial(_counted, made)
    yield counted(
        "forged-deliveries",
        "Three deliveries within an hour were not what they claimed to be.",
        "DeliveriesRejected",
        least=3,
        seconds=HOUR,
    )
    yield counted(
        "rejected-growing",
        "Ten deliveries within a day were kept apart; they are forgotten after 14 days.",
        "DeliveriesRejected",
        least=10,
        seconds=DAY,
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
    yield counted(
        "throttled-webhooks",
        "A webhook was turned away with 429: more came than the API takes.",
        "WebhooksThrottled",
    )
    yield counted(
        "disputes",
        "A buyer, or the bank, disputes a payment: the seller must answer in time.",
        "DisputesOpened",
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
