"""A plugin as data: `infra` and the `receive` function read it instead of importing the plugin."""

from __future__ import annotations

from typing import Any

from penstock.api import Door
from penstock.plugins.registration import Kind, Plugin, Registration


def describe(plugin: Plugin) -> dict[str, Any]:
    """The document that the plugin carries as `plugin.json`."""
    return {
        "module": plugin.module,
        "gateways": [
            {
                "name": one.name,
                "capabilities": list(one.capabilities),
                "whole_currencies": list(one.whole_currencies),
                **_needs(one),
                # Left out where there are none: data files of earlier versions stay right.
                **({"webhook_secrets": list(one.webhook_secrets)} if one.webhook_secrets else {}),
                **({"mock": one.mock} if one.mock else {}),
                "door": _door(one.door) if one.door else None,
            }
            for one in plugin.registrations
            if one.kind is Kind.gateway
        ],
        "sinks": [
            {"name": one.name, "events": _listed(one.events), **_needs(one)}
            for one in plugin.registrations
            if one.kind is Kind.sink
        ],
        "simulators": [{"name": one.name, "build": one.build} for one in plugin.simulators],
        "accounts": [one.name for one in plugin.accounts],
    }


def _listed(events: tuple[str, ...] | None) -> list[str] | None:
    return [str(one) for one in events] if events is not None else None


def _needs(registration: Registration) -> dict[str, Any]:
    return {
        "settings": registration.settings.model_json_schema(),
        "secrets": list(registration.secrets),
        "permissions": [
            {
                "action": one.action,
                "resource": one.resource,
                **({"only_if": dict(one.only_if)} if one.only_if else {}),
            }
            for one in registration.permissions
        ],
    }


def _door(door: Door) -> dict[str, Any]:
    return {
        "headers": {
            name: pattern if isinstance(pattern, str) else dict(pattern)
            for name, pattern in door.headers.items()
        },
        "body_limit": door.body_limit,
        "json": door.json,
    }
