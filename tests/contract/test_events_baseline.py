"""The event schemas against a kept baseline: a change that breaks readers is named."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.contract.baseline import Change
from tests.contract.event_schemas import EVENT
from tests.contract.events_baseline import BASELINE

Schemas = dict[str, Any]
REFUNDED = f"{EVENT}payment.refunded"


def test_no_change_of_a_schema_breaks_those_who_read_our_events():
    """
    Renew the baseline (`make events-baseline`) only for a change that is announced as breaking.
    """
    assert [] == BASELINE.broken()


def part(schemas: Schemas, name: str) -> Any:
    return schemas[EVENT + name]


def own(schemas: Schemas, event: str) -> Any:
    return schemas[EVENT + event]["properties"]["data"]


def no_event(schemas: Schemas) -> None:
    del schemas[REFUNDED]


def no_field(schemas: Schemas) -> None:
    del part(schemas, "dispute")["properties"]["respond_by"]


def no_own_field(schemas: Schemas) -> None:
    del own(schemas, "payment.refunded")["properties"]["moved"]


def no_nested_field(schemas: Schemas) -> None:
    del part(schemas, "payment")["properties"]["amount"]["properties"]["currency"]


def other_type(schemas: Schemas) -> None:
    part(schemas, "notification")["properties"]["confirmed"]["type"] = "string"


def fewer_values(schemas: Schemas) -> None:
    own(schemas, "payment.refunded")["properties"]["status"]["enum"].remove("reversed")


def certain_values(schemas: Schemas) -> None:
    part(schemas, "dispute")["properties"]["reason"]["enum"] = ["other"]


def required(schemas: Schemas) -> None:
    own(schemas, "payment.refunded")["required"] = ["moved"]


def not_required(schemas: Schemas) -> None:
    part(schemas, "dispute")["required"].remove("dispute_id")


def other_pattern(schemas: Schemas) -> None:
    part(schemas, "cloudevent")["properties"]["sequence"]["pattern"] = "^[0-9]+$"


def closed(schemas: Schemas) -> None:
    part(schemas, "dispute")["additionalProperties"] = False


def other_items(schemas: Schemas) -> None:
    part(schemas, "dispute")["properties"]["payments"]["items"]["type"] = "object"


BREAKING: dict[str, tuple[Change, str]] = {
    "an event type is gone": (no_event, "payment.refunded: the event type is gone"),
    "a field is gone": (no_field, "dispute.opened: data.respond_by is gone"),
    "an event's own field is gone": (no_own_field, "payment.refunded: data.moved is gone"),
    "a field in a field is gone": (
        no_nested_field,
        "payment.refunded: data.refunded.currency is gone",
    ),
    "another type": (
        other_type,
        "notification.recorded: data.confirmed has another type: 'boolean' became 'string'",
    ),
    "fewer values": (
        fewer_values,
        "payment.refunded: data.status is never 'reversed' any more",
    ),
    "certain values only": (
        certain_values,
        "dispute.updated: data.reason takes certain values only, and took any",
    ),
    "a field becomes required": (
        required,
        "payment.refunded: data.moved is required, and was not",
    ),
    "a field is required no more": (
        not_required,
        "dispute.resolved: data.dispute_id is not required any more",
    ),
    "another pattern": (
        other_pattern,
        "invoice.paid: sequence has another pattern: '^[0-9]{12}$' became '^[0-9]+$'",
    ),
    "no further fields": (closed, "dispute.opened: data takes no further fields, and did"),
    "other items": (
        other_items,
        "dispute.opened: data.payments.items has another type: 'string' became 'object'",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_named_with_its_event_and_field(name: str):
    change, said = BREAKING[name]

    assert said in BASELINE.broken_by(change)


def new_event(schemas: Schemas) -> None:
    schemas[f"{EVENT}payment.blessed"] = copy.deepcopy(schemas[REFUNDED])


def new_field(schemas: Schemas) -> None:
    part(schemas, "payment")["properties"]["colour"] = {"type": "string"}


def new_value(schemas: Schemas) -> None:
    part(schemas, "dispute")["properties"]["outcome"]["enum"].append("undecided")


def other_words(schemas: Schemas) -> None:
    part(schemas, "payment")["properties"]["reason"]["description"] = "Why."


@pytest.mark.parametrize("change", [new_event, new_field, new_value, other_words])
def test_what_is_only_added_breaks_nobody(change: Change):
    assert [] == BASELINE.broken_by(change)
