"""
What one entry of a setting is for is that entry's own: the others do not notice that it goes.

A resource that is named by its place in a list is another one as soon as the place is: Pulumi then
deletes what nobody took out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from infra.config.settings import StackSettings
from infra.graph.capture import capture
from infra.graph.values import Archive, Secret
from tests.depth import LONG, examples

ROLE = "arn:aws:iam::123456789012:role/"
EMAIL = {"sender": "a@example.com", "recipients": ["b@example.com", "c@example.com"]}


@dataclass(frozen=True, slots=True)
class Entries:
    """
    A setting with several entries.

    Attributes:
        all: a list, or a map.
        listing: resources that hold all entries, and so change when one goes: kind, or kind and
            name; `{}` is the entry's name.
        marks: what the names of an entry's own resources have in them, by entry.
    """

    all: Sequence[str] | Mapping[str, Any]
    listing: frozenset[str] = frozenset()
    marks: Mapping[str, str] | None = None


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:12]


ENDPOINTS = [f"https://{name}.example.com/alarms?key=k" for name in "dacb"]
ADDRESSES = [f"{name}@example.com" for name in "dacb"]
SETTINGS: Mapping[str, Entries] = {
    "alertEmails": Entries(ADDRESSES, marks={one: _digest(one) for one in ADDRESSES}),
    "alertEndpoints": Entries(ENDPOINTS, marks={one: _digest(one) for one in ENDPOINTS}),
    "alertTopics": Entries(
        [f"arn:aws:sns:eu-west-1:123456789012:{n}" for n in "onp"],
        frozenset({"MetricAlarm"}),
    ),
    "accounts": Entries(["333333333333", "111111111111", "222222222222"], frozenset({"aws aws"})),
    "operators": Entries([f"{ROLE}{name}" for name in "cab"], frozenset({"QueuePolicy"})),
    "paymentSenders": Entries([f"{ROLE}{n}" for n in "fde"], frozenset({"QueuePolicy payments"})),
    "roles.operatorTrusts": Entries([f"{ROLE}{n}" for n in "ihg"], frozenset({"Role operator"})),
    "roles.serveTrusts": Entries(
        [f"{ROLE}host", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"], frozenset({"Role serve"})
    ),
    # The provider holds them, and AWS's merges them into each resource.
    "tags": Entries({"team": "payments", "area": "eu", "cost": "7"}, frozenset({"aws aws"})),
    # Each function names the gateways, and its role their secrets.
    "gateways": Entries(
        {"paypal": {"environment": "live"}, "example": {"request_uri": "https://a.b/c"}},
        frozenset({"Function", "RolePolicy"}),
        {"paypal": "paypal", "example": "example"},
    ),
    "sinks": Entries(
        {"slack": {"events": ["invoice.paid", "dispute.opened"]}, "email": EMAIL},
        frozenset(
            {"Dashboard dashboard", "Function renew"}
            | {f"RolePolicy {name}" for name in ("renew", "serve", "operator")}
        ),
        {"slack": "slack", "email": "email"},
    ),
    "reservedConcurrency": Entries({"sweep": 2, "api": 5, "gaps": 1}, frozenset({"Function {}"})),
    "sharedSecrets": Entries(
        ["paypal", "example"], frozenset({"RolePolicy verify", "RolePolicy serve", "Secret {}"})
    ),
}
WHAT_IS_NOT_MADE = {"roles.existing"}
"""An entry that goes makes the role that it stood for."""
Graph = Mapping[str, Any]
"""The inputs of every resource, by kind and name: what Pulumi knows it by."""


def test_every_setting_with_entries_is_tried() -> None:
    assert {*_several(StackSettings)} - WHAT_IS_NOT_MADE == SETTINGS.keys()


def _several(model: type[BaseModel], within: str = "") -> Iterator[str]:
    """The settings with several entries, those of objects too: `roles.operatorTrusts`."""
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) in (list, dict):
            yield within + to_camel(name)
            continue
        for kind in get_args(field.annotation) or (field.annotation,):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _several(kind, f"{within}{to_camel(name)}.")


@cache
def _graph(bundles: Path, config: str) -> Graph:
    made = capture("any", json.loads(config) | {"bundles": str(bundles)})
    return {
        f"{one.type.rpartition(':')[2]} {one.name}": json.dumps(
            one.inputs, sort_keys=True, default=_zip
        )
        for one in made
        if one.custom
    }


def _zip(value: Archive | Secret) -> str:
    return value.path.name if isinstance(value, Archive) else value.value


def graph(bundles: Path, **changed: Any) -> Graph:
    config: dict[str, Any] = {"aws:region": "eu-west-1", "penstock:consumers": "serve"}
    entries = {name: one.all for name, one in SETTINGS.items()}
    for name, value in {**entries, **changed}.items():
        outer, _, inner = f"penstock:{name}".partition(".")
        if inner:
            config.setdefault(outer, {})[inner] = value
        else:
            config[outer] = value
    return _graph(bundles, json.dumps(config))


def ordered(entries: Sequence[str] | Mapping[str, Any], names: Sequence[str]) -> Any:
    """Those of the entries, in that order."""
    return {n: entries[n] for n in names} if isinstance(entries, Mapping) else list(names)


PLACES = st.sampled_from(sorted(SETTINGS)).flatmap(
    lambda name: st.tuples(st.just(name), st.permutations(list(SETTINGS[name].all)))
)


@LONG
@settings(
    max_examples=examples(12, 200),
    deadline=None,
    # The zips are the same for every example.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(PLACES)
def test_a_new_order_changes_no_resource(bundles: Path, case: tuple[str, list[str]]) -> None:
    setting, names = case

    assert graph(bundles) == graph(bundles, **{setting: ordered(SETTINGS[setting].all, names)})


@LONG
@settings(
    max_examples=examples(12, 200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(PLACES)
def test_an_entry_that_goes_takes_its_own_resources_only(
    bundles: Path, case: tuple[str, list[str]]
) -> None:
    setting, (gone, *left) = case
    entries = SETTINGS[setting]
    # A gateway that goes cannot have a shared secret any longer.
    besides = {"sharedSecrets": left} if setting == "gateways" else {}
    before = graph(bundles, **besides)
    after = graph(bundles, **besides, **{setting: ordered(entries.all, left)})
    mark = (entries.marks or {}).get(gone)
    changed = {one for one in before.keys() & after.keys() if before[one] != after[one]}
    listing = {one.format(gone) for one in entries.listing}

    assert set() == after.keys() - before.keys()
    assert [] == [one for one in before.keys() - after.keys() if not mark or mark not in one]
    assert [] == [one for one in changed if not {one, one.partition(" ")[0]} & listing]
