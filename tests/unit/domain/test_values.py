"""What stages hand each other is a value: made once, equal by content, never changed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import penstock_paypal
from penstock import domain, operators, pipeline

# What a run counts or holds while it goes on; none of them leaves the run.
RUNNING = {
    *("Gate", "Going", "Limit", "Replayed", "Run", "SweepRun", "Trail", "Turns", "Walk", "Work"),
}
# A subclass of a class with attributes of its own.
OPEN = {"FolderHttp"}
# Bodies, headers, secrets, keys, payers and what people wrote: never in a log or a traceback.
HIDDEN = {
    *("Delivery.body", "Delivery.headers", "Door.headers", "Notification.resource"),
    *("Notification.summary", "Event.data", "Payer.name", "Payer.email", "Terms.note"),
    "Entity.caused",
    *("SubscriptionObservation.links", "Restriction.reason", "Approval.return_secret"),
    *("Approval.url", "SignUp.return_secret", "SignUp.approval_url", "Returned.approve"),
    *("Gaps._known", "Content.asked", "Letter.message", "Origin.payer", "Environment.anchors"),
    *("Environment.intermediates", "Answer.data", "_Token.pair", "_Token.value", "Signer.key"),
    *("Entity.caused", "Payment.caused", "Dispute.caused", "Subscription.caused"),
    *("SignUp.caused", "Record.caused"),
}


def values() -> Iterator[type]:
    """Every dataclass of the domain, the stages, the operators' commands and the PayPal plugin."""
    for package in (domain, pipeline, operators, penstock_paypal):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "simulator" in found.name:
                continue
            for one in vars(importlib.import_module(found.name)).values():
                if isinstance(one, type) and one.__module__ == found.name and is_dataclass(one):
                    yield one


def test_a_value_cannot_be_changed() -> None:
    open_to_change = {
        one.__name__.lstrip("_")
        for one in values()
        if not getattr(one, "__dataclass_params__").frozen  # noqa: B009 - not known to type stubs
    }

    assert RUNNING == open_to_change


def test_a_value_has_no_attribute_but_its_fields() -> None:
    assert OPEN == {one.__name__ for one in values() if "__slots__" not in vars(one)}


def test_what_is_secret_or_a_strangers_is_in_no_repr() -> None:
    hidden = {
        f"{one.__name__}.{field.name}"
        for one in values()
        for field in fields(one)
        if not field.repr and field.name in vars(one).get("__annotations__", {})
    }

    assert HIDDEN == hidden


def test_an_entity_is_made_by_naming_its_fields() -> None:
    """
    The states in the ledger gain fields over the years: their order says nothing.
    """
    named = {
        one.__name__ for one in values() if {True} == {field.kw_only for field in fields(one)}
    }

    assert {"Entity", "Payment", "Subscription", "SignUp", "Dispute", "Record"} == named
