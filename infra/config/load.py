"""Read a stack's settings; a refusal names each wrong key and its remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from infra.config import coherence
from infra.config.domain import Domain
from infra.config.pages import Pages
from infra.config.project import PROJECT, PROJECT_FILE, ConfigError
from infra.config.roles import RoleSettings
from infra.config.settings import AccessSettings, Days, StackSettings

# Function names hold the stack's and the plugin's, and end at 64 characters [aws].
_STACK = re.compile(r"[a-z][a-z0-9-]{0,15}")
_ROLE = "the ARN of a role, as in arn:aws:iam::123456789012:role/name"
# What the entries of lists are, for who wrote another.
_LISTED = {
    "accounts": "the 12 digits of an account, in quotes",
    "operators": _ROLE,
    "paymentSenders": _ROLE,
}

_WITHIN: Mapping[str, type[BaseModel]] = {
    "access": AccessSettings,
    "domain": Domain,
    "pages": Pages,
    "roles": RoleSettings,
}


def load(stack: str, config: Mapping[str, Any]) -> StackSettings:
    """
    Read the project's keys (without their namespace) into settings.

    Args:
        config: values as Pulumi hands them out: texts, objects as JSON; or plain values.

    Raises:
        ConfigError: names each key that is wrong, and what to do.
    """
    if not _STACK.fullmatch(stack):
        raise ConfigError(
            f"stack {stack!r}: name it with up to 16 of a-z, 0-9 and -, beginning with a letter"
        )
    values = {key: _plain(key, value) for key, value in config.items()}
    try:
        settings = StackSettings.model_validate(values)
    except ValidationError as exc:
        raise ConfigError(*(_problem(error) for error in exc.errors())) from None
    checks = (
        coherence.times(settings),
        coherence.logs(settings),
        coherence.waiting(settings),
        coherence.shape(stack, settings),
    )
    if problems := [problem for found in checks for problem in found]:
        raise ConfigError(*problems)
    return settings


def _plain(key: str, value: Any) -> Any:
    """Pulumi hands every value out as text: numbers, booleans and objects as JSON."""
    field = next((f for n, f in StackSettings.model_fields.items() if to_camel(n) == key), None)
    if field is None or not isinstance(value, str) or field.annotation is str:
        return value
    if get_origin(field.annotation) is Literal and field.annotation is not Days:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # The model says what it should have been.


def _problem(error: Any) -> str:
    """One line on one wrong key: which, what kind of value it has, what to do. No value in it."""
    *within, last = error["loc"]
    key = ".".join([f"{PROJECT}:{error['loc'][0]}", *map(str, error["loc"][1:])])
    match error["type"]:
        case "extra_forbidden":
            known = _WITHIN[str(within[0])] if within else StackSettings
            return f"{key} is not a key of this project: {_instead(str(last), known)}"
        case "missing" if within:
            return f"{key} is missing: set it in {PROJECT}:{within[0]}"
        case "missing":
            return f"{key} is missing: set it, or restore its default in {PROJECT_FILE.name}"
        case "value_error":
            return f"{key}: {error['ctx']['error']}"
        case _:
            kind = type(error["input"]).__name__
            return f"{key} has a value of kind {kind} that does not do: {_remedy(error)}"


def _instead(wrong: str, known: type[BaseModel]) -> str:
    """The key that was meant, or all there are."""
    keys = sorted(to_camel(name) for name in known.model_fields)
    if near := get_close_matches(to_camel(wrong), keys, n=1):
        return f"did you mean {near[0]}"
    return f"remove it; there are {', '.join(keys)}"


def _remedy(error: Any) -> str:
    match error["type"], error["loc"]:
        case "dict_type", ("tags",):
            return "write {key: value}"
        case "dict_type", ("gateways" | "sinks",):
            return "write {name: {setting: value}}, or [name] for those without settings"
        case "dict_type", ("gateways" | "sinks", *_):
            return "write {setting: value}, or {} for none"
        case "model_type", ("pages",):
            return "write {brand: Your Name, language: en, supportUrl: https://example.com/help}"
        case "model_type", ("roles",):
            return "write {path: /payments/, operatorTrusts: [the ARN of a role]}"
        case "model_type", ("access",):
            return "write {graceDays: 3, afterRefund: end}"
        case "model_type", _:
            return "write {name: pay.example.com, zone: example.com}"
        case "string_type", _:
            return "write text, in quotes"
        case "string_pattern_mismatch", (key, *_) if key in _LISTED:
            return f"write {_LISTED[key]}"
        case _:
            return str(error["msg"])
