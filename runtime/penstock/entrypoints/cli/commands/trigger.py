"""`penstock trigger`: a signed webhook with data of one's own; local only."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    StackName,
    session,
)
from penstock.entrypoints.cli.stack import LOCAL, Stack

GATEWAY = "paypal"
_SECONDS = 30


def trigger(
    context: typer.Context,
    event: Annotated[
        str, typer.Argument(help="the event's type, in the gateway's words")
    ] = "PAYMENT.SALE.COMPLETED",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="a.b=c: one field of the webhook; may be repeated"),
    ] = None,
    forge: Annotated[bool, typer.Option("--forge", help="with a signature that is wrong")] = False,
    body: Annotated[
        Path | None, typer.Option("--body", help="send this file's bytes, signed", exists=True)
    ] = None,
    copies: Annotated[int, typer.Option(min=1, max=100, help="the same one, side by side")] = 1,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Have the PayPal simulator send a webhook to the local platform, correctly signed."""
    begun = session(context, stack, as_json)
    if begun.stack_name != LOCAL:
        raise CommandError(
            "trigger works on the local platform only: nobody else can sign for PayPal",
            Code.refused,
        )
    order: dict[str, Any] = {
        "event_type": event,
        "set": dict(_change(one) for one in changes or ()),
        "forge": forge,
        "copies": copies,
    }
    if body is not None:
        order["body"] = base64.b64encode(body.read_bytes()).decode()
    sent = asyncio.run(_send(begun.stack(), order))
    answers: list[int | None] = sent["answers"]
    begun.show(sent, lambda: list(_told(event, sent, forge=forge)))
    if None in answers:
        raise CommandError("the API gave no answer: is `make run` still up?", Code.unavailable)
    if not all(status and 200 <= status < 300 for status in answers):
        raise CommandError("the door refused it", Code.refused)


def _told(event: str, sent: Mapping[str, Any], *, forge: bool) -> Iterator[str]:
    """What was sent and answered and, where a payment may come of it, how to look at that."""
    what = " ".join(filter(None, (event, sent.get("event_id"))))
    answers = ", ".join(str(status or "nothing") for status in sent["answers"])
    yield f"{what} sent; answered {answers}"
    if sent.get("resource_id") and event.startswith("PAYMENT.") and not forge:
        yield f"penstock payments show {GATEWAY}-{sent['resource_id']}"


async def _send(stack: Stack, order: dict[str, Any]) -> dict[str, Any]:
    simulator = stack.outputs.get("simulators", {}).get(GATEWAY)
    if simulator is None:
        raise CommandError("the local platform runs no PayPal simulator", Code.configuration)
    order["target"] = f"{stack.api_url}/webhooks/{GATEWAY}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_SECONDS)) as http,
            http.post(f"{simulator}/_simulator/webhooks", json=order) as answer,
        ):
            if answer.status != 200:
                said = (await answer.text())[:200]
                raise CommandError(f"the simulator refused it: {said}", Code.failed)
            return await answer.json()
    except (aiohttp.ClientError, TimeoutError) as exc:
        raise CommandError(
            "the PayPal simulator gives no answer: is `make run` still up?", Code.unavailable
        ) from exc


def _change(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or not field:
        raise CommandError("--set takes a.b=c, as in resource.amount.total=12.50", Code.usage)
    return field, value
