"""`penstock trigger`: a signed webhook with data of one's own; local only."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from penstock.entrypoints.cli.ready import Gateway
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.stack import LOCAL, Stack

_UNLESS_NAMED = "paypal"
_SECONDS = 30
_LOST = "happened; its webhook was not sent, as the simulator was told (deliveries/faults)"


def trigger(
    context: typer.Context,
    event: Annotated[
        str | None,
        typer.Argument(help="the event's type, in the gateway's words; of PayPal's a sale"),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="a.b=c: one field of the webhook; c is text, a number where the sample has one,"
            " JSON or null; may be repeated",
        ),
    ] = None,
    subscription: Annotated[
        list[str] | None,
        typer.Option("--subscription", help="a.b=c: one field of the sale's subscription"),
    ] = None,
    forge: Annotated[bool, typer.Option("--forge", help="with a signature that is wrong")] = False,
    body: Annotated[
        Path | None,
        typer.Option(
            "--body", help="send this file's bytes, signed, instead of EVENT", exists=True
        ),
    ] = None,
    copies: Annotated[int, typer.Option(min=1, max=100, help="the same one, side by side")] = 1,
    gateway: Annotated[
        str | None,
        typer.Option("--gateway", help="whose webhook; PayPal's if none is named"),
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Have a gateway's simulator send a signed webhook to the local platform."""
    begun = session(context, stack, as_json)
    if begun.stack_name != LOCAL:
        raise CommandError(
            "trigger works on the local platform only: only the provider can sign for itself",
            Code.refused,
        )
    order: dict[str, Any] = {
        **({"event_type": event} if event else {}),
        "set": dict(_change("--set", one) for one in changes or ()),
        "subscription": dict(_change("--subscription", one) for one in subscription or ()),
        "forge": forge,
        "copies": copies,
    }
    if body is not None:
        if changes or subscription:
            raise CommandError(
                "--body sends a file as it is: leave --set and --subscription out", Code.usage
            )
        # The body says itself what type of event it is.
        order.pop("event_type", None)
        order["body"] = base64.b64encode(body.read_bytes()).decode()
    sent = asyncio.run(_send(begun.stack(), _gateway(begun, gateway), order))
    answers: list[int | None] = sent["answers"]
    begun.show(sent, lambda: list(_told(sent, forge=forge)))
    if None in answers:
        raise CommandError("the API gave no answer: is `make run` still up?", Code.unavailable)
    if not all(status and 200 <= status < 300 for status in answers):
        raise CommandError("the door refused it", Code.refused)


def _gateway(begun: Session, name: str | None) -> str:
    """The gateway that is meant: any that the stack has, or the one account at PayPal."""
    if name is None:
        return Gateway.named(begun, _UNLESS_NAMED, None)
    stack = begun.stack()
    if name not in stack.outputs["gateways"]:
        there = ", ".join(stack.outputs["gateways"]) or "none"
        raise CommandError(
            f"--gateway: the stack {stack.name} has no gateway {name}; it has {there}."
            " A gateway of a plugin is named in local/stack.yaml",
            Code.not_found,
        )
    return name


def _told(sent: Mapping[str, Any], *, forge: bool) -> Iterator[str]:
    """What was sent, what it concerns, the answers, and how to look at the payment."""
    concerned: list[Mapping[str, str]] = sent["concerns"]
    about = ", ".join(f"{one['kind']} {one['id']}" for one in concerned)
    words = (sent.get("event_type") or "a body without a type", sent.get("event_id"))
    what = " ".join((*filter(None, words), *([f"({about})"] if about else [])))
    answers = ", ".join(str(status or "nothing") for status in sent["answers"])
    yield f"{what} sent; answered {answers}" if answers else f"{what} {_LOST}"
    payments = [one["id"] for one in concerned if one["kind"] == "payment"]
    if payments and not forge:
        yield f"penstock payments show {payments[0]}"


async def _send(stack: Stack, gateway: str, order: dict[str, Any]) -> dict[str, Any]:
    import aiohttp

    simulator = stack.outputs.get("simulators", {}).get(gateway)
    if simulator is None:
        raise CommandError(
            f"the local platform runs no simulator of {gateway}", Code.configuration
        )
    order["target"] = f"{stack.api_url}/webhooks/{gateway}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_SECONDS)) as http,
            http.post(f"{simulator}/_simulator/webhooks", json=order) as answer,
        ):
            if answer.status == 404 and answer.content_type != "application/json":
                raise CommandError(
                    f"the simulator of {gateway} has no samples: add penstock.testing.samples",
                    Code.refused,
                )
            told = await answer.json()
            if answer.status != 200:
                said = "; ".join(str(one.get("msg")) for one in told["errors"])
                code = Code.usage if answer.status == 400 else Code.not_found
                raise CommandError(f"the simulator refused it: {said}", code)
            return told
    except (aiohttp.ClientError, TimeoutError) as exc:
        raise CommandError(
            f"the simulator of {gateway} gives no answer: is `make run` still up?",
            Code.unavailable,
        ) from exc


def _change(option: str, text: str) -> tuple[str, Any]:
    """One field and its value: JSON that begins with {, [ or ", null, or plain text."""
    field, equals, value = text.partition("=")
    if not equals or not field:
        raise CommandError(f"{option} takes a.b=c, as in resource.amount.total=12.50", Code.usage)
    if not value.startswith(("{", "[", '"')):
        return field, None if value == "null" else value
    try:
        return field, json.loads(value)
    except ValueError as exc:
        raise CommandError(f"{option} {field}: the value is not valid JSON", Code.usage) from exc
