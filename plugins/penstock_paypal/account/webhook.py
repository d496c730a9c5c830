"""The webhook of the app: registered for exactly the events that are handled, and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from penstock.api import Secrets, SettingsError
from penstock.api.account import Step, StepState
from penstock_paypal import shapes
from penstock_paypal.account.connection import demand
from penstock_paypal.client.api import Api, path
from penstock_paypal.webhooks.registration import WANTED

_WEBHOOKS = "/v1/notifications/webhooks"
_ALL = "*"


async def register(api: Api, url: str, *, local: bool, dry_run: bool) -> Step:
    """
    Register the webhook at that address, or correct the events of the one there is.

    Raises:
        GatewayUnavailable: no answer.
        SettingsError: the address is not https on port 443, or PayPal refuses.
    """
    if not local:
        _check_address(url)
    what, wanted = f"webhook {url}", [{"name": one} for one in sorted(WANTED)]
    there = await _at(api, url)
    identity = shapes.identity(there, "id") if there else None
    secret = {"webhook_id": identity} if identity else {}
    if there is None:
        if dry_run:
            return Step(what, StepState.planned, None, f"would be created, {len(wanted)} events")
        body = {"url": url, "event_types": wanted}
        made = demand(await api.send("POST", _WEBHOOKS, what, body=body), what)
        identity = shapes.identity(made.data, "id")
        if identity is None:
            raise SettingsError(f"PayPal, {what}: the answer has no id: look at it at PayPal")
        note = f"for {len(wanted)} events"
        return Step(what, StepState.created, identity, note, {"webhook_id": identity})
    other = _other_events(there)
    if not other:
        return Step(what, StepState.present, identity, "", secret)
    if dry_run or identity is None:
        return Step(what, StepState.planned, identity, f"would change: {'; '.join(other)}", secret)
    patch = [{"op": "replace", "path": "/event_types", "value": wanted}]
    where = path(f"{_WEBHOOKS}/{{}}", identity)
    demand(await api.send("PATCH", where, what, body=patch), what)
    return Step(what, StepState.changed, identity, f"corrected: {'; '.join(other)}", secret)


async def drift(api: Api, secrets: Secrets, url: str) -> Sequence[str]:
    """
    What differs from what should be registered, one line each.

    Raises:
        GatewayUnavailable: no answer, or the secret cannot be read.
    """
    listed = await _listed(api)
    known = (await secrets.get()).values("webhook_id")
    here = next((one for one in listed if shapes.text(one, "url") == url), None)
    lines: list[str] = []
    if here is None:
        for one in listed:
            if shapes.text(one, "id") in known:
                lines.append(f"url: webhook {one['id']} goes to {shapes.text(one, 'url')}")
        lines.append(f"url: PayPal has no webhook for {url}")
        return lines
    if shapes.text(here, "id") not in known:
        lines.append(f"webhook_id: PayPal's is {here.get('id')}, and the secret has another")
    return [*lines, *_other_events(here)]


def _other_events(webhook: Mapping[str, Any]) -> list[str]:
    """The events that are missing, and those that are too many."""
    named = {shapes.text(one, "name") for one in shapes.sequence(webhook.get("event_types"))}
    told = {one for one in named if one}
    found = [
        ("missing", set[str](WANTED - told)),
        ("extra", told - WANTED),
    ]
    if _ALL in told:
        found = [("extra", {_ALL})]
    return [f"{how} events: {', '.join(sorted(names))}" for how, names in found if names]


async def _at(api: Api, url: str) -> Mapping[str, Any] | None:
    listed = await _listed(api)
    return next((one for one in listed if shapes.text(one, "url") == url), None)


async def _listed(api: Api) -> Sequence[Mapping[str, Any]]:
    answer = await api.read(_WEBHOOKS, "list webhooks")
    found = shapes.sequence(answer.data.get("webhooks")) if answer else ()
    return [shapes.mapping(one) for one in found]


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and parts.hostname and parts.port in (None, 443)
    except ValueError:
        good = False
    if not good:
        raise SettingsError(
            f"{url}: PayPal sends webhooks to https on port 443 only: deploy the stack, or set"
            " penstock:domain"
        )
