"""
Receive: refuse requests that cannot be a gateway's, keep all others durably.

The gateway waits for this stage, so it knows only its doors: no plugin, and nothing of a body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock import problems
from penstock.domain.delivery import Delivery
from penstock.errors import DoorRefusal
from penstock.ports import Channel, Outgoing

if TYPE_CHECKING:
    # The api package brings pydantic and pluggy, which the receive function does not carry.
    from penstock.api.context import Clock

_HEADER_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Door:
    """
    What a delivery of one gateway must look like.

    Attributes:
        headers: required headers by lower-case name; each value matches its pattern in full.
        body_limit: bytes.
        json: whether the body must be JSON; it is parsed for that and not kept.
    """

    gateway: str
    headers: Mapping[str, re.Pattern[str]] = field(repr=False)
    body_limit: int
    json: bool


def check(door: Door, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """
    The headers of the door, by lower-case name, of a request that may pass.

    Raises:
        DoorRefusal: the request cannot be the gateway's; says what was wrong.
    """
    if len(body) > door.body_limit:
        raise DoorRefusal(
            problems.BODY_TOO_LARGE, f"the body may have at most {door.body_limit} bytes"
        )
    # Both hosts have them by lower-case name already.
    given = headers
    kept: dict[str, str] = {}
    for name, pattern in door.headers.items():
        value = given.get(name)
        if value is None and given is headers:
            given = {one.lower(): value for one, value in headers.items()}
            value = given.get(name)
        if value is None:
            raise DoorRefusal(problems.HEADER_MISSING, f"{door.gateway} sends the header {name}")
        if len(value) > _HEADER_LIMIT or not pattern.fullmatch(value):
            detail = f"the header {name} is not one {door.gateway} would send"
            if "," in value:
                # Both hosts join a header that occurs twice.
                detail += ": it came more than once, or holds a comma"
            raise DoorRefusal(problems.HEADER_REFUSED, detail)
        kept[name] = value
    if door.json:
        _refuse_no_json(body)
    return kept


def _refuse_no_json(body: bytes) -> None:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise DoorRefusal(problems.BODY_IS_NO_JSON, "the body must be JSON in UTF-8") from exc


@dataclass(frozen=True, slots=True)
class Receive:
    """The stage: its doors, and the topic that keeps what passes them."""

    doors: Mapping[str, Door]
    deliveries: Channel
    clock: Clock

    async def __call__(self, gateway: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        """
        Keep a delivery; once this returns it is durable.

        Each delivery has a message group of its own: an unverified body must not block others.

        Raises:
            DoorRefusal: it cannot be the gateway's.
            ChannelUnavailable: it could not be kept; the gateway must send it again.
        """
        door = self.doors.get(gateway)
        if door is None:
            raise DoorRefusal(problems.UNKNOWN_GATEWAY, "no gateway of that name takes webhooks")
        kept = check(door, headers, body)
        delivery = Delivery.of(gateway, kept, body, self.clock.now())
        await self.deliveries.send(Outgoing(delivery, group=delivery.id, dedup=delivery.id))
        return delivery
