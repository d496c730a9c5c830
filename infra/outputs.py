"""What the stack exports: all that the command line needs to find it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.components.alerts import address_digest
from infra.components.function import Function
from infra.environment import deciding, sink_settings
from infra.stack import Foundation

_SETTINGS = (
    "sqs_max_number_of_messages",
    "backoff_base_seconds",
    "backoff_cap_seconds",
    "unknown_after_seconds",
    "item_timeout_seconds",
    "request_timeout_seconds",
    "log_level",
    "consumers",
    "operations_api",
)


def outputs(
    made: Foundation, functions: Mapping[str, Function], scheduled: Mapping[str, int]
) -> dict[str, Any]:
    """
    The stack's outputs, by name.

    Args:
        scheduled: how often functions are started, in minutes.
    """
    return {
        "stack": made.stack,
        # The command line asks for the stack's name before what cannot be undone.
        "protected": made.settings.protect,
        "region": pulumi.Config("aws").require("region"),
        "apiUrl": made.api.url,
        "apiEndpoint": made.api.api.api_endpoint,
        "ledgerTable": made.ledger.table.name,
        "deliveriesTopicArn": made.topics["deliveries"].topic.arn,
        "eventsTopicArn": made.topics["events"].topic.arn,
        "secretsPrefix": made.secrets_prefix,
        "secrets": {
            plugin: {name: list(fields) for name, fields in kept.items()}
            for plugin, kept in made.plugins.secrets.items()
        },
        "sharedSecrets": list(made.settings.shared_secrets),
        "queues": {name: queue.addresses for name, queue in made.queues.items()},
        "functions": {name: one.function.name for name, one in functions.items()},
        "schedules": {
            name: {"rule": f"{made.prefix}-{name}", "minutes": minutes}
            for name, minutes in scheduled.items()
        },
        "gateways": {
            name: {**one.instance_of, **one.settings}
            for name, one in made.plugins.gateways.items()
        },
        "sinks": {
            name: {**one.instance_of, **sink_settings(one)}
            for name, one in made.plugins.sinks.items()
        },
        "settings": made.settings.model_dump(include=set(_SETTINGS), by_alias=True),
        # A host beside the functions decides as they do.
        "variables": deciding(made),
        # `penstock doctor` compares those who are subscribed with them.
        "alertAddresses": sorted(
            map(address_digest, (*made.settings.alert_emails, *made.settings.alert_endpoints))
        ),
        # Where DNS is kept elsewhere, somebody makes these there.
        **({"dnsRecords": made.records} if made.records else {}),
    }
