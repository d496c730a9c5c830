"""What stages hand each other is a value: made once, equal by content, never changed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from inspect import isfunction

from pydantic import BaseModel

import penstock_paypal
from penstock import domain, operators, pipeline

_TOLD = (bool, int, float, str, timedelta)
# What a run counts or holds while it goes on; none of them leaves the run.
RUNNING = {
    *("Gate", "Going", "Limit", "Replayed", "Round", "Run", "SweepRun", "Trail", "Turns", "Walk"),
    "Work",
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
}

# Attributes that all of a plugin's parts share, and what they need of each other.
SHARED = {"MovesMoney", "PayPalAccount", "WritesInvoices"}
# What a value says that was made without saying it: nothing has happened yet.
LEFT_OUT = {
    **dict.fromkeys(("Entity.version", "Entity.sequence", "Entity.published"), 0),
    "Operation.attempts": 0,
    "SubscriptionObservation.failures": 0,
    "BillingCycle.cycles": 0,
    "Interval.count": 1,
    "AccessPolicy.grace": timedelta(days=3),
    "Trail.effect": "done",
    **dict.fromkeys(("Renew.patience", "LettersOf.patience"), 1.0),
    **dict.fromkeys(("_Run.fetched", "_Run.listed"), 0),
    **dict.fromkeys(("Looked.renewed", "_Round.moves", "_Run.letters"), 0),
    **dict.fromkeys(("Report.with_others", "Report.unseen"), 0),
    **dict.fromkeys(("Walk.with_others", "Walk.unseen", "Replayed.had", "Replayed.left_out"), 0),
}
TRUE = {
    *("Applied.confirmed", "AccessPolicy.refund_ends", "AccessPolicy.chargeback_ends"),
    "Effects.again",
}


def classes() -> Iterator[type]:
    """Every class of the domain, the stages, the operators' commands and the PayPal plugin."""
    for package in (domain, pipeline, operators, penstock_paypal):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "simulator" in found.name:
                continue
            for one in vars(importlib.import_module(found.name)).values():
                if isinstance(one, type) and one.__module__ == found.name:
                    yield one


def values() -> Iterator[type]:
    """Every dataclass of them."""
    return (one for one in classes() if is_dataclass(one))


def own(one: type) -> Iterator[Field[object]]:
    """The fields that a dataclass has in addition to those of its base class."""
    return (field for field in fields(one) if field.name in vars(one).get("__annotations__", {}))


def test_what_has_attributes_or_nothing_is_a_value() -> None:
    plain = {
        one.__name__
        for one in classes()
        if (vars(one).get("__annotations__") or not any(map(isfunction, vars(one).values())))
        and not is_dataclass(one)
        and not issubclass(one, (BaseModel, Enum, Exception, tuple))
    }

    assert SHARED == plain


def test_what_a_value_does_not_say_is_that_nothing_has_happened() -> None:
    """
    A count is zero and a statement is not true, but for the few that are named here.
    """
    given = {
        f"{one.__name__}.{field.name}": field.default for one in values() for field in own(one)
    }
    said = {name: value for name, value in given.items() if type(value) in _TOLD and value != ""}

    assert {name for name, value in said.items() if value is True} == TRUE
    assert LEFT_OUT == {name: value for name, value in said.items() if type(value) is not bool}


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
        f"{one.__name__}.{field.name}" for one in values() for field in own(one) if not field.repr
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
