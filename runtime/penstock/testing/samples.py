"""
What `penstock trigger` asks of a gateway's simulator: a webhook of its own, signed and sent.

    POST /_simulator/webhooks   {"target", "event_type", "set", "forge", "copies"}
                                200 {"event_type", "event_id", "concerns", "answers"}
                                400 {"errors": [{"msg"}]}

Only `target` is required. `set` changes fields of the sample, each named by its place: `a.b`. A
number of the sample stays one where the value is a text such as `99`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

import aiohttp
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_TIMEOUT = aiohttp.ClientTimeout(total=30)
Sample = Callable[[str], dict[str, Any]]
"""Makes a webhook of a type, each time another one."""
Concerned = Callable[[Mapping[str, Any]], tuple[str, str] | None]
"""What a webhook is about: its kind and the gateway's id of it; None for nothing that is kept."""


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    target: str
    event_type: str | None = None
    set: dict[str, Any] = Field(default_factory=dict[str, Any])
    subscription: Annotated[dict[str, Any], Field(max_length=0)] = Field(
        default_factory=dict[str, Any]
    )
    forge: bool = False
    copies: Annotated[int, Field(ge=1, le=100)] = 1


@dataclass(frozen=True, slots=True)
class Samples:
    """
    The webhooks that a simulator can send when asked.

    Attributes:
        makes: by the event's type, in the gateway's words; the first is sent where none is named,
            and by `make run`, which waits for its payment: that of one that is paid.
        signed: the headers that prove a body's bytes.
        concerns: the place of the payment's id in a webhook, as `payment.id`; empty for none.
            Where webhooks are about other things, too, a function that says what one is about.
    """

    makes: Mapping[str, Sample]
    signed: Callable[[bytes], Mapping[str, str]] = field(repr=False)
    concerns: str | Concerned = ""

    def add_to(self, app: web.Application) -> None:
        """Serve the route."""
        app.router.add_post("/_simulator/webhooks", self._send)

    async def _send(self, request: web.Request) -> web.Response:
        try:
            order = _Order.model_validate_json(await request.read())
            kind = order.event_type or next(iter(self.makes))
            event = self.makes[kind](kind)
            for place, value in order.set.items():
                _put(event, place, value)
        except ValidationError as exc:
            errors = [{"msg": f"{one['loc']}: {one['msg']}"} for one in exc.errors()]
            return web.json_response({"errors": errors}, status=400)
        except (KeyError, TypeError) as exc:
            known = ", ".join(self.makes)
            said = f"{exc}: no such type or field; the types are {known}"
            return web.json_response({"errors": [{"msg": said}]}, status=400)
        body = json.dumps(event).encode()
        sent = body[:-1] + b" }" if order.forge else body
        headers = {"Content-Type": "application/json", **self.signed(body)}
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
            asked = (_posted(http, order.target, sent, headers) for _ in range(order.copies))
            answers = await asyncio.gather(*asked)
        return web.json_response(
            {
                "event_type": kind,
                "event_id": event.get("id"),
                "concerns": self._concerned(order.target, event),
                "answers": answers,
            }
        )

    def _concerned(self, target: str, event: Mapping[str, Any]) -> list[dict[str, str]]:
        gateway = gateway_of(target)
        told = self.concerns
        about = _payment(event, told) if isinstance(told, str) else told(event)
        if about is None or not gateway:
            return []
        kind, identity = about
        return [{"kind": kind, "id": f"{gateway}-{identity}"}]


def gateway_of(target: str) -> str:
    """What the platform calls the gateway of a webhook's address; empty where that is none."""
    return target.rstrip("/").partition("/webhooks/")[2]


def _payment(event: Mapping[str, Any], place: str) -> tuple[str, str] | None:
    """The payment whose id is at a place of a webhook; None where the place is empty."""
    if not place:
        return None
    at: Any = event
    for step in place.split("."):
        at = at[step]
    return "payment", str(at)


def _put(event: dict[str, Any], place: str, value: Any) -> None:
    *path, last = place.split(".")
    at: Any = event
    for step in path:
        at = at[step]
    before = cast(dict[str, Any], at).get(last) if isinstance(at, dict) else None
    at[last] = _like(before, value)


def _like(before: Any, value: Any) -> Any:
    """A command line has texts only: `99` is a number where it takes a number's place."""
    if isinstance(before, bool) or not isinstance(before, int | float):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return value
    return json.loads(value)


async def _posted(
    http: aiohttp.ClientSession, target: str, body: bytes, headers: Mapping[str, str]
) -> int | None:
    try:
        async with http.post(target, data=body, headers=headers) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return None
