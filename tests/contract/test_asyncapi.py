"""The events as tools and people read them: AsyncAPI 3, CloudEvents 1.0, the catalogue."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
import yaml
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.common import get_event_factory_for_version
from cloudevents.core.formats.json import JSONFormat
from pydantic_asyncapi import AsyncAPI

from penstock.domain.events import Event
from tests.contract import asyncapi, events_catalogue
from tests.contract.event_schemas import example, kinds

REMEDY = "run `make contracts`"


@cache
def components() -> Any:
    """What the document refers to; a test only reads it."""
    return yaml.safe_load(asyncapi.DOCUMENT.read_text("utf-8"))["components"]


@cache
def events() -> Mapping[str, Any]:
    """The example of each type; a test only reads it."""
    return {kind: example(kind) for kind in kinds()}


def reads(kind: str) -> Callable[[Any], bool]:
    """Whether a reader who goes by the AsyncAPI document takes an event for one of this type."""
    payload = components()["messages"][kind]["payload"]
    checks = jsonschema_rs.Draft7Validator({**payload, "components": components()})
    return checks.is_valid


def parsed(event: Event) -> BaseCloudEvent:
    """The event as the official CloudEvents package parses it."""
    return JSONFormat().read(get_event_factory_for_version("1.0"), event.dumps())


def test_the_asyncapi_document_is_made_of_the_schemas() -> None:
    assert asyncapi.text() == asyncapi.DOCUMENT.read_text("utf-8"), REMEDY


def test_the_catalogue_is_made_of_the_schemas() -> None:
    assert events_catalogue.text() == events_catalogue.PAGE.read_text("utf-8"), REMEDY


def test_the_document_is_asyncapi_3() -> None:
    document = asyncapi.document()

    assert "3.0.0" == AsyncAPI.model_validate(document).root.asyncapi
    assert kinds() == sorted(document["channels"]["events"]["messages"])


@pytest.mark.parametrize("kind", kinds())
def test_readers_of_the_document_know_each_event_from_any_other(kind: str) -> None:
    known = reads(kind)

    assert [kind] == [one for one, event in events().items() if known(event)]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("12.50", ("data", "amount", "minor")),
        ("usd", ("data", "amount", "currency")),
        ("paid", ("data", "status")),
        ("ada@example.com", ("data", "payer", "email")),
        ("3", ("sequence",)),
        ("0.3", ("specversion",)),
    ],
)
def test_the_document_refuses_what_the_schemas_refuse(wrong: Any, where: tuple[str, ...]) -> None:
    """Nothing is lost where a schema is put beside a reference."""
    event = copy.deepcopy(example("payment.refunded"))
    at = event
    for step in where[:-1]:
        at = at[step]
    at[where[-1]] = wrong

    assert not reads("payment.refunded")(event)


@pytest.mark.parametrize("kind", kinds())
def test_an_event_on_the_wire_is_a_cloudevent_to_their_own_package(kind: str) -> None:
    event = Event.loads(json.dumps(example(kind)))
    read = parsed(event)

    assert (event.id, kind, event.entity) == (read.get_id(), read.get_type(), read.get_subject())
    assert (event.time, event.data) == (read.get_time(), read.get_data())
    assert {"gateway": event.gateway, "sequence": f"{event.sequence:012d}"} == {
        name: read.get_extension(name) for name in ("gateway", "sequence")
    }
