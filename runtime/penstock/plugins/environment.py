"""
A plugin's settings in the environment: PROVIDER_<NAME>_<FIELD>, SINK_<NAME>_<FIELD>.

A dash in a name is written as two underscores.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from penstock import variables
from penstock.errors import PluginError
from penstock.plugins.registration import Kind, Registration

EVENTS = "events"
"""The setting that every sink has in addition to its own: its event types."""
_ALL = ("all", "*")
_PREFIX = {Kind.gateway: variables.GATEWAY, Kind.sink: variables.SINK}


def prefix(kind: Kind, name: str) -> str:
    """The prefix of all variables of a gateway or sink."""
    return variables.prefix(_PREFIX[kind], name)


def variable(kind: Kind, name: str, field: str) -> str:
    """The variable that holds one field."""
    return prefix(kind, name) + field.upper()


def plugin_variables(kind: Kind, name: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """A plugin's settings as the variables that `read_settings` reads."""
    return {
        variable(kind, name, field): as_text(value)
        for field, value in settings.items()
        if value is not None
    }


def as_text(value: Any) -> str:
    """A variable's value: text as it is, anything else as JSON, as the stack writes them."""
    return value if isinstance(value, str) else json.dumps(value)


def read_settings(registration: Registration, environ: Mapping[str, str]) -> BaseModel:
    """
    Read and validate the settings of a gateway or sink.

    A value that begins with `[` or `{` is JSON, any other is text; an empty one is missing.

    Raises:
        PluginError: names the plugin, each variable that is missing, wrong or unknown, the kind
            of its value (never the value) and the remedy.
    """
    fields = {
        variable(registration.kind, registration.name, name): name
        for name in registration.settings.model_fields
    }
    kind, own = registration.kind, registration.name
    given = {
        name: value
        for name, value in environ.items()
        if value and variables.belongs(name, _PREFIX[kind], own)
    }
    given.pop(variable(kind, own, variables.PLUGIN), None)
    if kind is Kind.sink:
        given.pop(variable(kind, own, EVENTS), None)
    wrong = [
        f"{name} is no setting of it (it has {', '.join(fields) or 'none'})"
        for name in sorted(given.keys() - fields.keys())
    ]
    values: dict[str, Any] = {}
    for name in given.keys() & fields.keys():
        try:
            values[fields[name]] = _value(given[name])
        except ValueError:
            wrong.append(f"{name} begins like JSON and is none")
    if wrong:
        raise PluginError(_complaint(registration, wrong))
    try:
        return registration.settings.model_validate(values)
    except ValidationError as exc:
        complaint = _complaint(registration, _problems(registration, exc))
        # Without its cause: pydantic writes the value into its message.
        raise PluginError(complaint) from None


def read_selection(
    registration: Registration, environ: Mapping[str, str]
) -> Collection[str] | None:
    """
    The event types that a sink gets, by its variable SINK_<NAME>_EVENTS or its default.

    The variable holds `all` or a JSON list; a list with "*" means all, too. Returns None for all.

    Raises:
        PluginError: the variable holds neither.
    """
    name = variable(Kind.sink, registration.name, EVENTS)
    text = environ.get(name, "")
    if not text:
        return registration.events
    try:
        given: Any = _value(text)
    except ValueError:
        given = None
    if given in _ALL:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in cast(Any, given)):
        wrong = f"{name} is neither `all` nor a list of event types"
        raise PluginError(_complaint(registration, [wrong]))
    types = frozenset(cast(list[str], given))
    return None if types.intersection(_ALL) else types


def _value(text: str) -> Any:
    return json.loads(text) if text.startswith(("[", "{")) else text


def _problems(registration: Registration, exc: ValidationError) -> Iterable[str]:
    for error in exc.errors(include_url=False):
        place = [str(part) for part in error["loc"]]
        if not place:
            yield error["msg"]
            continue
        name = variable(registration.kind, registration.name, place[0])
        if error["type"] == "missing" and len(place) == 1:
            yield f"{name} is missing"
            continue
        where = "".join(f"[{part}]" for part in place[1:])
        yield f"{name}{where} is {_kind(error['input'])}: {_told(error['type'], error['msg'])}"


def _told(kind: str, message: str) -> str:
    """Pydantic's message, but not a validator's own, which may quote the value."""
    return "not accepted" if kind in ("value_error", "assertion_error") else message


def _kind(value: object) -> str:
    match value:
        case str():
            return f"text of {len(value)} characters"
        case list():
            return f"a list of {len(cast(list[object], value))}"
        case dict():
            return "an object"
        case _:
            return f"a {type(value).__name__}"


def _complaint(registration: Registration, wrong: Iterable[str]) -> str:
    return (
        f"{registration}: {'; '.join(wrong)}. Set it in the stack's configuration"
        f" (penstock:{registration.kind}s, {registration.name}), which writes these variables."
    )
