"""What no key says alone: settings that do not go together, each with the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.config.settings import StackSettings
from infra.config.tags import wrong_tags

KEY = "penstock:"
# What a function needs besides its item: to start it, and to report what became of the batch.
MARGIN_SECONDS = 5
UNDECIDED_SECONDS = 600
"""How long a webhook may stay undecided: PayPal's plugin says so (`webhooks/age.py`)."""
MOST_IN_FLIGHT = 120_000
"""
[aws] Messages of a FIFO queue that were received and are not done, those that wait for their next
try included. At this limit SQS hands out nothing more, and no call fails.
"""
MOST_UNDECIDED = MOST_IN_FLIGHT // 2
HEARD = ("INFO", "DEBUG")
CONSUMERS = {"verify": "deliveries", "process": "verified", "charge": "payments"}


def times(settings: StackSettings) -> Iterator[str]:
    """Each time that does not fit in the one around it."""
    item, function = settings.item_timeout_seconds, settings.function_timeout_seconds
    # Equal would not do: an item begins only with more than both left, and some is gone by then.
    if item + MARGIN_SECONDS >= function:
        yield (
            f"{KEY}itemTimeoutSeconds is {item}, which with {MARGIN_SECONDS} s to report does "
            f"not fit in functionTimeoutSeconds ({function}): lower it to at most "
            f"{function - MARGIN_SECONDS - 1} or raise the function's"
        )
    if settings.request_timeout_seconds > item:
        yield (
            f"{KEY}requestTimeoutSeconds is {settings.request_timeout_seconds}, more than the "
            f"item it belongs to may take (itemTimeoutSeconds, {item}): lower it"
        )
    if settings.backoff_base_seconds > settings.backoff_cap_seconds:
        yield (
            f"{KEY}backoffBaseSeconds is {settings.backoff_base_seconds}, more than "
            f"backoffCapSeconds ({settings.backoff_cap_seconds}): lower it or raise the cap"
        )
    if settings.visibility_seconds < settings.least_visibility_seconds:
        yield (
            f"{KEY}visibilityTimeoutSeconds is {settings.visibility_timeout_seconds}, less than "
            f"six times functionTimeoutSeconds ({function}): raise it to at least "
            f"{settings.least_visibility_seconds}, or leave it out"
        )


def logs(settings: StackSettings) -> Iterator[str]:
    """A level at which alarms that count log events would hear nothing, without a word."""
    if settings.log_level not in HEARD:
        yield (
            f"{KEY}logLevel is {settings.log_level}, and alarms and metrics are made of log "
            f"events below it: set {' or '.join(HEARD)}"
        )


def waiting(settings: StackSettings) -> Iterator[str]:
    """A rate at which strangers could fill the deliveries queue with undecided webhooks."""
    rate = settings.throttling_rate
    if (undecided := rate * UNDECIDED_SECONDS) > MOST_UNDECIDED:
        yield (
            f"{KEY}throttlingRate is {rate}: webhooks may stay undecided for {UNDECIDED_SECONDS} "
            f"s, and {undecided:,} of them are more than the {MOST_UNDECIDED:,} that may be in "
            "flight, half of what the deliveries queue holds: lower it to at most "
            f"{MOST_UNDECIDED // UNDECIDED_SECONDS}"
        )


def shape(stack: str, settings: StackSettings) -> Iterator[str]:
    """Each thing that is named and is not there, and what a stack that earns money must have."""
    if settings.domain:
        yield from (f"{KEY}{problem}" for problem in settings.domain.problems())
    own = f"penstock-{stack}-ledger"
    if settings.ledger_table and not re.fullmatch(
        f"{own}-[a-z0-9-]{{1,40}}", settings.ledger_table
    ):
        yield (
            f"{KEY}ledgerTable is no table of stack {stack}: restore into one whose name begins "
            f"with {own}-, as in {own}-20261128, or remove the key for {own}"
        )
    for name in settings.shared_secrets:
        if name not in settings.gateways:
            yield f"{KEY}sharedSecrets names {name}, and the stack has no such gateway: remove it"
    if settings.protect:
        if not (settings.alert_emails or settings.alert_endpoints or settings.alert_topics):
            yield (
                f"{KEY}alertEmails is empty, and nobody would be told of an alarm of stack "
                f"{stack}: name an address, or one in alertEndpoints or alertTopics"
            )
        if not settings.accounts:
            yield (
                f"{KEY}accounts is empty, and stack {stack} could be made in any account: name "
                "the one it belongs in"
            )
    yield from wrong_tags(f"{KEY}tags", settings.tags)
    yield from _concurrency(settings)


def _concurrency(settings: StackSettings) -> Iterator[str]:
    consumers = {*CONSUMERS, *(f"deliver-{sink}" for sink in settings.sinks)}
    known = {"receive", "api", "merchant", "sweep", "gaps", "renew", *consumers}
    known |= {"operate"} if settings.operations_api else set()
    for name, reserved in settings.reserved_concurrency.items():
        if name not in known:
            yield (
                f"{KEY}reservedConcurrency.{name} is no function: name one of "
                f"{', '.join(sorted(known))}"
            )
        elif name in consumers and reserved < settings.maximum_concurrency:
            # [aws] A mapping that hands out more than its function may run is throttled, and
            # every throttled batch counts as a receive of its messages.
            yield (
                f"{KEY}reservedConcurrency.{name} is {reserved}, less than maximumConcurrency "
                f"({settings.maximum_concurrency}): raise it or lower the other"
            )
