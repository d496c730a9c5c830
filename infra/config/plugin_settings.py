"""The settings of a gateway or sink, held against the schema that its plugin declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from infra.config.plugins import Offer
from infra.config.project import ConfigError


def complete(where: str, name: str, offer: Offer, own: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Its settings, with the defaults that the schema declares.

    Args:
        where: the key that holds them, for the messages.
        name: what it is configured as.
        own: what the key holds.

    Raises:
        ConfigError: some are wrong; one line on each.
    """
    settings = {**_defaults(offer.settings), **own}
    # Masked: the validator quotes what it refuses, and a setting may be somebody's address.
    validator = jsonschema_rs.validator_for(
        {**offer.settings, "additionalProperties": False}, mask="this value"
    )
    wrong = validator.iter_errors(settings)
    if problems := [_problem(where, name, offer, error) for error in wrong]:
        raise ConfigError(*problems)
    return settings


def _problem(where: str, name: str, offer: Offer, error: jsonschema_rs.ValidationError) -> str:
    """One line on one wrong setting: which, and what to do."""
    path = ".".join([where, *map(str, error.instance_path)])
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required():
            return f"{path}.{error.kind.property} is missing: {offer.name} needs it, set it"
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties():
            named = error.kind.unexpected
            if secret := next((one for one in named if one in offer.secrets), None):
                return (
                    f"{path}.{secret} is a secret, which no file may hold: remove it (who may "
                    f"read the file knows it now), and run `penstock secrets set {name}`"
                )
            settings = ", ".join(sorted(offer.settings.get("properties", {}))) or "none"
            return f"{path}.{named[0]} is no setting of {offer.name}: remove it; it has {settings}"
        case (
            jsonschema_rs.ValidationErrorKind.Pattern() | jsonschema_rs.ValidationErrorKind.AnyOf()
        ):
            return f"{path}{_instead(offer.settings, error)}"
        case _:
            return f"{path}: {error.message}"


def _instead(schema: Any, error: jsonschema_rs.ValidationError) -> str:
    """What the setting is, rather than the expression it must match, with an example if any."""
    for name in error.schema_path[:-1]:
        schema = schema[name]
    variants = (schema, *schema.get("anyOf", ()))
    examples = next((one["examples"] for one in variants if "examples" in one), ())
    written = f"; write one as in {examples[0]}" if examples else ""
    if "description" not in schema:
        return f": {error.message}{written}"
    kind = type(error.instance).__name__
    return f" has a value of kind {kind} that does not do: it is {schema['description']}{written}"


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting is passed on, so that what a plugin takes for granted is seen in the stack."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return {
        name: field["default"]
        for name, field in properties.items()
        if field.get("default") is not None
    }
