"""The variables each function is given: those it reads, and no others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from infra.components.queue import FifoQueue
from infra.config.configured import Configured
from infra.config.selection import EVENTS
from infra.stack import Foundation

Variables = dict[str, pulumi.Input[str]]


def base(made: Foundation) -> Variables:
    """What every function reads."""
    return {"LOG_LEVEL": made.settings.log_level, "PENSTOCK_STACK": made.stack}


def working(made: Foundation) -> Variables:
    """What a function reads that works on items and builds plugins."""
    return {
        **base(made),
        "PENSTOCK_ITEM_TIMEOUT_SECONDS": str(made.settings.item_timeout_seconds),
        "PENSTOCK_REQUEST_TIMEOUT_SECONDS": str(made.settings.request_timeout_seconds),
        "PENSTOCK_API_URL": made.api.url,
        "PENSTOCK_SECRETS_PREFIX": made.secrets_prefix,
    }


def ledger(made: Foundation) -> Variables:
    """Where facts are kept."""
    return {"PENSTOCK_LEDGER_TABLE": made.ledger.table.name}


def events(made: Foundation) -> Variables:
    """Where events are published."""
    return {"PENSTOCK_EVENTS_TOPIC_ARN": made.topics["events"].topic.arn}


def sends(made: Foundation, *queues: str) -> Variables:
    """The queues a function sends to or looks at, by their logical names."""
    return {f"PENSTOCK_{name.upper()}_QUEUE_URL": made.queues[name].queue.url for name in queues}


def dead_letters(made: Foundation) -> Variables:
    """The dead-letter queues, by the names of their queues."""
    urls: Variables = {name: queue.dlq.url for name, queue in made.queues.items() if queue.dlq}
    known = {name: url for name, url in urls.items() if isinstance(url, str)}
    # Before there is a stack the addresses are texts: `sizes` counts them.
    text = json.dumps(known) if len(known) == len(urls) else pulumi.Output.json_dumps(urls)
    return {"PENSTOCK_DEAD_LETTER_QUEUES": text}


def invoices(made: Foundation) -> Variables:
    """What making an invoice goes by."""
    return {"PENSTOCK_UNKNOWN_AFTER_SECONDS": str(made.settings.unknown_after_seconds)}


def pages(made: Foundation) -> Variables:
    """What a function reads that shows pages to buyers."""
    shown = made.settings.pages
    if shown is None:
        return {}
    return {
        f"PENSTOCK_PAGES_{name.upper()}": value
        for name, value in shown.model_dump(exclude_none=True).items()
    }


def access(made: Foundation) -> Variables:
    """What a subscription's payments give access to."""
    access = made.settings.access
    return {
        "PENSTOCK_GRACE_DAYS": str(access.grace_days),
        "PENSTOCK_ACCESS_AFTER_REFUND": access.after_refund,
        "PENSTOCK_ACCESS_AFTER_CHARGEBACK": access.after_chargeback,
        "PENSTOCK_ACCESS_DURING_DISPUTE": access.during_dispute,
    }


def retention(made: Foundation) -> Variables:
    """How long payers' names are kept."""
    days = made.settings.retention_days
    return {"PENSTOCK_RETENTION_DAYS": str(days)} if days else {}


def deciding(made: Foundation) -> Variables:
    """What decides for buyers: any host of the stack goes by the same."""
    return {**pages(made), **access(made), **retention(made)}


def consumes(made: Foundation, queue: FifoQueue, batch_size: int) -> Variables:
    """What a consumer of a queue reads."""
    if queue.dlq is None:
        raise ValueError("a queue that is consumed has a dead-letter queue")
    return {
        "SQS_QUEUE_URL": queue.queue.url,
        "SQS_DLQ_QUEUE_URL": queue.dlq.url,
        "SQS_MAX_NUMBER_OF_MESSAGES": str(batch_size),
        "PENSTOCK_BACKOFF_BASE_SECONDS": str(made.settings.backoff_base_seconds),
        "PENSTOCK_BACKOFF_CAP_SECONDS": str(made.settings.backoff_cap_seconds),
    }


def operations(made: Foundation) -> Variables:
    """Whether the API serves operators' commands; nothing where it does not."""
    return {"PENSTOCK_OPERATIONS_API": "true"} if made.settings.operations_api else {}


def gateway_names(made: Foundation) -> Variables:
    """Which gateways there are, and what each is an instance of where its name does not say."""
    variables: Variables = {"PENSTOCK_GATEWAYS": ",".join(made.plugins.gateways)}
    for name, one in made.plugins.gateways.items():
        variables |= plugin_settings("PROVIDER", name, one.instance_of)
    return variables


def gateways(made: Foundation) -> Variables:
    """Which gateways there are, and their settings."""
    variables = gateway_names(made)
    for name, one in made.plugins.gateways.items():
        variables |= plugin_settings("PROVIDER", name, one.settings)
    return variables


def doors(made: Foundation) -> Variables:
    """Which gateways there are, and which environment their doors are for."""
    variables = gateway_names(made)
    for name, one in made.plugins.gateways.items():
        known = {k: v for k, v in one.settings.items() if k == "environment"}
        variables |= plugin_settings("PROVIDER", name, known)
    return variables


def sink(made: Foundation, name: str) -> Variables:
    """Which sink a function delivers to, its settings, and the event types it gets."""
    one = made.plugins.sinks[name]
    return {
        "PENSTOCK_SINK": name,
        "PENSTOCK_SINKS": name,
        **plugin_settings("SINK", name, {**one.instance_of, **sink_settings(one)}),
    }


def sink_settings(sink: Configured) -> Mapping[str, Any]:
    """A sink's settings, with the event types that it gets among them."""
    return {**sink.settings, EVENTS: "all" if sink.events is None else list(sink.events)}


def plugin_settings(kind: str, name: str, settings: Mapping[str, Any]) -> Variables:
    """A plugin's settings as variables; kind is PROVIDER or SINK. `sizes` limits their length."""
    variables = {variable(kind, name, field): _text(value) for field, value in settings.items()}
    return {variable: text for variable, text in variables.items() if text}


def variable(kind: str, name: str, field: str) -> str:
    """
    The variable of one setting, as the runtime reads it.

    [aws] A variable's name holds no dash: two underscores stand for it.
    """
    return f"{kind}_{name.replace('-', '__')}_{field}".upper()


def _text(value: Any) -> str:
    """Text as it is, anything else as JSON; nothing is the empty text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
