"""Statements of several roles as the fewest that allow the same: a policy has a largest size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from infra.access.policies import Condition, Grant


def merged(grants: Sequence[Grant]) -> Sequence[Grant]:
    """
    The same permissions in fewer statements, in an order of their own.

    Statements of the same actions and resources become one if their conditions differ in the
    values of one key only; those of the same actions and condition become one for all resources.
    """
    return _by_condition(_by_resources(grants))


def _by_resources(grants: Sequence[Grant]) -> Sequence[Grant]:
    found: dict[Any, set[str]] = {}
    for one in grants:
        place = _place(one.condition)
        values = found.setdefault((_set(one.actions), _set(one.resources), place), set())
        if place and one.condition:
            values.update(one.condition[place[0]][place[1]])
    return [
        Grant(actions, resources, {place[0]: {place[1]: sorted(values)}} if place else None)
        for (actions, resources, place), values in found.items()
    ]


def _by_condition(grants: Sequence[Grant]) -> Sequence[Grant]:
    found: dict[tuple[tuple[str, ...], str], set[str]] = {}
    for one in grants:
        limits = json.dumps(one.condition, sort_keys=True)
        found.setdefault((_set(one.actions), limits), set()).update(one.resources)
    return [
        Grant(actions, sorted(resources), json.loads(limits))
        for (actions, limits), resources in sorted(found.items())
    ]


def _place(condition: Condition | None) -> tuple[str, str] | None:
    """
    Operator and key of a condition.

    Raises:
        ValueError: it has several; no permit of ours has.
    """
    if not condition:
        return None
    places = [(operator, key) for operator, keys in condition.items() for key in keys]
    if len(places) > 1:
        raise ValueError("a condition of a permit has one operator and one key")
    return places[0]


def _set(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
